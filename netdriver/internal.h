/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers and channels as the files of NetDriver share them. Lock names are
 * those of Documentation/locking.rst.
 */
#ifndef NC_NETDRIVER_INTERNAL_H
#define NC_NETDRIVER_INTERNAL_H

#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include "netdriver/channel_ops.h"
#include "netdriver/frame.h"
#include "netdriver/netdriver.h"

#define NC_CHAN_RING	64		/* answers waiting, a power of two */
#define NC_CHAN_COPY	2048		/* longer payloads are spliced */
#define NC_CHAN_BV	64		/* pages of one call */
#define NC_CHAN_SEGS	32		/* segments of one call */
#define NC_CHAN_BATCH	(128 << 10)	/* bytes of one call */
#define NC_CHAN_HDRS	3072		/* header bytes of one call */
#define NC_CHAN_QUIET_NS 50000		/* design D8: alone for this long */
#define NC_CHAN_OWE_MS	40		/* rule R4 */
#define NC_CHAN_BUDGET	(64 << 10)	/* bytes sent for others inline */
#define NC_WORKER_BUDGET (256 << 10)

/*
 *  opener:   CONNECTING -> HELLO -> UP -> DRAIN -> DEAD
 *  acceptor:               HELLO -> UP -> DRAIN -> DEAD
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
	NC_CHAN_EV_ERROR,
	NC_CHAN_GOT_HELLO,
	NC_CHAN_STARTED,	/* ops->open() was called or was not needed */
};

/* a lane set that can be freed under RCU */
struct nc_lane_box {
	struct rcu_head		rcu;
	struct nc_lane_set	set;
};

/**
 * struct nc_chan_batch - what one xmit call sends; kept until all was taken
 * @bv: headers and payload in order
 * @nr: entries used
 * @nseg: segments in @seg
 * @seg_done: segments that were taken whole
 * @splice: the pages are handed over, not copied
 * @len: bytes of @bv
 * @done: bytes taken
 * @seg: segments, each with the references of a queue
 * @seg_end: where each ends in the batch
 */
struct nc_chan_batch {
	struct bio_vec	bv[NC_CHAN_BV];
	u16		nr;
	u8		nseg;
	u8		seg_done;
	bool		splice;
	u32		len;
	u32		done;
	struct nc_seg	*seg[NC_CHAN_SEGS];
	u32		seg_end[NC_CHAN_SEGS];
};

struct nc_worker;
struct seq_file;

/**
 * struct nc_chan - one channel
 * @lane: what policies see
 * @ops: const
 * @net: const; no reference, channels die with the netns
 * @peer: const once HELLO was handled; counted
 * @addr: const
 * @opener: const: this end connected
 * @ref: atomic
 * @rcu: for freeing
 * @bits: atomic, NC_CHAN_*
 * @state: racy-ok: written by the cold work only
 * @died_in: owner: cold work; the state before DEAD
 * @in_set: lock: peer->cfg: the lane is in its set
 * @err: owner: who sets NC_CHAN_EV_ERROR
 * @born: const: jiffies
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
	struct timer_list		rx_timer;
	spinlock_t			ring_lock;
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
	u64				tx_bytes;
	u64				tx_segs;

	struct nc_frame			frame ____cacheline_aligned_in_smp;
	void				*rx_slot;
	u64				rx_bytes;
	unsigned int			rx_wait_ms;
	struct nc_wire_hello		hello;

	char				priv[] __aligned(8);
};

/**
 * struct nc_peer - a set of channels to or from one remote host
 * @ref: atomic
 * @rcu: for freeing
 * @net: const; no reference
 * @opened: const: this end opened the set
 * @key: const
 * @set: const: the secret that names the set
 * @node: lock: table lock of the netns
 * @lanes: rcu, written under @cfg
 * @cfg: mutex: channels, instance, death
 * @chans: lock: cfg
 * @dead: lock: flows_lock (and cfg): no flow may come any more
 * @instance: lock: cfg: of the acceptor
 * @have_instance: lock: cfg
 * @wish: lock: cfg: channels for each class that the opener asked for
 * @backoff_ms: lock: cfg: before the next attempt to open
 * @fails: lock: cfg: attempts in a row that failed
 * @down_since: lock: cfg: jiffies since no lane is up
 * @idle_since: lock: cfg: jiffies since no flow is there, 0 while there is
 * @flows_lock: leaf under a data lock
 * @flows: lock: flows_lock
 * @nr_flows: lock: flows_lock, read racily
 * @park: flows that wait
 * @unaccepted: atomic
 * @work: opens, reconnects, notices idleness
 */
struct nc_peer {
	refcount_t			ref;
	struct rcu_head			rcu;
	struct net			*net;
	bool				opened;
	struct nc_peer_key		key;
	u8				set[16];
	struct hlist_node		node;
	struct nc_lane_box __rcu	*lanes[NC_CLASSES];
	struct mutex			cfg;
	struct list_head		chans;
	bool				dead;
	u8				instance[16];
	bool				have_instance;
	unsigned int			wish[NC_CLASSES];
	unsigned int			backoff_ms;
	unsigned int			fails;
	unsigned long			down_since;
	unsigned long			idle_since;
	spinlock_t			flows_lock;
	struct list_head		flows;
	unsigned int			nr_flows;
	struct nc_park			park;
	atomic_t			unaccepted;
	struct delayed_work		work;
};

/**
 * struct nc_listener - the channel listener of a netns
 * @net: const
 * @ops: const: transport
 * @port: const
 * @lock: spinlock: users, the half-open list
 * @users: lock: lock: virtual listeners
 * @half: lock: lock: channels that have not said HELLO
 * @nr_half: lock: lock
 * @idle_since: lock: lock: jiffies since @users is 0
 * @work: HELLO deadline, closing when idle
 * @dead: lock: lock
 * @priv: the transport's
 */
struct nc_listener {
	struct net			*net;
	const struct nc_channel_ops	*ops;
	u16				port;
	spinlock_t			lock;
	unsigned int			users;
	struct list_head		half;
	unsigned int			nr_half;
	unsigned long			idle_since;
	struct delayed_work		work;
	bool				dead;
	char				priv[] __aligned(8);
};

extern const struct nc_upcalls *nc_up;
/* cold work of all channels, peers and listeners; flushed when a netns ends */
extern struct workqueue_struct *nc_wq;

static inline struct nc_chan *nc_chan_of(const struct nc_lane *lane)
{
	return container_of(lane, struct nc_chan, lane);
}

/* chan.c */
struct nc_chan *nc_chan_alloc(struct net *net,
			      const struct nc_channel_ops *ops,
			      const struct nc_chan_addr *addr, bool opener);
void nc_chan_get(struct nc_chan *ch);
void nc_chan_put(struct nc_chan *ch);
/* have the cold work look at the channel's events */
void nc_chan_event(struct nc_chan *ch, int event);
/* have the cold work open it */
void nc_chan_start(struct nc_chan *ch);
/* say GOAWAY when everything has left, then close */
void nc_chan_drain(struct nc_chan *ch);
/* ask for its death and wait for it; process context, no lock of a peer */
void nc_chan_kill(struct nc_chan *ch, int err);
bool nc_chan_is_dead(const struct nc_chan *ch);

/* chan_tx.c */
void nc_chan_tx_init(struct nc_chan *ch);
/* transmit if nobody else does; process context, BH on, no lock */
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

/* worker.c */
int nc_worker_init(void);
void nc_worker_exit(void);
/* the worker for a new channel; made at the first use of its core */
struct nc_worker *nc_worker_pick(u8 class, int *cpu);
void nc_worker_kick(struct nc_chan *ch);	/* any context */
ssize_t nc_worker_show_mask(char *buf);
int nc_worker_store_mask(const char *buf);

/* peer.c */
int nc_peer_init(void);
void nc_peer_exit(void);
/* HELLO of a channel was received; cold work */
int nc_peer_hello(struct nc_chan *ch);
/* the lane joins or leaves its set */
void nc_peer_lane_add(struct nc_chan *ch);
void nc_peer_lane_leave(struct nc_chan *ch);
/* leaves, and is no channel of the peer any more */
void nc_peer_lane_del(struct nc_chan *ch);
/* every flow announces again (R5) */
void nc_peer_lanes_up(struct nc_peer *peer);
/* the channel's queue is empty: flows resend what it held */
void nc_peer_lane_lost(struct nc_chan *ch, int err);
/* room on a lane: wake who waits */
void nc_peer_wake_parked(struct nc_peer *peer);
void nc_peer_instance(const struct net *net, u8 *instance);
/* call @fn for each flow of the peer; process context, no lock */
void nc_peer_walk(struct nc_peer *peer,
		  void (*fn)(struct nc_flow *flow, void *arg), void *arg);

/* listener.c */
int nc_listener_init(void);
void nc_listener_exit(void);
/* HELLO came or the channel died: it is no longer half open */
void nc_listener_forget(struct nc_chan *ch);

/* registry.c */
int nc_registry_init(void);
void nc_registry_exit(void);

/* lists for /proc; process context */
int nc_peer_show_channels(struct seq_file *m, void *v);
int nc_peer_show_peers(struct seq_file *m, void *v);

/* netdriver.c: knobs */
extern unsigned int nc_knob_channels[NC_CLASSES];
extern unsigned int nc_knob_rx_softirq;
extern unsigned int nc_knob_inline_tx;
extern unsigned int nc_knob_half_open;
extern unsigned int nc_knob_sets;
extern unsigned int nc_knob_peers;

#endif /* NC_NETDRIVER_INTERNAL_H */
