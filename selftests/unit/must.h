/* SPDX-License-Identifier: GPL-2.0 */
/* A condition of checks which unit tests and fuzz targets share. */
#ifndef NC_UNIT_MUST_H
#define NC_UNIT_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(cond)							\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "# %s:%d: not true: %s\n",	\
				__FILE__, __LINE__, #cond);		\
			abort();					\
		}							\
	} while (0)

#endif /* NC_UNIT_MUST_H */
