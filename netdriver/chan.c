// SPDX-License-Identifier: GPL-2.0
/*
 * One channel: its life from opening to death. Sending is in chan_tx.c,
 * receiving in chan_rx.c.
 *
 * Design notes
 *
 * 1. Whatever happens to a channel happens in its cold work, one event after
 *    the other: opened, HELLO received, GOAWAY, error. Callbacks of transports
 *    come in any context and only set a bit.
 * 2. Death is always the same: out of the lane set, a grace period (nobody
 *    queues any more), both directions owned for ever (nobody transmits or
 *    receives any more), closed (no callback runs any more), queue emptied,
 *    then every flow of the peer sends again what this lane had of it. Losing,
 *    draining and leaving a netns differ only in what came before.
 */
#include "netdriver/internal.h"

#include <linux/bitrev.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "core/mib.h"
#include "core/trace.h"

static atomic_t nc_chan_ids = ATOMIC_INIT(0);

static void nc_chan_set_state(struct nc_chan *ch, u8 state)
{
	trace_nc_chan_state(ch->lane.id, ch->lane.class, ch->lane.index,
			    ch->state, state, ch->err);
	WRITE_ONCE(ch->state, state);
}

static void nc_chan_free(struct rcu_head *rcu)
{
	struct nc_chan *ch = container_of(rcu, struct nc_chan, rcu);

	kfree(ch->box[0]);
	kfree(ch->box[1]);
	if (ch->hdrs.page)
		put_page(ch->hdrs.page);
	kvfree(ch);
	nc_obj_del(CHAN);
}

void nc_chan_get(struct nc_chan *ch)
{
	refcount_inc(&ch->ref);
}

void nc_chan_put(struct nc_chan *ch)
{
	if (!refcount_dec_and_test(&ch->ref))
		return;
	if (ch->peer)
		nc_peer_put(ch->peer);
	call_rcu(&ch->rcu, nc_chan_free);
}

bool nc_chan_is_dead(const struct nc_chan *ch)
{
	return test_bit(NC_CHAN_EV_ERROR, &ch->bits);
}

void nc_chan_event(struct nc_chan *ch, int event)
{
	set_bit(event, &ch->bits);
	nc_chan_start(ch);
}

void nc_chan_start(struct nc_chan *ch)
{
	nc_chan_get(ch);
	if (!queue_work(nc_cold_wq, &ch->cold))
		nc_chan_put(ch);
}

void nc_chan_opened(struct nc_chan *ch)
{
	nc_chan_event(ch, NC_CHAN_EV_OPENED);
}
EXPORT_SYMBOL_NC(nc_chan_opened);

void nc_chan_error(struct nc_chan *ch, int err)
{
	/* the first reason counts */
	if (cmpxchg(&ch->err, 0, err ? err : NC_CHAN_ENDED))
		return;
	if (err == -EPROTO || err == -EPROTONOSUPPORT)
		nc_mib_inc(ch->net, CHAN_PROTO);
	nc_chan_event(ch, NC_CHAN_EV_ERROR);
}
EXPORT_SYMBOL_NC(nc_chan_error);

void nc_chan_kill(struct nc_chan *ch, int err)
{
	nc_chan_error(ch, err);
	flush_work(&ch->cold);
}

/*
 * The connection stands: HELLO goes first, an opener's lane is of use now, and
 * what waited for it goes along. The peer waits for HELLO a bounded time, so it
 * is sent here: a worker may be behind with other channels' bytes.
 */
static void nc_chan_on_opened(struct nc_chan *ch)
{
	if (ch->opener)		/* the time for HELLO begins */
		ch->born = jiffies;
	set_bit(NC_CHAN_TX_HELLO, &ch->bits);
	nc_chan_set_state(ch, NC_CHAN_HELLO);
	if (ch->opener)
		nc_peer_lane_add(ch);
	nc_chan_tx_run(ch, NC_CHAN_BUDGET);
}

static void nc_chan_on_hello(struct nc_chan *ch)
{
	int err = nc_peer_hello(ch);

	if (err) {
		nc_mib_inc(ch->net, CHAN_REFUSED);
		nc_chan_error(ch, err);
		return;
	}
	nc_chan_set_state(ch, NC_CHAN_UP);
	nc_mib_inc(ch->net, CHAN_OPENED);
	if (!ch->opener)
		nc_peer_lane_add(ch);
	/* R5, when there is a lane to say it by */
	nc_peer_lanes_up(ch->peer);
	nc_chan_rx_resume(ch);
}

/* say GOAWAY when everything has left, then close */
static void nc_chan_drain(struct nc_chan *ch)
{
	if (ch->state == NC_CHAN_DEAD || ch->state == NC_CHAN_DRAIN)
		return;
	if (ch->state != NC_CHAN_UP) {
		/* GOAWAY may not precede HELLO; and nobody heard of it yet */
		nc_chan_error(ch, ch->state == NC_CHAN_CONNECTING ?
				  NC_CHAN_GIVEN_UP : 0);
		return;
	}
	nc_peer_lane_leave(ch);
	WRITE_ONCE(ch->born, jiffies);
	nc_chan_set_state(ch, NC_CHAN_DRAIN);
	/* nobody queues any more who did not see it leave: no kick finds it */
	synchronize_net();
	set_bit(NC_CHAN_TX_GOAWAY, &ch->bits);
	nc_worker_kick(ch);
}

static void nc_chan_die(struct nc_chan *ch)
{
	bool clean = ch->err == NC_CHAN_ENDED &&
		     test_bit(NC_CHAN_SAID_GOAWAY, &ch->bits) &&
		     test_bit(NC_CHAN_GOT_GOAWAY, &ch->bits);
	bool peace = clean || ch->err == NC_CHAN_GIVEN_UP;
	int err = ch->err > 0 ? -ECONNRESET : ch->err;

	ch->died_in = ch->state;
	nc_chan_set_state(ch, NC_CHAN_DEAD);
	if (!peace)
		nc_mib_inc(ch->net, CHAN_DEAD);
	if (ch->peer)
		nc_peer_lane_del(ch);
	synchronize_net();
	hrtimer_cancel(&ch->late_timer);
	while (test_and_set_bit_lock(NC_CHAN_TX_OWNED, &ch->bits))
		usleep_range(50, 200);
	while (test_and_set_bit_lock(NC_CHAN_RX_OWNED, &ch->bits))
		usleep_range(50, 200);
	if (test_bit(NC_CHAN_STARTED, &ch->bits))
		ch->ops->close(ch, !clean);
	timer_shutdown_sync(&ch->owe_timer);
	nc_chan_rx_exit(ch);
	nc_chan_tx_drain(ch);
	nc_listener_forget(ch);
	if (ch->peer)
		nc_peer_lane_lost(ch, peace ? 0 : err);
	nc_registry_put(ch->ops);
	nc_chan_put(ch);		/* the one it was made with */
}

static void nc_chan_cold(struct work_struct *work)
{
	struct nc_chan *ch = container_of(work, struct nc_chan, cold);
	int err;

	if (ch->state == NC_CHAN_DEAD)
		goto put;
	if (!nc_chan_is_dead(ch) &&
	    !test_and_set_bit(NC_CHAN_STARTED, &ch->bits) && ch->opener) {
		err = ch->ops->open(ch);
		if (err)
			nc_chan_error(ch, err);
	}
	/* one that has come up meanwhile stays */
	if (test_and_clear_bit(NC_CHAN_EV_GIVE_UP, &ch->bits) &&
	    ch->state == NC_CHAN_CONNECTING &&
	    !test_bit(NC_CHAN_EV_OPENED, &ch->bits))
		nc_chan_error(ch, NC_CHAN_GIVEN_UP);
	if (!nc_chan_is_dead(ch) &&
	    test_and_clear_bit(NC_CHAN_EV_OPENED, &ch->bits))
		nc_chan_on_opened(ch);
	/* both may have come since we looked: then we are queued again */
	if (!nc_chan_is_dead(ch) && ch->state != NC_CHAN_CONNECTING &&
	    test_and_clear_bit(NC_CHAN_EV_HELLO, &ch->bits))
		nc_chan_on_hello(ch);
	if (!nc_chan_is_dead(ch) &&
	    test_and_clear_bit(NC_CHAN_EV_GOAWAY, &ch->bits)) {
		if (ch->opener && ch->state == NC_CHAN_UP &&
		    test_bit(NC_CHAN_GOT_GOAWAY, &ch->bits))
			nc_peer_let_go(ch->peer);
		nc_chan_drain(ch);
		if (test_bit(NC_CHAN_SAID_GOAWAY, &ch->bits) &&
		    test_bit(NC_CHAN_GOT_GOAWAY, &ch->bits))
			nc_chan_error(ch, 0);
	}
	if (nc_chan_is_dead(ch))
		nc_chan_die(ch);
put:
	nc_chan_put(ch);
}

struct nc_chan *nc_chan_alloc(struct net *net,
			      const struct nc_channel_ops *ops,
			      const struct nc_chan_addr *addr, bool opener)
{
	struct nc_chan *ch;

	ch = kvzalloc(sizeof(*ch) + ops->chan_priv, GFP_KERNEL);
	if (!ch)
		return NULL;
	ch->box[0] = kzalloc(sizeof(*ch->box[0]), GFP_KERNEL);
	ch->box[1] = kzalloc(sizeof(*ch->box[1]), GFP_KERNEL);
	if (!ch->box[0] || !ch->box[1]) {
		kfree(ch->box[0]);
		kfree(ch->box[1]);
		kvfree(ch);
		return NULL;
	}
	do {
		ch->lane.id = atomic_inc_return(&nc_chan_ids);
	} while (!ch->lane.id);
	ch->ops = ops;
	ch->net = net;
	ch->addr = *addr;
	ch->opener = opener;
	ch->state = NC_CHAN_CONNECTING;
	ch->born = jiffies;
	refcount_set(&ch->ref, 1);
	INIT_LIST_HEAD(&ch->node);
	INIT_WORK(&ch->cold, nc_chan_cold);
	nc_chan_tx_init(ch);
	nc_chan_kick_init(ch);
	nc_chan_rx_init(ch);
	nc_obj_new(CHAN);
	return ch;
}

struct nc_lane *nc_lane_get(struct nc_lane *lane)
{
	return refcount_inc_not_zero(&nc_chan_of(lane)->ref) ? lane : NULL;
}

void nc_lane_put(struct nc_lane *lane)
{
	nc_chan_put(nc_chan_of(lane));
}

struct nc_lane *nc_chan_lane(struct nc_chan *ch)
{
	return &ch->lane;
}

struct nc_peer *nc_chan_peer(const struct nc_chan *ch)
{
	return ch->peer;
}

struct net *nc_chan_net(const struct nc_chan *ch)
{
	return ch->net;
}
EXPORT_SYMBOL_NC(nc_chan_net);

u8 nc_chan_class(const struct nc_chan *ch)
{
	return ch->lane.class;
}
EXPORT_SYMBOL_NC(nc_chan_class);

u8 nc_chan_index(const struct nc_chan *ch)
{
	return ch->lane.index;
}
EXPORT_SYMBOL_NC(nc_chan_index);

u32 nc_chan_spread(const struct nc_chan *ch)
{
	/* pairs with nc_peer_hello_acceptor(): class and index are known */
	const struct nc_peer *peer = smp_load_acquire(&ch->peer);
	u32 at;

	if (!peer)
		return 0;	/* HELLO tells */
	at = (u32)bitrev8(ch->lane.index) << 24;
	if (ch->lane.class == NC_CLASS_L)
		at += BIT(31) / NC_LANES_MAX;
	return (peer->spread + at) | 1;
}
EXPORT_SYMBOL_NC(nc_chan_spread);

bool nc_chan_is_opener(const struct nc_chan *ch)
{
	return ch->opener;
}
EXPORT_SYMBOL_NC(nc_chan_is_opener);

void *nc_chan_priv(const struct nc_chan *ch)
{
	return (void *)ch->priv;
}
EXPORT_SYMBOL_NC(nc_chan_priv);

const struct nc_chan_addr *nc_chan_addr(const struct nc_chan *ch)
{
	return &ch->addr;
}
EXPORT_SYMBOL_NC(nc_chan_addr);

void nc_chan_addrs(const struct nc_chan *ch, struct in6_addr *local,
		   struct in6_addr *remote, int *oif)
{
	*local = ch->addr.laddr;
	*remote = ch->addr.raddr;
	*oif = ch->addr.oif;
}

int nc_chan_iif(const struct nc_chan *ch)
{
	return ch->ops->iif ? ch->ops->iif(ch) : 0;
}

void **nc_chan_rx_slot(struct nc_chan *ch)
{
	return &ch->rx_slot;
}
