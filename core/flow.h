/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A flow is what the lower layers know of a virtual socket: where it sends,
 * where it waits, and which lists it is on. Embedded in struct nc_sock.
 */
#ifndef NC_CORE_FLOW_H
#define NC_CORE_FLOW_H

#include <linux/list.h>
#include <linux/llist.h>
#include "core/lane.h"

struct nc_peer;
struct nc_sched_ops;

/* struct nc_flow.bits */
#define NC_FLOW_OWES_NOW	0	/* linked by owe_now */
#define NC_FLOW_OWES_SOON	1	/* linked by owe_soon */
#define NC_FLOW_CURSOR		2	/* not a flow: a walk's place holder */

/**
 * struct nc_flow - one direction's way through the lanes
 * @tx_peer: const once attached: the set that it sends by; counted
 * @rx_peer: data lock: the set that it receives by; counted. Differs from
 *	@tx_peer only after a crossing or a connection to self
 * @peer_node: lock: peer->flows_lock. On the list of @tx_peer
 * @park_node: lock: park->lock. Waiting for a lane
 * @owe_now: owner: who set NC_FLOW_OWES_NOW. An announcement leaves at once
 * @owe_soon: owner: who set NC_FLOW_OWES_SOON. Within 40 ms
 * @bits: atomic
 * @ops: data lock: the policy; its module is counted
 * @fs: data lock: the policy's memory
 * @class: data lock: enum nc_class
 * @fixed: data lock: the class was chosen by an application, not by the policy
 * @seen: data lock: first number that the policy was not shown yet
 * @lane_id: data lock: id of the lane used last, 0 if none
 * @heard_id: data lock: id of the lane that the peer's last data came by
 * @lane_bytes: data lock: bytes given to it in a row (the flowlet rule)
 * @kick: data lock: lanes that got something and were not kicked yet, a bit
 *	for each index; [class]
 * @kick_full: data lock: those which were not empty before; [class]
 * @late: atomic: lanes where something of it waits for company, a bit for
 *	each: class * NC_LANES_MAX + index
 */
struct nc_flow {
	struct nc_peer			*tx_peer;
	struct nc_peer			*rx_peer;
	struct list_head		peer_node;
	struct list_head		park_node;
	struct llist_node		owe_now;
	struct llist_node		owe_soon;
	unsigned long			bits;
	const struct nc_sched_ops	*ops;
	struct nc_flow_sched		fs;
	u8				class;
	bool				fixed;
	u64				seen;
	u32				lane_id;
	u32				heard_id;
	u32				lane_bytes;
	u16				kick[NC_CLASSES];
	u16				kick_full[NC_CLASSES];
	unsigned long			late;
};

#endif /* NC_CORE_FLOW_H */
