/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NetDriver as NetScheduler and VNS see it: peers, their lanes, and how a
 * segment is queued on one. Channels and transports stay below.
 */
#ifndef NC_NETDRIVER_NETDRIVER_H
#define NC_NETDRIVER_NETDRIVER_H

#include <linux/in6.h>
#include <linux/spinlock.h>
#include "core/lane.h"
#include "core/plan.h"
#include "core/seg.h"
#include "core/upcalls.h"
#include "netdriver/wire.h"

struct net;
struct nc_chan;
struct nc_peer;

/**
 * struct nc_peer_key - what makes two connect() share channels
 * @raddr: remote address, IPv4 as mapped
 * @laddr: local address if the socket is bound to one, else any
 * @oif: device, 0 for any; for link-local addresses the scope
 * @mark: SO_MARK
 */
struct nc_peer_key {
	struct in6_addr	raddr;
	struct in6_addr	laddr;
	int		oif;
	u32		mark;
};

/**
 * struct nc_park - flows that wait for a lane of one peer
 * @lock: leaf under a data lock
 * @flows: by park_node, first come first served
 */
struct nc_park {
	spinlock_t		lock;	/* flows */
	struct list_head	flows;
};

int nc_netdriver_init(const struct nc_upcalls *up,
		      const struct nc_plan_ops *plan);
void nc_netdriver_exit(void);

/**
 * nc_peer_open - the peer that connect() uses, made if there is none
 * @net: netns
 * @key: which
 *
 * Starts to open channels in the background if none is up.
 * Context: process, may sleep (GFP_KERNEL).
 * Return: a counted reference, or ERR_PTR().
 */
struct nc_peer *nc_peer_open(struct net *net, const struct nc_peer_key *key);
struct nc_peer *nc_peer_get(struct nc_peer *peer);
void nc_peer_put(struct nc_peer *peer);		/* any context */

/* of a received frame: the peer that owns the channel; no reference */
struct nc_peer *nc_chan_peer(const struct nc_chan *ch);
struct net *nc_chan_net(const struct nc_chan *ch);
u8 nc_chan_class(const struct nc_chan *ch);
struct net *nc_peer_netns(const struct nc_peer *peer);
/* no flow of it will hear anything any more */
bool nc_peer_is_dead(const struct nc_peer *peer);
/* did this end open the set? */
bool nc_peer_opened(const struct nc_peer *peer);
const struct nc_peer_key *nc_peer_key(const struct nc_peer *peer);
/* the addresses of the channel's own connection, IPv4 as mapped */
void nc_chan_addrs(const struct nc_chan *ch, struct in6_addr *local,
		   struct in6_addr *remote, int *oif);
/* the interface that frames of it come in by, 0 if that is not known */
int nc_chan_iif(const struct nc_chan *ch);
/* sockets closed and over, held by what is still queued for them */
void nc_peer_count_remains(struct nc_peer *peer, int n);
unsigned int nc_peer_remains(const struct nc_peer *peer);
/* unaccepted children of the peer, for its limit */
atomic_t *nc_peer_unaccepted(struct nc_peer *peer);

/**
 * nc_peer_add_flow - register a flow with its tx_peer
 * @peer: counted by the caller
 * @flow: in no peer's list
 *
 * From then on lane_down, lane_up, resume and peer_dead may come.
 * Context: any, under the flow's data lock.
 * Return: 0, or -ENETRESET if the peer is already gone.
 */
int nc_peer_add_flow(struct nc_peer *peer, struct nc_flow *flow);
void nc_peer_del_flow(struct nc_peer *peer, struct nc_flow *flow);

struct nc_park *nc_peer_park(struct nc_peer *peer);
/* under rcu_read_lock(); never NULL, perhaps empty */
const struct nc_lane_set *nc_peer_lanes(const struct nc_peer *peer, u8 class);

/**
 * nc_chan_queue - queue a segment on a lane
 * @lane: of nc_peer_lanes(), under the same rcu_read_lock()
 * @seg: not queued; a reference of it and one of its flow are taken
 *
 * Context: any, BH off, under the flow's data lock. Wait-free, cannot fail.
 * Return: true if the lane's queue was empty.
 */
bool nc_chan_queue(struct nc_lane *lane, struct nc_seg *seg);

/**
 * nc_chan_owe - @flow owes its peer an announcement by way of @lane
 * @lane: of nc_peer_lanes()
 * @flow: who owes; a reference is taken while it is on a list
 * @now: at once, else within 40 ms
 *
 * Context: any, BH off, under rcu_read_lock() and the data lock.
 * Return: true if the lane is to be kicked.
 */
bool nc_chan_owe(struct nc_lane *lane, struct nc_flow *flow, bool now);

/**
 * nc_chan_kick - see that what was queued on a lane leaves
 * @lane: counted by nc_lane_get()
 * @flow: who kicks
 * @was_empty: what nc_chan_queue() said
 * @lazy: the caller comes back with nc_chan_flush() before it waits, so on a
 *	lane that others use as well, or if @flow's messages follow each other
 *	and the worker is to send them, a few bytes wait for company till then,
 *	or for 50 us, 20 us on a latency lane
 *
 * Context: process, BH on, no lock held: transmits here if that is the rule
 * (design D8), which may sleep in the lower socket's lock; or wakes the worker.
 * Return: true if something waits for company.
 */
bool nc_chan_kick(struct nc_lane *lane, const struct nc_flow *flow,
		  bool was_empty, bool lazy);

/* what waits for company on @lane leaves; context as nc_chan_kick() */
void nc_chan_flush(struct nc_lane *lane);

/* the same from any context, under rcu_read_lock(): only wakes the worker */
void nc_chan_wake(struct nc_lane *lane);

/* a counted reference of a lane seen under RCU, or NULL */
struct nc_lane *nc_lane_get(struct nc_lane *lane);
void nc_lane_put(struct nc_lane *lane);
struct nc_lane *nc_chan_lane(struct nc_chan *ch);

/**
 * nc_chan_answer - send a frame that belongs to no connection
 * @ch: channel that a frame came by
 * @h: RST: an answer to NCSYN, or an echo
 *
 * Through a bounded ring; when it is full the frame is dropped and counted.
 * Context: receive group.
 */
void nc_chan_answer(struct nc_chan *ch, const struct nc_hdr *h);

/* VNS' place in a channel: the socket that the last frame was for */
void **nc_chan_rx_slot(struct nc_chan *ch);

/**
 * nc_listener_get - hold the channel listener of a netns open
 * @net: netns
 *
 * For each virtual listener. Context: process, may sleep.
 * Return: 0 or -errno (EADDRINUSE, ...).
 */
int nc_listener_get(struct net *net);
void nc_listener_put(struct net *net);

#endif /* NC_NETDRIVER_NETDRIVER_H */
