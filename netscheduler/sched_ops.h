/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table that a lane scheduling policy fills. A policy sees lanes, never
 * channels, peers or sockets, so it needs no kernel and is tested without one.
 * This is all that a policy in another module includes of this tree; how to
 * write one: Documentation/writing-a-scheduler.rst.
 */
#ifndef NC_NETSCHEDULER_SCHED_OPS_H
#define NC_NETSCHEDULER_SCHED_OPS_H

#include "core/env.h"
#include "core/lane.h"
#include "uapi/linux/netchannel.h"

#define NC_SCHED_API	1

struct module;

/**
 * struct nc_sched_event - new bytes of a flow are about to leave
 * @class: enum nc_class: the flow's class now
 * @flight: bytes in flight before them, 0: the flow was idle
 * @len: how many, at least 1; at most 64 KiB, larger messages are cut
 */
struct nc_sched_event {
	u8	class;
	u32	flight;
	u32	len;
};

/**
 * struct nc_sched_ops - a policy
 * @pick: required. Which lane takes the next run of a flow's segments. Called
 *	with bottom halves off, under RCU and the flow's data lock: must not
 *	sleep, must not loop over more than the set. Only called when the flow
 *	may change lane (after NC_FLOWLET bytes, or with nothing in flight).
 *	A lane whose nc_lane_load() is above limit is full.
 *	Returns an index into the set, or -1 if every lane is full: then the
 *	flow waits.
 * @classify: optional. What class an automatic flow should have. Called with
 *	new bytes, in order, once, in the same context as @pick and before it.
 *	The flow changes class when nothing of it is in flight or NC_FLOWLET
 *	bytes went to one lane; till then it is asked again with each message.
 *	Returns enum nc_class; anything else is "as it is". A flow of such a
 *	policy begins in the latency class, so that connecting does not wait
 *	behind bulk data; without it automatic flows are throughput.
 * @name: unique, not empty
 * @owner: module of the policy, counted for each flow that has it; only
 *	built-in ones have none
 * @api: NC_SCHED_API
 * @list: the registry's
 */
struct nc_sched_ops {
	int	(*pick)(const struct nc_lane_set *set, struct nc_flow_sched *fs,
			u32 limit);
	u8	(*classify)(struct nc_flow_sched *fs,
			    const struct nc_sched_event *ev);
	char		name[NC_SCHED_NAME_MAX];
	struct module	*owner;
	u16		api;
	struct list_head list;
};

/**
 * nc_sched_register - offer a policy of another module
 * @ops: complete, with an owner; stays the caller's, and is not changed by it
 *	until nc_sched_unregister()
 *
 * From here on flows may have it: it is the last thing in the module's init
 * that can fail. In the symbol namespace NETCHANNEL.
 * Context: process.
 * Return: 0, -EINVAL (incomplete, no owner, another NC_SCHED_API), -EEXIST.
 */
int nc_sched_register(struct nc_sched_ops *ops);

/**
 * nc_sched_unregister - no further flow gets it
 * @ops: registered, or not (any more)
 *
 * Flows that have it keep it and count its module, so in the module's exit
 * there is none. If it was the default, that is "class" again.
 * Context: process.
 */
void nc_sched_unregister(struct nc_sched_ops *ops);

#endif /* NC_NETSCHEDULER_SCHED_OPS_H */
