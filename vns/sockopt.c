// SPDX-License-Identifier: GPL-2.0
/*
 * Options of our own level, and the way to those of IP and TCP (tcpopt.c). What
 * is not implemented at these levels fails: nothing is silently accepted.
 */
#include "vns/internal.h"

#include <net/ip.h>

static int nc_sockopt_set_type(struct sock *sk, sockptr_t val,
			       unsigned int len)
{
	struct nc_flow *flow = &nc_sk(sk)->flow;
	int v;

	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	if (v < NC_APP_AUTO || v > NC_APP_THROUGHPUT)
		return -EINVAL;
	lock_sock(sk);
	nc_data_lock(sk);
	nc_sk(sk)->app_type = v;
	if (v == NC_APP_AUTO)
		nc_sched_set_auto(flow);
	else
		nc_sched_set_class(flow, v == NC_APP_LATENCY ?
				   NC_CLASS_L : NC_CLASS_T, true);
	nc_data_unlock(sk);
	release_sock(sk);
	return 0;
}

static int nc_sockopt_set_sched(struct sock *sk, sockptr_t val,
				unsigned int len)
{
	char name[NC_SCHED_NAME_MAX];
	int err;

	if (!len)
		return -EINVAL;
	memset(name, 0, sizeof(name));
	if (copy_from_sockptr(name, val, min_t(unsigned int, len,
					       sizeof(name) - 1)))
		return -EFAULT;
	nc_data_lock(sk);
	err = nc_sched_set_policy(&nc_sk(sk)->flow, name);
	nc_data_unlock(sk);
	return err;
}

static int nc_sockopt_set(struct sock *sk, int name, sockptr_t val,
			  unsigned int len)
{
	switch (name) {
	case SO_APP_TYPE:
		return nc_sockopt_set_type(sk, val, len);
	case SO_VS_SCHED:
		return nc_sockopt_set_sched(sk, val, len);
	}
	return -ENOPROTOOPT;
}

int nc_setsockopt(struct sock *sk, int level, int name, sockptr_t val,
		  unsigned int len)
{
	switch (level) {
	case SOL_VIRTUAL_SOCK:
		return nc_sockopt_set(sk, name, val, len);
	case SOL_TCP:
		return nc_tcpopt_set(sk, name, val, len);
	case SOL_IP:
		return ip_setsockopt(sk, level, name, val, len);
	case SOL_IPV6:
		if (sk->sk_family == AF_INET6)
			return ipv6_setsockopt(sk, level, name, val, len);
	}
	return -ENOPROTOOPT;
}

static void nc_sockopt_info(struct sock *sk, struct nc_info *info)
{
	struct nc_sock *nsk = nc_sk(sk);

	memset(info, 0, sizeof(*info));
	nc_data_lock(sk);
	info->state = sk->sk_state;
	info->app_type = nsk->flow.class == NC_CLASS_L ?
			 NC_APP_LATENCY : NC_APP_THROUGHPUT;
	if (nsk->flow.tx_peer) {
		rcu_read_lock();
		info->lanes = nc_peer_lanes(nsk->flow.tx_peer,
					    nsk->flow.class)->nr;
		rcu_read_unlock();
	}
	info->retrans_segs = nsk->retrans;
	info->snd_una = nsk->snd.una ? nsk->snd.una - 1 : 0;
	info->snd_nxt = nsk->snd.nxt ? nsk->snd.nxt - 1 : 0;
	info->rcv_nxt = nsk->rcv.nxt ? nsk->rcv.nxt - 1 : 0;
	if (nsk->snd.edge > nsk->snd.nxt)
		info->snd_wnd = nsk->snd.edge - nsk->snd.nxt;
	info->rcv_wnd = nsk->rcv.win;
	info->rcv_ooo = nsk->reorder.bytes;
	nc_data_unlock(sk);
}

/* the shorter of both lengths, and say how much it was */
static int nc_sockopt_put(const void *src, int n, char __user *val,
			  int __user *len)
{
	int room;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	n = min(n, room);
	if (put_user(n, len) || copy_to_user(val, src, n))
		return -EFAULT;
	return 0;
}

static int nc_sockopt_get(struct sock *sk, int name, char __user *val,
			  int __user *len)
{
	char sched[NC_SCHED_NAME_MAX];
	struct nc_info info;
	int type;

	switch (name) {
	case SO_APP_TYPE:
		type = READ_ONCE(nc_sk(sk)->app_type);
		return nc_sockopt_put(&type, sizeof(type), val, len);
	case SO_VS_SCHED:
		nc_data_lock(sk);
		memcpy(sched, nc_sk(sk)->flow.ops->name, sizeof(sched));
		nc_data_unlock(sk);
		return nc_sockopt_put(sched, sizeof(sched), val, len);
	case SO_VS_INFO:
		nc_sockopt_info(sk, &info);
		return nc_sockopt_put(&info, sizeof(info), val, len);
	}
	return -ENOPROTOOPT;
}

int nc_getsockopt(struct sock *sk, int level, int name, char __user *val,
		  int __user *len)
{
	int v, err;

	switch (level) {
	case SOL_VIRTUAL_SOCK:
		return nc_sockopt_get(sk, name, val, len);
	case SOL_TCP:
		err = nc_tcpopt_get(sk, name, &v);
		return err ?: nc_sockopt_put(&v, sizeof(v), val, len);
	case SOL_IP:
		return ip_getsockopt(sk, level, name, val, len);
	case SOL_IPV6:
		if (sk->sk_family == AF_INET6)
			return ipv6_getsockopt(sk, level, name, val, len);
	}
	return -ENOPROTOOPT;
}
