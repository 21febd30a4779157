/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NetScheduler as VNS sees it: which lane takes the next segment, who waits,
 * and kicking what was queued. Lanes, peers and channels stay below.
 */
#ifndef NC_NETSCHEDULER_NETSCHEDULER_H
#define NC_NETSCHEDULER_NETSCHEDULER_H

#include "core/plan.h"
#include "netdriver/netdriver.h"
#include "netscheduler/sched_ops.h"

/* a flow changes lane only after so many bytes, or with nothing in flight */
#define NC_FLOWLET	65536

/* how many channels, and where: what NetDriver asks */
extern const struct nc_plan_ops nc_sched_plan;

int nc_netscheduler_init(void);
void nc_netscheduler_exit(void);

/**
 * nc_sched_init - prepare a flow for its life
 * @flow: zeroed; gets the default policy
 *
 * Context: any.
 */
void nc_sched_init(struct nc_flow *flow);
void nc_sched_exit(struct nc_flow *flow);	/* any context */

/**
 * nc_sched_set_policy - choose the policy of one flow
 * @flow: under its data lock
 * @name: NUL-terminated
 *
 * Return: 0 or -ENOENT.
 */
int nc_sched_set_policy(struct nc_flow *flow, const char *name);

/**
 * nc_sched_set_class - an application, or its peer's, chooses the class
 * @flow: under its data lock, or not seen by others yet
 * @class: enum nc_class, at once; what is in flight stays where it is
 * @fixed: until nc_sched_set_auto(); else the policy may change it
 */
void nc_sched_set_class(struct nc_flow *flow, u8 class, bool fixed);

/**
 * nc_sched_set_auto - the policy chooses the class
 * @flow: under its data lock
 *
 * The class stays as it is until the next message decides; without such a
 * policy it is throughput.
 */
void nc_sched_set_auto(struct nc_flow *flow);

/**
 * nc_sched_send - queue a segment on a lane
 * @flow: its flow, attached to a peer
 * @seg: not queued
 * @flight: bytes of the flow in flight; 0: any lane will do
 *
 * Context: any, BH off, under the data lock. Nothing is transmitted: see
 * nc_sched_kick().
 * Return: 0, or -EAGAIN: no lane can take it, the flow is parked and
 * upcalls.resume follows.
 */
int nc_sched_send(struct nc_flow *flow, struct nc_seg *seg, u64 flight);

/**
 * nc_sched_rst - queue a last segment behind what the flow sent last
 * @flow: attached
 * @seg: not queued
 *
 * As nc_sched_send(), but on the lane used last if it is still up (a RST must
 * not overtake data), and never parked.
 * Return: 0 or -EAGAIN: there is no lane, the caller keeps the segment.
 */
int nc_sched_rst(struct nc_flow *flow, struct nc_seg *seg);

/**
 * nc_sched_owe - an announcement is owed to the flow's peer
 * @flow: attached
 * @now: at once (rules R1 to R3), else within 40 ms (R4)
 *
 * Standalone announcements travel by the lane that brought the last data: in
 * front of what is queued there, and no class disturbs the other.
 * Context: any, BH off, under the data lock.
 */
void nc_sched_owe(struct nc_flow *flow, bool now);

/**
 * nc_sched_kick - see that everything the flow queued leaves
 * @flow: attached or not
 * @data_lock: the flow's, not held
 * @lazy: nc_sched_flush() follows when the caller is about to wait, so small
 *	messages may share segments with those of other flows till then
 *
 * Context: process, BH on, no lock of any socket held: may transmit inline.
 * May sleep in the lower socket's lock.
 */
void nc_sched_kick(struct nc_flow *flow, spinlock_t *data_lock, bool lazy);

/* what a lazy kick left; context as nc_sched_kick(), which is harmless twice */
void nc_sched_flush(struct nc_flow *flow);

/* is there any of it? */
static inline bool nc_sched_flush_due(const struct nc_flow *flow)
{
	return READ_ONCE(flow->late);
}

/**
 * nc_sched_kick_atomic - the same from any other context: wakes workers
 * @flow: attached or not
 *
 * Context: any, BH off, under the data lock.
 */
void nc_sched_kick_atomic(struct nc_flow *flow);

/* is there anything to kick? racy, for the owner of the socket */
static inline bool nc_sched_kick_due(const struct nc_flow *flow)
{
	return READ_ONCE(flow->kick[NC_CLASS_L]) |
	       READ_ONCE(flow->kick[NC_CLASS_T]);
}

#endif /* NC_NETSCHEDULER_NETSCHEDULER_H */
