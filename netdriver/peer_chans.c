// SPDX-License-Identifier: GPL-2.0
/*
 * The channels of a peer: joining and leaving the lane sets, what their loss
 * means to flows, back-off, and the end of an idle or unreachable peer. How
 * many there are is in peer_count.c.
 */
#include "netdriver/internal.h"

#include <linux/slab.h>
#include "core/mib.h"
#include "core/mutant.h"
#include "core/sysctl.h"
#include "netdriver/peer.h"
#include "netdriver/wire.h"

#define NC_PEER_BACKOFF_MIN	50U	/* ms */
#define NC_PEER_BACKOFF_MAX	2000U
#define NC_PEER_FAILS		3	/* broken off so often: no use */
#define NC_PEER_TICK		HZ
#define NC_PEER_HELLO		(10 * HZ)	/* from connected to HELLO */
#define NC_PEER_DRAIN		(30 * HZ)	/* until it says GOAWAY too */

static bool nc_peer_has_lane(const struct nc_peer *peer)
{
	bool up;

	rcu_read_lock();
	up = nc_peer_lanes(peer, NC_CLASS_L)->nr ||
	     nc_peer_lanes(peer, NC_CLASS_T)->nr;
	rcu_read_unlock();
	return up;
}

static void nc_peer_later(struct nc_peer *peer, unsigned long delay)
{
	nc_peer_get(peer);
	if (mod_delayed_work(nc_wq, &peer->work, delay))
		nc_peer_put(peer);
}

/* how long a peer may be idle: the end that opened it is the first to let go */
static unsigned long nc_peer_patience(const struct nc_peer *peer)
{
	unsigned long limit = nc_sysctl_peer_timeout(peer->net) * HZ;

	return peer->opened ? limit : 2 * limit;
}

/* connect() asks before its flow is there */
bool nc_peer_needed(const struct nc_peer *peer)
{
	lockdep_assert_held(&peer->cfg);
	return READ_ONCE(peer->nr_flows) || nc_peer_has_lane(peer) ||
	       time_before(jiffies, peer->wanted_at + NC_PEER_TICK);
}

void nc_peer_want(struct nc_peer *peer)
{
	nc_peer_watch(peer);
	if (nc_peer_has_lane(peer))
		return;
	mutex_lock(&peer->cfg);
	if (!peer->dead) {
		/* nobody has waited for a lane until now */
		if (!READ_ONCE(peer->nr_flows))
			peer->down_since = jiffies;
		peer->wanted_at = jiffies;
		peer->backoff_ms = 0;
		nc_peer_later(peer, 0);
	}
	mutex_unlock(&peer->cfg);
}

/* ---- lane sets ---- */

static void nc_peer_set_lanes(struct nc_peer *peer, u8 class,
			      struct nc_lane_box *box)
{
	struct nc_lane_box *old;

	old = rcu_replace_pointer(peer->lanes[class], box,
				  lockdep_is_held(&peer->cfg));
	kfree_rcu(old, rcu);
}

/* has more than HELLO come of it? Who has too many sets closes behind that */
static bool nc_peer_useful(const struct nc_chan *ch)
{
	return READ_ONCE(ch->rx_bytes) > NC_WIRE_HDR_LEN + NC_WIRE_HELLO_LEN ||
	       time_after(jiffies, READ_ONCE(ch->born) + NC_PEER_HELLO);
}

/* did a dead channel never come to anything? */
static bool nc_peer_refused(const struct nc_chan *ch)
{
	return ch->died_in < NC_CHAN_UP || !nc_peer_useful(ch);
}

/* in the order of their index; takes the place of one that it replaces */
void nc_peer_lane_add(struct nc_chan *ch)
{
	struct nc_lane_box *box = ch->box[0];
	struct nc_peer *peer = ch->peer;
	const struct nc_lane_set *old;
	unsigned int i, n = 0;
	u8 class = ch->lane.class;

	mutex_lock(&peer->cfg);
	/* under the lock: a dead one may not push out who replaced it */
	if (peer->dead || nc_chan_is_dead(ch)) {
		mutex_unlock(&peer->cfg);
		return;
	}
	old = &rcu_dereference_protected(peer->lanes[class],
					 lockdep_is_held(&peer->cfg))->set;
	ch->box[0] = NULL;
	for (i = 0; i < old->nr && old->lane[i]->index < ch->lane.index; i++)
		box->set.lane[n++] = old->lane[i];
	box->set.lane[n++] = &ch->lane;
	for (; i < old->nr; i++) {
		if (old->lane[i]->index == ch->lane.index)
			nc_chan_of(old->lane[i])->in_set = false;
		else
			box->set.lane[n++] = old->lane[i];
	}
	box->set.nr = n;
	nc_peer_set_lanes(peer, class, box);
	ch->in_set = true;
	mutex_unlock(&peer->cfg);
	nc_peer_wake_parked(peer);
}

static void __nc_peer_lane_leave(struct nc_chan *ch)
{
	struct nc_lane_box *box = ch->box[1];
	struct nc_peer *peer = ch->peer;
	const struct nc_lane_set *old;
	u8 class = ch->lane.class;
	unsigned int i, n = 0;

	lockdep_assert_held(&peer->cfg);
	if (!ch->in_set)
		return;
	ch->in_set = false;
	ch->box[1] = NULL;
	old = &rcu_dereference_protected(peer->lanes[class],
					 lockdep_is_held(&peer->cfg))->set;
	for (i = 0; i < old->nr; i++)
		if (old->lane[i] != &ch->lane)
			box->set.lane[n++] = old->lane[i];
	box->set.nr = n;
	nc_peer_set_lanes(peer, class, box);
	/* one that was of no use does not begin peer_timeout anew */
	if (ch->state == NC_CHAN_UP || !nc_peer_refused(ch))
		peer->down_since = jiffies;
}

void nc_peer_lane_leave(struct nc_chan *ch)
{
	mutex_lock(&ch->peer->cfg);
	__nc_peer_lane_leave(ch);
	mutex_unlock(&ch->peer->cfg);
}

void nc_peer_lane_del(struct nc_chan *ch)
{
	mutex_lock(&ch->peer->cfg);
	__nc_peer_lane_leave(ch);
	list_del_init(&ch->node);
	nc_worker_drop(ch->worker);
	mutex_unlock(&ch->peer->cfg);
}

/* ---- loss ---- */

struct nc_peer_loss {
	u32 id;
	int err;
};

static void nc_peer_flow_down(struct nc_flow *flow, void *arg)
{
	nc_up->lane_down(flow, ((struct nc_peer_loss *)arg)->id);
}

static void nc_peer_flow_fail(struct nc_flow *flow, void *arg)
{
	nc_up->lane_fail(flow, ((struct nc_peer_loss *)arg)->err);
}

static void nc_peer_flow_dead(struct nc_flow *flow, void *arg)
{
	nc_up->peer_dead(flow, ((struct nc_peer_loss *)arg)->err);
}

static void nc_peer_flow_up(struct nc_flow *flow, void *arg)
{
	nc_up->lane_up(flow);
}

static bool nc_peer_opening(const struct nc_peer *peer)
{
	const struct nc_chan *ch;

	lockdep_assert_held(&peer->cfg);
	list_for_each_entry(ch, &peer->chans, node)
		if (!nc_chan_is_dead(ch))
			return true;
	return false;
}

void nc_peer_lane_lost(struct nc_chan *ch, int err)
{
	struct nc_peer_loss loss = { .id = ch->lane.id, .err = err };
	struct nc_peer *peer = ch->peer;
	bool alone, hopeless = false;

	if (!NC_MUTANT(LOSE_DEAD))
		nc_peer_walk(peer, nc_peer_flow_down, &loss);
	mutex_lock(&peer->cfg);
	if (!peer->opened || peer->dead)
		goto unlock;
	alone = !nc_peer_has_lane(peer) && !nc_peer_opening(peer);
	if (err && nc_peer_refused(ch)) {
		peer->fails += alone;
		peer->backoff_ms = clamp(peer->backoff_ms * 2,
					 NC_PEER_BACKOFF_MIN,
					 NC_PEER_BACKOFF_MAX);
	} else {	/* those that were of use all fell to one cause */
		peer->fails = 0;
		peer->backoff_ms = NC_PEER_BACKOFF_MIN;
		/* perhaps with a RST or a last ACK: R5 makes up for it */
		if (err)
			peer->wanted_at = jiffies;
	}
	if (err) {
		hopeless = alone &&
			   (ch->died_in == NC_CHAN_CONNECTING ||
			    err == -EPROTO || err == -EPROTONOSUPPORT ||
			    peer->fails >= NC_PEER_FAILS);
		nc_peer_later(peer, msecs_to_jiffies(peer->backoff_ms));
	} else if (nc_peer_needed(peer)) {
		nc_peer_later(peer, 0);	/* in peace; but a flow has come */
	}
unlock:
	mutex_unlock(&peer->cfg);
	if (hopeless)
		nc_peer_walk(peer, nc_peer_flow_fail, &loss);
}

/* the other end closes what nobody uses: it is not opened again meanwhile */
void nc_peer_let_go(struct nc_peer *peer)
{
	/* a flow that comes and goes meanwhile has its own time */
	spin_lock_bh(&peer->flows_lock);
	if (!peer->nr_flows)
		WRITE_ONCE(peer->idle_since,
			   jiffies - nc_peer_patience(peer) - 1);
	spin_unlock_bh(&peer->flows_lock);
}

/* ---- HELLO ---- */

/* the acceptor's identity: another one means that it restarted */
static int nc_peer_hello_opener(struct nc_chan *ch)
{
	struct nc_peer_loss loss = { .err = -ECONNRESET };
	struct nc_peer *peer = ch->peer;
	bool reset = false;
	struct nc_chan *o;

	mutex_lock(&peer->cfg);
	if (peer->have_instance &&
	    memcmp(peer->instance, ch->hello.instance, 16)) {
		list_for_each_entry(o, &peer->chans, node) {
			if (o != ch && o->state == NC_CHAN_UP &&
			    !nc_chan_is_dead(o)) {
				mutex_unlock(&peer->cfg);
				return -EREMCHG;
			}
		}
		reset = true;
	}
	memcpy(peer->instance, ch->hello.instance, 16);
	peer->have_instance = true;
	/* under the lock: a channel that joins now makes new connections */
	if (reset)
		nc_peer_walk(peer, nc_peer_flow_dead, &loss);
	mutex_unlock(&peer->cfg);
	return 0;
}

/* a channel joins the set whose secret it shows */
static int nc_peer_hello_acceptor(struct nc_chan *ch)
{
	static const u8 zero[16];
	struct nc_peer_key key = {
		.raddr = ch->addr.raddr,
		.oif = ch->addr.oif,
	};
	struct nc_chan *o;
	struct nc_worker *w;
	struct nc_peer *peer;
	unsigned int n = 0;
	int cpu, err = 0;

	if (!memcmp(ch->hello.set, zero, sizeof(zero)))
		return -EPROTO;
	w = nc_worker_pick(ch->hello.class, ch->addr.node, &cpu);
	if (IS_ERR(w))
		return PTR_ERR(w);
	peer = nc_peer_accepted(ch->net, &key, ch->hello.set);
	if (IS_ERR(peer)) {
		nc_worker_drop(w);
		return PTR_ERR(peer);
	}
	mutex_lock(&peer->cfg);
	list_for_each_entry(o, &peer->chans, node) {
		if (o->lane.class != ch->hello.class || nc_chan_is_dead(o))
			continue;
		/* the opener replaces what it knows to be dead */
		if (o->lane.index == ch->hello.index)
			nc_chan_error(o, -ECONNRESET);
		else
			n++;
	}
	if (peer->dead || n >= NC_LANES_MAX)
		err = -EUSERS;
	if (!err) {
		ch->lane.class = ch->hello.class;
		ch->lane.index = ch->hello.index;
		ch->lane.cpu = cpu;
		WRITE_ONCE(ch->worker, w);
		nc_listener_forget(ch);
		/* pairs with nc_chan_spread() */
		smp_store_release(&ch->peer, peer);
		list_add_tail(&ch->node, &peer->chans);
		/* it has as long again to make use of it */
		WRITE_ONCE(peer->idle_since, jiffies);
		nc_peer_later(peer, NC_PEER_TICK);
	}
	mutex_unlock(&peer->cfg);
	if (err) {
		nc_worker_drop(w);
		nc_peer_put(peer);
	}
	return err;
}

int nc_peer_hello(struct nc_chan *ch)
{
	return ch->opener ? nc_peer_hello_opener(ch) :
			    nc_peer_hello_acceptor(ch);
}

void nc_peer_lanes_up(struct nc_peer *peer)
{
	nc_peer_walk(peer, nc_peer_flow_up, NULL);
}

/* ---- the end ---- */

static void nc_peer_kill_chans(struct nc_peer *peer, int err)
{
	struct nc_chan *ch;

	for (;;) {
		mutex_lock(&peer->cfg);
		ch = list_first_entry_or_null(&peer->chans, struct nc_chan,
					      node);
		if (ch)
			nc_chan_get(ch);
		mutex_unlock(&peer->cfg);
		if (!ch)
			break;
		nc_chan_kill(ch, err);
		nc_chan_put(ch);
	}
}

void nc_peer_die(struct nc_peer *peer, int err, bool idle)
{
	struct nc_peer_loss loss = { .err = err };

	mutex_lock(&peer->cfg);
	spin_lock_bh(&peer->flows_lock);
	if (!idle || !peer->nr_flows)
		WRITE_ONCE(peer->dead, true);
	spin_unlock_bh(&peer->flows_lock);
	if (!peer->dead) {
		nc_peer_later(peer, 0);
		mutex_unlock(&peer->cfg);
		return;
	}
	mutex_unlock(&peer->cfg);
	nc_peer_walk(peer, nc_peer_flow_dead, &loss);
	nc_peer_walk(peer, nc_peer_flow_fail, &loss);
	nc_peer_kill_chans(peer, err);
	/* nobody arms it again; a flush would not wait for its timer */
	if (cancel_delayed_work(&peer->work))
		nc_peer_put(peer);
	if (cancel_delayed_work(&peer->look))
		nc_peer_put(peer);
	/* last: the end of a netns waits for it while it is in the table */
	nc_peer_unlist(peer);
}

/* say GOAWAY on all channels; the last one that is gone ends the peer */
static void nc_peer_drain(struct nc_peer *peer)
{
	struct nc_chan *ch;

	lockdep_assert_held(&peer->cfg);
	list_for_each_entry(ch, &peer->chans, node)
		nc_chan_event(ch, NC_CHAN_EV_GOAWAY);
}

static void nc_peer_reap(struct nc_peer *peer)
{
	bool given_up = peer->opened && !nc_peer_needed(peer);
	struct nc_chan *ch;

	lockdep_assert_held(&peer->cfg);
	list_for_each_entry(ch, &peer->chans, node) {
		/* TCP would try for minutes what nobody waits for any more */
		if (given_up && ch->state == NC_CHAN_CONNECTING)
			nc_chan_event(ch, NC_CHAN_EV_GIVE_UP);
		/* something listens there, but it does not speak */
		if (peer->opened && ch->state == NC_CHAN_HELLO &&
		    time_after(jiffies, ch->born + NC_PEER_HELLO))
			nc_chan_error(ch, -EPROTO);
		if (ch->state == NC_CHAN_UP && nc_peer_useful(ch)) {
			peer->fails = 0;
			peer->backoff_ms = 0;
		}
		/* it does not let go: what it still held is sent again */
		if (ch->state == NC_CHAN_DRAIN &&
		    time_after(jiffies, READ_ONCE(ch->born) + NC_PEER_DRAIN))
			nc_chan_error(ch, -ETIMEDOUT);
	}
}

static void nc_peer_work(struct work_struct *work)
{
	struct nc_peer *peer = container_of(to_delayed_work(work),
					    struct nc_peer, work);
	bool idle, die = false;

	mutex_lock(&peer->cfg);
	if (peer->dead) {
		mutex_unlock(&peer->cfg);
		goto put;
	}
	nc_peer_reap(peer);
	idle = !READ_ONCE(peer->nr_flows) &&
	       time_after(jiffies, READ_ONCE(peer->idle_since) +
				   nc_peer_patience(peer));
	if (idle && list_empty(&peer->chans))
		die = true;
	else if (idle)
		nc_peer_drain(peer);
	else if (!nc_peer_has_lane(peer) &&
		 time_after(jiffies, peer->down_since +
				     nc_sysctl_peer_timeout(peer->net) * HZ))
		die = true;
	else if (peer->opened)
		nc_peer_count(peer);
	nc_worker_look();
	if (!die)
		nc_peer_later(peer, NC_PEER_TICK);
	mutex_unlock(&peer->cfg);
	if (die)
		nc_peer_die(peer, -ETIMEDOUT, idle);
put:
	nc_peer_put(peer);
}

void nc_peer_chans_init(struct nc_peer *peer)
{
	INIT_DELAYED_WORK(&peer->work, nc_peer_work);
	nc_peer_count_init(peer);
}

void nc_peer_chans_exit(struct nc_peer *peer)
{
	if (cancel_delayed_work_sync(&peer->work))
		nc_peer_put(peer);
	if (cancel_delayed_work_sync(&peer->look))
		nc_peer_put(peer);
}
