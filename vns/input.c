// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from channels: which socket, which handler. Softirq or worker, BH
 * off, a lower socket locked: nothing here sleeps or transmits.
 */
#include "vns/internal.h"

#include "core/mib.h"
#include "core/mutant.h"

/* ---- wake-ups, once for each socket and run ---- */

static void nc_input_wake(struct sock *sk)
{
	if (NC_MUTANT(FORGET_WAKE))
		return;
	if (!test_and_clear_bit(NC_SOCK_WAKE, &nc_sk(sk)->bits))
		return;
	sk->sk_data_ready(sk);
	nc_pass_woken(sk);
}

void nc_input_flush(struct nc_chan *ch)
{
	void **slot = nc_chan_rx_slot(ch);
	struct sock *sk = *slot;

	if (!sk)
		return;
	*slot = NULL;
	nc_input_wake(sk);
	sock_put(sk);
}

/* the socket of @token, kept in the channel's slot for the next frame */
static struct sock *nc_input_find(struct nc_chan *ch, u64 token)
{
	void **slot = nc_chan_rx_slot(ch);
	struct sock *sk = *slot;

	if (sk && nc_sk(sk)->token == token && sk->sk_state != TCP_CLOSE)
		return sk;
	nc_input_flush(ch);
	sk = nc_table_find_token(token);
	*slot = sk;
	return sk;
}

/* ---- unknown tokens ---- */

/* tell who sent @h that we do not know its connection; bounded by the ring */
void nc_input_echo(struct nc_chan *ch, const struct nc_hdr *h)
{
	struct nc_hdr r = {
		.type = NC_RST,
		.flags = NC_F_ECHO,
		.seq = h->token,
		.wnd = NC_RST_NO_TOKEN,
		.src = h->src,
	};

	nc_mib_inc(nc_chan_net(ch), ECHO_SENT);
	nc_chan_answer(ch, &r);
}

static void nc_input_unknown(struct nc_chan *ch, const struct nc_hdr *h,
			     u32 done)
{
	/*
	 * One answer a frame, none to what is itself an answer. An ACK that
	 * asks is none: it comes after a channel was lost, maybe with our RST.
	 */
	if (h->type == NC_ACK ? h->flags & NC_F_ACKREQ :
	    h->type == NC_DATA && !done)
		nc_input_echo(ch, h);
}

/* ---- frames of a connection; data lock held ---- */

static void nc_input_fail(struct sock *sk, u32 reason, int err)
{
	if (reason == NC_RST_RESOURCE)
		nc_mib_inc(sock_net(sk), RX_RESOURCE);
	nc_sock_abort(sk, reason, err);
}

/* ack, credit and flags of a header; false: the connection is over */
static bool nc_input_hdr(struct sock *sk, const struct nc_hdr *h)
{
	struct nc_sock *nsk = nc_sk(sk);
	int got;

	if (sk->sk_state == TCP_SYN_SENT)
		return true;	/* the answer to NCSYN counts, nothing else */
	got = nc_credit_snd_ack(&nsk->snd, h->ack, h->wnd);
	if (got < 0) {
		nc_input_fail(sk, NC_RST_PROTOCOL, EPROTO);
		return false;
	}
	if (h->ack)
		nc_listen_confirm(sk);
	if (got & NC_CREDIT_ACKED)
		nc_tx_acked(sk);
	if (sk->sk_state == TCP_CLOSE)
		return false;
	/* also if the edge stayed: S3 waits for what is in flight */
	if (got)
		nc_tx_push(sk);
	if (h->flags & NC_F_BLOCKED) {
		nc_rx_sync_window(sk);
		if (nc_credit_rcv_blocked(&nsk->rcv, nsk->queued,
					  READ_ONCE(nc_mem_pressure)))
			nc_sched_owe(&nsk->flow, true);
		if (!nsk->rcv.locked)
			WRITE_ONCE(sk->sk_rcvbuf, 2 * nsk->rcv.win);
	}
	if (h->type == NC_ACK && h->flags & NC_F_ACKREQ) {
		nc_rx_sync_window(sk);
		nc_credit_rcv_asked(&nsk->rcv);
		nsk->say_again = true;
		nc_sched_owe(&nsk->flow, true);
	}
	return true;
}

/* FIN is known from its frame's header, also when payload comes first */
static bool nc_input_note_fin(struct nc_sock *nsk, const struct nc_hdr *h)
{
	u64 fin = h->seq + h->len;

	if (!(h->flags & NC_F_FIN))
		return true;
	if (nsk->rcv_fin && nsk->rcv_fin != fin)
		return false;
	nsk->rcv_fin = fin;
	return true;
}

static int nc_input_data(struct sock *sk, const struct nc_hdr *h,
			 struct sk_buff *skb, u32 off, u32 len, u32 done)
{
	struct nc_sock *nsk = nc_sk(sk);
	u64 seq = h->seq + done;
	int err = 0;

	if (!done && !nc_input_note_fin(nsk, h)) {
		nc_input_fail(sk, NC_RST_PROTOCOL, EPROTO);
		return 0;
	}
	if (h->seq + h->len > nsk->rcv.edge && h->len) {
		nc_input_fail(sk, NC_RST_PROTOCOL, EPROTO);
		return 0;
	}
	if (nsk->rcv_fin && seq + len > nsk->rcv_fin) {
		nc_input_fail(sk, NC_RST_PROTOCOL, EPROTO);
		return 0;
	}
	/* nobody will read it: as TCP, data for a socket closed both ways */
	if (sk->sk_shutdown & RCV_SHUTDOWN &&
	    nc_state_in(sk, TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2) &&
	    seq + len > nsk->rcv.nxt && len) {
		nc_sock_abort(sk, NC_RST_ABORTED,
			      sock_flag(sk, SOCK_DEAD) ? EPIPE : ECONNRESET);
		return 0;
	}
	if (!done && h->flags & NC_F_ACKREQ)
		nc_credit_rcv_ackreq(&nsk->rcv, h->seq + h->len +
				     !!(h->flags & NC_F_FIN));
	if (len)
		err = nc_rx_take(sk, skb, off, len, seq);
	else if (sk->sk_state != TCP_SYN_SENT)
		nc_rx_advance(sk);
	if (err == -ENOMEM)
		return err;
	if (err) {
		nc_input_fail(sk, NC_RST_RESOURCE, ENOBUFS);
		return 0;
	}
	if (!len && h->seq + 1 <= nsk->rcv.nxt && h->flags & NC_F_FIN) {
		/* FIN came twice, or just now: say so */
		nsk->say_again = true;
		nc_sched_owe(&nsk->flow, true);
	} else if (sk->sk_state != TCP_SYN_SENT &&
		   sk->sk_state != TCP_CLOSE) {
		nc_sched_owe(&nsk->flow, false);
	}
	return 0;
}

static void nc_input_rst(struct sock *sk, const struct nc_hdr *h)
{
	/* a late answer to an NCSYN that was sent twice */
	if (sk->sk_state != TCP_SYN_SENT &&
	    (h->wnd == NC_RST_BUSY || h->wnd == NC_RST_REFUSED))
		return;
	switch (sk->sk_state) {
	case TCP_SYN_SENT:
		if (h->wnd == NC_RST_BUSY) {
			nc_connect_busy(sk);
			return;
		}
		nc_sock_done(sk, ECONNREFUSED);
		break;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		if (h->wnd == NC_RST_NO_TOKEN) {
			/* the other end has everything and is gone */
			nc_sock_done(sk, 0);
			break;
		}
		fallthrough;
	default:
		nc_sock_done(sk, sk->sk_state == TCP_CLOSE_WAIT ?
			     EPIPE : ECONNRESET);
	}
	nc_mib_inc(sock_net(sk), RST_RCVD);
}

/* ---- upcalls ---- */

static int nc_input_echo_rcvd(struct nc_chan *ch, const struct nc_hdr *h)
{
	struct sock *sk;

	sk = nc_table_find_echo(h->src, h->seq, nc_chan_peer(ch));
	if (!sk)
		return 0;
	nc_mib_inc(sock_net(sk), ECHO_RCVD);
	nc_data_lock(sk);
	if (sk->sk_state != TCP_SYN_SENT && sk->sk_state != TCP_CLOSE)
		nc_input_rst(sk, h);
	nc_data_unlock(sk);
	sock_put(sk);
	return 0;
}

static bool nc_input_mine(const struct sock *sk, const struct nc_chan *ch,
			  const struct nc_hdr *h)
{
	return sk && nc_sk(sk)->token == h->token &&
	       nc_sk(sk)->flow.rx_peer == nc_chan_peer(ch) &&
	       sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN;
}

int nc_input_rx(struct nc_chan *ch, const struct nc_hdr *h,
		struct sk_buff *skb, u32 off, u32 len, u32 done)
{
	struct sock *sk;
	int err = 0;

	if (h->type == NC_RST && h->flags & NC_F_ECHO)
		return nc_input_echo_rcvd(ch, h);
	sk = nc_input_find(ch, h->token);
	if (!sk) {
		nc_input_unknown(ch, h, done);
		return 0;
	}
	nc_data_lock(sk);
	/* a token counts only from channels of its own peer */
	if (!nc_input_mine(sk, ch, h)) {
		nc_input_unknown(ch, h, done);
	} else if (h->type == NC_RST) {
		nc_input_rst(sk, h);
	} else if (done || nc_input_hdr(sk, h)) {
		if (h->type == NC_DATA) {
			nc_sk(sk)->flow.heard_id = nc_chan_lane(ch)->id;
			err = nc_input_data(sk, h, skb, off, len, done);
		}
	}
	if (nc_sk(sk)->flow.tx_peer)
		nc_sched_kick_atomic(&nc_sk(sk)->flow);
	nc_data_unlock(sk);
	return err;
}

/* from who was asked: by the set that asked, or one that this host opened */
static bool nc_input_asked(const struct sock *sk, const struct nc_chan *ch,
			   const struct nc_wire_syn *s)
{
	struct in6_addr local, remote, daddr;
	int oif;

	if (inet_sk(sk)->inet_num != s->dport ||
	    inet_sk(sk)->inet_dport != htons(s->sport))
		return false;
	if (nc_sk(sk)->flow.tx_peer == nc_chan_peer(ch))
		return true;
	nc_chan_addrs(ch, &local, &remote, &oif);
	nc_addr_remote(sk, &daddr);
	return ipv6_addr_equal(&remote, &daddr);
}

int nc_input_syn(struct nc_chan *ch, const struct nc_hdr *h,
		 const u8 *payload)
{
	struct nc_wire_syn s;
	struct sock *sk;

	if (nc_wire_get_syn(payload, &s))
		return -EPROTO;
	if (h->type == NC_SYN) {
		nc_listen_syn(ch, h, &s);
		return 0;
	}
	sk = nc_table_find_token(h->token);
	if (sk) {
		nc_data_lock(sk);
		if (sk->sk_state != TCP_CLOSE && nc_input_asked(sk, ch, &s)) {
			nc_connect_synack(sk, ch, h, &s);
			nc_sched_kick_atomic(&nc_sk(sk)->flow);
		} else {
			nc_input_echo(ch, h);
		}
		nc_data_unlock(sk);
		sock_put(sk);
	} else {
		nc_input_echo(ch, h);
	}
	return 0;
}
