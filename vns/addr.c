// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of virtual sockets. Inside the module every address is an
 * in6_addr, IPv4 as mapped; a socket of either family stores what the core's
 * getname and bind expect. Routes are asked for as TCP would: the core's own
 * helpers would pass our protocol number, which does not fit.
 */
#include "vns/internal.h"

#include <net/flow.h>
#include <net/transp_v6.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <net/tcp.h>

static int nc_addr_parse4(const struct sockaddr *uaddr, int len,
			  struct in6_addr *addr, u16 *port)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)uaddr;
	__be32 a;

	if (len < sizeof(*sin))
		return -EINVAL;
	a = sin->sin_addr.s_addr;
	if (ipv4_is_multicast(a) || a == htonl(INADDR_BROADCAST))
		return -ENETUNREACH;
	if (!a)
		a = htonl(INADDR_LOOPBACK);
	ipv6_addr_set_v4mapped(a, addr);
	*port = ntohs(sin->sin_port);
	return 0;
}

static int nc_addr_parse6(struct sock *sk, const struct sockaddr *uaddr,
			  int len, struct in6_addr *addr, u16 *port,
			  int *scope)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)uaddr;

	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	*addr = sin6->sin6_addr;
	*port = ntohs(sin6->sin6_port);
	if (ipv6_addr_any(addr)) {
		/* as TCP: to the socket's own family of loopback */
		if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
			ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), addr);
		else
			*addr = in6addr_loopback;
	}
	if (ipv6_addr_is_multicast(addr))
		return -ENETUNREACH;
	if (ipv6_addr_v4mapped(addr) && ipv6_only_sock(sk))
		return -ENETUNREACH;
	if (__ipv6_addr_needs_scope_id(ipv6_addr_type(addr))) {
		if (len >= sizeof(*sin6) && sin6->sin6_scope_id) {
			if (!sk_dev_equal_l3scope(sk, sin6->sin6_scope_id))
				return -EINVAL;
			*scope = sin6->sin6_scope_id;
		}
		if (!*scope && !sk->sk_bound_dev_if)
			return -EINVAL;
	}
	return 0;
}

int nc_addr_parse(struct sock *sk, const struct sockaddr *uaddr, int len,
		  struct in6_addr *addr, u16 *port, int *scope)
{
	*scope = 0;
	if (len < sizeof(uaddr->sa_family))
		return -EINVAL;
	if (sk->sk_family == AF_INET)
		return uaddr->sa_family == AF_INET ?
		       nc_addr_parse4(uaddr, len, addr, port) : -EAFNOSUPPORT;
	if (uaddr->sa_family == AF_INET6)
		return nc_addr_parse6(sk, uaddr, len, addr, port, scope);
	return -EAFNOSUPPORT;
}

static int nc_addr_route4(struct sock *sk, __be32 daddr, u16 dport, int oif,
			  __be32 *saddr)
{
	struct flowi4 fl4 = {
		.daddr = daddr,
		.saddr = *saddr,
		.flowi4_oif = oif,
		.flowi4_mark = READ_ONCE(sk->sk_mark),
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_uid = sk->sk_uid,
		.fl4_dport = htons(dport),
	};
	struct rtable *rt;

	rt = ip_route_output_flow(sock_net(sk), &fl4, sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return PTR_ERR(rt);
	}
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}
	*saddr = fl4.saddr;
	ip_rt_put(rt);
	return 0;
}

static int nc_addr_route6(struct sock *sk, const struct in6_addr *daddr,
			  u16 dport, int oif, struct in6_addr *saddr)
{
	struct flowi6 fl6 = {
		.daddr = *daddr,
		.saddr = *saddr,
		.flowi6_oif = oif,
		.flowi6_mark = READ_ONCE(sk->sk_mark),
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_uid = sk->sk_uid,
		.fl6_dport = htons(dport),
	};
	struct dst_entry *dst;

	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	*saddr = fl6.saddr;
	dst_release(dst);
	return 0;
}

/* is there a way to @daddr, and from where? @saddr any: choose */
int nc_addr_route(struct sock *sk, struct in6_addr *daddr, u16 dport, int oif,
		  struct in6_addr *saddr)
{
	__be32 saddr4 = 0;
	int err;

	if (!ipv6_addr_v4mapped(daddr)) {
		if (ipv6_addr_v4mapped(saddr))
			return -EINVAL;
		return nc_addr_route6(sk, daddr, dport, oif, saddr);
	}
	if (ipv6_addr_v4mapped(saddr))
		saddr4 = saddr->s6_addr32[3];
	else if (!ipv6_addr_any(saddr))
		return -EINVAL;
	err = nc_addr_route4(sk, daddr->s6_addr32[3], dport, oif, &saddr4);
	if (!err)
		ipv6_addr_set_v4mapped(saddr4, saddr);
	return err;
}

void nc_addr_local(const struct sock *sk, struct in6_addr *addr)
{
	if (sk->sk_family == AF_INET6)
		*addr = sk->sk_v6_rcv_saddr;
	else
		ipv6_addr_set_v4mapped(inet_sk(sk)->inet_rcv_saddr, addr);
}

void nc_addr_remote(const struct sock *sk, struct in6_addr *addr)
{
	if (sk->sk_family == AF_INET6)
		*addr = sk->sk_v6_daddr;
	else
		ipv6_addr_set_v4mapped(inet_sk(sk)->inet_daddr, addr);
}

void nc_addr_set(struct sock *sk, const struct in6_addr *laddr, u16 lport,
		 const struct in6_addr *raddr, u16 rport)
{
	struct inet_sock *inet = inet_sk(sk);

	if (sk->sk_family == AF_INET6) {
		sk->sk_v6_rcv_saddr = *laddr;
		inet6_sk(sk)->saddr = *laddr;
		sk->sk_v6_daddr = *raddr;
	}
	if (ipv6_addr_v4mapped(laddr)) {
		inet->inet_rcv_saddr = laddr->s6_addr32[3];
		inet->inet_saddr = laddr->s6_addr32[3];
		inet->inet_daddr = raddr->s6_addr32[3];
	} else {
		/* as TCP: a value that no IPv4 lookup matches */
		inet->inet_rcv_saddr = LOOPBACK4_IPV6;
		inet->inet_saddr = LOOPBACK4_IPV6;
		inet->inet_daddr = LOOPBACK4_IPV6;
	}
	inet->inet_num = lport;
	inet->inet_sport = htons(lport);
	inet->inet_dport = htons(rport);
}

/* back to what bind() left, after a failed connect() or a disconnect */
void nc_addr_clear(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_dport = 0;
	inet->inet_daddr = 0;
	if (sk->sk_family == AF_INET6)
		memset(&sk->sk_v6_daddr, 0, sizeof(sk->sk_v6_daddr));
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		inet->inet_rcv_saddr = 0;
		inet->inet_saddr = 0;
		if (sk->sk_family == AF_INET6) {
			memset(&sk->sk_v6_rcv_saddr, 0,
			       sizeof(sk->sk_v6_rcv_saddr));
			memset(&inet6_sk(sk)->saddr, 0,
			       sizeof(inet6_sk(sk)->saddr));
		}
	}
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		nc_port_put(sk);
		inet->inet_num = 0;
		inet->inet_sport = 0;
	}
}
