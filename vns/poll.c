// SPDX-License-Identifier: GPL-2.0
/*
 * Readiness: poll(), the ioctls that count bytes, and waking writers.
 */
#include "vns/internal.h"

#include <linux/poll.h>
#include <linux/sockios.h>
#include <asm/ioctls.h>

static bool nc_poll_readable(const struct sock *sk)
{
	const struct nc_credit_rcv *rcv = &nc_sk(sk)->rcv;
	u32 queued = READ_ONCE(nc_sk(sk)->queued);

	/* with the window nearly closed no more may come to reach the mark */
	return queued && (queued >= sock_rcvlowat(sk, 0, INT_MAX) ||
			  READ_ONCE(rcv->edge) < READ_ONCE(rcv->nxt) +
			  max_t(u32, NC_CREDIT_SILLY, rcv->win / 4));
}

static __poll_t nc_poll_connected(struct sock *sk)
{
	__poll_t mask = 0;

	if (nc_poll_readable(sk))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return mask | EPOLLOUT | EPOLLWRNORM;
	if (sk_stream_is_writeable(sk))
		return mask | EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* pairs with the barrier in wq_has_sleeper(): room may have come */
	smp_mb__after_atomic();
	if (sk_stream_is_writeable(sk))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

__poll_t nc_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	/* who asks is about to wait, or epoll asks for him when he does */
	if (nc_sched_flush_due(&nc_sk(sk)->flow))
		nc_sched_flush(&nc_sk(sk)->flow);
	nc_pass_runs(sk);
	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return list_empty_careful(&nc_sk(sk)->accept_q) ? 0 :
		       EPOLLIN | EPOLLRDNORM;
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT)
		mask |= nc_poll_connected(sk);
	/* pairs with the wake-up after sk_err was set */
	smp_rmb();
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	return mask;
}

int nc_ioctl(struct sock *sk, int cmd, int *karg)
{
	struct nc_sock *nsk = nc_sk(sk);
	u64 from;

	if (sk->sk_state == TCP_LISTEN)
		return -EINVAL;
	switch (cmd) {
	case SIOCINQ:
		*karg = READ_ONCE(nsk->queued);
		return 0;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		nc_data_lock(sk);
		/* number 0 is SYN, not a byte */
		from = max(cmd == SIOCOUTQ ? nsk->snd.una : nsk->snd.nxt, 1ULL);
		*karg = sk->sk_state == TCP_SYN_SENT ? 0 :
			max_t(s64, nsk->snd.end - from, 0);
		nc_data_unlock(sk);
		return 0;
	}
	return -ENOIOCTLCMD;
}

/* as the core's for streams, which is not exported; data lock held or not */
void nc_poll_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	/* pairs with the barrier in nc_poll_connected(): room, then NOSPACE */
	smp_mb();
	if (!sock || !sk_stream_is_writeable(sk) ||
	    !test_bit(SOCK_NOSPACE, &sock->flags))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT |
					   EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}
