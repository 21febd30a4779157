// SPDX-License-Identifier: GPL-2.0
/*
 * Active open: connect(), its answer, crossing and self connections, and
 * disconnect.
 *
 * NCSYN is the segment with number 0, in the retransmit list like any other:
 * a lost channel, a busy listener and a peer without channels need nothing of
 * their own.
 */
#include "vns/internal.h"

#include <net/tcp.h>
#include "core/mib.h"
#include "core/sysctl.h"
#include "core/trace.h"

#define NC_CONNECT_BUSY_MIN	50U	/* ms */
#define NC_CONNECT_BUSY_MAX	3200U
#define NC_CONNECT_SILENCE	500U	/* doubled at each retry */

/* how long TCP would try: 1 + 2 + 4 ... seconds */
static unsigned long nc_connect_patience(const struct sock *sk)
{
	unsigned int n = nc_sysctl_syn_retries(sock_net(sk));

	return n < 8 ? ((2UL << n) - 1) * HZ : (255 + (n - 7) * 120UL) * HZ;
}

int nc_connect_attach(struct nc_sock *nsk, struct nc_peer *peer)
{
	struct nc_flow *flow = &nsk->flow;
	struct nc_peer *tx = flow->tx_peer, *rx = flow->rx_peer;

	lockdep_assert_held(&nsk->inet.sk.sk_lock.slock);
	WRITE_ONCE(flow->tx_peer, nc_peer_get(peer));
	WRITE_ONCE(flow->rx_peer, nc_peer_get(peer));
	/* kept since the last connection, for who may still have looked */
	if (tx)
		nc_peer_put(tx);
	if (rx)
		nc_peer_put(rx);
	flow->lane_id = 0;
	flow->heard_id = 0;
	flow->lane_bytes = 0;
	flow->seen = 0;
	memset(flow->kick, 0, sizeof(flow->kick));
	memset(flow->kick_full, 0, sizeof(flow->kick_full));
	return nc_peer_add_flow(peer, flow);
}

static struct nc_seg *nc_connect_syn(struct sock *sk, u8 type, gfp_t gfp)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_wire_syn s = {
		.token = nsk->token,
		.birth = nsk->birth,
		.sport = nsk->inet.inet_num,
		.dport = ntohs(nsk->inet.inet_dport),
		.class = nsk->flow.class,
		.fixed = nsk->flow.fixed,
	};
	struct nc_seg *seg;

	seg = nc_seg_alloc(&nsk->flow, type, 0, gfp);
	if (!seg)
		return NULL;
	seg->len = NC_SEG_CTL;
	nc_wire_put_syn(seg->ctl, &s);
	return seg;
}

int nc_connect_push_syn(struct sock *sk, u8 type, gfp_t gfp)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;

	lockdep_assert_held(&sk->sk_lock.slock);
	seg = nc_connect_syn(sk, type, gfp);
	if (!seg)
		return -ENOMEM;
	list_add(&seg->rtx, &nsk->rtx);
	nsk->send_head = seg;
	nc_tx_push(sk);
	return 0;
}

/*
 * Once more, outside the list: the one in the list may be queued still, and
 * both ends take a second one for what it is.
 */
void nc_connect_syn_again(struct sock *sk, u8 type)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;

	lockdep_assert_held(&sk->sk_lock.slock);
	/* one at a time: a peer that asks and does not read gets no more */
	if (nsk->again && refcount_read(&nsk->again->ref) > 1)
		return;
	seg = nc_connect_syn(sk, type, GFP_ATOMIC | __GFP_NOWARN);
	if (!seg)
		return;
	if (type == NC_SYN && !nsk->syn_fresh)
		seg->flags = NC_F_ACKREQ;
	if (nsk->again)
		nc_seg_put(nsk->again);
	nsk->again = seg;
	nc_sched_rst(&nsk->flow, seg);
}

/* a fresh start for both directions */
static void nc_connect_reset(struct nc_sock *nsk)
{
	struct sock *sk = &nsk->inet.sk;
	u32 win_max = nsk->rcv.win_max, win = nsk->rcv.win;
	bool locked = nsk->rcv.locked;

	nc_credit_snd_init(&nsk->snd);
	nsk->snd.end = 1;
	nc_credit_rcv_init(&nsk->rcv, win, win_max);
	if (locked)
		nc_credit_rcv_lock(&nsk->rcv, win);
	nsk->rtoken = 0;
	nsk->rcv_fin = 0;
	nsk->fin_queued = false;
	nsk->say_blocked = false;
	nsk->say_again = false;
	nsk->say_probe = false;
	nsk->say_last = false;
	clear_bit(NC_SOCK_FIN, &nsk->bits);
	nsk->held = false;
	nsk->unconfirmed = false;
	nsk->busy_ms = NC_CONNECT_SILENCE;
	nsk->busy_heard = false;
	nsk->syn_fresh = false;
	nsk->push_due = false;
	WRITE_ONCE(sk->sk_err, 0);
	sk->sk_err_soft = 0;
	WRITE_ONCE(sk->sk_shutdown, 0);
	nc_rx_sync_window(sk);
}

static int nc_connect_start(struct sock *sk, struct nc_peer *peer)
{
	struct nc_sock *nsk = nc_sk(sk);
	int err;

	nc_table_quiesce(nsk);
	nc_data_lock(sk);
	nc_connect_reset(nsk);
	err = nc_connect_attach(nsk, peer);
	nc_data_unlock(sk);
	if (err)
		return err;
	nsk->birth = ktime_get_ns();
	if (nsk->inet.inet_num)
		err = nc_table_add_tuple(nsk, peer);
	else
		err = nc_table_bind_tuple(nsk, peer);
	if (err)
		goto detach;
	nc_table_add_token(nsk);
	nc_data_lock(sk);
	inet_sk_set_state(sk, TCP_SYN_SENT);
	nc_table_add_syn(nsk);
	err = nc_connect_push_syn(sk, NC_SYN, GFP_ATOMIC);
	/* it died before it could tell us, being CLOSE */
	if (nc_peer_is_dead(peer))
		err = -ENETRESET;
	if (err) {
		nc_sock_done(sk, 0);
	} else {
		nc_sock_timer_set(sk, nc_connect_patience(sk));
		nc_sock_push_later(sk, msecs_to_jiffies(2 * nsk->busy_ms));
	}
	nc_data_unlock(sk);
	return err;
detach:
	nc_peer_del_flow(peer, &nsk->flow);
	return err;
}

int nc_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int len)
{
	struct nc_peer_key key = { .mark = READ_ONCE(sk->sk_mark) };
	struct in6_addr daddr, saddr;
	struct nc_peer *peer;
	int err, scope, tries;
	u16 port;

	err = nc_addr_parse(sk, (struct sockaddr *)uaddr, len, &daddr, &port,
			    &scope);
	if (err)
		return err;
	nc_addr_local(sk, &saddr);
	if (ipv6_addr_v4mapped(&saddr) && !saddr.s6_addr32[3])
		memset(&saddr, 0, sizeof(saddr));
	key.raddr = daddr;
	key.laddr = saddr;
	if (scope)	/* as TCP: a link-local name says which link */
		sk->sk_bound_dev_if = scope;
	key.oif = sk->sk_bound_dev_if;
	err = nc_addr_route(sk, &daddr, port, key.oif, &saddr);
	if (err)
		return err;
	if (!port)
		return -ECONNREFUSED;	/* nobody can listen there */
	nc_addr_set(sk, &saddr, nc_sk(sk)->inet.inet_num, &daddr, port);
	/* a peer may go away just when it is found */
	for (tries = 0; tries < 3; tries++) {
		peer = nc_peer_open(sock_net(sk), &key);
		if (IS_ERR(peer)) {
			err = PTR_ERR(peer);
			break;
		}
		err = nc_connect_start(sk, peer);
		nc_peer_put(peer);
		if (err != -ENETRESET)
			break;
	}
	if (err)
		nc_addr_clear(sk);
	else
		nc_mib_inc(sock_net(sk), ACTIVE_OPENS);
	return err;
}

static void nc_connect_established(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	trace_nc_sock_state(nsk->token, nsk->inet.inet_num,
			    ntohs(nsk->inet.inet_dport), sk->sk_state,
			    TCP_ESTABLISHED);
	inet_sk_set_state(sk, TCP_ESTABLISHED);
	nsk->push_due = false;
	nc_sock_timer_stop(sk);
	nsk->rcv.nxt = 1;
	nc_rx_advance(sk);	/* data may have overtaken the answer */
	nc_tx_push(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	}
}

/* receive group, data lock held; the 4-tuple was compared */
void nc_connect_synack(struct sock *sk, struct nc_chan *ch,
		       const struct nc_hdr *h, const struct nc_wire_syn *s)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_peer *peer = nc_chan_peer(ch);

	if (sk->sk_state != TCP_SYN_SENT) {
		if (nsk->rtoken != s->token)
			nc_input_echo(ch, h);
		nc_mib_inc(sock_net(sk), SYN_DUP);
		nc_sched_owe(&nsk->flow, true);
		return;
	}
	nsk->rtoken = s->token;
	if (nsk->flow.rx_peer != peer) {	/* of a crossing connection */
		nc_peer_put(nsk->flow.rx_peer);
		WRITE_ONCE(nsk->flow.rx_peer, nc_peer_get(peer));
	}
	if (nc_credit_snd_ack(&nsk->snd, h->ack, h->wnd) > 0)
		nc_tx_acked(sk);
	nc_table_del_syn(nsk);
	nc_connect_established(sk);
	nc_sched_owe(&nsk->flow, false);
}

/*
 * NCSYN whose addresses and ports mirror ours: both ends connect to each
 * other, or a socket to itself. Receive group, data lock held. The socket
 * stays where it was found: the other end may ask again.
 */
bool nc_connect_crossing(struct sock *sk, struct nc_chan *ch,
			 const struct nc_hdr *h, const struct nc_wire_syn *s)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_peer *peer = nc_chan_peer(ch);

	if (sk->sk_state != TCP_SYN_SENT) {
		if (sk->sk_state == TCP_CLOSE || nsk->rtoken != s->token)
			return false;
		nc_mib_inc(sock_net(sk), SYN_DUP);
		nc_connect_syn_again(sk, NC_SYN_ACK);
		return true;
	}
	nsk->rtoken = s->token;
	nc_peer_put(nsk->flow.rx_peer);
	WRITE_ONCE(nsk->flow.rx_peer, nc_peer_get(peer));
	if (nc_credit_snd_ack(&nsk->snd, h->ack, h->wnd) > 0)
		nc_tx_acked(sk);
	/* the answer takes no number of its own: ours is NCSYN's */
	nc_connect_syn_again(sk, NC_SYN_ACK);
	nc_connect_established(sk);
	return true;
}

/* those whom a full backlog turned away together do not come back together */
static unsigned long nc_connect_delay(const struct nc_sock *nsk)
{
	u32 ms = nsk->busy_ms;

	if (nsk->busy_heard)
		ms = ms / 2 + get_random_u32_below(ms);
	return msecs_to_jiffies(ms);
}

/*
 * The listener is busy, or nothing was heard (an answer may be dropped when
 * very many are due at once): again, as TCP does when its SYN is dropped. After
 * silence it only asks: there may have been a child, which is gone by the time
 * that this arrives, and another one would be nobody's.
 */
void nc_connect_retry(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	if (nsk->send_head)	/* it waits for a lane */
		nc_tx_push(sk);
	else
		nc_connect_syn_again(sk, NC_SYN);
	nsk->syn_fresh = false;
	nsk->busy_ms = clamp(nsk->busy_ms * 2, NC_CONNECT_BUSY_MIN,
			     NC_CONNECT_BUSY_MAX);
	nc_sock_push_later(sk, nc_connect_delay(nsk));
}

void nc_connect_busy(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	nc_mib_inc(sock_net(sk), BUSY_RCVD);
	nsk->syn_fresh = true;
	/* sooner than the retry for silence, which is pending */
	if (!nsk->busy_heard) {
		nsk->busy_heard = true;
		nsk->push_due = false;
		nsk->busy_ms = NC_CONNECT_BUSY_MIN;
	}
	nc_sock_push_later(sk, nc_connect_delay(nsk));
}

void nc_connect_timeout(struct sock *sk)
{
	nc_sock_done(sk, ETIMEDOUT);
}

int nc_disconnect(struct sock *sk, int flags)
{
	struct nc_sock *nsk = nc_sk(sk);
	int old = sk->sk_state, err = 0;

	if (old == TCP_LISTEN)
		nc_listen_stop(sk);
	nc_data_lock(sk);
	if (old == TCP_SYN_SENT ||
	    nc_state_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			    TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2))
		err = ECONNRESET;
	if (old != TCP_CLOSE && old != TCP_LISTEN)
		nc_sock_abort(sk, NC_RST_ABORTED, 0);
	nc_rx_purge(sk);
	nc_connect_reset(nsk);
	WRITE_ONCE(sk->sk_err, err);
	nc_data_unlock(sk);
	nc_addr_clear(sk);
	sk_error_report(sk);
	return 0;
}
