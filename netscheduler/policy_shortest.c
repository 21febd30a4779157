// SPDX-License-Identifier: GPL-2.0
/*
 * Shortest queue: the lane that would be done first with what is before a new
 * segment, by bytes and by how long the lane takes for them. Idle lanes are all
 * alike, so ties are broken by round robin: otherwise the first lane would get
 * everything while the load is low. The new segment itself is not counted, so
 * an idle lane is tried however slow it was: it may have recovered.
 */
#include "netscheduler/policy.h"

static int nc_policy_shortest_pick(const struct nc_lane_set *set,
				   struct nc_flow_sched *fs, u32 limit)
{
	u64 delay, least = 0;
	u32 start, i, at;
	int best = -1;

	if (!set->nr)
		return -1;
	start = (fs->next ? fs->next : fs->hash) % set->nr;
	for (i = 0; i < set->nr; i++) {
		at = (start + i) % set->nr;
		if (nc_lane_load(set->lane[at]) > limit)
			continue;
		delay = nc_lane_delay(set->lane[at]);
		if (best >= 0 && delay >= least)
			continue;
		best = at;
		least = delay;
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
