// SPDX-License-Identifier: GPL-2.0
/* The table by which NetDriver asks NetScheduler; main.c hands it down. */
#include "netscheduler/internal.h"

#include "netscheduler/plan.h"

const struct nc_plan_ops nc_sched_plan = {
	.lanes = nc_plan_lanes_want,
	.core = nc_plan_core_pick,
};
