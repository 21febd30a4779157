// SPDX-License-Identifier: GPL-2.0
/*
 * Source hash: the flow's random number picks its lane, and it stays there; so
 * its segments arrive in order as long as that lane is up and not full. When it
 * is full the next one that is not helps out. When the set changes some flows
 * move.
 */
#include "netscheduler/policy.h"

static int nc_policy_hash_pick(const struct nc_lane_set *set,
			       struct nc_flow_sched *fs, u32 limit)
{
	return nc_policy_next(set, fs->hash, limit);
}

struct nc_sched_ops nc_policy_hash = {
	.pick	= nc_policy_hash_pick,
	.name	= "hash",
	.api	= NC_SCHED_API,
};
