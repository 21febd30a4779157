// SPDX-License-Identifier: GPL-2.0
/*
 * Passive open: listen(), NCSYN, the accept queue, accept().
 *
 * A child is made in softirq when NCSYN comes and is ESTABLISHED at once; it
 * stays unconfirmed until the client is heard again. What a remote host can
 * have made is bounded by the backlog and by a limit for each peer.
 */
#include "vns/internal.h"

#include <net/tcp.h>
#include "core/mib.h"
#include "core/sysctl.h"
#include "core/trace.h"

#define NC_LISTEN_CONFIRM	(10 * HZ)
#define NC_LISTEN_REMAINS	16384	/* of one peer */
#define NC_LISTEN_TWIN		U32_MAX	/* no answer */

int nc_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM ||
	    !nc_state_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state == TCP_LISTEN)
		goto out;
	nc_table_quiesce(nc_sk(sk));
	err = nc_port_listen(sk);
	if (err)
		goto out;
	err = nc_listener_get(sock_net(sk));
	if (err) {
		nc_port_unlisten(sk);
		goto out;
	}
	nc_data_lock(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	inet_sk_set_state(sk, TCP_LISTEN);
	nc_data_unlock(sk);
	nc_table_add_listener(nc_sk(sk));
out:
	release_sock(sk);
	return err;
}

/* ---- the queue ---- */

static struct sock *nc_listen_pop(struct sock *sk)
{
	struct nc_sock *child;

	nc_data_lock(sk);
	child = list_first_entry_or_null(&nc_sk(sk)->accept_q, struct nc_sock,
					 accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
		atomic_dec(nc_peer_unaccepted(child->flow.rx_peer));
	}
	nc_data_unlock(sk);
	return child ? &child->inet.sk : NULL;
}

/* a child that no application will see */
static void nc_listen_discard(struct sock *child, u32 reason)
{
	nc_data_lock(child);
	sock_set_flag(child, SOCK_DEAD);
	nc_sock_abort(child, reason, 0);
	nc_rx_purge(child);
	nc_data_unlock(child);
	sock_put(child);
}

void nc_listen_stop(struct sock *sk)
{
	struct sock *child;

	nc_table_del_listener(nc_sk(sk));
	nc_data_lock(sk);
	/* from here on nc_listen_queue() refuses */
	inet_sk_set_state(sk, TCP_CLOSE);
	nc_data_unlock(sk);
	while ((child = nc_listen_pop(sk)))
		nc_listen_discard(child, NC_RST_ABORTED);
	nc_port_unlisten(sk);
	nc_listener_put(sock_net(sk));
	sk->sk_state_change(sk);
}

static int nc_listen_wait(struct sock *sk, long *timeo)
{
	DEFINE_WAIT(wait);
	int err = 0;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (list_empty_careful(&nc_sk(sk)->accept_q))
			*timeo = schedule_timeout(*timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		if (!list_empty_careful(&nc_sk(sk)->accept_q))
			break;
		err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		err = sock_intr_errno(*timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!*timeo)
			break;
		err = 0;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

struct sock *nc_listen_accept(struct sock *sk, int flags, int *err)
{
	struct sock *child = NULL;
	long timeo;

	lock_sock(sk);
	*err = -EINVAL;
	if (sk->sk_state != TCP_LISTEN)
		goto out;
	timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	for (;;) {
		child = nc_listen_pop(sk);
		if (child)
			break;
		*err = timeo ? nc_listen_wait(sk, &timeo) : -EAGAIN;
		if (*err)
			goto out;
	}
	*err = 0;
out:
	release_sock(sk);
	return child;
}

/* ---- NCSYN ---- */

static void nc_listen_refuse(struct nc_chan *ch, const struct nc_wire_syn *s,
			     u32 reason)
{
	struct nc_hdr h = {
		.type = NC_RST,
		.token = s->token,
		.wnd = reason,
	};

	if (reason == NC_RST_BUSY)
		nc_mib_inc(nc_chan_net(ch), BUSY_SENT);
	else
		nc_mib_inc(nc_chan_net(ch), REFUSED_SENT);
	nc_chan_answer(ch, &h);
}

static void nc_listen_inherit_sched(struct sock *sk, struct sock *lsk)
{
	char name[NC_SCHED_NAME_MAX];

	nc_data_lock(lsk);
	memcpy(name, nc_sk(lsk)->flow.ops->name, sizeof(name));
	nc_data_unlock(lsk);
	/* if it went away meanwhile the child has the default */
	nc_sched_set_policy(&nc_sk(sk)->flow, name);
}

/* what a child has of its listener, as TCP hands it on */
static void nc_listen_inherit(struct sock *sk, struct sock *lsk)
{
	struct inet_sock *inet = inet_sk(sk);

	sk->sk_bound_dev_if = lsk->sk_bound_dev_if;
	sk->sk_reuse = lsk->sk_reuse;
	sk->sk_reuseport = lsk->sk_reuseport;
	sk->sk_ipv6only = lsk->sk_ipv6only;
	sk->sk_mark = READ_ONCE(lsk->sk_mark);
	sk->sk_priority = READ_ONCE(lsk->sk_priority);
	sk->sk_rcvtimeo = READ_ONCE(lsk->sk_rcvtimeo);
	sk->sk_sndtimeo = READ_ONCE(lsk->sk_sndtimeo);
	sk->sk_lingertime = lsk->sk_lingertime;
	sk->sk_rcvlowat = READ_ONCE(lsk->sk_rcvlowat);
	sk->sk_uid = lsk->sk_uid;
	sk->sk_userlocks = lsk->sk_userlocks & ~SOCK_BINDPORT_LOCK;
	if (sock_flag(lsk, SOCK_LINGER))
		sock_set_flag(sk, SOCK_LINGER);
	if (sock_flag(lsk, SOCK_KEEPOPEN))
		sock_set_flag(sk, SOCK_KEEPOPEN);
	inet->tos = inet_sk(lsk)->tos;
	nc_sk(sk)->tcpopt = nc_sk(lsk)->tcpopt;
	nc_listen_inherit_sched(sk, lsk);
	if (lsk->sk_userlocks & SOCK_SNDBUF_LOCK)
		WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(lsk->sk_sndbuf));
	if (lsk->sk_userlocks & SOCK_RCVBUF_LOCK) {
		WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(lsk->sk_rcvbuf));
		nc_credit_rcv_init(&nc_sk(sk)->rcv, sk->sk_rcvbuf / 2,
				   sk->sk_rcvbuf / 2);
		nc_credit_rcv_lock(&nc_sk(sk)->rcv, sk->sk_rcvbuf / 2);
	}
	nc_compat_inherit_memcg(sk, lsk);
	security_sk_clone(lsk, sk);
}

/* lists and options stay empty: nothing of them goes on a wire */
static void nc_listen_inherit6(struct ipv6_pinfo *np,
			       const struct ipv6_pinfo *from)
{
	np->hop_limit = from->hop_limit;
	np->mcast_hops = from->mcast_hops;
	np->pmtudisc = from->pmtudisc;
	np->tclass = from->tclass;
}

/* in softirq: the listener's family decides, as TCP's does */
static struct sock *nc_listen_child(struct sock *lsk)
{
	struct sock *sk;

	sk = sk_alloc(sock_net(lsk), lsk->sk_family, GFP_ATOMIC,
		      lsk->sk_prot, 0);
	if (!sk)
		return NULL;
	sock_init_data(NULL, sk);
	sk->sk_protocol = lsk->sk_protocol;
	sk->sk_type = SOCK_STREAM;
	sk->sk_family = lsk->sk_family;
	if (sk->sk_family == AF_INET6) {
		inet_sk(sk)->pinet6 = &((struct nc6_sock *)sk)->inet6;
		nc_listen_inherit6(inet6_sk(sk), inet6_sk(lsk));
	}
	inet_sk(sk)->uc_ttl = -1;
	inet_sk(sk)->mc_ttl = 1;
	inet_sk(sk)->mc_index = 0;
	nc_sock_setup(sk);
	nc_listen_inherit(sk, lsk);
	return sk;
}

/* room in the backlog? takes it */
static bool nc_listen_reserve(struct sock *lsk, struct nc_peer *peer)
{
	unsigned int max = nc_sysctl_max_unaccepted(sock_net(lsk));
	bool room;

	nc_data_lock(lsk);
	room = lsk->sk_state == TCP_LISTEN && !sk_acceptq_is_full(lsk) &&
	       atomic_read(nc_peer_unaccepted(peer)) < max &&
	       nc_peer_remains(peer) < NC_LISTEN_REMAINS;
	if (room) {
		sk_acceptq_added(lsk);
		atomic_inc(nc_peer_unaccepted(peer));
	}
	nc_data_unlock(lsk);
	return room;
}

static void nc_listen_unreserve(struct sock *lsk, struct nc_peer *peer)
{
	nc_data_lock(lsk);
	sk_acceptq_removed(lsk);
	nc_data_unlock(lsk);
	atomic_dec(nc_peer_unaccepted(peer));
}

/* the child is complete: to the application, unless the listener has gone */
static bool nc_listen_queue(struct sock *lsk, struct sock *child)
{
	bool ok;

	nc_data_lock(lsk);
	ok = lsk->sk_state == TCP_LISTEN;
	if (ok)
		list_add_tail(&nc_sk(child)->accept_node,
			      &nc_sk(lsk)->accept_q);
	nc_data_unlock(lsk);
	if (ok)
		lsk->sk_data_ready(lsk);
	return ok;
}

/* names and tables, then NCSYN_ACK; 0, or the reason to refuse */
static u32 nc_listen_open(struct sock *child, struct nc_chan *ch,
			  const struct nc_hdr *h, const struct nc_wire_syn *s)
{
	struct nc_sock *nsk = nc_sk(child);
	struct nc_peer *peer = nc_chan_peer(ch);
	struct in6_addr laddr, raddr;
	u32 reason = NC_RST_BUSY;
	int oif;

	nc_chan_addrs(ch, &laddr, &raddr, &oif);
	nc_addr_set(child, &laddr, s->dport, &raddr, s->sport);
	if (!child->sk_bound_dev_if &&
	    ipv6_addr_type(&raddr) & IPV6_ADDR_LINKLOCAL)
		child->sk_bound_dev_if = oif;
	nsk->rtoken = s->token;
	nsk->birth = s->birth;
	nc_sched_set_class(&nsk->flow, s->class, s->fixed);
	nc_data_lock(child);
	nsk->rcv.nxt = 1;
	nc_credit_snd_ack(&nsk->snd, h->ack, h->wnd);
	if (nc_connect_attach(nsk, peer))
		goto out;
	if (nc_table_add_tuple(nsk, peer)) {
		/* the same NCSYN by two channels at once: the other one won */
		nc_peer_del_flow(peer, &nsk->flow);
		reason = NC_LISTEN_TWIN;
		goto out;
	}
	nc_table_add_token(nsk);
	nsk->unconfirmed = true;
	inet_sk_set_state(child, TCP_ESTABLISHED);
	nc_sock_timer_set(child, NC_LISTEN_CONFIRM);
	if (nc_connect_push_syn(child, NC_SYN_ACK, GFP_ATOMIC | __GFP_NOWARN))
		nc_sock_done(child, ENOMEM);
	else
		reason = 0;
	nc_sched_kick_atomic(&nsk->flow);
out:
	nc_data_unlock(child);
	return reason;
}

static void nc_listen_new(struct sock *lsk, struct nc_chan *ch,
			  const struct nc_hdr *h, const struct nc_wire_syn *s)
{
	struct nc_peer *peer = nc_chan_peer(ch);
	u32 reason = NC_RST_BUSY;
	struct sock *child;

	if (!nc_listen_reserve(lsk, peer)) {
		if (READ_ONCE(lsk->sk_state) != TCP_LISTEN)
			reason = NC_RST_REFUSED;
		nc_listen_refuse(ch, s, reason);
		return;
	}
	child = nc_listen_child(lsk);
	if (child) {
		reason = nc_listen_open(child, ch, h, s);
		if (!reason && nc_listen_queue(lsk, child)) {
			nc_mib_inc(nc_chan_net(ch), PASSIVE_OPENS);
			return;
		}
		/* its answer may be on the way: no "refused" any more */
		nc_listen_discard(child, NC_RST_ABORTED);
	}
	nc_listen_unreserve(lsk, peer);
	if (reason && reason != NC_LISTEN_TWIN)
		nc_listen_refuse(ch, s, reason);
}

/* the 4-tuple is known; true: @s was dealt with */
static bool nc_listen_known(struct nc_chan *ch, const struct nc_wire_syn *s)
{
	struct sock *sk;
	bool done = true;

	sk = nc_table_find_tuple(nc_chan_peer(ch), s->dport, s->sport);
	if (!sk)
		return false;
	nc_data_lock(sk);
	if (sk->sk_state == TCP_CLOSE) {
		done = false;
	} else if (nc_sk(sk)->rtoken == s->token) {
		/* its answer was lost, or is on the way */
		nc_mib_inc(sock_net(sk), SYN_DUP);
		nc_connect_syn_again(sk, NC_SYN_ACK);
		nc_sched_kick_atomic(&nc_sk(sk)->flow);
	} else if (s->birth <= nc_sk(sk)->birth) {
		nc_mib_inc(sock_net(sk), SYN_OLD);
	} else {
		/* the client forgot the old one */
		nc_sock_done(sk, ECONNRESET);
		done = false;
	}
	nc_data_unlock(sk);
	sock_put(sk);
	return done;
}

void nc_listen_syn(struct nc_chan *ch, const struct nc_hdr *h,
		   const struct nc_wire_syn *s)
{
	struct in6_addr laddr, raddr;
	bool done = false;
	struct sock *sk;
	int oif;

	if (nc_listen_known(ch, s))
		return;
	nc_chan_addrs(ch, &laddr, &raddr, &oif);
	sk = nc_table_find_syn(nc_chan_net(ch), &laddr, &raddr, s->dport,
			       s->sport);
	if (sk) {
		nc_data_lock(sk);
		done = nc_connect_crossing(sk, ch, h, s);
		nc_sched_kick_atomic(&nc_sk(sk)->flow);
		nc_data_unlock(sk);
		sock_put(sk);
		if (done)
			return;
	}
	sk = nc_table_find_listener(nc_chan_net(ch), &laddr, s->dport,
				    nc_chan_iif(ch) ?: oif, (u32)s->token);
	if (!sk) {
		nc_listen_refuse(ch, s, NC_RST_REFUSED);
		return;
	}
	if (h->flags & NC_F_ACKREQ)	/* a question: there is none */
		nc_listen_refuse(ch, s, NC_RST_BUSY);
	else
		nc_listen_new(sk, ch, h, s);
	sock_put(sk);
}

void nc_listen_confirm(struct sock *sk)
{
	if (!nc_sk(sk)->unconfirmed)
		return;
	nc_sk(sk)->unconfirmed = false;
	if (!nc_sk(sk)->orphan)		/* else the timer is for that */
		nc_sock_timer_stop(sk);
}
