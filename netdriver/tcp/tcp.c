// SPDX-License-Identifier: GPL-2.0
/*
 * The transport's table, how its sockets are tuned, and addresses.
 */
#include "netdriver/tcp/tcp.h"
#include "core/lane.h"

#include <linux/module.h>
#include <linux/pkt_sched.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#define NC_TCP_USER_TIMEOUT	30000	/* ms without progress: dead */
#define NC_TCP_KEEPIDLE		10	/* s */
#define NC_TCP_KEEPINTVL	5	/* s */

/*
 * Bytes that TCP may hold unsent. What is not in there waits in the channel's
 * own queue, where control frames overtake data.
 */
#define NC_TCP_LOWAT_L		(16 << 10)
#define NC_TCP_LOWAT_T		(128 << 10)

struct workqueue_struct *nc_tcp_wq;

void nc_tcp_tune(struct sock *sk)
{
	/*
	 * An application's thread transmits for everybody who shares the
	 * channel: it must not be stuck in reclaim with the socket owned, nor
	 * find its own task_frag in use by an outer sendmsg().
	 */
	sk->sk_allocation = GFP_NOWAIT | __GFP_NOWARN;
	sk->sk_use_task_frag = false;
	tcp_sock_set_nodelay(sk);
	tcp_sock_set_user_timeout(sk, NC_TCP_USER_TIMEOUT);
	tcp_sock_set_keepidle(sk, NC_TCP_KEEPIDLE);
	tcp_sock_set_keepintvl(sk, NC_TCP_KEEPINTVL);
	sock_set_keepalive(sk);
}

/* an accepted channel learns its class only from HELLO */
void nc_tcp_tune_class(struct nc_tcp *tc, u8 class)
{
	struct sock *sk = tc->sock->sk;
	bool l = class == NC_CLASS_L;

	WRITE_ONCE(tcp_sk(sk)->notsent_lowat,
		   l ? NC_TCP_LOWAT_L : NC_TCP_LOWAT_T);
	sock_set_priority(sk, l ? TC_PRIO_INTERACTIVE : TC_PRIO_BESTEFFORT);
	tc->class = class;
}

/*
 * TCP's hash is random, so of four channels two often meet on a transmit queue,
 * or behind a virtual device, which keeps the hash, on a processor of RPS. TCP
 * makes itself another one when a path seems broken; that stays.
 */
void nc_tcp_tune_spread(struct nc_tcp *tc)
{
	struct sock *sk = tc->sock->sk;

	tc->spread = nc_chan_spread(tc->ch);
	if (!tc->spread)
		return;
	WRITE_ONCE(sk->sk_txhash, tc->spread);
	sk_tx_queue_clear(sk);
}

/* fill @ss in the family of @addr; returns the length */
int nc_tcp_addr_put(struct sockaddr_storage *ss, const struct in6_addr *addr,
		    u16 port, int oif)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (ipv6_addr_v4mapped(addr)) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		sin->sin_addr.s_addr = addr->s6_addr32[3];
		return sizeof(*sin);
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_addr = *addr;
	if (__ipv6_addr_needs_scope_id(__ipv6_addr_type(addr)))
		sin6->sin6_scope_id = oif;
	return sizeof(*sin6);
}

int nc_tcp_addr_get(const struct sockaddr_storage *ss, struct in6_addr *addr,
		    u16 *port)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)ss;

	switch (ss->ss_family) {
	case AF_INET:
		ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, addr);
		*port = ntohs(sin->sin_port);
		return 0;
	case AF_INET6:
		*addr = sin6->sin6_addr;
		*port = ntohs(sin6->sin6_port);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

static int nc_tcp_iif(const struct nc_chan *ch)
{
	const struct nc_tcp *tc = nc_chan_priv(ch);
	const struct sock *sk;
	int iif = 0;

	rcu_read_lock();
	sk = READ_ONCE(tc->sk);
	if (sk)
		iif = READ_ONCE(sk->sk_rx_dst_ifindex);
	rcu_read_unlock();
	return iif;
}

static void nc_tcp_get_info(struct nc_chan *ch, struct nc_chan_info *i)
{
	const struct nc_tcp *tc = nc_chan_priv(ch);
	const struct tcp_sock *tp;
	const struct sock *sk;

	memset(i, 0, sizeof(*i));
	rcu_read_lock();
	sk = READ_ONCE(tc->sk);
	if (sk) {
		tp = tcp_sk(sk);
		i->cwnd = READ_ONCE(tp->snd_cwnd) * READ_ONCE(tp->mss_cache);
		i->rtt_us = READ_ONCE(tp->srtt_us) >> 3;
		i->retrans = READ_ONCE(tp->total_retrans);
		i->lport = READ_ONCE(inet_sk(sk)->inet_num);
		i->rport = ntohs(READ_ONCE(inet_sk(sk)->inet_dport));
	}
	rcu_read_unlock();
}

static int nc_tcp_init(void)
{
	nc_tcp_wq = alloc_workqueue("netchannel_tcp", WQ_UNBOUND, 0);
	return nc_tcp_wq ? 0 : -ENOMEM;
}

static void nc_tcp_exit(void)
{
	destroy_workqueue(nc_tcp_wq);
}

struct nc_channel_ops nc_tcp_ops = {
	.xmit		= nc_tcp_xmit,
	.rx_run		= nc_tcp_rx_run,
	.unsent		= nc_tcp_unsent,
	.iif		= nc_tcp_iif,
	.open		= nc_tcp_open,
	.close		= nc_tcp_close,
	.listen		= nc_tcp_listen,
	.unlisten	= nc_tcp_unlisten,
	.get_info	= nc_tcp_get_info,
	.init		= nc_tcp_init,
	.exit		= nc_tcp_exit,
	.name		= "tcp",
	.owner		= THIS_MODULE,
	.chan_priv	= sizeof(struct nc_tcp),
	.listener_priv	= sizeof(struct nc_tcp_listener),
	.api		= NC_CHANNEL_API,
};
