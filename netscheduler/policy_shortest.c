// SPDX-License-Identifier: GPL-2.0
/*
 * Shortest queue: the lane with the least bytes before a new segment. Idle
 * lanes are all alike, so ties are broken by round robin: otherwise the first
 * lane would get everything while the load is low.
 */
#include "netscheduler/sched_ops.h"

static int nc_policy_shortest_pick(const struct nc_lane_set *set,
				   struct nc_flow_sched *fs, u32 limit)
{
	u32 start, i, at, load, least = 0;
	int best = -1;

	if (!set->nr)
		return -1;
	start = (fs->next ? fs->next : fs->hash) % set->nr;
	for (i = 0; i < set->nr; i++) {
		at = (start + i) % set->nr;
		load = nc_lane_load(set->lane[at]);
		if (load > limit || (best >= 0 && load >= least))
			continue;
		best = at;
		least = load;
	}
	if (best >= 0)
		fs->next = best + 1;	/* never 0, which is "new flow" */
	return best;
}

struct nc_sched_ops nc_policy_shortest = {
	.pick	= nc_policy_shortest_pick,
	.name	= "shortest",
	.api	= NC_SCHED_API,
};
