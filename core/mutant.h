/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Planted faults: `make mutants` builds the module with one of them
 * (-DNC_MUTANT_<NAME>=1) and demands that the tests fail. In every other
 * build the condition is a constant 0.
 */
#ifndef NC_CORE_MUTANT_H
#define NC_CORE_MUTANT_H

#include <linux/kconfig.h>

#define NC_MUTANT(name)	__is_defined(NC_MUTANT_##name)

#endif /* NC_CORE_MUTANT_H */
