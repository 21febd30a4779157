// SPDX-License-Identifier: GPL-2.0
/*
 * recvmsg(): copy what is in order to the caller, and wait for more. How it
 * came to be in order is in rx.c.
 */
#include "vns/internal.h"
#include "vns/job.h"

#include <net/tcp.h>

#define NC_RECVMSG_SOON	(256 << 10)	/* an announcement waits for so much */
#define NC_RECVMSG_PACE	(HZ / 50)	/* a window should last as long */

/* the piece that is @skip bytes behind the head, and what of it is there */
static struct sk_buff *nc_recvmsg_find(struct sock *sk, u32 *skip, u32 *off,
				       u32 *len)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		const struct nc_range *r = &nc_rx_cb(skb)->range;

		if (*skip < r->len) {
			*off = r->off + *skip;
			*len = r->len - *skip;
			return skb;
		}
		*skip -= r->len;
	}
	return NULL;
}

/*
 * The application took @n bytes of the head; data lock held. Return: the piece
 * if it is used up, out of the queue and still charged.
 */
static struct sk_buff *nc_recvmsg_consume(struct sock *sk, struct sk_buff *skb,
					  u32 n)
{
	struct nc_range *r = &nc_rx_cb(skb)->range;
	struct nc_sock *nsk = nc_sk(sk);
	bool due;

	r->off += n;
	r->len -= n;
	r->seq += n;
	WRITE_ONCE(nsk->queued, nsk->queued - n);
	due = nc_credit_rcv_read(&nsk->rcv, n);
	nc_rx_sync_window(sk);
	if (nc_credit_rcv_pace(&nsk->rcv, jiffies, NC_RECVMSG_PACE,
			       READ_ONCE(nc_mem_pressure)))
		WRITE_ONCE(sk->sk_rcvbuf, 2 * nsk->rcv.win);
	if (due && nsk->flow.tx_peer && sk->sk_state != TCP_CLOSE)
		nc_sched_owe(&nsk->flow, true);
	if (r->len)
		return NULL;
	__skb_unlink(skb, &sk->sk_receive_queue);
	return skb;
}

/* ---- large ones, with helpers ---- */

/* a helper, or the caller */
static void nc_recvmsg_part(struct nc_job *job, struct nc_job_part *part,
			    struct iov_iter *to)
{
	/* pinned pages do not fault, device memory is not shared */
	WARN_ON_ONCE(nc_copy_out(part->obj, part->off, to, part->len));
	consume_skb(part->obj);
}

/* of @len queued bytes those in so few pieces that it is worth to share them */
static size_t nc_recvmsg_there(struct sock *sk, size_t len)
{
	struct sk_buff *skb;
	size_t sum = 0;
	int n = 0;

	nc_data_lock(sk);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		/* device memory, which nobody can copy: an error of the call */
		if (skb_shinfo(skb)->nr_frags &&
		    !skb_frag_page(&skb_shinfo(skb)->frags[0]))
			break;
		sum += nc_rx_cb(skb)->range.len;
		n += DIV_ROUND_UP(nc_rx_cb(skb)->range.len, NC_JOB_PART);
		if (sum >= len || n + 2 > NC_JOB_PARTS)
			break;
	}
	nc_data_unlock(sk);
	return min(sum, len);
}

/*
 * The job's bytes leave the queue: nobody else can have taken them. @charge is
 * what the socket has been charged for pieces that are used up.
 */
static u32 nc_recvmsg_detach(struct sock *sk, struct nc_job *job, u32 *charge)
{
	struct sk_buff *skb, *dead;
	struct nc_range *r;
	u32 at = 0, n;

	nc_data_lock(sk);
	while (at < job->len && job->nr < NC_JOB_PARTS) {
		skb = skb_peek(&sk->sk_receive_queue);
		if (WARN_ON_ONCE(!skb))
			break;
		r = &nc_rx_cb(skb)->range;
		n = min3(r->len, job->len - at, NC_JOB_PART);
		nc_job_add(job, skb_get(skb), r->off, at, n);
		at += n;
		dead = nc_recvmsg_consume(sk, skb, n);
		if (dead) {	/* its part has it */
			*charge += nc_rx_cb(dead)->charge;
			consume_skb(dead);
		}
	}
	nc_data_unlock(sk);
	return at;
}

/* 0: better without */
static u32 nc_recvmsg_many(struct sock *sk, struct msghdr *msg, size_t len)
{
	u32 queued = READ_ONCE(nc_sk(sk)->queued), charge = 0, n;
	struct iov_iter *to = &msg->msg_iter;
	struct nc_job *job;

	n = nc_job_worth(to, min_t(size_t, len, queued));
	if (n)
		n = nc_job_worth(to, nc_recvmsg_there(sk, n));
	job = n ? nc_job_make(sk, to, n, nc_recvmsg_part) : NULL;
	if (!job)
		return 0;
	n = nc_recvmsg_detach(sk, job, &charge);
	nc_job_run(job);
	nc_job_end(job);
	nc_data_lock(sk);
	nc_mem_uncharge_rx(sk, charge);
	nc_data_unlock(sk);
	iov_iter_advance(to, n);
	return n;
}

/* ---- recvmsg ---- */

/* one piece, @skip bytes behind the head; bytes, 0: none there, or -EFAULT */
static ssize_t nc_recvmsg_one(struct sock *sk, struct msghdr *msg, size_t len,
			      int flags, u32 skip)
{
	struct sk_buff *skb, *dead;
	u32 off, n;
	int err;

	nc_data_lock(sk);
	skb = nc_recvmsg_find(sk, &skip, &off, &n);
	nc_data_unlock(sk);
	if (!skb)
		return 0;
	n = min_t(size_t, n, len);
	if (!(flags & MSG_TRUNC)) {
		err = nc_copy_out(skb, off, &msg->msg_iter, n);
		if (err)
			return err;
	}
	if (flags & MSG_PEEK)
		return n;
	nc_data_lock(sk);
	dead = nc_recvmsg_consume(sk, skb, n);
	if (dead)
		nc_mem_uncharge_rx(sk, nc_rx_cb(dead)->charge);
	nc_data_unlock(sk);
	if (dead)
		consume_skb(dead);
	return n;
}

/* much is still to copy: do not let the peer wait for its end */
static void nc_recvmsg_announce(struct sock *sk)
{
	if (!nc_sched_kick_due(&nc_sk(sk)->flow))
		return;
	nc_data_lock(sk);
	nc_sched_kick_atomic(&nc_sk(sk)->flow);
	nc_data_unlock(sk);
}

/* copy what is there; bytes, or -EFAULT */
static ssize_t nc_recvmsg_copy(struct sock *sk, struct msghdr *msg, size_t len,
			       int flags, u32 peeked)
{
	bool share = !(flags & (MSG_PEEK | MSG_TRUNC));
	ssize_t copied = 0, n = 0;
	u32 skip;

	/* only we take pieces away: with none there is nothing to look for */
	while (len && READ_ONCE(nc_sk(sk)->queued)) {
		skip = flags & MSG_PEEK ? peeked + copied : 0;
		n = share ? nc_recvmsg_many(sk, msg, len) : 0;
		if (!n)
			n = nc_recvmsg_one(sk, msg, len, flags, skip);
		if (n <= 0)
			break;
		copied += n;
		len -= n;
		if (len > NC_RECVMSG_SOON)
			nc_recvmsg_announce(sk);
		if (len)
			nc_pass_others(sk);
	}
	return copied ?: n;
}

/* nothing more there: is that an end? 1 wait, 0 end, -errno */
static int nc_recvmsg_end(struct sock *sk, bool some, long timeo)
{
	int err;

	if (some)
		return !(sk->sk_err || sk->sk_state == TCP_CLOSE ||
			 sk->sk_shutdown & RCV_SHUTDOWN || !timeo ||
			 signal_pending(current));
	if (test_bit(NC_SOCK_FIN, &nc_sk(sk)->bits))
		return 0;
	err = sock_error(sk);
	if (err || sk->sk_shutdown & RCV_SHUTDOWN)
		return err;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 1;
}

/*
 * Wait until more than @seen is in order. Not sk_wait_data(): bytes may be
 * appended to the piece that is the last one already.
 */
static void nc_recvmsg_wait(struct sock *sk, long *timeo, u64 seen)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct nc_sock *nsk = nc_sk(sk);

	add_wait_queue(sk_sleep(sk), &wait);
	WRITE_ONCE(nsk->pass.reader, current);
	sk_set_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	sk_wait_event(sk, timeo, READ_ONCE(nsk->rcv.nxt) != seen ||
		      READ_ONCE(sk->sk_err) ||
		      READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN, &wait);
	sk_clear_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	WRITE_ONCE(nsk->pass.reader, NULL);
	remove_wait_queue(sk_sleep(sk), &wait);
	nc_pass_runs(sk);
}

int nc_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct nc_sock *nsk = nc_sk(sk);
	ssize_t copied = 0, n;
	size_t target;
	long timeo;
	bool more;
	u64 seen;
	int ret;

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;		/* nothing is ever put there */
	if (flags & MSG_OOB)
		return -EINVAL;
	lock_sock(sk);
	ret = -ENOTCONN;
	if (sk->sk_state == TCP_LISTEN)
		goto out;
	nc_rx_sync_window(sk);
	timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	for (;;) {
		seen = READ_ONCE(nsk->rcv.nxt);
		n = nc_recvmsg_copy(sk, msg, len - copied, flags, copied);
		ret = n < 0 ? n : 0;
		if (n < 0)
			break;
		copied += n;
		if (copied >= target || copied == len)
			break;
		/* about to wait, or to say that there is nothing */
		nc_tx_kick(sk, false);
		/* an end counts when all that came before it was read */
		nc_data_lock(sk);
		/* or bad memory kept us from it: that is found once more */
		more = nsk->rcv.nxt != seen ||
		       nsk->queued > (flags & MSG_PEEK ? copied : 0);
		ret = more ? 1 : nc_recvmsg_end(sk, copied, timeo);
		nc_data_unlock(sk);
		if (ret <= 0)
			break;
		if (more)
			continue;
		nc_recvmsg_wait(sk, &timeo, seen);
	}
	if (msg->msg_get_inq)
		msg->msg_inq = READ_ONCE(nsk->queued);
out:
	nc_tx_release(sk, true);
	nc_pass_runs(sk);
	if (copied > 0)
		nc_pass_others(sk);
	return copied ?: ret;
}
