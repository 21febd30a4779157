// SPDX-License-Identifier: GPL-2.0
/*
 * Sending: bytes are copied into skbs on the other end's queue. The stream is
 * cut into frames here, so that a script can name one; a header waits until it
 * is complete and the script has seen it.
 */
#include "netdriver/loop/pipe.h"

#include <linux/jiffies.h>
#include <linux/uio.h>

#define NC_LOOP_SKB	(32 << 10)	/* bytes of one skb */
#define NC_LOOP_LINEAR	2048		/* up to this without page fragments */
#define NC_LOOP_AGAIN	msecs_to_jiffies(2)	/* after no memory */

/**
 * struct nc_loop_tx - one skb in the making
 * @me: whose bytes
 * @it: the bytes
 * @n: how many of them are to go
 * @skb: where to
 * @out: bytes in @skb
 * @kill: the script wants the channel dead behind them
 */
struct nc_loop_tx {
	struct nc_loop_end	*me;
	struct iov_iter		*it;
	u32			n;
	struct sk_buff		*skb;
	u32			out;
	bool			kill;
};

static struct nc_loop_end *nc_loop_send_other(struct nc_loop_end *me)
{
	return &me->pipe->end[me == me->pipe->end];
}

static u8 nc_loop_send_side(const struct nc_loop_end *me)
{
	return me - me->pipe->end;
}

/* both ends die; what was delivered is received first */
static void nc_loop_send_kill(struct nc_loop_end *me)
{
	struct nc_loop_end *other = nc_loop_send_other(me);
	struct nc_loop_pipe *pipe = me->pipe;

	spin_lock_bh(&pipe->lock);
	me->deaf = true;
	if (me->ch)
		nc_chan_error(me->ch, -ECONNRESET);
	if (!other->over) {
		other->over = true;
		other->err = -ECONNRESET;
	}
	if (other->ch)
		nc_chan_rx_later(other->ch);
	spin_unlock_bh(&pipe->lock);
}

static void nc_loop_send_queue(struct nc_loop_end *me, struct sk_buff *skb)
{
	struct nc_loop_end *other = nc_loop_send_other(me);
	struct nc_loop_pipe *pipe = me->pipe;
	unsigned long wait;

	wait = msecs_to_jiffies(nc_loop_script_delay(pipe));
	*nc_loop_due(skb) = jiffies + wait;
	spin_lock_bh(&pipe->lock);
	if (!other->over && !other->deaf) {
		__skb_queue_tail(&other->rxq, skb);
		WRITE_ONCE(other->queued, other->queued + skb->len);
		if (other->ch && wait)
			queue_delayed_work(nc_loop_wq, &other->late, wait);
		else if (other->ch)
			nc_chan_rx_later(other->ch);
		skb = NULL;
	}
	spin_unlock_bh(&pipe->lock);
	kfree_skb(skb);
}

static struct sk_buff *nc_loop_send_alloc(u32 n)
{
	u32 linear = n <= NC_LOOP_LINEAR ? n : 0;
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(linear, n - linear, PAGE_ALLOC_COSTLY_ORDER,
				   &err, GFP_NOWAIT | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_put(skb, linear);
	skb->data_len = n - linear;
	skb->len = n;
	return skb;
}

/* a header, and the payload of a control frame */
static int nc_loop_send_head(struct nc_loop_tx *tx)
{
	struct nc_frame *f = &tx->me->frame;
	enum nc_loop_verdict v = NC_LOOP_PASS;
	u32 n = min(nc_frame_need(f), tx->n);
	int ret;

	if (!copy_from_iter_full(nc_frame_room(f), n, tx->it))
		return -EFAULT;
	tx->n -= n;
	ret = nc_frame_fill(f, n);
	if (!ret)
		return 0;
	/* what is no frame is the receiver's business */
	tx->me->raw = ret < 0;
	if (ret == NC_FRAME_READY)
		v = nc_loop_script_frame(tx->me->pipe,
					 nc_loop_send_side(tx->me), &f->hdr);
	tx->kill = v == NC_LOOP_KILL_BEFORE || v == NC_LOOP_KILL_HEAD ||
		   (v == NC_LOOP_KILL_AFTER && !f->payload);
	if (v == NC_LOOP_KILL_BEFORE)
		return 0;
	if (v == NC_LOOP_KILL_AFTER)
		tx->me->cut = f->hdr.len;
	else if (v == NC_LOOP_KILL_HALF)
		tx->me->cut = f->hdr.len / 2;
	ret = skb_store_bits(tx->skb, tx->out, f->buf, f->have);
	tx->out += f->have;
	if (!f->payload)
		nc_frame_next(f);
	return ret;
}

static int nc_loop_send_body(struct nc_loop_tx *tx)
{
	struct nc_loop_end *me = tx->me;
	u32 n = tx->n;
	int ret;

	if (!me->raw)
		n = min(n, nc_frame_left(&me->frame));
	if (me->cut)
		n = min(n, me->cut);
	ret = skb_copy_datagram_from_iter(tx->skb, tx->out, tx->it, n);
	tx->n -= n;
	tx->out += n;
	if (!me->raw)
		nc_frame_pass(&me->frame, n);
	if (me->cut) {
		me->cut -= n;
		tx->kill = !me->cut;
	}
	return ret;
}

/* @n bytes into one skb; 0, or -EAGAIN and nothing was taken */
static int nc_loop_send_skb(struct nc_loop_end *me, struct iov_iter *it, u32 n)
{
	struct nc_loop_tx tx = { .me = me, .it = it, .n = n };
	u32 held = me->raw || me->frame.payload ? 0 : me->frame.have;
	int ret = 0;

	tx.skb = nc_loop_send_alloc(held + n);
	if (!tx.skb) {
		queue_delayed_work(nc_loop_wq, &me->late, NC_LOOP_AGAIN);
		return -EAGAIN;
	}
	while (tx.n && !tx.kill && !ret) {
		if (!me->raw && nc_frame_need(&me->frame))
			ret = nc_loop_send_head(&tx);
		else
			ret = nc_loop_send_body(&tx);
	}
	if (ret || pskb_trim(tx.skb, tx.out)) {
		tx.kill = true;
		tx.out = 0;
	}
	if (tx.out)
		nc_loop_send_queue(me, tx.skb);
	else
		kfree_skb(tx.skb);
	if (tx.kill)
		nc_loop_send_kill(me);
	return 0;
}

/* bytes that fit; -EPIPE if they would go nowhere */
static int nc_loop_send_room(struct nc_loop_end *me)
{
	struct nc_loop_end *other = nc_loop_send_other(me);
	struct nc_loop_pipe *pipe = me->pipe;
	int room;

	spin_lock_bh(&pipe->lock);
	room = other->over || other->deaf ? -EPIPE :
	       max_t(int, NC_LOOP_LIMIT - other->queued, 0);
	if (!room)
		me->starved = true;
	spin_unlock_bh(&pipe->lock);
	return room;
}

int nc_loop_xmit(struct nc_chan *ch, const struct bio_vec *bv, unsigned int nr,
		 size_t skip, size_t len, unsigned int flags)
{
	struct nc_loop *lp = nc_chan_priv(ch);
	struct nc_loop_end *me = &lp->pipe->end[lp->side];
	struct iov_iter it;
	size_t done = 0;
	int n;

	might_sleep();
	iov_iter_bvec(&it, ITER_SOURCE, bv, nr, skip + len);
	iov_iter_advance(&it, skip);
	while (done < len) {
		n = nc_loop_send_room(me);
		if (n < 0)
			return len;	/* swallowed: loop.c, note 3 */
		n = min3(n, NC_LOOP_SKB, (int)(len - done));
		if (!n || nc_loop_send_skb(me, &it, n))
			return done ?: -EAGAIN;
		done += n;
	}
	return done;
}

u32 nc_loop_unsent(const struct nc_chan *ch)
{
	const struct nc_loop *lp = nc_chan_priv(ch);
	const struct nc_loop_pipe *pipe;
	u32 n = 0;

	rcu_read_lock();
	pipe = READ_ONCE(lp->pipe);
	if (pipe)
		n = READ_ONCE(pipe->end[!lp->side].queued);
	rcu_read_unlock();
	return n;
}
