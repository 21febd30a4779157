/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Callbacks of struct proto changed their types: the function is written with
 * the newest type, the macro makes fn_cb() with the kernel's. See
 * compat/README.md.
 *
 * Delete when the oldest kernel is >= 7.1; parts earlier as they say.
 */
#ifndef NC_COMPAT_NET_SOCK_H
#define NC_COMPAT_NET_SOCK_H

#include <linux/net.h>
#include <linux/version.h>
#include_next <net/sock.h>

/* what an older kernel lacks was never looked for */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "NetChannel needs Linux 6.1 or newer"
#endif

/* proto.accept: delete when >= 6.10 */
#ifdef NC_HAVE_PROTO_ACCEPT_ARG
#define NC_PROTO_ACCEPT(fn)						\
static struct sock *fn##_cb(struct sock *sk,				\
			    struct proto_accept_arg *arg)		\
{									\
	return fn(sk, arg);						\
}
#else
struct proto_accept_arg {
	int	flags;
	int	err;
	int	is_empty;	/* always -1: not known */
	bool	kern;
};

#define NC_PROTO_ACCEPT(fn)						\
static struct sock *fn##_cb(struct sock *sk, int flags, int *err,	\
			    bool kern)					\
{									\
	struct proto_accept_arg arg = {					\
		.flags = flags, .is_empty = -1, .kern = kern,		\
	};								\
	struct sock *ret = fn(sk, &arg);				\
									\
	*err = arg.err;							\
	return ret;							\
}
#endif

/* proto.ioctl, for commands that answer one int: delete when >= 6.5 */
#ifdef NC_HAVE_PROTO_IOCTL_KARG
#define NC_PROTO_IOCTL(fn)						\
static int fn##_cb(struct sock *sk, int cmd, int *karg)			\
{									\
	return fn(sk, cmd, karg);					\
}
#else
#define NC_PROTO_IOCTL(fn)						\
static int fn##_cb(struct sock *sk, int cmd, unsigned long arg)		\
{									\
	int karg = 0;							\
	int ret = fn(sk, cmd, &karg);					\
									\
	return ret ?: put_user(karg, (int __user *)arg);		\
}
#endif

/* proto.recvmsg of a stream, which has no address: delete when >= 7.1 */
#ifdef NC_HAVE_RECVMSG_ADDR_LEN
#define NC_PROTO_RECVMSG(fn)						\
static int fn##_cb(struct sock *sk, struct msghdr *msg, size_t len,	\
		   int flags, int *addr_len)				\
{									\
	return fn(sk, msg, len, flags);					\
}
#else
#define NC_PROTO_RECVMSG(fn)						\
static int fn##_cb(struct sock *sk, struct msghdr *msg, size_t len,	\
		   int flags)						\
{									\
	return fn(sk, msg, len, flags);					\
}
#endif

/*
 * The sizes of an IPv6 struct proto; 6.1 looks for struct ipv6_pinfo at the
 * object's end: delete when >= 6.6
 */
#ifdef NC_HAVE_PROTO_PINFO_OFFSET
#define NC_PROTO_SIZE6(type, member)					\
	.obj_size = sizeof(type),					\
	.ipv6_pinfo_offset = offsetof(type, member)
#else
#define NC_PROTO_SIZE6(type, member)					\
	.obj_size = sizeof(type)
#endif

/*
 * The memory cgroup of an accepted socket: the core gives it one in accept()
 * since 6.19; before, a child has none, or that of the task that received for
 * its channel, unless it gets its listener's, from the start, so that all it
 * holds is charged to one.
 * Delete when the oldest kernel is >= 6.19.
 */
#ifdef NC_HAVE_SK_CHARGE
static inline void nc_compat_inherit_memcg(struct sock *sk,
					   const struct sock *lsk)
{
}
#else
#include <linux/memcontrol.h>

static inline void nc_compat_inherit_memcg(struct sock *sk,
					   const struct sock *lsk)
{
#ifdef CONFIG_MEMCG
	if (sk->sk_memcg == lsk->sk_memcg)
		return;
	if (sk->sk_memcg)
		css_put(&sk->sk_memcg->css);
	sk->sk_memcg = NULL;
	if (mem_cgroup_sockets_enabled && lsk->sk_memcg &&
	    css_tryget(&lsk->sk_memcg->css))
		sk->sk_memcg = lsk->sk_memcg;
#endif
}
#endif

#endif /* NC_COMPAT_NET_SOCK_H */
