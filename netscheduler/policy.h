/* SPDX-License-Identifier: GPL-2.0 */
/* The built-in policies, each in its file. Pure, as sched_ops.h. */
#ifndef NC_NETSCHEDULER_POLICY_H
#define NC_NETSCHEDULER_POLICY_H

#include "netscheduler/sched_ops.h"

/* the first lane from @start on that is not full, or -1 */
static inline int nc_policy_next(const struct nc_lane_set *set, u32 start,
				 u32 limit)
{
	u32 i, at;

	for (i = 0; i < set->nr; i++) {
		at = (start % set->nr + i) % set->nr;
		if (nc_lane_load(set->lane[at]) <= limit)
			return at;
	}
	return -1;
}

extern struct nc_sched_ops nc_policy_class;
extern struct nc_sched_ops nc_policy_hash;
extern struct nc_sched_ops nc_policy_rr;
extern struct nc_sched_ops nc_policy_shortest;

#endif /* NC_NETSCHEDULER_POLICY_H */
