// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual sockets as a protocol of AF_INET and AF_INET6: registration, and
 * the tables that say which function serves which call.
 */
#include "vns/internal.h"

#include <linux/module.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include <net/tcp.h>
#include <net/transp_v6.h>
#include "core/info.h"
#include "vns/job.h"
#include "vns/vns.h"

static struct sock *nc_inet_accept(struct sock *sk,
				   struct proto_accept_arg *arg)
{
	return nc_listen_accept(sk, arg->flags, &arg->err);
}

NC_PROTO_ACCEPT(nc_inet_accept)
NC_PROTO_IOCTL(nc_ioctl)
NC_PROTO_RECVMSG(nc_recvmsg)

/* sockets are in our own tables; the core asks for these after connect() */
static int nc_inet_hash(struct sock *sk)
{
	return 0;
}

static void nc_inet_unhash(struct sock *sk)
{
}

static bool nc_inet_memory_free(const struct sock *sk, int wake)
{
	return true;	/* what counts is sk_wmem_queued, the core looks */
}

#define NC_INET_PROTO							\
	.owner			= THIS_MODULE,				\
	.init			= nc_sock_init,				\
	.close			= nc_close,				\
	.connect		= nc_connect,				\
	.disconnect		= nc_disconnect,			\
	.accept			= nc_inet_accept_cb,			\
	.ioctl			= nc_ioctl_cb,				\
	.setsockopt		= nc_setsockopt,			\
	.getsockopt		= nc_getsockopt,			\
	.shutdown		= nc_shutdown,				\
	.sendmsg		= nc_sendmsg,				\
	.recvmsg		= nc_recvmsg_cb,			\
	.release_cb		= nc_mem_release_cb,			\
	.hash			= nc_inet_hash,				\
	.unhash			= nc_inet_unhash,			\
	.get_port		= nc_port_get,				\
	.put_port		= nc_port_put,				\
	.stream_memory_free	= nc_inet_memory_free,			\
	.enter_memory_pressure	= nc_mem_enter_pressure,		\
	.leave_memory_pressure	= nc_mem_leave_pressure,		\
	.sockets_allocated	= &nc_mem_sockets,			\
	.memory_allocated	= &nc_mem_allocated,			\
	.per_cpu_fw_alloc	= &nc_mem_fw_alloc,			\
	.memory_pressure	= &nc_mem_pressure,			\
	.sysctl_mem		= nc_mem_limits,			\
	.sysctl_wmem_offset	= offsetof(struct net,			\
					   ipv4.sysctl_tcp_wmem),	\
	.sysctl_rmem_offset	= offsetof(struct net,			\
					   ipv4.sysctl_tcp_rmem),	\
	.max_header		= MAX_HEADER,				\
	.no_autobind		= true

struct proto nc_prot = {
	.name = "NETCHANNEL",
	.obj_size = sizeof(struct nc_sock),
	NC_INET_PROTO,
};

struct proto nc6_prot = {
	.name = "NETCHANNELv6",
	NC_PROTO_SIZE6(struct nc6_sock, inet6),
	NC_INET_PROTO,
};

/*
 * Wait for what connect() has begun, @err. Not by inet_stream_connect(): it
 * takes the state as fixed while it owns the socket. It may also be another
 * thread that finishes or ends this connection.
 */
static int nc_inet_wait_for_connect(struct socket *sock,
				    struct sockaddr_unsized *addr, int len,
				    int err)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct sock *sk = sock->sk;
	long timeo;
	u64 birth;

	lock_sock(sk);
	birth = nc_sk(sk)->birth;
	timeo = sock_sndtimeo(sk, false);
	add_wait_queue(sk_sleep(sk), &wait);
	while (sk->sk_state == TCP_SYN_SENT && timeo &&
	       !signal_pending(current))
		sk_wait_event(sk, &timeo,
			      READ_ONCE(sk->sk_state) != TCP_SYN_SENT, &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
	if (sk->sk_state == TCP_SYN_SENT)
		err = timeo ? sock_intr_errno(timeo) : err;
	else if (nc_sk(sk)->birth != birth || sock->state == SS_UNCONNECTED)
		err = sock_error(sk) ?: -ECONNABORTED;
	else if (sock->state == SS_CONNECTED)
		err = 0;
	else
		err = __inet_stream_connect(sock, addr, len, O_NONBLOCK, 0);
	release_sock(sk);
	return err;
}

/*
 * connect() begins without waiting, so that NCSYN leaves here when nothing is
 * owned any more, instead of from a worker that had to be woken.
 */
static int nc_inet_connect(struct socket *sock, struct sockaddr_unsized *addr,
			   int len, int flags)
{
	struct nc_flow *flow = &nc_sk(sock->sk)->flow;
	int err;

	err = inet_stream_connect(sock, addr, len, flags | O_NONBLOCK);
	if (nc_sched_kick_due(flow))
		nc_sched_kick(flow, &sock->sk->sk_lock.slock, false);
	if (!(flags & O_NONBLOCK) && (err == -EINPROGRESS || err == -EALREADY))
		err = nc_inet_wait_for_connect(sock, addr, len, err);
	return err;
}

static const struct proto_ops nc_inet_ops = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= inet_release,
	.bind		= inet_bind,
	.connect	= nc_inet_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= inet_getname,
	.poll		= nc_poll,
	.ioctl		= inet_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= nc_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= inet_sendmsg,
	.recvmsg	= inet_recvmsg,
	.mmap		= sock_no_mmap,
	.set_rcvlowat	= nc_rx_set_lowat,
	NC_SPLICE_EOF(nc_sendmsg_splice_eof)
};

static const struct proto_ops nc_inet6_ops = {
	.family		= PF_INET6,
	.owner		= THIS_MODULE,
	.release	= inet6_release,
	.bind		= inet6_bind,
	.connect	= nc_inet_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= inet6_getname,
	.poll		= nc_poll,
	.ioctl		= inet6_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= nc_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= inet_sendmsg,
	.recvmsg	= inet_recvmsg,
	.mmap		= sock_no_mmap,
	.set_rcvlowat	= nc_rx_set_lowat,
	NC_SPLICE_EOF(nc_sendmsg_splice_eof)
};

static struct inet_protosw nc_inet_sw = {
	.type		= SOCK_STREAM,
	.protocol	= IPPROTO_VIRTUAL_SOCK,
	.prot		= &nc_prot,
	.ops		= &nc_inet_ops,
	.flags		= 0,
};

static struct inet_protosw nc_inet6_sw = {
	.type		= SOCK_STREAM,
	.protocol	= IPPROTO_VIRTUAL_SOCK,
	.prot		= &nc6_prot,
	.ops		= &nc_inet6_ops,
	.flags		= 0,
};

/* ---- upcalls ---- */

static void nc_inet_lane_down(struct nc_flow *flow, u32 lane_id)
{
	struct sock *sk = nc_flow_sk(flow);

	nc_data_lock(sk);
	if (sk->sk_state != TCP_CLOSE) {
		nc_tx_lane_down(sk, lane_id);
		nc_sk(sk)->say_probe = true;
		nc_sched_owe(flow, false);		/* R5 */
		nc_sched_kick_atomic(flow);
	}
	nc_data_unlock(sk);
}

static void nc_inet_lane_up(struct nc_flow *flow)
{
	struct sock *sk = nc_flow_sk(flow);

	nc_data_lock(sk);
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_SYN_SENT) {
		nc_sk(sk)->say_probe = true;
		nc_sched_owe(flow, false);		/* R5 */
	}
	nc_data_unlock(sk);
}

static void nc_inet_resume(struct nc_flow *flow)
{
	struct sock *sk = nc_flow_sk(flow);

	nc_data_lock(sk);
	if (sk->sk_state != TCP_CLOSE) {
		nc_tx_push(sk);
		nc_sched_kick_atomic(flow);
	}
	nc_data_unlock(sk);
}

static void nc_inet_lane_fail(struct nc_flow *flow, int err)
{
	struct sock *sk = nc_flow_sk(flow);

	nc_data_lock(sk);
	if (sk->sk_state == TCP_SYN_SENT) {
		/* whatever answers there does not speak the protocol */
		if (err == -EPROTO || err == -EPROTONOSUPPORT ||
		    err == -ECONNRESET)
			err = -ECONNREFUSED;
		nc_sock_done(sk, -err);
	}
	nc_data_unlock(sk);
}

static void nc_inet_peer_dead(struct nc_flow *flow, int err)
{
	struct sock *sk = nc_flow_sk(flow);

	nc_data_lock(sk);
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_SYN_SENT)
		nc_sock_done(sk, -err);
	nc_data_unlock(sk);
}

static bool nc_inet_flow_get(struct nc_flow *flow)
{
	return refcount_inc_not_zero(&nc_flow_sk(flow)->sk_refcnt);
}

static void nc_inet_flow_put(struct nc_flow *flow)
{
	sock_put(nc_flow_sk(flow));
}

const struct nc_upcalls nc_vns_upcalls = {
	.rx		= nc_input_rx,
	.rx_syn		= nc_input_syn,
	.rx_flush	= nc_input_flush,
	.tx_prepare	= nc_tx_prepare,
	.tx_ack		= nc_tx_ack,
	.lane_down	= nc_inet_lane_down,
	.lane_up	= nc_inet_lane_up,
	.resume		= nc_inet_resume,
	.lane_fail	= nc_inet_lane_fail,
	.peer_dead	= nc_inet_peer_dead,
	.flow_get	= nc_inet_flow_get,
	.flow_put	= nc_inet_flow_put,
};

/* ---- the layer ---- */

int nc_vns_init(void)
{
	int err;

	err = nc_mem_init();
	if (err)
		return err;
	err = nc_table_init();
	if (err)
		goto mem;
	err = nc_helper_init();
	if (err)
		goto table;
	err = nc_info_add("sockets", nc_sock_proc_show);
	if (err)
		goto helper;
	err = nc_info_gauge_add("Orphans", nc_sock_orphans);
	if (err)
		goto info;
	err = proto_register(&nc_prot, 1);
	if (err)
		goto gauge;
	err = proto_register(&nc6_prot, 1);
	if (err)
		goto prot;
	return 0;
prot:
	proto_unregister(&nc_prot);
gauge:
	nc_info_gauge_del("Orphans");
info:
	nc_info_del("sockets");
helper:
	nc_helper_exit();
table:
	nc_table_exit();
mem:
	nc_mem_exit();
	return err;
}

void nc_vns_exit(void)
{
	nc_info_gauge_del("Orphans");
	nc_info_del("sockets");
	proto_unregister(&nc6_prot);
	proto_unregister(&nc_prot);
	nc_helper_exit();
	nc_table_exit();
	nc_mem_exit();
}

int nc_vns_start(void)
{
	int err;

	err = inet6_register_protosw(&nc_inet6_sw);
	if (!err)
		inet_register_protosw(&nc_inet_sw);
	return err;
}

void nc_vns_stop(void)
{
	inet_unregister_protosw(&nc_inet_sw);
	inet6_unregister_protosw(&nc_inet6_sw);
}
