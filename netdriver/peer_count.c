// SPDX-License-Identifier: GPL-2.0
/*
 * How many channels a peer has: looks at their load, opens what is missing and
 * drains what is too much. The decision itself is NetScheduler's (nc_plan).
 *
 * Design notes
 *
 * 1. Nothing is measured where data is sent. A work item looks at the lanes
 *    every 50 ms while bytes move, so what a lane does is a sample.
 * 2. Looks begin with connect() and end a second after the last byte; from
 *    then on nc_peer_work() has one each second, which begins them again.
 * 3. A lane that is not wanted any more is drained: it leaves the lane set,
 *    what is queued on it is sent, then GOAWAY is said. What its end of the
 *    connection still lost is sent again as with any lane that is gone.
 */
#include "netdriver/internal.h"

#include "core/sysctl.h"
#include "core/trace.h"
#include "netdriver/peer.h"

#define NC_PEER_LOOK		(HZ / 20)
#define NC_PEER_STILL		HZ		/* nothing moved: no looks */

/* ---- opening and draining ---- */

static bool nc_peer_find_chan(struct nc_peer *peer, u8 class, u8 index)
{
	struct nc_chan *ch;

	list_for_each_entry(ch, &peer->chans, node)
		if (ch->lane.class == class && ch->lane.index == index)
			return true;
	return false;
}

static int nc_peer_open_chan(struct nc_peer *peer, u8 class, u8 index)
{
	struct nc_chan_addr addr = {
		.raddr = peer->key.raddr,
		.laddr = peer->key.laddr,
		.oif = peer->key.oif,
		.mark = peer->key.mark,
		.port = nc_sysctl_port(peer->net),
		.node = peer->node_id,
	};
	const struct nc_channel_ops *ops;
	char name[NC_CHANNEL_NAME_MAX];
	struct nc_worker *w;
	struct nc_chan *ch;
	int cpu;

	nc_sysctl_transport(peer->net, name);
	w = nc_worker_pick(class, peer->node_id, &cpu);
	if (IS_ERR(w))
		return PTR_ERR(w);
	ops = nc_registry_get(name);
	if (!ops) {
		nc_worker_drop(w);
		return -EPROTONOSUPPORT;
	}
	ch = nc_chan_alloc(peer->net, ops, &addr, true);
	if (!ch) {
		nc_worker_drop(w);
		nc_registry_put(ops);
		return -ENOMEM;
	}
	ch->lane.class = class;
	ch->lane.index = index;
	ch->lane.cpu = cpu;
	ch->worker = w;
	ch->peer = nc_peer_get(peer);
	list_add_tail(&ch->node, &peer->chans);
	nc_chan_start(ch);
	return 0;
}

/* what is wanted and missing is opened, what is there and not wanted drained */
static void nc_peer_fill(struct nc_peer *peer)
{
	struct nc_chan *ch;
	unsigned int i;
	int c, err = 0;

	lockdep_assert_held(&peer->cfg);
	list_for_each_entry(ch, &peer->chans, node) {
		/* one that is not up yet has its turn when it is */
		if (ch->state == NC_CHAN_UP &&
		    ch->lane.index >= peer->want[ch->lane.class].want)
			nc_chan_event(ch, NC_CHAN_EV_GOAWAY);
	}
	/* a host that is not there is left alone until somebody wants it */
	if (!nc_peer_needed(peer))
		return;
	for (c = 0; c < NC_CLASSES; c++)
		for (i = 0; i < peer->want[c].want && !err; i++)
			if (!nc_peer_find_chan(peer, c, i))
				err = nc_peer_open_chan(peer, c, i);
}

/* ---- looking ---- */

static void nc_peer_look_chan(struct nc_peer *peer, struct nc_chan *ch,
			      struct nc_plan_use *use)
{
	u64 *seen = &peer->seen[ch->lane.class][ch->lane.index];
	u64 rx = READ_ONCE(ch->rx_bytes);
	u32 unsent = ch->ops->unsent(ch);
	int backlog = READ_ONCE(ch->lane.backlog);

	/* since the last call of the transport some of it may have left */
	WRITE_ONCE(ch->lane.unsent, unsent);
	use->up++;
	use->load += max(backlog, 0) + (u64)unsent;
	use->queued += unsent || nc_chan_tx_pending(ch) ||
		       test_bit(NC_CHAN_TX_OWNED, &ch->bits) ||
		       test_bit(NC_CHAN_RX_OWNED, &ch->bits) ||
		       test_bit(NC_CHAN_RX_PENDING, &ch->bits);
	/* another channel in its place begins at 0 */
	use->rx += rx < *seen ? rx : rx - *seen;
	*seen = rx;
}

/* true: there is something to open or to drain */
static bool nc_peer_look(struct nc_peer *peer)
{
	struct nc_plan_use use[NC_CLASSES] = {};
	bool changed = false;
	struct nc_chan *ch;
	u64 tx = 0;
	u32 ms, old;
	int c;

	lockdep_assert_held(&peer->cfg);
	ms = jiffies_to_msecs(jiffies - peer->looked);
	peer->looked = jiffies;
	list_for_each_entry(ch, &peer->chans, node) {
		tx += READ_ONCE(ch->tx_bytes);
		if (ch->in_set)
			nc_peer_look_chan(peer, ch, &use[ch->lane.class]);
	}
	for (c = 0; c < NC_CLASSES; c++) {
		old = peer->want[c].want;
		use[c].ms = ms;
		nc_plan->lanes(&peer->want[c], &use[c],
			       READ_ONCE(nc_knob_channels_min[c]),
			       READ_ONCE(nc_knob_channels[c]));
		if (use[c].queued || use[c].rx || tx != peer->seen_tx)
			peer->moved = jiffies;
		if (peer->want[c].want == old)
			continue;
		trace_nc_lanes(&peer->key.raddr, c, old, peer->want[c].want,
			       use[c].up, peer->want[c].busy,
			       peer->want[c].load);
		changed = true;
	}
	peer->seen_tx = tx;
	return changed;
}

static void nc_peer_look_later(struct nc_peer *peer)
{
	nc_peer_get(peer);
	if (!queue_delayed_work(nc_wq, &peer->look, NC_PEER_LOOK))
		nc_peer_put(peer);
}

static bool nc_peer_moves(const struct nc_peer *peer)
{
	return READ_ONCE(peer->nr_flows) &&
	       time_before(jiffies, peer->moved + NC_PEER_STILL);
}

static void nc_peer_look_work(struct work_struct *work)
{
	struct nc_peer *peer = container_of(to_delayed_work(work),
					    struct nc_peer, look);

	mutex_lock(&peer->cfg);
	if (!peer->dead) {
		if (nc_peer_look(peer))
			nc_peer_fill(peer);
		if (nc_peer_moves(peer))
			nc_peer_look_later(peer);
	}
	mutex_unlock(&peer->cfg);
	nc_peer_put(peer);
}

void nc_peer_count(struct nc_peer *peer)
{
	if (!delayed_work_pending(&peer->look))
		nc_peer_look(peer);
	if (nc_peer_moves(peer))
		nc_peer_look_later(peer);
	nc_peer_fill(peer);
}

void nc_peer_watch(struct nc_peer *peer)
{
	if (delayed_work_pending(&peer->look))
		return;
	mutex_lock(&peer->cfg);
	peer->moved = jiffies;
	if (!peer->dead)
		nc_peer_look_later(peer);
	mutex_unlock(&peer->cfg);
}

void nc_peer_count_init(struct nc_peer *peer)
{
	int c;

	for (c = 0; c < NC_CLASSES; c++)
		peer->want[c].want = READ_ONCE(nc_knob_channels_min[c]);
	peer->looked = jiffies;
	peer->moved = jiffies;
	INIT_DELAYED_WORK(&peer->look, nc_peer_look_work);
}
