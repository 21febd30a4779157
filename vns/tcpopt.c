// SPDX-License-Identifier: GPL-2.0
/*
 * Options of level SOL_TCP that programs set on every stream socket and give
 * up without. Only those that can be kept are taken; the others fail, so that
 * who asks learns it.
 *
 * TCP_NODELAY: no message waits for an acknowledgement here, so it is always
 * in force; setting it sends what a cork holds back. TCP_CORK: as MSG_MORE on
 * each call, for 200 ms at most. TCP_KEEP*: hosts are probed, not connections,
 * whatever these say (Documentation/knobs.rst); the values are kept.
 */
#include "vns/internal.h"

#include <net/tcp.h>

static void nc_tcpopt_set_nodelay(struct sock *sk, int v)
{
	nc_sk(sk)->tcpopt.nodelay = v;
	if (v)
		nc_sendmsg_flush(sk);
}

static void nc_tcpopt_set_cork(struct sock *sk, int v)
{
	nc_sk(sk)->tcpopt.cork = v;
	if (!v)
		nc_sendmsg_flush(sk);
}

/* now, if the peer does not know it yet */
static void nc_tcpopt_quickack(struct sock *sk)
{
	nc_data_lock(sk);
	if (nc_state_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) {
		nc_sched_owe(&nc_sk(sk)->flow, true);
		nc_sched_kick_atomic(&nc_sk(sk)->flow);
	}
	nc_data_unlock(sk);
}

static int nc_tcpopt_set_owned(struct sock *sk, int name, int v)
{
	struct nc_tcpopt *o = &nc_sk(sk)->tcpopt;

	switch (name) {
	case TCP_NODELAY:
		nc_tcpopt_set_nodelay(sk, !!v);
		return 0;
	case TCP_CORK:
		nc_tcpopt_set_cork(sk, !!v);
		return 0;
	case TCP_QUICKACK:
		if (v)
			nc_tcpopt_quickack(sk);
		return 0;
	case TCP_KEEPIDLE:
		if (v < 1 || v > MAX_TCP_KEEPIDLE)
			return -EINVAL;
		o->keepidle = v;
		return 0;
	case TCP_KEEPINTVL:
		if (v < 1 || v > MAX_TCP_KEEPINTVL)
			return -EINVAL;
		o->keepintvl = v;
		return 0;
	case TCP_KEEPCNT:
		if (v < 1 || v > MAX_TCP_KEEPCNT)
			return -EINVAL;
		o->keepcnt = v;
		return 0;
	}
	return -ENOPROTOOPT;
}

int nc_tcpopt_set(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int v, err;

	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	lock_sock(sk);
	err = nc_tcpopt_set_owned(sk, name, v);
	release_sock(sk);
	return err;
}

int nc_tcpopt_get(const struct sock *sk, int name, int *v)
{
	const struct nc_tcpopt *o = &nc_sk(sk)->tcpopt;
	const struct netns_ipv4 *ipv4 = &sock_net(sk)->ipv4;

	switch (name) {
	case TCP_NODELAY:
		*v = o->nodelay;
		return 0;
	case TCP_CORK:
		*v = o->cork;
		return 0;
	case TCP_QUICKACK:
		*v = 0;
		return 0;
	case TCP_KEEPIDLE:
		*v = o->keepidle ?:
		     READ_ONCE(ipv4->sysctl_tcp_keepalive_time) / HZ;
		return 0;
	case TCP_KEEPINTVL:
		*v = o->keepintvl ?:
		     READ_ONCE(ipv4->sysctl_tcp_keepalive_intvl) / HZ;
		return 0;
	case TCP_KEEPCNT:
		*v = o->keepcnt ?:
		     READ_ONCE(ipv4->sysctl_tcp_keepalive_probes);
		return 0;
	}
	return -ENOPROTOOPT;
}
