// SPDX-License-Identifier: GPL-2.0
/*
 * The channel port of a netns: one dual-stack TCP listener, whose accept loop
 * is a work item.
 */
#include "netdriver/tcp/tcp.h"

#include <linux/net.h>
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#define NC_TCP_BACKLOG	1024
#define NC_TCP_RETRY	msecs_to_jiffies(100)	/* accept() got no memory */

/*
 * Children inherit this callback until they are accepted. TCP calls it for
 * the listener without the socket's lock.
 */
static void nc_tcp_listen_ready(struct sock *sk)
{
	struct nc_tcp_listener *tl;

	if (sk->sk_state != TCP_LISTEN)
		return;
	read_lock_bh(&sk->sk_callback_lock);
	tl = sk->sk_user_data;
	if (tl)
		mod_delayed_work(nc_tcp_wq, &tl->accept, 0);
	read_unlock_bh(&sk->sk_callback_lock);
}

static int nc_tcp_listen_addr(struct socket *sock, struct nc_chan_addr *a)
{
	struct sockaddr_storage ss;
	int cpu, ret;
	u16 lport;

	ret = kernel_getpeername(sock, (struct sockaddr *)&ss);
	if (ret >= 0)
		ret = nc_tcp_addr_get(&ss, &a->raddr, &a->port);
	if (ret < 0)
		return ret;
	ret = kernel_getsockname(sock, (struct sockaddr *)&ss);
	if (ret >= 0)
		ret = nc_tcp_addr_get(&ss, &a->laddr, &lport);
	if (ret < 0)
		return ret;
	/* of a link-local connection TCP has bound it to the device */
	a->oif = READ_ONCE(sock->sk->sk_bound_dev_if);
	a->mark = READ_ONCE(sock->sk->sk_mark);
	cpu = READ_ONCE(sock->sk->sk_incoming_cpu);
	a->node = cpu < 0 ? NUMA_NO_NODE : cpu_to_node(cpu);
	return 0;
}

/* returns whether the socket has an owner now */
static bool nc_tcp_listen_take(struct nc_tcp_listener *tl, struct socket *sock)
{
	struct nc_chan_addr a = {};
	struct nc_chan *ch;
	struct nc_tcp *tc;

	if (nc_tcp_listen_addr(sock, &a))
		return false;
	ch = nc_listener_accepted(tl->l, &a);
	if (IS_ERR(ch))
		return false;

	tc = nc_tcp_attach(ch, sock);
	/* no callback comes between these two */
	lock_sock(sock->sk);
	nc_tcp_callbacks_set(tc, tl->data_ready);
	nc_tcp_up(tc);
	/*
	 * What arrived, or happened, before there were callbacks. Under the
	 * lock: a channel that dies at once is closed, and freed, behind it.
	 */
	nc_chan_rx_later(ch);
	release_sock(sock->sk);
	return true;
}

static void nc_tcp_listen_work(struct work_struct *work)
{
	struct nc_tcp_listener *tl = container_of(to_delayed_work(work),
						  struct nc_tcp_listener,
						  accept);
	struct socket *sock;
	int ret;

	for (;;) {
		ret = kernel_accept(tl->sock, &sock, O_NONBLOCK);
		if (ret == -ECONNABORTED)
			continue;
		if (ret)
			break;
		if (!nc_tcp_listen_take(tl, sock)) {
			sock_no_linger(sock->sk);
			sock_release(sock);
		}
		cond_resched();
	}
	if (ret == -ENOMEM || ret == -ENFILE || ret == -ENOBUFS)
		queue_delayed_work(nc_tcp_wq, &tl->accept, NC_TCP_RETRY);
}

static int nc_tcp_listen_open(struct nc_tcp_listener *tl, int family)
{
	static const struct in6_addr any4 = { .s6_addr = { [10] = 0xff,
							   [11] = 0xff } };
	struct sockaddr_storage ss;
	struct socket *sock;
	int len, ret;

	ret = sock_create_kern(nc_listener_net(tl->l), family, SOCK_STREAM,
			       IPPROTO_TCP, &sock);
	if (ret)
		return ret;
	len = nc_tcp_addr_put(&ss, family == AF_INET ? &any4 : &in6addr_any,
			      nc_listener_port(tl->l), 0);
	/* whatever net.ipv6.bindv6only says */
	sock->sk->sk_ipv6only = 0;
	/* connections of an earlier listener may still be in TIME_WAIT */
	sock_set_reuseaddr(sock->sk);
	ret = kernel_bind(sock, (void *)&ss, len);
	if (ret) {
		sock_release(sock);
		return ret;
	}
	nc_tcp_class_set(&tl->lockdep, sock->sk, false);
	tl->sock = sock;
	return 0;
}

int nc_tcp_listen(struct nc_listener *l)
{
	struct nc_tcp_listener *tl = nc_listener_priv(l);
	struct sock *sk;
	int ret;

	might_sleep();
	tl->l = l;
	INIT_DELAYED_WORK(&tl->accept, nc_tcp_listen_work);
	ret = nc_tcp_listen_open(tl, AF_INET6);
	if (ret == -EAFNOSUPPORT || ret == -EADDRNOTAVAIL)
		ret = nc_tcp_listen_open(tl, AF_INET);
	if (ret)
		return ret;

	sk = tl->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	tl->data_ready = sk->sk_data_ready;
	sk->sk_user_data = tl;
	WRITE_ONCE(sk->sk_data_ready, nc_tcp_listen_ready);
	write_unlock_bh(&sk->sk_callback_lock);

	ret = kernel_listen(tl->sock, NC_TCP_BACKLOG);
	if (ret)
		nc_tcp_unlisten(l);
	return ret;
}

/*
 * Waits for a running accept: the caller holds nothing that
 * nc_listener_accepted() takes.
 */
void nc_tcp_unlisten(struct nc_listener *l)
{
	struct nc_tcp_listener *tl = nc_listener_priv(l);
	struct sock *sk;

	might_sleep();
	if (!tl->sock)
		return;

	sk = tl->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	WRITE_ONCE(sk->sk_data_ready, tl->data_ready);
	write_unlock_bh(&sk->sk_callback_lock);
	cancel_delayed_work_sync(&tl->accept);

	nc_tcp_class_restore(&tl->lockdep, sk);
	sock_release(tl->sock);
	tl->sock = NULL;
	/* a child that inherited our callback may be in the making */
	synchronize_net();
}
