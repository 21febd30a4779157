// SPDX-License-Identifier: GPL-2.0
/*
 * The send direction of a virtual socket: sendmsg() (sendmsg.c) appends
 * segments to the retransmit list; nc_tx_push() hands those to lanes that
 * credit allows; an acknowledgement frees them.
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

#define NC_TX_RETRY	(HZ / 50)	/* after a failed allocation */

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

static bool nc_tx_syn_unheard(const struct nc_sock *nsk)
{
	const struct nc_seg *first = list_first_entry(&nsk->rtx, struct nc_seg,
						      rtx);

	return first->type == NC_SYN;
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
		/* of a crossing connection: NCSYN names the set of the rest */
		if (seg->type == NC_DATA && nc_tx_syn_unheard(nsk))
			return -EAGAIN;
		/* of a NCSYN: it may have been answered */
		seg->flags |= seg->type != NC_SYN_ACK ? NC_F_ACKREQ : 0;
		err = nc_sched_send(&nsk->flow, seg, 0);
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

static void nc_tx_flags(const struct nc_sock *nsk, struct nc_seg *seg)
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
		if (seg->copying)
			return;
		if (nsk->held && list_is_last(&seg->rtx, &nsk->rtx) &&
		    seg->len < NC_SEG_MAX && !(seg->flags & NC_F_FIN))
			return;
		if (!nc_tx_fit(nsk, seg))
			return;
		nc_tx_flags(nsk, seg);
		if (nc_sched_send(&nsk->flow, seg,
				  nsk->snd.nxt - nsk->snd.una)) {
			nc_mib_inc(sock_net(sk), PARKED);
			return;
		}
		nc_mib_inc(sock_net(sk), OUT_SEGS);
		nsk->snd.nxt = max(nsk->snd.nxt, nc_seg_end(seg));
		nc_credit_snd_sent(&nsk->snd, nc_seg_end(seg), seg->truesize,
				   seg->flags & NC_F_ACKREQ);
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
	nc_credit_snd_freed(&nsk->snd, freed);
	nc_tx_grow(sk, 2 * (flight + freed));
	if (nsk->fin_queued && nsk->snd.una == nsk->snd.end + 1)
		nc_close_fin_acked(sk);
	if (freed && !NC_MUTANT(FORGET_WAKE))
		sk->sk_write_space(sk);
}

/* behind everything, perhaps in the last segment */
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

void nc_tx_release(struct sock *sk, bool lazy)
{
	struct nc_flow *flow = &nc_sk(sk)->flow;
	bool flush = !lazy && nc_sched_flush_due(flow);
	bool kick = nc_sched_kick_due(flow);

	release_sock(sk);
	if (kick)
		nc_sched_kick(flow, &sk->sk_lock.slock, lazy);
	if (flush)
		nc_sched_flush(flow);
}

void nc_tx_kick(struct sock *sk, bool lazy)
{
	const struct nc_flow *flow = &nc_sk(sk)->flow;

	if (nc_sched_kick_due(flow) || (!lazy && nc_sched_flush_due(flow))) {
		nc_tx_release(sk, lazy);
		lock_sock(sk);
	}
}

/* ---- leaving: called by whoever transmits, no lock held ---- */

/* of this connection, not of one before, and not acknowledged meanwhile? */
static bool nc_tx_is_due(const struct sock *sk, const struct nc_seg *seg)
{
	const struct nc_sock *nsk = nc_sk(sk);
	struct nc_wire_syn s;

	/* LISTEN: of what it was before */
	if (nc_state_in(sk, TCPF_CLOSE | TCPF_LISTEN))
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

bool nc_tx_ack(struct nc_flow *flow, const struct nc_peer *peer,
	       struct nc_hdr *h)
{
	struct sock *sk = nc_flow_sk(flow);
	struct nc_sock *nsk = nc_sk(sk);
	bool news;

	nc_data_lock(sk);
	if (flow->tx_peer != peer) {	/* connected anew since it owed */
		nc_sched_owe(flow, true);
		nc_sched_kick_atomic(flow);
		nc_data_unlock(sk);
		return false;
	}
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
