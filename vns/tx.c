// SPDX-License-Identifier: GPL-2.0
/*
 * The send direction of a virtual socket: sendmsg() appends segments to the
 * retransmit list; nc_tx_push() hands those to lanes that credit allows; an
 * acknowledgement frees them.
 *
 *       una                nxt = send_head            end
 *        |  handed to lanes  |  waiting for credit,    |
 *        |  (rtx, resent     |  a lane, or more bytes  |
 *        |  when lost)       |  (rtx, can still grow)  |
 */
#include "vns/internal.h"

#include <linux/mm.h>
#include <net/tcp.h>
#include "core/mib.h"
#include "core/mutant.h"
#include "core/trace.h"

#define NC_TX_HOLD	(HZ / 5)	/* MSG_MORE, as TCP's cork */
#define NC_TX_RETRY	(HZ / 50)	/* after a failed allocation */

static u32 nc_tx_truesize(const struct nc_seg *seg)
{
	return sizeof(*seg) + seg->len;
}

static void nc_tx_uncharge(struct sock *sk, struct nc_seg *seg)
{
	if (seg->truesize)
		nc_mem_uncharge_tx(sk, seg->truesize);
	seg->truesize = 0;
}

void nc_tx_purge(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg, *next;

	list_for_each_entry_safe(seg, next, &nsk->rtx, rtx) {
		list_del_init(&seg->rtx);
		nc_tx_uncharge(sk, seg);
		nc_seg_put(seg);
	}
	nsk->send_head = NULL;
	nsk->lost = 0;
}

/* ---- handing segments to lanes; data lock held ---- */

static bool nc_tx_may_send(const struct sock *sk)
{
	return nc_state_in(sk, TCPF_SYN_SENT | TCPF_ESTABLISHED |
			       TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
			       TCPF_CLOSING | TCPF_LAST_ACK);
}

static bool nc_tx_idle(const struct nc_sock *nsk)
{
	return nsk->snd.una == nsk->snd.nxt;
}

/* what a lost lane held, in order, before anything new */
static int nc_tx_push_lost(struct nc_sock *nsk)
{
	struct nc_seg *seg;
	int err;

	list_for_each_entry(seg, &nsk->rtx, rtx) {
		if (!nsk->lost || seg == nsk->send_head)
			break;
		if (seg->lane_id)
			continue;
		seg->flags |= seg->type == NC_DATA ? NC_F_ACKREQ : 0;
		err = nc_sched_send(&nsk->flow, seg, true);
		if (err)
			return err;
		nsk->lost--;
		nsk->retrans++;
		nc_mib_inc(sock_net(&nsk->inet.sk), RETRANS);
	}
	nsk->lost = 0;
	return 0;
}

static void nc_tx_say_blocked(struct nc_sock *nsk)
{
	if (!nc_credit_snd_block(&nsk->snd))
		return;
	nsk->say_blocked = true;
	nc_mib_inc(sock_net(&nsk->inet.sk), OUT_BLOCKED);
	nc_sched_owe(&nsk->flow, true);
}

/* cut @seg to what credit allows; false: nothing may leave */
static bool nc_tx_fit(struct nc_sock *nsk, struct nc_seg *seg)
{
	struct sock *sk = &nsk->inet.sk;
	struct nc_seg *tail;
	u32 room;

	if (seg->type != NC_DATA || !seg->len)
		return true;
	room = nc_credit_snd_room(&nsk->snd);
	if (NC_MUTANT(IGNORE_WINDOW))
		room = U32_MAX;
	if (!room) {
		nc_tx_say_blocked(nsk);
		return false;
	}
	if (seg->len <= room)
		return true;
	tail = nc_seg_split(seg, room, GFP_ATOMIC | __GFP_NOWARN);
	if (!tail) {
		nc_sock_push_later(sk, NC_TX_RETRY);
		return false;
	}
	list_add(&tail->rtx, &seg->rtx);
	return true;
}

static void nc_tx_flags(struct nc_sock *nsk, struct nc_seg *seg)
{
	u32 sndbuf = READ_ONCE(nsk->inet.sk.sk_sndbuf);

	if (seg->type != NC_DATA)
		return;
	if (nc_credit_snd_ackreq(&nsk->snd, seg->truesize, sndbuf) ||
	    seg->flags & NC_F_FIN)
		seg->flags |= NC_F_ACKREQ;
}

void nc_tx_push(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;

	lockdep_assert_held(&sk->sk_lock.slock);
	if (!nc_tx_may_send(sk))
		return;
	if (nsk->lost && nc_tx_push_lost(nsk))
		return;
	while ((seg = nsk->send_head)) {
		if (sk->sk_state == TCP_SYN_SENT && seg->type != NC_SYN)
			return;
		if (nsk->held && list_is_last(&seg->rtx, &nsk->rtx) &&
		    seg->len < NC_SEG_MAX && !(seg->flags & NC_F_FIN))
			return;
		if (!nc_tx_fit(nsk, seg))
			return;
		nc_tx_flags(nsk, seg);
		if (nc_sched_send(&nsk->flow, seg, nc_tx_idle(nsk))) {
			nc_mib_inc(sock_net(sk), PARKED);
			return;
		}
		nc_mib_inc(sock_net(sk), OUT_SEGS);
		nsk->snd.nxt = max(nsk->snd.nxt, nc_seg_end(seg));
		nsk->send_head = list_is_last(&seg->rtx, &nsk->rtx) ?
				 NULL : list_next_entry(seg, rtx);
	}
}

/* what was queued on @lane_id goes out again */
void nc_tx_lane_down(struct sock *sk, u32 lane_id)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;

	list_for_each_entry(seg, &nsk->rtx, rtx) {
		if (seg == nsk->send_head)
			break;
		if (seg->lane_id != lane_id)
			continue;
		trace_nc_seg_retrans(seg->seq, seg->len, lane_id);
		seg->lane_id = 0;
		nsk->lost++;
	}
	nc_tx_push(sk);
}

/* the buffer follows what is in flight, as far as TCP's would go */
static void nc_tx_grow(struct sock *sk, u32 want)
{
	u32 most = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[2]);

	want = min(want, most);
	if (!(sk->sk_userlocks & SOCK_SNDBUF_LOCK) && want > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf, want);
}

/* una moved: free what it covers, wake writers */
void nc_tx_acked(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	u32 flight = min_t(u64, nsk->snd.nxt - nsk->snd.una, INT_MAX / 2);
	struct nc_seg *seg, *next;
	u32 freed = 0;

	list_for_each_entry_safe(seg, next, &nsk->rtx, rtx) {
		if (seg == nsk->send_head || nc_seg_end(seg) > nsk->snd.una)
			break;
		if (!seg->lane_id && nsk->lost)
			nsk->lost--;
		list_del_init(&seg->rtx);
		freed += seg->truesize;
		nc_tx_uncharge(sk, seg);
		nc_seg_put(seg);
	}
	nc_tx_grow(sk, 2 * (flight + freed));
	if (nsk->fin_queued && nsk->snd.una == nsk->snd.end + 1)
		nc_close_fin_acked(sk);
	if (freed && !NC_MUTANT(FORGET_WAKE))
		sk->sk_write_space(sk);
}

/* ---- leaving: called by whoever transmits, no lock held ---- */

/* of this connection, not of one before, and not acknowledged meanwhile? */
static bool nc_tx_is_due(const struct sock *sk, const struct nc_seg *seg)
{
	const struct nc_sock *nsk = nc_sk(sk);
	struct nc_wire_syn s;

	if (sk->sk_state == TCP_CLOSE)
		return false;
	if (seg->type == NC_DATA)
		return !list_empty(&seg->rtx) &&
		       nc_seg_end(seg) > nsk->snd.una;
	return !nc_wire_get_syn(seg->ctl, &s) && s.token == nsk->token &&
	       (seg->type == NC_SYN_ACK || !nsk->snd.una);
}

bool nc_tx_prepare(struct nc_seg *seg, struct nc_hdr *h)
{
	struct sock *sk = nc_flow_sk(seg->flow);
	struct nc_sock *nsk = nc_sk(sk);
	bool ok = true;

	nc_data_lock(sk);
	seg->left = true;
	h->type = seg->type;
	h->flags = seg->flags;
	h->len = seg->len;
	h->seq = seg->seq;
	h->src = (u32)nsk->token;
	if (seg->type == NC_RST) {
		h->token = seg->rst.token;
		h->src = seg->rst.src;
		h->wnd = seg->rst.reason;
	} else {
		ok = nc_tx_is_due(sk, seg);
		h->token = seg->type == NC_SYN ? 0 : nsk->rtoken;
		/* what is said in a frame that does not leave is not said */
		if (ok)
			nc_credit_rcv_say(&nsk->rcv, &h->ack, &h->wnd);
		if (ok && nsk->say_blocked && seg->type == NC_DATA) {
			h->flags |= NC_F_BLOCKED;
			nsk->say_blocked = false;
		}
	}
	nc_data_unlock(sk);
	return ok;
}

bool nc_tx_ack(struct nc_flow *flow, struct nc_hdr *h)
{
	struct sock *sk = nc_flow_sk(flow);
	struct nc_sock *nsk = nc_sk(sk);
	bool news;

	nc_data_lock(sk);
	news = nsk->say_last ||
	       (nc_state_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
				TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
				TCPF_CLOSING | TCPF_LAST_ACK) &&
		(nsk->say_blocked || nsk->say_again || nsk->say_probe ||
		 nc_credit_rcv_news(&nsk->rcv)));
	if (news) {
		h->token = nsk->rtoken;
		h->src = (u32)nsk->token;
		h->seq = nsk->snd.nxt;
		nc_credit_rcv_say(&nsk->rcv, &h->ack, &h->wnd);
		if (nsk->say_blocked)
			h->flags |= NC_F_BLOCKED;
		if (nsk->say_probe)
			h->flags |= NC_F_ACKREQ;
		nsk->say_probe = false;
		nsk->say_blocked = false;
		nsk->say_again = false;
		nsk->say_last = false;
	}
	nc_data_unlock(sk);
	return news;
}

/* ---- appending ---- */

/* @n more bytes in a queued segment that has not left: they go with it */
static bool nc_tx_ride(struct nc_sock *nsk, struct nc_seg *last, u32 n)
{
	struct nc_credit_snd *snd = &nsk->snd;

	if (last->left || !last->lane_id || last->flags & NC_F_FIN ||
	    snd->nxt + n > snd->edge || nsk->lost)
		return false;
	snd->nxt += n;
	if (nc_credit_snd_ackreq(snd, n, READ_ONCE(nsk->inet.sk.sk_sndbuf)))
		last->flags |= NC_F_ACKREQ;
	return true;
}

/*
 * Merge @seg into the last segment if that can still grow: it waits for
 * credit or a lane, or is queued behind others. So small messages share
 * segments just when the lane is the bottleneck. Data lock held.
 */
static bool nc_tx_merge(struct nc_sock *nsk, struct nc_seg *seg)
{
	struct bio_vec *b, *a = seg->frag;
	struct nc_seg *last;
	bool follows;

	if (list_empty(&nsk->rtx))
		return false;
	last = list_last_entry(&nsk->rtx, struct nc_seg, rtx);
	if (last->type != NC_DATA || !last->nr || seg->nr != 1 ||
	    last->len + seg->len > NC_SEG_MAX)
		return false;
	b = &last->frag[last->nr - 1];
	follows = b->bv_page == a->bv_page &&
		  b->bv_offset + b->bv_len == a->bv_offset;
	if (!follows && last->nr == NC_SEG_FRAGS)
		return false;
	if (!nsk->send_head && !nc_tx_ride(nsk, last, seg->len))
		return false;
	if (follows) {
		b->bv_len += a->bv_len;
	} else {
		last->frag[last->nr++] = *a;
		get_page(a->bv_page);
	}
	last->len += seg->len;
	last->truesize += seg->len;
	return true;
}

/* data lock held; takes the reference of @seg; its memory was scheduled */
static void nc_tx_append(struct sock *sk, struct nc_seg *seg)
{
	struct nc_sock *nsk = nc_sk(sk);
	u32 n = seg->len;

	seg->seq = nsk->snd.end;
	nsk->snd.end += n;
	if (nc_tx_merge(nsk, seg)) {
		nc_seg_put(seg);
	} else {
		n = nc_tx_truesize(seg);
		seg->truesize = n;
		list_add_tail(&seg->rtx, &nsk->rtx);
		if (!nsk->send_head)
			nsk->send_head = seg;
	}
	sk_wmem_queued_add(sk, n);
	sk_mem_charge(sk, n);
}

void nc_tx_fin(struct sock *sk, struct nc_seg *spare)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *last = spare;

	lockdep_assert_held(&sk->sk_lock.slock);
	if (nsk->send_head)
		last = list_last_entry(&nsk->rtx, struct nc_seg, rtx);
	if (last == spare || last->type != NC_DATA) {
		last = nc_seg_get(spare);
		last->seq = nsk->snd.end;
		list_add_tail(&last->rtx, &nsk->rtx);
		if (!nsk->send_head)
			nsk->send_head = last;
	}
	nc_seg_put(spare);
	last->flags |= NC_F_FIN;
	nsk->fin_queued = true;
	nsk->held = false;
	nc_tx_push(sk);
}

/* ---- sendmsg ---- */

static u32 nc_tx_room(const struct sock *sk)
{
	int room = READ_ONCE(sk->sk_sndbuf) - READ_ONCE(sk->sk_wmem_queued);

	return max(room, 0);
}

/* is the end of @seg the place where @pf goes on? */
static bool nc_tx_follows(const struct nc_seg *seg, const struct page_frag *pf)
{
	const struct bio_vec *b;

	if (!seg->nr)
		return false;
	b = &seg->frag[seg->nr - 1];
	return b->bv_page == pf->page &&
	       b->bv_offset + b->bv_len == pf->offset;
}

/*
 * Copy up to @want bytes of the caller's into @seg; the socket is owned, the
 * data lock is not held: this may fault and sleep.
 * Return: 0, -EFAULT, or -ENOMEM; @seg may have got bytes in any case.
 */
static int nc_tx_copy(struct sock *sk, struct nc_seg *seg,
		      struct msghdr *msg, u32 want)
{
	struct page_frag *pf = sk_page_frag(sk);
	u32 n, got;

	while (seg->len < want && msg_data_left(msg)) {
		if (!sk_page_frag_refill(sk, pf))
			return -ENOMEM;
		if (seg->nr == NC_SEG_FRAGS && !nc_tx_follows(seg, pf))
			return 0;
		n = min_t(size_t, msg_data_left(msg), want - seg->len);
		n = min(n, pf->size - pf->offset);
		if (!sk_wmem_schedule(sk, seg->len + n + sizeof(*seg)))
			return -ENOMEM;
		got = copy_page_from_iter(pf->page, pf->offset, n,
					  &msg->msg_iter);
		if (!got)
			return -EFAULT;
		if (nc_tx_follows(seg, pf)) {
			seg->frag[seg->nr - 1].bv_len += got;
		} else {
			get_page(pf->page);
			bvec_set_page(&seg->frag[seg->nr++], pf->page, got,
				      pf->offset);
		}
		pf->offset += got;
		seg->len += got;
	}
	return 0;
}

/* what was queued leaves; ownership is dropped meanwhile */
static void nc_tx_kick(struct sock *sk)
{
	if (!nc_sched_kick_due(&nc_sk(sk)->flow))
		return;
	release_sock(sk);
	nc_sched_kick(&nc_sk(sk)->flow, &sk->sk_lock.slock);
	lock_sock(sk);
}

/* wait for room: the peer's acknowledgement, or memory */
static int nc_tx_wait(struct sock *sk, long *timeo)
{
	/* what MSG_MORE holds back would never be acknowledged */
	if (nc_sk(sk)->held) {
		nc_data_lock(sk);
		nc_sk(sk)->held = false;
		nc_tx_push(sk);
		nc_data_unlock(sk);
		nc_tx_kick(sk);
	}
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	return sk_stream_wait_memory(sk, timeo);
}

/* one segment of the caller's bytes; 0 goes on, else stop */
static int nc_tx_one(struct sock *sk, struct msghdr *msg, u32 room,
		     ssize_t *copied)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;
	int err;

	seg = nc_seg_alloc(&nsk->flow, NC_DATA, 0, sk->sk_allocation);
	if (!seg)
		return -ENOMEM;
	err = nc_tx_copy(sk, seg, msg, min_t(u32, room, NC_SEG_MAX));
	if (!seg->len) {
		nc_seg_put(seg);
		return err;
	}
	nc_data_lock(sk);
	if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN) {
		nc_data_unlock(sk);
		nc_seg_put(seg);
		return -EPIPE;
	}
	*copied += seg->len;
	nc_mib_add(sock_net(sk), OUT_BYTES, seg->len);
	nc_tx_append(sk, seg);
	nsk->held = msg->msg_flags & MSG_MORE && !msg_data_left(msg);
	if (nsk->held)
		nc_sock_push_later(sk, NC_TX_HOLD);
	nc_tx_push(sk);
	nc_data_unlock(sk);
	nc_tx_kick(sk);
	return err;
}

int nc_tx_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	ssize_t copied = 0;
	int err = 0;
	long timeo;
	u32 room;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	lock_sock(sk);
	timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	if (!nc_state_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) {
		err = sk_stream_wait_connect(sk, &timeo);
		if (err)
			goto out;
	}
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	while (msg_data_left(msg)) {
		err = -EPIPE;
		if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN)
			break;
		room = nc_tx_room(sk);
		err = room ? nc_tx_one(sk, msg, room, &copied) : -ENOMEM;
		if (err == -ENOMEM)	/* no room, or no memory */
			err = nc_tx_wait(sk, &timeo);
		if (err)
			break;
	}
out:
	if (copied)
		err = 0;
	else if (err)
		err = sk_stream_error(sk, msg->msg_flags, err);
	/* a writer that got EAGAIN waits for an edge */
	if (unlikely(err == -EAGAIN))
		sk->sk_write_space(sk);
	release_sock(sk);
	return copied ?: err;
}
