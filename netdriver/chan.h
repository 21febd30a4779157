/* SPDX-License-Identifier: GPL-2.0 */
/* A channel: its states, its struct, and what its own files do with it. */
#ifndef NC_NETDRIVER_CHAN_H
#define NC_NETDRIVER_CHAN_H

#include <linux/hrtimer.h>
#include <linux/workqueue.h>
#include "netdriver/chan_batch.h"
#include "netdriver/channel_ops.h"
#include "netdriver/frame.h"
#include "netdriver/netdriver.h"
#include "netdriver/rate.h"

#define NC_CHAN_RING	64		/* answers waiting, a power of two */
#define NC_CHAN_BUDGET	(64 << 10)	/* bytes sent for others inline */
#define NC_CHAN_ENDED	1		/* err: the stream ended */
#define NC_CHAN_GIVEN_UP 2		/* err: not up, and nobody waits */

/*
 *  CONNECTING -> HELLO -> UP -> DRAIN -> DEAD
 *
 * The opener sends behind its HELLO at once, so its lane is in the set from
 * HELLO on; the acceptor's from UP on. Any state goes to DEAD.
 */
enum nc_chan_state {
	NC_CHAN_CONNECTING,
	NC_CHAN_HELLO,
	NC_CHAN_UP,
	NC_CHAN_DRAIN,
	NC_CHAN_DEAD,
};

/* struct nc_chan.bits */
enum {
	NC_CHAN_TX_OWNED,	/* somebody transmits */
	NC_CHAN_TX_LATE,	/* late_timer runs */
	NC_CHAN_TX_BLOCKED,	/* the transport is full, nc_chan_writable() */
	NC_CHAN_TX_HELLO,	/* HELLO is to be sent */
	NC_CHAN_TX_GOAWAY,	/* GOAWAY is to be sent */
	NC_CHAN_SAID_GOAWAY,
	NC_CHAN_GOT_GOAWAY,
	NC_CHAN_OWE_DUE,	/* owes_soon is due */
	NC_CHAN_RX_OWNED,	/* somebody is in rx_run */
	NC_CHAN_RX_PENDING,	/* rx_run is due */
	NC_CHAN_RX_HOLD,	/* nothing is parsed until HELLO was handled */
	NC_CHAN_WORK,		/* on a worker's list */
	NC_CHAN_EV_OPENED,	/* events for the cold work */
	NC_CHAN_EV_HELLO,
	NC_CHAN_EV_GOAWAY,
	NC_CHAN_EV_GIVE_UP,	/* if it is not up yet */
	NC_CHAN_EV_ERROR,
	NC_CHAN_GOT_HELLO,
	NC_CHAN_STARTED,	/* ops->open() was called or was not needed */
};

/**
 * struct nc_chan - one channel
 * @lane: what policies see
 * @ops: const
 * @net: const; channels die with the netns
 * @peer: const once HELLO was handled; counted
 * @addr: const
 * @opener: const: this end connected
 * @ref: atomic
 * @rcu: for freeing
 * @bits: atomic, NC_CHAN_*
 * @state: racy-ok: written by the cold work only
 * @died_in: owner: cold work; the state before DEAD
 * @in_set: lock: peer->cfg: the lane is in its set
 * @err: owner: who sets NC_CHAN_EV_ERROR; -errno, or why else
 * @born: owner: cold work; jiffies of its beginning, or of DRAIN
 * @cold: opening, HELLO, death: never two at once
 * @node: lock: peer->cfg, or listener->lock before HELLO
 * @listener: lock: listener->lock; who accepted it, until HELLO
 * @box: owner: cold work; memory for entering and leaving the lane set
 * @worker: const
 * @work: on the worker's list while NC_CHAN_WORK
 * @txq: atomic: segments queued by anybody
 * @owes_now: atomic: flows that owe an announcement
 * @owes_soon: atomic
 * @owe_timer: rule R4; also retries after a failed allocation
 * @late_timer: end of the wait for company
 * @company: racy-ok: messages that wait for it, about
 * @rx_timer: tries again to receive after -ENOMEM
 * @ring_lock: leaf
 * @ring: lock: ring_lock
 * @ring_head: lock: ring_lock
 * @ring_tail: lock: ring_lock
 * @txl: owner: NC_CHAN_TX_OWNED. What was taken from @txq, in order
 * @owed: owner: NC_CHAN_TX_OWNED. What was taken from the owes lists
 * @batch: owner: NC_CHAN_TX_OWNED
 * @hdrs: owner: NC_CHAN_TX_OWNED. Memory for headers
 * @corked: owner: NC_CHAN_TX_OWNED. The last call promised more
 * @last_flow: owner: NC_CHAN_TX_OWNED, read racily
 * @last_ns: same: when it sent last
 * @switch_ns: same: when it sent last for another flow than @last_flow
 * @rate: same: of @lane.kib_ns
 * @tx_bytes: owner: NC_CHAN_TX_OWNED
 * @tx_segs: owner: NC_CHAN_TX_OWNED
 * @frame: owner: the receive run
 * @rx_slot: owner: the receive run; VNS'
 * @rx_bytes: owner: the receive run
 * @rx_wait_ms: owner: the receive run; delay after -ENOMEM
 * @hello: owner: the receive run until NC_CHAN_EV_HELLO, then the cold work
 * @priv: the transport's
 */
struct nc_chan {
	struct nc_lane			lane;
	const struct nc_channel_ops	*ops;
	struct net			*net;
	struct nc_peer			*peer;
	struct nc_chan_addr		addr;
	bool				opener;
	refcount_t			ref;
	struct rcu_head			rcu;
	unsigned long			bits;
	u8				state;
	u8				died_in;
	bool				in_set;
	int				err;
	unsigned long			born;
	struct work_struct		cold;
	struct list_head		node;
	struct nc_listener		*listener;
	struct nc_lane_box		*box[2];
	struct nc_worker		*worker;
	struct llist_node		work;
	struct llist_head		txq ____cacheline_aligned_in_smp;
	struct llist_head		owes_now;
	struct llist_head		owes_soon;
	struct timer_list		owe_timer;
	struct hrtimer			late_timer;
	unsigned int			company;
	struct timer_list		rx_timer;
	spinlock_t			ring_lock;	/* ring */
	u8				ring_head;
	u8				ring_tail;
	struct nc_hdr			ring[NC_CHAN_RING];
	struct llist_node		*txl ____cacheline_aligned_in_smp;
	struct llist_node		*owed;
	struct nc_chan_batch		batch;
	struct page_frag		hdrs;
	bool				corked;
	const struct nc_flow		*last_flow;
	u64				last_ns;
	u64				switch_ns;
	struct nc_rate			rate;
	u64				tx_bytes;
	u64				tx_segs;
	struct nc_frame			frame ____cacheline_aligned_in_smp;
	void				*rx_slot;
	u64				rx_bytes;
	unsigned int			rx_wait_ms;
	struct nc_wire_hello		hello;
	char				priv[] __aligned(8);
};

static inline struct nc_chan *nc_chan_of(const struct nc_lane *lane)
{
	return container_of(lane, struct nc_chan, lane);
}

static inline atomic_t *nc_chan_backlog(struct nc_chan *ch)
{
	/* policies are compiled without the kernel and read a plain int */
	BUILD_BUG_ON(sizeof(atomic_t) != sizeof(ch->lane.backlog));
	return (atomic_t *)&ch->lane.backlog;
}

/* chan.c */
struct nc_chan *nc_chan_alloc(struct net *net,
			      const struct nc_channel_ops *ops,
			      const struct nc_chan_addr *addr, bool opener);
void nc_chan_get(struct nc_chan *ch);
void nc_chan_put(struct nc_chan *ch);
/* have the cold work look at an event; open it */
void nc_chan_event(struct nc_chan *ch, int event);
void nc_chan_start(struct nc_chan *ch);
/* ask for its death and wait for it; process context, no lock of a peer */
void nc_chan_kill(struct nc_chan *ch, int err);
bool nc_chan_is_dead(const struct nc_chan *ch);

/* chan_kick.c, chan_tx.c */
void nc_chan_kick_init(struct nc_chan *ch);
void nc_chan_tx_init(struct nc_chan *ch);
/* transmit unless somebody does; process context, BH on, no lock */
void nc_chan_tx_run(struct nc_chan *ch, int budget);
/* the channel is closed and out of its lane set: give back what is queued */
void nc_chan_tx_drain(struct nc_chan *ch);
bool nc_chan_tx_pending(const struct nc_chan *ch);

/* chan_rx.c */
void nc_chan_rx_init(struct nc_chan *ch);
void nc_chan_rx_exit(struct nc_chan *ch);
/* the second path: process context, no lock */
void nc_chan_rx_run(struct nc_chan *ch, int budget);
/* parsing goes on after HELLO was handled */
void nc_chan_rx_resume(struct nc_chan *ch);

#endif /* NC_NETDRIVER_CHAN_H */
