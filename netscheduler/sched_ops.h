/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table that a lane scheduling policy fills. A policy sees lanes, never
 * channels, peers or sockets, so it needs no kernel and is tested without one.
 */
#ifndef NC_NETSCHEDULER_SCHED_OPS_H
#define NC_NETSCHEDULER_SCHED_OPS_H

#include "core/env.h"
#include "core/lane.h"
#include "uapi/linux/netchannel.h"

#define NC_SCHED_API	1

struct module;

/**
 * struct nc_sched_ops - a policy
 * @pick: required. Which lane takes the next run of a flow's segments. Called
 *	with bottom halves off, under RCU and the flow's data lock: must not
 *	sleep, must not loop over more than the set. Only called when the flow
 *	may change lane (after NC_FLOWLET bytes, or with nothing in flight).
 *	A lane whose nc_lane_load() is above limit is full.
 *	Returns an index into the set, or -1 if every lane is full: then the
 *	flow waits.
 * @name: unique, not empty
 * @owner: module of the policy, NULL for built-in ones
 * @api: NC_SCHED_API
 * @list: the registry's
 */
struct nc_sched_ops {
	int	(*pick)(const struct nc_lane_set *set, struct nc_flow_sched *fs,
			u32 limit);
	char		name[NC_SCHED_NAME_MAX];
	struct module	*owner;
	u16		api;
	struct list_head list;
};

extern struct nc_sched_ops nc_policy_rr;
extern struct nc_sched_ops nc_policy_shortest;

#endif /* NC_NETSCHEDULER_SCHED_OPS_H */
