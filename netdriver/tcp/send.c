// SPDX-License-Identifier: GPL-2.0
/*
 * Sending. One sendmsg() without waiting for what the engine gives; pages by
 * reference when it says that nobody will write them again.
 */
#include "netdriver/tcp/tcp.h"

#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <net/tcp.h>

/* until the next try when TCP got no memory and nothing will call us */
#define NC_TCP_AGAIN	msecs_to_jiffies(2)

/*
 * Slab memory cannot be passed by reference: TCP would warn and fail. A piece
 * lies in one (compound) page, so its first page speaks for all.
 */
static bool nc_tcp_send_spliceable(const struct bio_vec *bv, unsigned int nr)
{
	while (nr--)
		if (!sendpage_ok(bv[nr].bv_page))
			return false;
	return true;
}

/*
 * References to the pages of @from in @skb, as many as there is room for.
 * MSG_SPLICE_PAGES would take 4 KiB at a time of what is one page of 32, and
 * every later look at the skb would cost as many steps: a sixth of all that a
 * bulk sender does. So TCP asks us, as it asks io_uring. The flags of the
 * ubuf are 0: its skbs are not for copying on the way, and nobody waits for
 * them. TCP charges them against the room of the socket, not against memory:
 * they are charged to the virtual sockets that they come from, and of one that
 * was reset, what TCP still holds to nobody, at most a send buffer of TCP's.
 */
static int nc_tcp_send_take(struct sk_buff *skb, struct iov_iter *from,
			    size_t len)
{
	struct skb_shared_info *si = skb_shinfo(skb);
	struct bvec_iter bi = {
		.bi_size = min(from->count, len),
		.bi_bvec_done = from->iov_offset,
	};
	u32 done = 0;

	while (bi.bi_size) {
		struct bio_vec bv = mp_bvec_iter_bvec(from->bvec, bi);
		int i = si->nr_frags;

		if (skb_can_coalesce(skb, i, bv.bv_page, bv.bv_offset)) {
			skb_frag_size_add(&si->frags[i - 1], bv.bv_len);
		} else if (i < MAX_SKB_FRAGS) {
			get_page(bv.bv_page);
			__skb_fill_page_desc_noacc(si, i, bv.bv_page,
						   bv.bv_offset, bv.bv_len);
			si->nr_frags++;
		} else {
			break;
		}
		done += bv.bv_len;
		bvec_iter_advance_single(from->bvec, &bi, bv.bv_len);
	}
	if (!done)
		return -EMSGSIZE;
	from->bvec += bi.bi_idx;
	from->nr_segs -= bi.bi_idx;
	from->count -= done;
	from->iov_offset = bi.bi_bvec_done;
	skb_len_add(skb, done);
	return 0;
}

static bool nc_tcp_send_room(const struct sock *sk)
{
	return sk_stream_memory_free(sk);
}

/*
 * TCP looks at its limits only when it begins an skb, and before it pushed:
 * after a short count there is often room again, while the next call of
 * write_space may be a delayed acknowledgement away. So look again here.
 * Returns bytes taken; *err says why it stopped short.
 */
static size_t nc_tcp_send(struct nc_tcp *tc, struct msghdr *msg, int *err)
{
	struct sock *sk = tc->sock->sk;
	bool tried = false;
	size_t done = 0;
	int ret;

	do {
		/* not sock_sendmsg(): its security hooks would ask whether the
		 * application may send on a connection that is the module's
		 */
		ret = nc_compat_sendmsg(tc->sock, msg);
		if (ret > 0) {
			done += ret;
			*err = -EAGAIN;
			continue;
		}
		*err = ret ?: -EAGAIN;
		if (*err != -EAGAIN || tried)
			break;
		tried = true;
	} while (msg_data_left(msg) && nc_tcp_send_room(sk));
	return done;
}

int nc_tcp_xmit(struct nc_chan *ch, const struct bio_vec *bv, unsigned int nr,
		size_t skip, size_t len, unsigned int flags)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct nc_tcp *tc = nc_chan_priv(ch);
	struct nc_compat_pages pages;
	size_t done;
	int err;

	might_sleep();
	if (unlikely(tc->class != nc_chan_class(ch)))
		nc_tcp_tune_class(tc, nc_chan_class(ch));
	if (unlikely(!tc->spread))
		nc_tcp_tune_spread(tc);
	if (!len) {
		/* the MORE of an earlier call did not come */
		tcp_sock_set_nodelay(tc->sock->sk);
		return 0;
	}
	if (flags & NC_XMIT_MORE)
		msg.msg_flags |= MSG_MORE;
	if ((flags & NC_XMIT_SPLICE) && nc_tcp_send_spliceable(bv, nr))
		nc_compat_pages(&msg, &pages, nc_tcp_send_take);
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bv, nr, skip + len);
	iov_iter_advance(&msg.msg_iter, skip);

	WRITE_ONCE(tc->sender, current);
	done = nc_tcp_send(tc, &msg, &err);
	WRITE_ONCE(tc->sender, NULL);

	if (done == len)
		return done;
	if (err != -EAGAIN)
		return done ?: err;
	/* full of what an earlier MORE holds back: with segments of 64 KiB, as
	 * on loopback, all that fits may be less than one
	 */
	if (!done)
		tcp_sock_set_nodelay(tc->sock->sk);
	/* not for want of room: want of memory, and no callback may follow */
	if (nc_tcp_send_room(tc->sock->sk))
		queue_delayed_work(nc_tcp_wq, &tc->again, NC_TCP_AGAIN);
	return done ?: -EAGAIN;
}

void nc_tcp_send_again(struct work_struct *work)
{
	struct nc_tcp *tc = container_of(to_delayed_work(work), struct nc_tcp,
					 again);

	nc_chan_writable(tc->ch);
}

u32 nc_tcp_unsent(const struct nc_chan *ch)
{
	const struct nc_tcp *tc = nc_chan_priv(ch);
	const struct sock *sk;
	u32 n = 0;

	rcu_read_lock();
	sk = READ_ONCE(tc->sk);
	if (sk)
		n = READ_ONCE(tcp_sk(sk)->write_seq) -
		    READ_ONCE(tcp_sk(sk)->snd_nxt);
	rcu_read_unlock();
	return (s32)n > 0 ? n : 0;
}
