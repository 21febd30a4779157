// SPDX-License-Identifier: GPL-2.0
/*
 * Round robin: the lane behind the last one that is not full. Flows begin at
 * lanes of their own, so that many short ones do not meet on the first.
 */
#include "netscheduler/policy.h"

static int nc_policy_rr_pick(const struct nc_lane_set *set,
			     struct nc_flow_sched *fs, u32 limit)
{
	int at = nc_policy_next(set, fs->next ? fs->next : fs->hash, limit);

	if (at >= 0)
		fs->next = at + 1;	/* never 0, which is "new flow" */
	return at;
}

struct nc_sched_ops nc_policy_rr = {
	.pick	= nc_policy_rr_pick,
	.name	= "rr",
	.api	= NC_SCHED_API,
};
