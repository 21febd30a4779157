/* SPDX-License-Identifier: GPL-2.0 */
/* VNS as main.c sees it; nothing else is called from outside. */
#ifndef NC_VNS_VNS_H
#define NC_VNS_VNS_H

#include "core/upcalls.h"

/* tables and memory: before NetDriver, whose frames are looked up in them */
int nc_vns_init(void);
void nc_vns_exit(void);

/* last of all: sockets may come from here on */
int nc_vns_start(void);
/* first of all: no socket and no orphan is left, they hold the module */
void nc_vns_stop(void);

extern const struct nc_upcalls nc_vns_upcalls;

#endif /* NC_VNS_VNS_H */
