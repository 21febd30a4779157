// SPDX-License-Identifier: GPL-2.0
/*
 * The receive direction of a virtual socket: pieces go to the receive queue
 * in order or wait in the reorder set; recvmsg.c takes them from there.
 *
 * Design notes
 *
 * 1. A piece of an skb is kept as a clone when it is a good part of the
 *    memory it pins, else it is copied behind the last one: a reader that
 *    does not read pins at most NC_RX_PIN times what it is charged, also when
 *    bytes come one by one. A lone small piece, which will soon be read, is a
 *    clone too if its skb is small: that is charged whole.
 * 2. The queue is changed under the data lock. Only the reader, who owns the
 *    socket, takes pieces out, so it copies to the user without the lock;
 *    delivery goes on meanwhile and may even append to the piece being read.
 * 3. Sequenced bytes are never dropped. No memory: the channel stops for a
 *    moment. Over the hard limit: the connection is reset.
 */
#include "vns/internal.h"

#include <linux/mm.h>
#include <net/tcp.h>
#include "core/mib.h"
#include "core/mutant.h"

#define NC_RX_COPY	1024	/* shorter pieces are copied */
#define NC_RX_PIN	4
#define NC_RX_SMALL	4096	/* memory of one packet's skb, about */
#define NC_RX_BUFFER	SKB_WITH_OVERHEAD(8192)	/* when small ones pile up */
#define NC_RX_GAPS	1024
#define NC_RX_SLACK	(2 << 20)	/* on top of what credit explains */

static struct sk_buff *nc_rx_skb(struct nc_range *r)
{
	BUILD_BUG_ON(offsetof(struct nc_rx_cb, range));
	return (struct sk_buff *)((char *)r - offsetof(struct sk_buff, cb));
}

static void nc_rx_free(struct sock *sk, struct sk_buff *skb)
{
	nc_mem_uncharge_rx(sk, nc_rx_cb(skb)->charge);
	kfree_skb(skb);
}

u32 nc_rx_ooo_bytes(const struct nc_sock *nsk)
{
	return nsk->reorder.bytes;
}

void nc_rx_purge(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct sk_buff *skb;
	struct nc_range *r;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		if (NC_MUTANT(LEAK_SKB))
			skb_get(skb);
		nc_rx_free(sk, skb);
	}
	while ((r = nc_reorder_first(&nsk->reorder)))
		nc_rx_free(sk, nc_rx_skb(r));
	nsk->queued = 0;
}

void nc_rx_sync_window(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	u32 win = READ_ONCE(sk->sk_rcvbuf) / 2;

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK) {
		if (!nsk->rcv.locked || nsk->rcv.win != win)
			nc_credit_rcv_lock(&nsk->rcv, win);
	}
}

/* a low-water mark beyond the window would never be reached */
int nc_rx_set_lowat(struct sock *sk, int val)
{
	struct nc_sock *nsk = nc_sk(sk);
	int cap;

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		cap = sk->sk_rcvbuf >> 1;
	else
		cap = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]) >> 1;
	val = min(val, cap);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	nc_data_lock(sk);
	if (!nsk->rcv.locked && val > nsk->rcv.win) {
		nsk->rcv.win = val;
		WRITE_ONCE(sk->sk_rcvbuf, 2 * val);
		if (nsk->flow.tx_peer && sk->sk_state != TCP_CLOSE) {
			nc_sched_owe(&nsk->flow, true);
			nc_sched_kick_atomic(&nsk->flow);
		}
	}
	sk->sk_data_ready(sk);
	nc_data_unlock(sk);
	return 0;
}

/* ---- keeping what arrives; data lock held ---- */

/* can @len bytes be copied behind the end of @skb's piece? */
static bool nc_rx_fits(const struct sk_buff *skb, u32 len)
{
	const struct nc_rx_cb *cb = nc_rx_cb(skb);

	return len < NC_RX_COPY && !skb_is_nonlinear(skb) &&
	       !skb_cloned(skb) && cb->range.off + cb->range.len == skb->len &&
	       skb_tailroom(skb) >= len;
}

static int nc_rx_append(struct sk_buff *to, struct sk_buff *skb, u32 off,
			u32 len)
{
	return skb_copy_bits(skb, off, skb_put(to, len), len);
}

/* a new piece of its own, charged; NULL: no memory or over the limit */
static struct sk_buff *nc_rx_make(struct sock *sk, struct sk_buff *skb,
				  u32 off, u32 len, u64 seq, int *err)
{
	bool alone = !nc_sk(sk)->queued && !nc_sk(sk)->reorder.bytes;
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	struct sk_buff *new;
	u32 charge, size;

	*err = -ENOMEM;
	if (len >= NC_RX_COPY && len >= skb->truesize / NC_RX_PIN) {
		new = skb_clone(skb, gfp);
		charge = SKB_TRUESIZE(len);
	} else if (alone && skb->truesize <= NC_RX_SMALL) {
		new = skb_clone(skb, gfp);
		charge = skb->truesize + sizeof(*skb);
	} else {
		size = alone ? len : max_t(u32, len, NC_RX_BUFFER);
		new = alloc_skb(size, gfp);
		if (new && nc_rx_append(new, skb, off, len)) {
			kfree_skb(new);
			return NULL;
		}
		off = 0;
		charge = new ? new->truesize : 0;
	}
	if (!new)
		return NULL;
	if (!nc_mem_charge_rx(sk, charge)) {
		kfree_skb(new);
		*err = -ENOBUFS;
		return NULL;
	}
	memset(nc_rx_cb(new), 0, sizeof(struct nc_rx_cb));
	nc_rx_cb(new)->range.seq = seq;
	nc_rx_cb(new)->range.len = len;
	nc_rx_cb(new)->range.off = off;
	nc_rx_cb(new)->charge = charge;
	return new;
}

static bool nc_rx_over_limit(const struct sock *sk)
{
	const struct nc_sock *nsk = nc_sk(sk);
	u64 credit = nsk->rcv.edge - nsk->rcv.read;

	return atomic_read(&sk->sk_rmem_alloc) + nsk->owed_rmem >
	       (s64)(NC_RX_PIN * credit + credit / 2 + NC_RX_SLACK);
}

static int nc_rx_in_order(struct sock *sk, struct sk_buff *skb, u32 off,
			  u32 len)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	struct nc_sock *nsk = nc_sk(sk);
	struct sk_buff *new;
	int err;

	if (tail && nc_rx_fits(tail, len)) {
		err = nc_rx_append(tail, skb, off, len);
		if (err)
			return err;
		nc_rx_cb(tail)->range.len += len;
	} else {
		new = nc_rx_make(sk, skb, off, len, nsk->rcv.nxt, &err);
		if (!new)
			return err;
		if (NC_MUTANT(SWAP_FRAMES) && tail && !(nsk->rcv.nxt & 15))
			__skb_queue_before(&sk->sk_receive_queue, tail, new);
		else
			__skb_queue_tail(&sk->sk_receive_queue, new);
	}
	nsk->rcv.nxt += len;
	WRITE_ONCE(nsk->queued, nsk->queued + len);
	nc_mib_add(sock_net(sk), IN_BYTES, len);
	return 0;
}

static void nc_rx_drop(struct nc_range *r, void *arg)
{
	nc_rx_free(arg, nc_rx_skb(r));
}

static int nc_rx_early(struct sock *sk, struct sk_buff *skb, u32 off, u32 len,
		       u64 seq)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_reorder *ro = &nsk->reorder;
	struct nc_range *r = nc_reorder_find(ro, seq);
	struct sk_buff *new;
	int err;

	nc_mib_inc(sock_net(sk), IN_OOO);
	if (r && nc_range_end(r) == seq && nc_rx_fits(nc_rx_skb(r), len) &&
	    nc_reorder_next_seq(r) >= seq + len) {
		err = nc_rx_append(nc_rx_skb(r), skb, off, len);
		if (!err)
			nc_reorder_extend(ro, r, len);
		return err;
	}
	new = nc_rx_make(sk, skb, off, len, seq, &err);
	if (!new)
		return err;
	if (!nc_reorder_insert(ro, &nc_rx_cb(new)->range, nc_rx_drop, sk)) {
		nc_mib_add(sock_net(sk), IN_DUP, len);
		nc_rx_free(sk, new);
	}
	return ro->gaps > NC_RX_GAPS ? -ENOBUFS : 0;
}

int nc_rx_take(struct sock *sk, struct sk_buff *skb, u32 off, u32 len,
	       u64 seq)
{
	struct nc_sock *nsk = nc_sk(sk);
	u64 old = nsk->rcv.nxt;
	u32 n;
	int err;

	lockdep_assert_held(&sk->sk_lock.slock);
	if (seq < old) {
		n = min_t(u64, old - seq, len);
		nc_mib_add(sock_net(sk), IN_DUP, n);
		off += n;
		len -= n;
		seq += n;
		/* the peer did not get our acknowledgement (R3) */
		nsk->say_again = true;
		nc_sched_owe(&nsk->flow, true);
	}
	if (!len)
		return 0;
	if (NC_MUTANT(DROP_BYTE) && seq == old && len > 1 &&
	    (seq + len) / 1000000 != seq / 1000000) {
		nsk->rcv.nxt = ++old;
		seq++;
		off++;
		len--;
	}
	if (seq == old && sk->sk_state != TCP_SYN_SENT)
		err = nc_rx_in_order(sk, skb, off, len);
	else
		err = nc_rx_early(sk, skb, off, len, seq);
	if (!err && nc_rx_over_limit(sk))
		err = -ENOBUFS;
	if (!err)
		nc_rx_advance(sk);
	return err;
}

/* whatever is in order now goes to the queue */
void nc_rx_advance(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct sk_buff *skb;
	struct nc_range *r;

	while ((r = nc_reorder_pop(&nsk->reorder, nsk->rcv.nxt))) {
		skb = nc_rx_skb(r);
		if (!r->len) {
			nc_rx_free(sk, skb);
			continue;
		}
		nsk->rcv.nxt += r->len;
		nc_mib_add(sock_net(sk), IN_BYTES, r->len);
		WRITE_ONCE(nsk->queued, nsk->queued + r->len);
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	}
	if (nc_credit_rcv_ack_due(&nsk->rcv))
		nc_sched_owe(&nsk->flow, true);
	if (nsk->queued)
		set_bit(NC_SOCK_WAKE, &nsk->bits);
	if (nsk->rcv_fin && nsk->rcv.nxt == nsk->rcv_fin)
		nc_close_rcv_fin(sk);
}
