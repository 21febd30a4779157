// SPDX-License-Identifier: GPL-2.0
/*
 * The default: the class of an automatic flow by what the flow does, its lane
 * within the class by the shortest queue.
 */
#include "netscheduler/classify.h"
#include "netscheduler/policy.h"

static u8 nc_policy_class_classify(struct nc_flow_sched *fs,
				   const struct nc_sched_event *ev)
{
	struct nc_classify *c = (struct nc_classify *)fs->mem;

	static_assert(sizeof(*c) <= sizeof(fs->mem));
	return nc_classify(c, ev->class, ev->flight, ev->len);
}

static int nc_policy_class_pick(const struct nc_lane_set *set,
				struct nc_flow_sched *fs, u32 limit)
{
	return nc_policy_shortest.pick(set, fs, limit);
}

struct nc_sched_ops nc_policy_class = {
	.pick		= nc_policy_class_pick,
	.classify	= nc_policy_class_classify,
	.name		= "class",
	.api		= NC_SCHED_API,
};
