/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers, listeners and workers as the files of NetDriver share them; channels
 * are in chan.h. Lock names are those of Documentation/locking.rst.
 */
#ifndef NC_NETDRIVER_INTERNAL_H
#define NC_NETDRIVER_INTERNAL_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include "core/plan.h"
#include "netdriver/chan.h"
#include "netdriver/knobs.h"
#include "netdriver/netdriver.h"

#define NC_WORKER_BUDGET (256 << 10)

struct nc_worker;
struct seq_file;

/* a lane set that can be freed under RCU */
struct nc_lane_box {
	struct rcu_head		rcu;
	struct nc_lane_set	set;
};

/**
 * struct nc_peer - a set of channels to or from one remote host
 * @ref: atomic
 * @rcu: for freeing
 * @net: const; no reference
 * @opened: const: this end opened the set
 * @key: const
 * @set: const: the secret that names the set
 * @spread: const: random, where nc_chan_spread() begins
 * @node: lock: table lock of the netns
 * @lanes: rcu, written under @cfg
 * @cfg: mutex: channels, instance, death
 * @chans: lock: cfg
 * @dead: lock: flows_lock (and cfg): no flow may come any more
 * @instance: lock: cfg: of the acceptor
 * @have_instance: lock: cfg
 * @backoff_ms: lock: cfg: before the next attempt to open
 * @fails: lock: cfg: rounds of attempts in a row that failed
 * @down_since: lock: cfg: jiffies when a lane that was of use was last lost
 * @wanted_at: lock: cfg: jiffies when connect() last found no lane, or when one
 *	that was of use was lost
 * @idle_since: racy-ok: jiffies when the last flow left or a channel came, or
 *	past patience when the other end let go
 * @node_id: const: NUMA node of who called connect() first, or NUMA_NO_NODE
 * @want: lock: cfg: how many lanes of each class; opened sets only
 * @looked: lock: cfg: jiffies of the last look at them
 * @moved: lock: cfg: jiffies when bytes were last seen to move
 * @seen: lock: cfg: bytes received by each lane at the last look
 * @seen_tx: lock: cfg: bytes sent by all
 * @look: looks while bytes move
 * @flows_lock: leaf under a data lock
 * @flows: lock: flows_lock
 * @nr_flows: lock: flows_lock, read racily
 * @park: flows that wait
 * @unaccepted: atomic
 * @remains: atomic: closed sockets that wait for what is queued for them
 * @work: opens, reconnects, notices idleness
 */
struct nc_peer {
	refcount_t			ref;
	struct rcu_head			rcu;
	struct net			*net;
	bool				opened;
	struct nc_peer_key		key;
	u8				set[16];
	u32				spread;
	struct hlist_node		node;
	struct nc_lane_box __rcu	*lanes[NC_CLASSES];
	struct mutex			cfg;	/* channels, life */
	struct list_head		chans;
	bool				dead;
	u8				instance[16];
	bool				have_instance;
	unsigned int			backoff_ms;
	unsigned int			fails;
	unsigned long			down_since;
	unsigned long			wanted_at;
	unsigned long			idle_since;
	int				node_id;
	struct nc_plan_lanes		want[NC_CLASSES];
	unsigned long			looked;
	unsigned long			moved;
	u64				seen[NC_CLASSES][NC_LANES_MAX];
	u64				seen_tx;
	struct delayed_work		look;
	spinlock_t			flows_lock;	/* flows, dead */
	struct list_head		flows;
	unsigned int			nr_flows;
	struct nc_park			park;
	atomic_t			unaccepted;
	atomic_t			remains;
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
	spinlock_t			lock;	/* users, half */
	unsigned int			users;
	struct list_head		half;
	unsigned int			nr_half;
	unsigned long			idle_since;
	struct delayed_work		work;
	bool				dead;
	char				priv[] __aligned(8);
};

extern const struct nc_upcalls *nc_up;
extern const struct nc_plan_ops *nc_plan;
/*
 * Work of peers and listeners, which waits for cold work of channels; so that
 * has a queue of its own, where nothing waits for anything in either.
 */
extern struct workqueue_struct *nc_wq;
extern struct workqueue_struct *nc_cold_wq;
/* when a netns ends: what was under way is over */
void nc_netdriver_flush(void);

/* worker.c */
int nc_worker_init(void);
void nc_worker_exit(void);
/*
 * The worker for a new channel, made at the first use of its core, and counted
 * as serving one more until nc_worker_drop().
 */
struct nc_worker *nc_worker_pick(u8 class, int node, int *cpu);
void nc_worker_drop(struct nc_worker *w);
/* see how busy cores are; at most once in a second it does something */
void nc_worker_look(void);
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
/* the acceptor says GOAWAY: if no flow is there, be idle from now on */
void nc_peer_let_go(struct nc_peer *peer);
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

#endif /* NC_NETDRIVER_INTERNAL_H */
