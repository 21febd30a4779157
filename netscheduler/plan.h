/* SPDX-License-Identifier: GPL-2.0 */
/* The pure decisions behind struct nc_plan_ops, for their unit test. */
#ifndef NC_NETSCHEDULER_PLAN_H
#define NC_NETSCHEDULER_PLAN_H

#include "core/plan.h"

/* plan_lanes.c */
u32 nc_plan_lanes_want(struct nc_plan_lanes *l, const struct nc_plan_use *use,
		       u32 min, u32 max);
/* plan_core.c */
u32 nc_plan_core_pick(const struct nc_plan_core *cores, u32 nr, u8 class);

#endif /* NC_NETSCHEDULER_PLAN_H */
