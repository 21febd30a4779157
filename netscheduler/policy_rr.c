// SPDX-License-Identifier: GPL-2.0
/*
 * Round robin: the lane behind the last one that is not full. Flows begin at
 * lanes of their own, so that many short ones do not meet on the first.
 */
#include "netscheduler/sched_ops.h"

static int nc_policy_rr_pick(const struct nc_lane_set *set,
			     struct nc_flow_sched *fs, u32 limit)
{
	u32 start, i, at;

	if (!set->nr)
		return -1;
	start = (fs->next ? fs->next : fs->hash) % set->nr;
	for (i = 0; i < set->nr; i++) {
		at = (start + i) % set->nr;
		if (nc_lane_load(set->lane[at]) > limit)
			continue;
		fs->next = at + 1;	/* never 0, which is "new flow" */
		return at;
	}
	return -1;
}

struct nc_sched_ops nc_policy_rr = {
	.pick	= nc_policy_rr_pick,
	.name	= "rr",
	.api	= NC_SCHED_API,
};
