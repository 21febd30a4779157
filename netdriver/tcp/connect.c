// SPDX-License-Identifier: GPL-2.0
/*
 * Making a connection, and letting go of any. A socket is created, attached
 * to its channel, connected without waiting; state_change tells the rest.
 */
#include "netdriver/tcp/tcp.h"

#include <linux/net.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#define NC_TCP_DRAIN	(2 * HZ)	/* for TCP to be done when closing */
#define NC_TCP_DRAINS	32		/* that may wait for it at once */

static bool nc_tcp_addr_any(const struct in6_addr *addr)
{
	return ipv6_addr_any(addr) ||
	       (ipv6_addr_v4mapped(addr) && !addr->s6_addr32[3]);
}

/* give @sock to @ch; callbacks are not set yet */
struct nc_tcp *nc_tcp_attach(struct nc_chan *ch, struct socket *sock)
{
	struct nc_tcp *tc = nc_chan_priv(ch);

	tc->ch = ch;
	INIT_DELAYED_WORK(&tc->again, nc_tcp_send_again);
	tc->sock = sock;
	WRITE_ONCE(tc->sk, sock->sk);
	nc_tcp_class_set(&tc->lockdep, sock->sk, !nc_chan_is_opener(ch));
	nc_tcp_tune(sock->sk);
	nc_tcp_tune_class(tc, nc_chan_class(ch));
	return tc;
}

static int nc_tcp_open_bind(struct socket *sock, const struct nc_chan_addr *a)
{
	struct sockaddr_storage ss;
	int ret = 0;
	int len;

	if (a->oif)
		ret = sock_bindtoindex(sock->sk, a->oif, true);
	if (!ret && a->mark)
		sock_set_mark(sock->sk, a->mark);
	if (!ret && !nc_tcp_addr_any(&a->laddr)) {
		len = nc_tcp_addr_put(&ss, &a->laddr, 0, a->oif);
		ret = kernel_bind(sock, (void *)&ss, len);
	}
	return ret;
}

int nc_tcp_open(struct nc_chan *ch)
{
	const struct nc_chan_addr *a = nc_chan_addr(ch);
	struct sockaddr_storage ss;
	struct socket *sock;
	struct nc_tcp *tc;
	int len, ret;

	might_sleep();
	len = nc_tcp_addr_put(&ss, &a->raddr, a->port, a->oif);
	ret = sock_create_kern(nc_chan_net(ch), ss.ss_family, SOCK_STREAM,
			       IPPROTO_TCP, &sock);
	if (ret)
		return ret;

	tc = nc_tcp_attach(ch, sock);
	nc_tcp_callbacks_set(tc, sock->sk->sk_data_ready);
	ret = nc_tcp_open_bind(sock, a);
	if (ret)
		return ret;

	ret = kernel_connect(sock, (void *)&ss, len, O_NONBLOCK);
	if (ret == -EINPROGRESS)
		return 0;
	if (!ret)
		nc_tcp_up(tc);
	return ret;
}

static void nc_tcp_close_wait(struct socket *sock)
{
	if (kernel_sock_shutdown(sock, SHUT_WR))
		return;
	wait_event_interruptible_timeout(*sk_sleep(sock->sk),
					 READ_ONCE(sock->sk->sk_state) ==
					 TCP_CLOSE, NC_TCP_DRAIN);
}

/*
 * Send what is queued, then FIN, and wait for the other end to do the same.
 * tcp_close() cannot be left to do it: it takes the timers from sockets that
 * hold no reference of their netns, and an orphan without timers whose peer
 * is silent stays for ever.
 */
static void nc_tcp_close_drain(struct socket *sock)
{
	static atomic_t nr = ATOMIC_INIT(0);

	/* whoever answers GOAWAY with silence may not keep all threads busy */
	if (atomic_inc_return(&nr) <= NC_TCP_DRAINS)
		nc_tcp_close_wait(sock);
	atomic_dec(&nr);
}

/*
 * Also after a failed open. The owner of the channel sees to it that neither
 * xmit nor rx_run is under way or comes.
 */
void nc_tcp_close(struct nc_chan *ch, bool abort)
{
	struct nc_tcp *tc = nc_chan_priv(ch);
	struct socket *sock = tc->sock;
	struct sock *sk;

	might_sleep();
	if (!sock)
		return;

	sk = sock->sk;
	nc_tcp_callbacks_restore(tc);
	/* callbacks run with the socket locked: none is left after this */
	lock_sock(sk);
	release_sock(sk);
	cancel_delayed_work_sync(&tc->again);

	if (!abort)
		nc_tcp_close_drain(sock);
	WRITE_ONCE(tc->sk, NULL);
	tc->sock = NULL;
	nc_tcp_class_restore(&tc->lockdep, sk);
	sock_no_linger(sk);
	sock_release(sock);
}
