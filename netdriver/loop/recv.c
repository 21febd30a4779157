// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving: only the second path, as nobody calls us in softirq. The engine
 * has one rx_run at a time for a channel.
 */
#include "netdriver/loop/pipe.h"

#include <linux/bottom_half.h>
#include <linux/jiffies.h>

unsigned long *nc_loop_due(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(unsigned long) > sizeof(skb->cb));
	return (unsigned long *)skb->cb;
}

/* delayed bytes are due, or a sender got no memory a moment ago */
void nc_loop_late(struct work_struct *work)
{
	struct nc_loop_end *end = container_of(to_delayed_work(work),
					       struct nc_loop_end, late);

	spin_lock_bh(&end->pipe->lock);
	if (end->ch) {
		nc_chan_rx_later(end->ch);
		nc_chan_writable(end->ch);
	}
	spin_unlock_bh(&end->pipe->lock);
}

/*
 * The first skb if it may be received now. It stays in the queue: only this
 * side takes from there. If there is none and will be none, the reason is
 * told.
 */
static struct sk_buff *nc_loop_recv_peek(struct nc_loop_end *me)
{
	struct nc_loop_pipe *pipe = me->pipe;
	struct sk_buff *skb = NULL;
	unsigned long due;

	spin_lock_bh(&pipe->lock);
	if (me->deaf)
		goto out;
	skb = skb_peek(&me->rxq);
	if (!skb) {
		if (me->over) {
			me->deaf = true;
			nc_chan_error(me->ch, me->err);
		}
		goto out;
	}
	due = *nc_loop_due(skb);
	if (time_before(jiffies, due)) {
		queue_delayed_work(nc_loop_wq, &me->late, due - jiffies);
		skb = NULL;
	}
out:
	spin_unlock_bh(&pipe->lock);
	return skb;
}

static void nc_loop_recv_drop(struct nc_loop_end *me, struct sk_buff *skb)
{
	struct nc_loop_pipe *pipe = me->pipe;
	struct nc_loop_end *other = &pipe->end[me == pipe->end];

	spin_lock_bh(&pipe->lock);
	__skb_unlink(skb, &me->rxq);
	WRITE_ONCE(me->queued, me->queued - skb->len);
	me->taken = 0;
	/* not for each skb: a sender wants room for more than one */
	if (other->starved && me->queued <= NC_LOOP_LIMIT / 2) {
		other->starved = false;
		if (other->ch)
			nc_chan_writable(other->ch);
	}
	spin_unlock_bh(&pipe->lock);
	consume_skb(skb);
}

int nc_loop_rx_run(struct nc_chan *ch, int budget)
{
	struct nc_loop *lp = nc_chan_priv(ch);
	struct nc_loop_end *me;
	struct sk_buff *skb;
	int err = 0;

	might_sleep();
	if (!lp->pipe)
		return 0;

	me = &lp->pipe->end[lp->side];
	local_bh_disable();
	while (!err && (skb = nc_loop_recv_peek(me)) && budget > 0) {
		me->taken += nc_chan_rx(ch, skb, me->taken,
					skb->len - me->taken, &budget, &err);
		if (me->taken == skb->len)
			nc_loop_recv_drop(me, skb);
	}
	nc_chan_rx_done(ch);
	local_bh_enable();
	/* after an error the engine comes again by itself, or never */
	return !err && skb;
}
