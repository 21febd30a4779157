// SPDX-License-Identifier: GPL-2.0
/*
 * Building a batch: headers and payload of the next call of the transport.
 *
 * Design notes
 *
 * 1. Headers are written when a segment leaves, so the acknowledgement in them
 *    is fresh, and a segment that is sent again gets a header of its own: the
 *    TCP socket of a dead channel may still hold the old one.
 * 2. Control frames go before data at every batch. Acknowledgements are no
 *    frames but lists of flows that owe one, so their memory is bounded.
 */
#include "netdriver/internal.h"

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/mib.h"

#define NC_CHAN_BATCH_RETRY	(HZ / 100)	/* after a failed allocation */

/* @len bytes of header memory; there was room for NC_CHAN_HDRS at the start */
static u8 *nc_chan_batch_room(struct nc_chan *ch, u32 len)
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

static void nc_chan_batch_put(struct nc_chan *ch, const struct nc_hdr *h)
{
	nc_wire_put_hdr(nc_chan_batch_room(ch, NC_WIRE_HDR_LEN), h);
}

static bool nc_chan_batch_full(const struct nc_chan *ch, const u8 *start)
{
	const struct nc_chan_batch *b = &ch->batch;
	const u8 *now = page_address(ch->hdrs.page) + ch->hdrs.offset;

	/* room for the longest control segment and its header */
	return b->nr + 1 + NC_SEG_FRAGS > NC_CHAN_BV ||
	       b->nseg == NC_CHAN_SEGS || b->len >= NC_CHAN_BATCH ||
	       now - start > NC_CHAN_HDRS - 2 * NC_WIRE_HDR_LEN;
}

static void nc_chan_batch_hello(struct nc_chan *ch)
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
	buf = nc_chan_batch_room(ch, NC_WIRE_HDR_LEN + NC_WIRE_HELLO_LEN);
	nc_wire_put_hdr(buf, &h);
	nc_wire_put_hello(buf + NC_WIRE_HDR_LEN, &hello);
}

static void nc_chan_batch_ring(struct nc_chan *ch, const u8 *start)
{
	struct nc_hdr h;
	bool some;

	while (READ_ONCE(ch->ring_head) != READ_ONCE(ch->ring_tail) &&
	       !nc_chan_batch_full(ch, start)) {
		spin_lock_bh(&ch->ring_lock);
		some = ch->ring_head != ch->ring_tail;
		if (some)
			h = ch->ring[ch->ring_tail++ % NC_CHAN_RING];
		spin_unlock_bh(&ch->ring_lock);
		if (!some)
			break;
		nc_chan_batch_put(ch, &h);
	}
}

/*
 * One list holds both kinds of links: owe_now first, then owe_soon. They are
 * told apart by the list they come from, so each is taken to its end.
 */
static void nc_chan_batch_ack(struct nc_chan *ch, struct nc_flow *flow)
{
	struct nc_hdr h = { .type = NC_ACK };

	if (nc_up->tx_ack(flow, ch->peer, &h)) {
		nc_chan_batch_put(ch, &h);
		nc_mib_inc(ch->net, OUT_ACKS);
	}
	nc_up->flow_put(flow);
}

static void nc_chan_batch_owed(struct nc_chan *ch, const u8 *start)
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
			/* pairs with test_and_set_bit() in nc_chan_owe() */
			smp_mb__after_atomic();
			if (test_and_set_bit(NC_FLOW_OWES_NOW, &flow->bits))
				nc_up->flow_put(flow);
			else
				llist_add(&flow->owe_now, &ch->owes_now);
		}
	}
	if (!ch->owed)
		ch->owed = llist_del_all(&ch->owes_now);
	while (ch->owed && !nc_chan_batch_full(ch, start)) {
		flow = llist_entry(ch->owed, struct nc_flow, owe_now);
		ch->owed = ch->owed->next;
		clear_bit(NC_FLOW_OWES_NOW, &flow->bits);
		/* whoever owes again from here on is on the list again */
		smp_mb__after_atomic();
		nc_chan_batch_ack(ch, flow);
	}
}

static void nc_chan_batch_note_flow(struct nc_chan *ch,
				    const struct nc_flow *f)
{
	if (f != ch->last_flow) {
		WRITE_ONCE(ch->switch_ns, ch->last_ns);
		WRITE_ONCE(ch->last_flow, f);
	}
}

/* the segment leaves: its header, then its payload by reference */
static void nc_chan_batch_add(struct nc_chan *ch, struct nc_seg *seg,
			      const struct nc_hdr *h)
{
	struct nc_chan_batch *b = &ch->batch;
	unsigned int i;

	nc_chan_batch_note_flow(ch, seg->flow);
	nc_chan_batch_put(ch, h);
	if (seg->type == NC_SYN || seg->type == NC_SYN_ACK) {
		memcpy(nc_chan_batch_room(ch, NC_SEG_CTL), seg->ctl,
		       NC_SEG_CTL);
	} else if (seg->type == NC_DATA) {
		for (i = 0; i < seg->nr; i++)
			b->bv[b->nr++] = seg->frag[i];
		b->len += seg->len;
	}
	b->seg[b->nseg] = seg;
	b->seg_end[b->nseg++] = b->len;
}

void nc_chan_batch_done(struct nc_chan *ch, struct nc_seg *seg)
{
	struct nc_flow *flow = seg->flow;

	atomic_sub(seg->backlog, nc_chan_backlog(ch));
	nc_seg_put(seg);
	nc_up->flow_put(flow);
}

/* the next queued segment; the queue is a stack, turned over when taken */
struct nc_seg *nc_chan_batch_peek(struct nc_chan *ch)
{
	if (!ch->txl)
		ch->txl = llist_reverse_order(llist_del_all(&ch->txq));
	if (!ch->txl)
		return NULL;
	return llist_entry(ch->txl, struct nc_seg, txq);
}

static void nc_chan_batch_data(struct nc_chan *ch, const u8 *start)
{
	struct nc_chan_batch *b = &ch->batch;
	struct nc_seg *seg;
	struct nc_hdr h;
	bool large;

	while (!nc_chan_batch_full(ch, start)) {
		seg = nc_chan_batch_peek(ch);
		if (!seg)
			break;
		large = seg->type == NC_DATA && seg->len > NC_CHAN_COPY;
		/* copied and spliced ones do not share a call; headers may */
		if (b->nseg && large != b->splice)
			break;
		ch->txl = ch->txl->next;
		memset(&h, 0, sizeof(h));
		if (!nc_up->tx_prepare(seg, &h)) {
			nc_chan_batch_done(ch, seg);
			continue;
		}
		b->splice |= large;
		nc_chan_batch_add(ch, seg, &h);
	}
}

/*
 * Build the next batch. Headers of one batch lie in one page fragment; a
 * fragment is used again from its start only when the transport holds no
 * reference of it, hence refilled once for a whole batch and only when the
 * last one was taken.
 */
bool nc_chan_batch_fill(struct nc_chan *ch)
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
		/* the timer must find the bit set, or nobody clears it */
		smp_mb__after_atomic();
		mod_timer(&ch->owe_timer, jiffies + NC_CHAN_BATCH_RETRY);
		return false;
	}
	start = page_address(ch->hdrs.page) + ch->hdrs.offset;
	if (test_and_clear_bit(NC_CHAN_TX_HELLO, &ch->bits))
		nc_chan_batch_hello(ch);
	nc_chan_batch_ring(ch, start);
	nc_chan_batch_owed(ch, start);
	nc_chan_batch_data(ch, start);
	if (!b->len && test_and_clear_bit(NC_CHAN_TX_GOAWAY, &ch->bits)) {
		nc_chan_batch_put(ch, &(struct nc_hdr){ .type = NC_GOAWAY });
		set_bit(NC_CHAN_SAID_GOAWAY, &ch->bits);
	}
	return b->len;
}
