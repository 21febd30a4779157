// SPDX-License-Identifier: GPL-2.0
/*
 * The receive direction of a channel: bytes from the transport are cut into
 * frames and passed up piece by piece. Runs in softirq where TCP calls us, or
 * in the channel's worker; never transmits, never waits.
 */
#include "netdriver/internal.h"

#include <linux/export.h>
#include <linux/skbuff.h>
#include "core/mib.h"

#define NC_CHAN_RX_WAIT_MIN	1	/* ms */
#define NC_CHAN_RX_WAIT_MAX	100
#define NC_CHAN_RX_LARGE	(16 << 10)	/* worth a look of their own */
/* a header, or a piece of payload, takes as long as so many bytes more */
#define NC_CHAN_RX_PIECE	128

static void nc_chan_rx_again(struct timer_list *t)
{
	struct nc_chan *ch = timer_container_of(ch, t, rx_timer);

	set_bit(NC_CHAN_RX_PENDING, &ch->bits);
	nc_worker_kick(ch);
}

void nc_chan_rx_init(struct nc_chan *ch)
{
	nc_frame_init(&ch->frame);
	timer_setup(&ch->rx_timer, nc_chan_rx_again, 0);
}

/* the channel is closed: no receive run any more */
void nc_chan_rx_exit(struct nc_chan *ch)
{
	timer_shutdown_sync(&ch->rx_timer);
	local_bh_disable();
	nc_up->rx_flush(ch);
	local_bh_enable();
}

/*
 * Many small packets of a large frame are cheaper in one go: TCP acknowledges
 * what was read, and the reader is woken, once for each time that we look.
 * HELLO is short, and its sender waits for it a bounded time: a worker that is
 * behind with other channels' bytes would miss that.
 */
bool nc_chan_rx_inline(const struct nc_chan *ch, u32 avail)
{
	unsigned int how = READ_ONCE(nc_knob_rx_softirq[ch->lane.class]);

	if (test_bit(NC_CHAN_RX_HOLD, &ch->bits) ||
	    test_bit(NC_CHAN_RX_PENDING, &ch->bits))
		return false;
	if (!test_bit(NC_CHAN_GOT_HELLO, &ch->bits))
		return true;
	if (how == NC_RX_WORKER)
		return false;
	return how == NC_RX_SOFTIRQ || avail >= NC_CHAN_RX_LARGE ||
	       nc_frame_need(&ch->frame);
}
EXPORT_SYMBOL_NC(nc_chan_rx_inline);

void nc_chan_rx_later(struct nc_chan *ch)
{
	set_bit(NC_CHAN_RX_PENDING, &ch->bits);
	/* pairs with the barrier in nc_chan_tx_run(): whoever transmits looks
	 * at RX_PENDING after it has let go
	 */
	smp_mb__after_atomic();
	if (test_bit(NC_CHAN_RX_HOLD, &ch->bits) ||
	    test_bit(NC_CHAN_TX_OWNED, &ch->bits))
		return;
	nc_worker_kick(ch);
}
EXPORT_SYMBOL_NC(nc_chan_rx_later);

void nc_chan_rx_resume(struct nc_chan *ch)
{
	set_bit(NC_CHAN_RX_PENDING, &ch->bits);
	clear_bit(NC_CHAN_RX_HOLD, &ch->bits);
	nc_worker_kick(ch);
}

void nc_chan_rx_run(struct nc_chan *ch, int budget)
{
	int ret;

	if (!test_bit(NC_CHAN_RX_PENDING, &ch->bits) ||
	    test_bit(NC_CHAN_RX_HOLD, &ch->bits) ||
	    test_and_set_bit_lock(NC_CHAN_RX_OWNED, &ch->bits))
		return;
	clear_bit(NC_CHAN_RX_PENDING, &ch->bits);
	/* before rx_run looks: what comes later sets the bit again */
	smp_mb__after_atomic();
	if (!nc_chan_is_dead(ch)) {
		ret = ch->ops->rx_run(ch, budget);
		if (ret < 0)
			nc_chan_error(ch, ret);
		else if (ret)
			set_bit(NC_CHAN_RX_PENDING, &ch->bits);
	}
	clear_bit_unlock(NC_CHAN_RX_OWNED, &ch->bits);
	/* pairs with set_bit() in nc_chan_rx_later() */
	smp_mb__after_atomic();
	if (test_bit(NC_CHAN_RX_PENDING, &ch->bits) &&
	    !test_bit(NC_CHAN_RX_HOLD, &ch->bits) && !nc_chan_is_dead(ch))
		nc_worker_kick(ch);
}

static int nc_chan_rx_hello(struct nc_chan *ch, const u8 *payload)
{
	if (test_and_set_bit(NC_CHAN_GOT_HELLO, &ch->bits))
		return -EPROTO;
	if (nc_wire_get_hello(payload, &ch->hello))
		return -EPROTO;
	if (ch->hello.ver_min > NC_WIRE_VERSION ||
	    ch->hello.ver_max < NC_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	/* joining a set needs a mutex: nothing more is parsed until then */
	set_bit(NC_CHAN_RX_HOLD, &ch->bits);
	nc_chan_event(ch, NC_CHAN_EV_HELLO);
	return 0;
}

/* a frame is complete, or the header of DATA with payload behind it */
static int nc_chan_rx_frame(struct nc_chan *ch)
{
	struct nc_frame *f = &ch->frame;
	const struct nc_hdr *h = &f->hdr;
	int err;

	if (h->type != NC_HELLO && !test_bit(NC_CHAN_GOT_HELLO, &ch->bits))
		return -EPROTO;
	switch (h->type) {
	case NC_HELLO:
		err = nc_chan_rx_hello(ch, nc_frame_ctl(f));
		break;
	case NC_GOAWAY:
		if (test_and_set_bit(NC_CHAN_GOT_GOAWAY, &ch->bits))
			return -EPROTO;
		nc_chan_event(ch, NC_CHAN_EV_GOAWAY);
		err = 0;
		break;
	case NC_SYN:
		/* connections are made over the client's own channels */
		err = ch->opener ? -EPROTO : 0;
		fallthrough;
	case NC_SYN_ACK:
		if (h->type == NC_SYN_ACK)
			err = 0;
		if (!err)
			err = nc_up->rx_syn(ch, h, nc_frame_ctl(f));
		break;
	case NC_DATA:
		if (h->len)
			return 0;	/* payload follows */
		fallthrough;
	case NC_ACK:
	case NC_RST:
		err = nc_up->rx(ch, h, NULL, 0, 0, 0);
		break;
	default:
		err = -EPROTO;		/* AUTH was not agreed on */
	}
	nc_frame_next(f);
	return err;
}

/* header or control bytes; returns what was taken */
static u32 nc_chan_rx_gather(struct nc_chan *ch, struct sk_buff *skb, u32 off,
			     u32 len, int *err)
{
	struct nc_frame *f = &ch->frame;
	u32 n = min(nc_frame_need(f), len);

	*err = skb_copy_bits(skb, off, nc_frame_room(f), n);
	if (*err)
		return 0;
	*err = nc_frame_fill(f, n);
	if (*err == NC_FRAME_READY)
		*err = nc_chan_rx_frame(ch);
	return n;
}

static void nc_chan_rx_wait(struct nc_chan *ch)
{
	ch->rx_wait_ms = clamp_t(unsigned int, ch->rx_wait_ms * 2,
				 NC_CHAN_RX_WAIT_MIN, NC_CHAN_RX_WAIT_MAX);
	nc_mib_inc(ch->net, RX_NOMEM);
	mod_timer(&ch->rx_timer, jiffies + msecs_to_jiffies(ch->rx_wait_ms));
}

u32 nc_chan_rx(struct nc_chan *ch, struct sk_buff *skb, u32 off, u32 len,
	       int *budget, int *err)
{
	struct nc_frame *f = &ch->frame;
	u32 start = off, n;

	*err = 0;
	while (len && *budget > 0 && !*err) {
		if (test_bit(NC_CHAN_RX_HOLD, &ch->bits)) {
			*err = -ENOMEM;
			break;
		}
		if (nc_frame_need(f)) {
			n = nc_chan_rx_gather(ch, skb, off, len, err);
		} else {
			n = min(nc_frame_left(f), len);
			*err = nc_up->rx(ch, &f->hdr, skb, off, n, f->done);
			if (*err == -ENOMEM) {
				nc_chan_rx_wait(ch);
				break;
			}
			nc_frame_pass(f, n);
		}
		off += n;
		len -= n;
		*budget -= n + NC_CHAN_RX_PIECE;
	}
	ch->rx_bytes += off - start;
	if (!*err)
		ch->rx_wait_ms = 0;
	else if (*err != -ENOMEM)
		nc_chan_error(ch, *err);
	return off - start;
}
EXPORT_SYMBOL_NC(nc_chan_rx);

void nc_chan_rx_done(struct nc_chan *ch)
{
	nc_up->rx_flush(ch);
}
EXPORT_SYMBOL_NC(nc_chan_rx_done);
