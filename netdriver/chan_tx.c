// SPDX-License-Identifier: GPL-2.0
/*
 * The send direction of a channel: queues, headers, batches, and who
 * transmits.
 *
 * Design notes
 *
 * 1. There is one transmitter at a time, whoever set NC_CHAN_TX_OWNED: an
 *    application thread (inline) or the worker; never softirq. It lets go of
 *    the bit and looks again, so what was queued meanwhile is seen either by
 *    it or by whoever queued it.
 * 2. A batch is built once and kept until the transport took all of it; a
 *    partial send goes on at the byte where it stopped, never at a header.
 * 3. Headers are written when a segment leaves, so the acknowledgement in them
 *    is fresh, and a segment that is sent again gets a header of its own: the
 *    TCP socket of a dead channel may still hold the old one.
 * 4. Control frames go before data at every batch. Acknowledgements are no
 *    frames but lists of flows that owe one, so their memory is bounded.
 */
#include "netdriver/internal.h"

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/mib.h"
#include "core/mutant.h"

#define NC_CHAN_TX_RETRY	(HZ / 100)	/* after a failed allocation */

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

static atomic_t *nc_chan_tx_backlog(struct nc_chan *ch)
{
	/* policies are compiled without the kernel and read a plain int */
	BUILD_BUG_ON(sizeof(atomic_t) != sizeof(ch->lane.backlog));
	return (atomic_t *)&ch->lane.backlog;
}

bool nc_chan_queue(struct nc_lane *lane, struct nc_seg *seg)
{
	struct nc_chan *ch = nc_chan_of(lane);

	nc_seg_get(seg);
	nc_up->flow_get(seg->flow);	/* the caller holds one: succeeds */
	seg->lane_id = lane->id;
	seg->backlog = seg->len;
	atomic_add(seg->backlog, nc_chan_tx_backlog(ch));
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

/* ---- building a batch ---- */

/* @len bytes of header memory; there was room for NC_CHAN_HDRS at the start */
static u8 *nc_chan_tx_room(struct nc_chan *ch, u32 len)
{
	struct nc_chan_batch *b = &ch->batch;
	struct page_frag *p = &ch->hdrs;
	struct bio_vec *bv = b->nr ? &b->bv[b->nr - 1] : NULL;
	u8 *va = page_address(p->page) + p->offset;

	/* headers that follow each other need one entry */
	if (bv && bv->bv_page == p->page &&
	    bv->bv_offset + bv->bv_len == p->offset)
		bv->bv_len += len;
	else
		bvec_set_page(&b->bv[b->nr++], p->page, len, p->offset);
	p->offset += len;
	b->len += len;
	return va;
}

static void nc_chan_tx_put(struct nc_chan *ch, const struct nc_hdr *h)
{
	nc_wire_put_hdr(nc_chan_tx_room(ch, NC_WIRE_HDR_LEN), h);
}

static bool nc_chan_tx_full(const struct nc_chan *ch, const u8 *start)
{
	const struct nc_chan_batch *b = &ch->batch;
	const u8 *now = page_address(ch->hdrs.page) + ch->hdrs.offset;

	/* room for the longest control segment and its header */
	return b->nr + 1 + NC_SEG_FRAGS > NC_CHAN_BV ||
	       b->nseg == NC_CHAN_SEGS || b->len >= NC_CHAN_BATCH ||
	       now - start > NC_CHAN_HDRS - 2 * NC_WIRE_HDR_LEN;
}

static void nc_chan_tx_hello(struct nc_chan *ch)
{
	struct nc_hdr h = { .type = NC_HELLO, .len = NC_WIRE_HELLO_LEN };
	struct nc_wire_hello hello = {
		.ver_min = NC_WIRE_VERSION,
		.ver_max = NC_WIRE_VERSION,
		.class = ch->lane.class,
		.index = ch->lane.index,
		.max_payload = NC_WIRE_MAX_PAYLOAD,
		.wish = READ_ONCE(nc_knob_channels[ch->lane.class]),
	};
	u8 *buf;

	nc_peer_instance(ch->net, hello.instance);
	if (ch->opener)
		memcpy(hello.set, ch->peer->set, sizeof(hello.set));
	get_random_bytes(hello.nonce, sizeof(hello.nonce));
	buf = nc_chan_tx_room(ch, NC_WIRE_HDR_LEN + NC_WIRE_HELLO_LEN);
	nc_wire_put_hdr(buf, &h);
	nc_wire_put_hello(buf + NC_WIRE_HDR_LEN, &hello);
}

static void nc_chan_tx_ring(struct nc_chan *ch, const u8 *start)
{
	struct nc_hdr h;
	bool some;

	while (!nc_chan_tx_full(ch, start)) {
		spin_lock_bh(&ch->ring_lock);
		some = ch->ring_head != ch->ring_tail;
		if (some)
			h = ch->ring[ch->ring_tail++ % NC_CHAN_RING];
		spin_unlock_bh(&ch->ring_lock);
		if (!some)
			break;
		nc_chan_tx_put(ch, &h);
	}
}

/*
 * One list holds both kinds of links: owe_now first, then owe_soon. They are
 * told apart by the list they come from, so each is taken to its end.
 */
static void nc_chan_tx_ack(struct nc_chan *ch, struct nc_flow *flow)
{
	struct nc_hdr h = { .type = NC_ACK };

	if (nc_up->tx_ack(flow, &h)) {
		nc_chan_tx_put(ch, &h);
		nc_mib_inc(ch->net, OUT_ACKS);
	}
	nc_up->flow_put(flow);
}

static void nc_chan_tx_owed(struct nc_chan *ch, const u8 *start)
{
	struct nc_flow *flow;
	struct llist_node *n;

	if (test_and_clear_bit(NC_CHAN_OWE_DUE, &ch->bits)) {
		/* the soon list becomes part of the now list, flow by flow */
		n = llist_del_all(&ch->owes_soon);
		while (n) {
			flow = llist_entry(n, struct nc_flow, owe_soon);
			n = n->next;
			clear_bit(NC_FLOW_OWES_SOON, &flow->bits);
			smp_mb__after_atomic();
			if (test_and_set_bit(NC_FLOW_OWES_NOW, &flow->bits))
				nc_up->flow_put(flow);
			else
				llist_add(&flow->owe_now, &ch->owes_now);
		}
	}
	if (!ch->owed)
		ch->owed = llist_del_all(&ch->owes_now);
	while (ch->owed && !nc_chan_tx_full(ch, start)) {
		flow = llist_entry(ch->owed, struct nc_flow, owe_now);
		ch->owed = ch->owed->next;
		clear_bit(NC_FLOW_OWES_NOW, &flow->bits);
		/* whoever owes again from here on is on the list again */
		smp_mb__after_atomic();
		nc_chan_tx_ack(ch, flow);
	}
}

static void nc_chan_tx_note_flow(struct nc_chan *ch, const struct nc_flow *f)
{
	if (f != ch->last_flow) {
		WRITE_ONCE(ch->switch_ns, ch->last_ns);
		WRITE_ONCE(ch->last_flow, f);
	}
}

/* the segment leaves: its header, then its payload by reference */
static void nc_chan_tx_add(struct nc_chan *ch, struct nc_seg *seg,
			   const struct nc_hdr *h)
{
	struct nc_chan_batch *b = &ch->batch;
	unsigned int i;

	nc_chan_tx_note_flow(ch, seg->flow);
	nc_chan_tx_put(ch, h);
	if (seg->type == NC_SYN || seg->type == NC_SYN_ACK) {
		memcpy(nc_chan_tx_room(ch, NC_SEG_CTL), seg->ctl, NC_SEG_CTL);
	} else if (seg->type == NC_DATA) {
		for (i = 0; i < seg->nr; i++)
			b->bv[b->nr++] = seg->frag[i];
		b->len += seg->len;
	}
	b->seg[b->nseg] = seg;
	b->seg_end[b->nseg++] = b->len;
}

static void nc_chan_tx_done(struct nc_chan *ch, struct nc_seg *seg)
{
	struct nc_flow *flow = seg->flow;

	atomic_sub(seg->backlog, nc_chan_tx_backlog(ch));
	nc_seg_put(seg);
	nc_up->flow_put(flow);
}

/* the next queued segment; the queue is a stack, turned over when taken */
static struct nc_seg *nc_chan_tx_peek(struct nc_chan *ch)
{
	if (!ch->txl)
		ch->txl = llist_reverse_order(llist_del_all(&ch->txq));
	if (!ch->txl)
		return NULL;
	return llist_entry(ch->txl, struct nc_seg, txq);
}

static void nc_chan_tx_data(struct nc_chan *ch, const u8 *start)
{
	struct nc_chan_batch *b = &ch->batch;
	struct nc_seg *seg;
	struct nc_hdr h;
	bool large;

	while (!nc_chan_tx_full(ch, start)) {
		seg = nc_chan_tx_peek(ch);
		if (!seg)
			break;
		large = seg->type == NC_DATA && seg->len > NC_CHAN_COPY;
		/* copied and spliced ones do not share a call; headers may */
		if (b->nseg && large != b->splice)
			break;
		ch->txl = ch->txl->next;
		memset(&h, 0, sizeof(h));
		if (!nc_up->tx_prepare(seg, &h)) {
			nc_chan_tx_done(ch, seg);
			continue;
		}
		b->splice |= large;
		nc_chan_tx_add(ch, seg, &h);
	}
}

/*
 * Build the next batch. Headers of one batch lie in one page fragment; a
 * fragment is used again from its start only when the transport holds no
 * reference of it, hence refilled once for a whole batch and only when the
 * last one was taken.
 */
static bool nc_chan_tx_fill(struct nc_chan *ch)
{
	struct nc_chan_batch *b = &ch->batch;
	const u8 *start;

	b->nr = 0;
	b->nseg = 0;
	b->seg_done = 0;
	b->len = 0;
	b->done = 0;
	b->splice = false;
	if (!skb_page_frag_refill(NC_CHAN_HDRS, &ch->hdrs,
				  GFP_NOWAIT | __GFP_NOWARN)) {
		/* first: the timer clears it */
		set_bit(NC_CHAN_TX_BLOCKED, &ch->bits);
		smp_mb__after_atomic();
		mod_timer(&ch->owe_timer, jiffies + NC_CHAN_TX_RETRY);
		return false;
	}
	start = page_address(ch->hdrs.page) + ch->hdrs.offset;
	if (test_and_clear_bit(NC_CHAN_TX_HELLO, &ch->bits))
		nc_chan_tx_hello(ch);
	nc_chan_tx_ring(ch, start);
	nc_chan_tx_owed(ch, start);
	nc_chan_tx_data(ch, start);
	if (!b->len && test_and_clear_bit(NC_CHAN_TX_GOAWAY, &ch->bits)) {
		nc_chan_tx_put(ch, &(struct nc_hdr){ .type = NC_GOAWAY });
		set_bit(NC_CHAN_SAID_GOAWAY, &ch->bits);
	}
	return b->len;
}

/* ---- transmitting ---- */

static void nc_chan_tx_took(struct nc_chan *ch, u32 n)
{
	struct nc_chan_batch *b = &ch->batch;

	b->done += n;
	ch->tx_bytes += n;
	while (b->seg_done < b->nseg && b->seg_end[b->seg_done] <= b->done) {
		nc_chan_tx_done(ch, b->seg[b->seg_done++]);
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
		if (!nc_chan_tx_fill(ch)) {
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
	struct nc_peer *peer = ch->peer;

	WRITE_ONCE(ch->last_ns, ktime_get_ns());
	WRITE_ONCE(ch->lane.unsent, ch->ops->unsent(ch));
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
		while (!nc_chan_is_dead(ch) && nc_chan_tx_once(ch, &budget))
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

/* has nobody but @flow sent here for a while? */
static bool nc_chan_tx_quiet(const struct nc_chan *ch,
			     const struct nc_flow *flow)
{
	u64 last = READ_ONCE(ch->last_flow) == flow ?
		   READ_ONCE(ch->switch_ns) : READ_ONCE(ch->last_ns);

	return ktime_get_ns() - last > NC_CHAN_QUIET_NS;
}

void nc_chan_kick(struct nc_lane *lane, const struct nc_flow *flow,
		  bool was_empty, bool may_xmit)
{
	struct nc_chan *ch = nc_chan_of(lane);

	/* pairs with the barrier in nc_chan_tx_run(): an owner looks again */
	smp_mb();
	if (test_bit(NC_CHAN_TX_OWNED, &ch->bits) ||
	    test_bit(NC_CHAN_TX_BLOCKED, &ch->bits))
		return;
	if (may_xmit && was_empty && READ_ONCE(nc_knob_inline_tx) &&
	    nc_chan_tx_quiet(ch, flow))
		nc_chan_tx_run(ch, NC_CHAN_BUDGET + NC_SEG_MAX);
	else
		nc_worker_kick(ch);
}

static void nc_chan_tx_forget(struct llist_node *n, int bit)
{
	struct nc_flow *flow;

	while (n) {
		if (bit == NC_FLOW_OWES_NOW)
			flow = llist_entry(n, struct nc_flow, owe_now);
		else
			flow = llist_entry(n, struct nc_flow, owe_soon);
		n = n->next;
		clear_bit(bit, &flow->bits);
		nc_up->flow_put(flow);
	}
}

void nc_chan_tx_drain(struct nc_chan *ch)
{
	struct nc_chan_batch *b = &ch->batch;
	struct nc_seg *seg;

	while (b->seg_done < b->nseg)
		nc_chan_tx_done(ch, b->seg[b->seg_done++]);
	b->len = 0;
	b->done = 0;
	while ((seg = nc_chan_tx_peek(ch))) {
		ch->txl = ch->txl->next;
		nc_chan_tx_done(ch, seg);
	}
	nc_chan_tx_forget(ch->owed, NC_FLOW_OWES_NOW);
	ch->owed = NULL;
	nc_chan_tx_forget(llist_del_all(&ch->owes_now), NC_FLOW_OWES_NOW);
	nc_chan_tx_forget(llist_del_all(&ch->owes_soon), NC_FLOW_OWES_SOON);
}
