// SPDX-License-Identifier: GPL-2.0
/*
 * Ports are TCP's ports: a virtual socket that is bound owns a TCP socket
 * bound to the same place, so every rule about who may share a port with whom
 * (REUSEADDR, REUSEPORT, V6ONLY, device, privilege) is TCP's own answer. That
 * socket never sends or receives anything.
 *
 * A listener's is marked as listening without being put where SYNs are looked
 * up: the conflict rules of TCP's bind test that state, while a plain TCP
 * client is refused as it is on a port where nobody listens.
 */
#include "vns/internal.h"

#include <linux/net.h>

static struct lock_class_key nc_port_keys[2];
static struct lock_class_key nc_port_slock_keys[2];

/* it is locked and released under the virtual socket's lock */
static void nc_port_classify(struct sock *sk)
{
	if (sk->sk_family == AF_INET)
		sock_lock_init_class_and_name(sk, "slock-AF_INET-NC-PORT",
					      &nc_port_slock_keys[0],
					      "sk_lock-AF_INET-NC-PORT",
					      &nc_port_keys[0]);
	else
		sock_lock_init_class_and_name(sk, "slock-AF_INET6-NC-PORT",
					      &nc_port_slock_keys[1],
					      "sk_lock-AF_INET6-NC-PORT",
					      &nc_port_keys[1]);
}

/* what TCP's conflict rules look at */
static void nc_port_copy(struct sock *to, const struct sock *from)
{
	to->sk_reuse = from->sk_reuse;
	to->sk_reuseport = from->sk_reuseport;
	to->sk_bound_dev_if = from->sk_bound_dev_if;
	to->sk_ipv6only = from->sk_ipv6only;
	to->sk_userlocks = from->sk_userlocks & SOCK_BINDADDR_LOCK;
	inet_sk(to)->inet_rcv_saddr = inet_sk(from)->inet_rcv_saddr;
	inet_sk(to)->inet_saddr = inet_sk(from)->inet_saddr;
	if (to->sk_family == AF_INET6)
		to->sk_v6_rcv_saddr = from->sk_v6_rcv_saddr;
}

int nc_port_get(struct sock *sk, unsigned short port)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct socket *sock;
	int err;

	if (nsk->port)
		return 0;
	err = __sock_create(sock_net(sk), sk->sk_family, SOCK_STREAM,
			    IPPROTO_TCP, &sock, 0);
	if (err)
		return err;
	nc_port_classify(sock->sk);
	lock_sock(sock->sk);
	nc_port_copy(sock->sk, sk);
	err = sock->sk->sk_prot->get_port(sock->sk, port);
	release_sock(sock->sk);
	if (err) {
		sock_release(sock);
		return err;
	}
	nsk->port = sock;
	inet_sk(sk)->inet_num = inet_sk(sock->sk)->inet_num;
	return 0;
}

void nc_port_put(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	if (!nsk->port)
		return;
	sock_release(nsk->port);
	nsk->port = NULL;
}

/* TCP asks again at listen(): two sockets may share a port until one listens */
int nc_port_listen(struct sock *sk)
{
	struct sock *tcp;
	int err;

	if (!nc_sk(sk)->port) {
		err = nc_port_get(sk, inet_sk(sk)->inet_num);
		if (err)
			return err;
		inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	}
	tcp = nc_sk(sk)->port->sk;
	lock_sock(tcp);
	WRITE_ONCE(tcp->sk_state, TCP_LISTEN);
	err = tcp->sk_prot->get_port(tcp, inet_sk(sk)->inet_num);
	if (err)
		WRITE_ONCE(tcp->sk_state, TCP_CLOSE);
	release_sock(tcp);
	return err ? -EADDRINUSE : 0;
}

void nc_port_unlisten(struct sock *sk)
{
	struct sock *tcp;

	if (!nc_sk(sk)->port)
		return;
	tcp = nc_sk(sk)->port->sk;
	lock_sock(tcp);
	WRITE_ONCE(tcp->sk_state, TCP_CLOSE);
	release_sock(tcp);
}
