// SPDX-License-Identifier: GPL-2.0
/*
 * The send direction of a channel: queues, and transmitting. Who does it and
 * when is decided in chan_kick.c; what a call of the transport sends is put
 * together in chan_batch.c.
 *
 * Design notes
 *
 * 1. There is one transmitter at a time, whoever set NC_CHAN_TX_OWNED: an
 *    application thread (inline), the worker, or for HELLO the cold work;
 *    never softirq. It lets go of the bit and looks again, so what was queued
 *    meanwhile is seen either by it or by whoever queued it.
 * 2. A batch is built once and kept until the transport took all of it; a
 *    partial send goes on at the byte where it stopped, never at a header.
 */
#include "netdriver/internal.h"

#include <linux/export.h>
#include "core/mib.h"

#define NC_CHAN_OWE_MS		40	/* rule R4 */

static void nc_chan_tx_timer(struct timer_list *t)
{
	struct nc_chan *ch = timer_container_of(ch, t, owe_timer);

	set_bit(NC_CHAN_OWE_DUE, &ch->bits);
	/* an allocation may have failed; a full transport says so again */
	clear_bit(NC_CHAN_TX_BLOCKED, &ch->bits);
	nc_worker_kick(ch);
}

void nc_chan_tx_init(struct nc_chan *ch)
{
	init_llist_head(&ch->txq);
	init_llist_head(&ch->owes_now);
	init_llist_head(&ch->owes_soon);
	timer_setup(&ch->owe_timer, nc_chan_tx_timer, 0);
	spin_lock_init(&ch->ring_lock);
}

bool nc_chan_queue(struct nc_lane *lane, struct nc_seg *seg)
{
	struct nc_chan *ch = nc_chan_of(lane);

	nc_seg_get(seg);
	nc_up->flow_get(seg->flow);	/* the caller holds one: succeeds */
	seg->lane_id = lane->id;
	seg->backlog = seg->len;
	atomic_add(seg->backlog, nc_chan_backlog(ch));
	return llist_add(&seg->txq, &ch->txq);
}

bool nc_chan_owe(struct nc_lane *lane, struct nc_flow *flow, bool now)
{
	int bit = now ? NC_FLOW_OWES_NOW : NC_FLOW_OWES_SOON;
	struct nc_chan *ch = nc_chan_of(lane);

	if (test_and_set_bit(bit, &flow->bits))
		return false;
	if (!nc_up->flow_get(flow)) {
		clear_bit(bit, &flow->bits);
		return false;
	}
	if (now) {
		llist_add(&flow->owe_now, &ch->owes_now);
		return true;
	}
	llist_add(&flow->owe_soon, &ch->owes_soon);
	if (!timer_pending(&ch->owe_timer))
		mod_timer(&ch->owe_timer,
			  jiffies + msecs_to_jiffies(NC_CHAN_OWE_MS));
	return false;
}

void nc_chan_answer(struct nc_chan *ch, const struct nc_hdr *h)
{
	bool full;

	spin_lock_bh(&ch->ring_lock);
	full = (u8)(ch->ring_head - ch->ring_tail) >= NC_CHAN_RING;
	if (!full)
		ch->ring[ch->ring_head++ % NC_CHAN_RING] = *h;
	spin_unlock_bh(&ch->ring_lock);
	if (full)
		nc_mib_inc(ch->net, ECHO_LIMIT);
	nc_worker_kick(ch);
}

static bool nc_chan_tx_batch_open(const struct nc_chan *ch)
{
	return ch->batch.done < ch->batch.len;
}

bool nc_chan_tx_pending(const struct nc_chan *ch)
{
	if (ch->state < NC_CHAN_HELLO)
		return false;
	return !llist_empty(&ch->txq) || ch->txl || ch->owed ||
	       !llist_empty(&ch->owes_now) || nc_chan_tx_batch_open(ch) ||
	       READ_ONCE(ch->ring_head) != READ_ONCE(ch->ring_tail) ||
	       test_bit(NC_CHAN_TX_HELLO, &ch->bits) ||
	       test_bit(NC_CHAN_TX_GOAWAY, &ch->bits) ||
	       test_bit(NC_CHAN_OWE_DUE, &ch->bits);
}

static void nc_chan_tx_took(struct nc_chan *ch, u32 n)
{
	struct nc_chan_batch *b = &ch->batch;

	b->done += n;
	ch->tx_bytes += n;
	while (b->seg_done < b->nseg && b->seg_end[b->seg_done] <= b->done) {
		nc_chan_batch_done(ch, b->seg[b->seg_done++]);
		ch->tx_segs++;
	}
	if (!nc_chan_tx_batch_open(ch) &&
	    test_bit(NC_CHAN_SAID_GOAWAY, &ch->bits) &&
	    test_bit(NC_CHAN_GOT_GOAWAY, &ch->bits))
		nc_chan_event(ch, NC_CHAN_EV_GOAWAY);
}

/* one xmit; false: stop */
static bool nc_chan_tx_once(struct nc_chan *ch, int *budget)
{
	struct nc_chan_batch *b = &ch->batch;
	unsigned int flags = b->splice ? NC_XMIT_SPLICE : 0;
	int n;

	if (!nc_chan_tx_batch_open(ch)) {
		if (!nc_chan_batch_fill(ch)) {
			/* more was promised and did not come: push */
			if (ch->corked)
				ch->ops->xmit(ch, b->bv, 0, 0, 0, 0);
			ch->corked = false;
			return false;
		}
		flags = b->splice ? NC_XMIT_SPLICE : 0;
	}
	ch->corked = ch->txl || !llist_empty(&ch->txq);
	if (ch->corked)
		flags |= NC_XMIT_MORE;
	/* set first: the transport may call nc_chan_writable() before it
	 * returns -EAGAIN to us
	 */
	set_bit(NC_CHAN_TX_BLOCKED, &ch->bits);
	n = ch->ops->xmit(ch, b->bv, b->nr, b->done, b->len - b->done, flags);
	if (n == -EAGAIN)
		return false;
	clear_bit(NC_CHAN_TX_BLOCKED, &ch->bits);
	if (n < 0) {
		nc_chan_error(ch, n);
		return false;
	}
	nc_chan_tx_took(ch, n);
	*budget -= n;
	return *budget > 0;
}

static void nc_chan_tx_after(struct nc_chan *ch)
{
	u32 unsent = ch->ops->unsent(ch);
	struct nc_peer *peer = ch->peer;
	u64 now = ktime_get_ns();

	WRITE_ONCE(ch->last_ns, now);
	WRITE_ONCE(ch->lane.unsent, unsent);
	WRITE_ONCE(ch->lane.kib_ns,
		   nc_rate_update(&ch->rate, now, ch->tx_bytes - unsent,
				  READ_ONCE(ch->lane.backlog) > 0));
	smp_mb();	/* pairs with the barrier in nc_sched_send() */
	if (peer && !list_empty_careful(&peer->park.flows) &&
	    nc_lane_load(&ch->lane) < NC_SCHED_LIMIT / 2)
		nc_peer_wake_parked(peer);
}

void nc_chan_tx_run(struct nc_chan *ch, int budget)
{
	bool more = true;

	if (READ_ONCE(ch->state) < NC_CHAN_HELLO)
		return;
	while (nc_chan_tx_pending(ch) &&
	       !test_bit(NC_CHAN_TX_BLOCKED, &ch->bits) && more) {
		if (test_and_set_bit_lock(NC_CHAN_TX_OWNED, &ch->bits))
			return;		/* its owner looks again */
		WRITE_ONCE(ch->company, 0);
		while (!nc_chan_is_dead(ch) &&
		       (nc_chan_tx_pending(ch) || ch->corked) &&
		       nc_chan_tx_once(ch, &budget))
			;
		more = budget > 0 && !nc_chan_is_dead(ch);
		nc_chan_tx_after(ch);
		clear_bit_unlock(NC_CHAN_TX_OWNED, &ch->bits);
		/* pairs with llist_add() in nc_chan_queue() and the barrier
		 * in nc_chan_rx_later(): see what came meanwhile
		 */
		smp_mb__after_atomic();
		nc_chan_rx_run(ch, NC_CHAN_BUDGET);
	}
	if (!more && nc_chan_tx_pending(ch) && !nc_chan_is_dead(ch))
		nc_worker_kick(ch);
}

void nc_chan_writable(struct nc_chan *ch)
{
	WRITE_ONCE(ch->lane.unsent, ch->ops->unsent(ch));
	if (test_and_clear_bit(NC_CHAN_TX_BLOCKED, &ch->bits))
		nc_worker_kick(ch);
}
EXPORT_SYMBOL_NC(nc_chan_writable);

static void nc_chan_tx_forget(struct nc_chan *ch, struct llist_node *n,
			      int bit)
{
	struct nc_flow *flow;

	while (n) {
		if (bit == NC_FLOW_OWES_NOW)
			flow = llist_entry(n, struct nc_flow, owe_now);
		else
			flow = llist_entry(n, struct nc_flow, owe_soon);
		n = n->next;
		clear_bit(bit, &flow->bits);
		/* connected anew, it may have tried to owe elsewhere */
		smp_mb__after_atomic();
		if (READ_ONCE(flow->tx_peer) != ch->peer)
			nc_up->lane_up(flow);
		nc_up->flow_put(flow);
	}
}

void nc_chan_tx_drain(struct nc_chan *ch)
{
	struct nc_chan_batch *b = &ch->batch;
	struct nc_seg *seg;

	while (b->seg_done < b->nseg)
		nc_chan_batch_done(ch, b->seg[b->seg_done++]);
	b->len = 0;
	b->done = 0;
	while ((seg = nc_chan_batch_peek(ch))) {
		ch->txl = ch->txl->next;
		nc_chan_batch_done(ch, seg);
	}
	nc_chan_tx_forget(ch, ch->owed, NC_FLOW_OWES_NOW);
	ch->owed = NULL;
	nc_chan_tx_forget(ch, llist_del_all(&ch->owes_now), NC_FLOW_OWES_NOW);
	nc_chan_tx_forget(ch, llist_del_all(&ch->owes_soon),
			  NC_FLOW_OWES_SOON);
}
