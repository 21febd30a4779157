// SPDX-License-Identifier: GPL-2.0
/*
 * sendmsg(): copy the caller's bytes into segments, append those to the
 * retransmit list, and wait for room. What happens to them then is in tx.c.
 */
#include "vns/internal.h"
#include "vns/job.h"

#include <linux/mm.h>
#include <linux/uio.h>
#include "core/mib.h"

#define NC_SENDMSG_HOLD		(HZ / 5)	/* MSG_MORE, as TCP's cork */
#define NC_SENDMSG_LARGE	(32 << 10)

static u32 nc_sendmsg_truesize(const struct nc_seg *seg)
{
	return sizeof(*seg) + seg->len;
}

/* ---- appending ---- */

/* @n more bytes in a queued segment that has not left: they go with it */
static bool nc_sendmsg_ride(struct nc_sock *nsk, struct nc_seg *last, u32 n)
{
	struct nc_credit_snd *snd = &nsk->snd;

	if (last->left || !last->lane_id || last->flags & NC_F_FIN ||
	    snd->nxt + n > snd->edge || nsk->lost)
		return false;
	if (nc_credit_snd_ackreq(snd, n, READ_ONCE(nsk->inet.sk.sk_sndbuf)))
		last->flags |= NC_F_ACKREQ;
	snd->nxt += n;
	nc_credit_snd_sent(snd, snd->nxt, n, last->flags & NC_F_ACKREQ);
	return true;
}

/*
 * Merge @seg into the last segment if that can still grow: it waits for
 * credit or a lane, or is queued behind others. So small messages share
 * segments just when the lane is the bottleneck. Data lock held.
 */
static bool nc_sendmsg_merge(struct nc_sock *nsk, struct nc_seg *seg)
{
	struct bio_vec *b, *a = seg->frag;
	struct nc_seg *last;
	bool follows;

	if (list_empty(&nsk->rtx))
		return false;
	last = list_last_entry(&nsk->rtx, struct nc_seg, rtx);
	if (last->type != NC_DATA || !last->nr || seg->nr != 1 ||
	    last->len + seg->len > NC_SEG_MAX)
		return false;
	b = &last->frag[last->nr - 1];
	follows = b->bv_page == a->bv_page &&
		  b->bv_offset + b->bv_len == a->bv_offset;
	if (!follows && last->nr == NC_SEG_FRAGS)
		return false;
	if (!nsk->send_head && !nc_sendmsg_ride(nsk, last, seg->len))
		return false;
	if (follows) {
		b->bv_len += a->bv_len;
	} else {
		last->frag[last->nr++] = *a;
		get_page(a->bv_page);
	}
	last->len += seg->len;
	last->truesize += seg->len;
	return true;
}

/* data lock held; takes the reference of @seg; its memory was scheduled */
static void nc_sendmsg_append(struct sock *sk, struct nc_seg *seg)
{
	struct nc_sock *nsk = nc_sk(sk);
	u32 n = seg->len;

	seg->seq = nsk->snd.end;
	nsk->snd.end += n;
	if (!seg->copying && nc_sendmsg_merge(nsk, seg)) {
		nc_seg_put(seg);
	} else {
		n = nc_sendmsg_truesize(seg);
		seg->truesize = n;
		list_add_tail(&seg->rtx, &nsk->rtx);
		if (!nsk->send_head)
			nsk->send_head = seg;
	}
	sk_wmem_queued_add(sk, n);
	sk_mem_charge(sk, n);
}

/* ---- sendmsg ---- */

static u32 nc_sendmsg_room(const struct sock *sk)
{
	int room = READ_ONCE(sk->sk_sndbuf) - READ_ONCE(sk->sk_wmem_queued);

	return max(room, 0);
}

/* is the end of @seg the place where @pf goes on? */
static bool nc_sendmsg_follows(const struct nc_seg *seg,
			       const struct page_frag *pf)
{
	const struct bio_vec *b;

	if (!seg->nr)
		return false;
	b = &seg->frag[seg->nr - 1];
	return b->bv_page == pf->page &&
	       b->bv_offset + b->bv_len == pf->offset;
}

/*
 * Copy up to @want bytes of @from into @seg, or, without @from, just make room
 * for them; the socket is owned, the data lock is not held: this may fault and
 * sleep. @charge is what will be charged for segments before this one.
 * Return: 0, -EFAULT, or -ENOMEM; @seg may have got bytes in any case.
 */
static int nc_sendmsg_copy(struct sock *sk, struct nc_seg *seg,
			   struct iov_iter *from, u32 want, u32 charge)
{
	struct page_frag *pf = sk_page_frag(sk);
	u32 n, got;
	void *va;

	/* large ones begin with a page: TCP counts the pages that they touch */
	if (want >= NC_SENDMSG_LARGE)
		pf->offset = ALIGN(pf->offset, PAGE_SIZE);
	while (seg->len < want) {
		if (!sk_page_frag_refill(sk, pf))
			return -ENOMEM;
		if (seg->nr == NC_SEG_FRAGS && !nc_sendmsg_follows(seg, pf))
			return 0;
		n = min(want - seg->len, pf->size - pf->offset);
		if (!sk_wmem_schedule(sk, charge + nc_sendmsg_truesize(seg) +
				      n))
			return -ENOMEM;
		va = page_address(pf->page) + pf->offset;
		got = from ? copy_from_iter(va, n, from) : n;
		if (!got)
			return -EFAULT;
		if (nc_sendmsg_follows(seg, pf)) {
			seg->frag[seg->nr - 1].bv_len += got;
		} else {
			get_page(pf->page);
			bvec_set_page(&seg->frag[seg->nr++], pf->page, got,
				      pf->offset);
		}
		pf->offset += got;
		seg->len += got;
	}
	return 0;
}

/* what MSG_MORE or a cork holds back leaves */
void nc_sendmsg_flush(struct sock *sk)
{
	nc_data_lock(sk);
	nc_sk(sk)->held = false;
	nc_tx_push(sk);
	nc_data_unlock(sk);
	nc_tx_kick(sk, false);
}

/* sendfile() promised more, and the file ended */
void nc_sendmsg_splice_eof(struct socket *sock)
{
	lock_sock(sock->sk);
	if (nc_sk(sock->sk)->held)
		nc_sendmsg_flush(sock->sk);
	release_sock(sock->sk);
}

/* wait for room: the peer's acknowledgement, or memory */
static int nc_sendmsg_wait(struct sock *sk, long *timeo)
{
	/* it would never be acknowledged */
	if (nc_sk(sk)->held)
		nc_sendmsg_flush(sk);
	nc_tx_kick(sk, false);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	return sk_stream_wait_memory(sk, timeo);
}

/* ownership was dropped to transmit: it may be another connection */
static bool nc_sendmsg_may(const struct sock *sk)
{
	return !sk->sk_err && !(sk->sk_shutdown & SEND_SHUTDOWN) &&
	       nc_state_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

/* does the last segment wait for more? Data lock held */
static void nc_sendmsg_hold(struct sock *sk, struct msghdr *msg)
{
	struct nc_sock *nsk = nc_sk(sk);

	nsk->held = (msg->msg_flags & MSG_MORE || nsk->tcpopt.cork) &&
		    !msg_data_left(msg);
	if (nsk->held)
		nc_sock_push_later(sk, NC_SENDMSG_HOLD);
}

/* ---- large ones: segments have numbers before they have bytes ---- */

/* a helper, or the caller */
static void nc_sendmsg_part(struct nc_job *job, struct nc_job_part *part,
			    struct iov_iter *from)
{
	u32 off = part->off, len = part->len, n;
	struct nc_seg *seg = part->obj;
	struct sock *sk = job->sk;
	struct bio_vec *bv;

	for (bv = seg->frag; len; bv++) {
		if (off < bv->bv_len) {
			n = min(bv->bv_len - off, len);
			/* pinned pages do not fault */
			if (WARN_ON_ONCE(copy_from_iter(bvec_virt(bv) + off, n,
							from) != n))
				break;
			len -= n;
			off = 0;
		} else {
			off -= bv->bv_len;
		}
	}
	/* it leaves at once, if those before it have */
	nc_data_lock(sk);
	if (!--seg->copying) {
		nc_tx_push(sk);
		if (nc_sk(sk)->flow.tx_peer)
			nc_sched_kick_atomic(&nc_sk(sk)->flow);
	}
	nc_data_unlock(sk);
	nc_seg_put(seg);
}

/* parts of @seg, whose first byte is the caller's @at; false: no more room */
static bool nc_sendmsg_parts(struct nc_job *job, struct nc_seg *seg, u32 at)
{
	u32 off, n;

	for (off = 0; off < seg->len; off += n) {
		n = min(seg->len - off, NC_JOB_PART);
		nc_job_add(job, off ? nc_seg_get(seg) : seg, off, at + off, n);
		seg->copying++;
	}
	return job->nr + DIV_ROUND_UP(NC_SEG_MAX, NC_JOB_PART) <= NC_JOB_PARTS;
}

/* segments for the bytes of @job, as far as there is memory for them */
static void nc_sendmsg_cut(struct sock *sk, struct nc_job *job)
{
	u32 at, want, charge = 0;
	struct nc_seg *seg;

	for (at = 0; at < job->len; at += seg->len) {
		want = min_t(u32, job->len - at, NC_SEG_MAX);
		seg = nc_seg_alloc(&nc_sk(sk)->flow, NC_DATA, 0,
				   sk->sk_allocation);
		if (!seg)
			break;
		if (nc_sendmsg_copy(sk, seg, NULL, want, charge) && !seg->len) {
			nc_seg_put(seg);
			break;
		}
		charge += nc_sendmsg_truesize(seg);
		if (!nc_sendmsg_parts(job, seg, at))
			break;
	}
}

static bool nc_sendmsg_queue(struct sock *sk, struct nc_job *job,
			     struct msghdr *msg)
{
	bool may;
	int i;

	nc_data_lock(sk);
	may = nc_sendmsg_may(sk);
	for (i = 0; may && i < job->nr; i++) {
		iov_iter_advance(&msg->msg_iter, job->part[i].len);
		if (!job->part[i].off)
			nc_sendmsg_append(sk, nc_seg_get(job->part[i].obj));
	}
	if (may)
		nc_sendmsg_hold(sk, msg);
	nc_data_unlock(sk);
	for (i = 0; !may && i < job->nr; i++)
		nc_seg_put(job->part[i].obj);
	return may;
}

/*
 * Bytes of the caller's with helpers; 0 goes on, else stop. -EAGAIN: copy them
 * without.
 */
static int nc_sendmsg_many(struct sock *sk, struct msghdr *msg, u32 len,
			   ssize_t *copied)
{
	size_t left = msg_data_left(msg);
	struct nc_job *job;
	int err = 0;

	job = nc_job_make(sk, &msg->msg_iter, len, nc_sendmsg_part);
	if (!job)
		return -EAGAIN;
	nc_sendmsg_cut(sk, job);
	if (!job->nr)
		err = -ENOMEM;
	else if (!nc_sendmsg_queue(sk, job, msg))
		err = -EPIPE;
	else
		nc_job_run(job);
	nc_job_end(job);
	/* what was acknowledged meanwhile is settled; others may have a turn */
	release_sock(sk);
	lock_sock(sk);
	left -= msg_data_left(msg);
	*copied += left;
	nc_mib_add(sock_net(sk), OUT_BYTES, left);
	return err;
}

/* a segment that grew is company enough */
static bool nc_sendmsg_lazy(const struct nc_sock *nsk)
{
	return !list_empty(&nsk->rtx) &&
	       list_last_entry(&nsk->rtx, struct nc_seg, rtx)->len <
	       NC_LANE_SHARE;
}

/*
 * One segment of the caller's bytes; 0 goes on, else stop. @lazy: as
 * nc_tx_release() takes it
 */
static int nc_sendmsg_one(struct sock *sk, struct msghdr *msg, u32 room,
			  ssize_t *copied, bool *lazy)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;
	int err;

	seg = nc_seg_alloc(&nsk->flow, NC_DATA, 0, sk->sk_allocation);
	if (!seg)
		return -ENOMEM;
	err = nc_sendmsg_copy(sk, seg, &msg->msg_iter,
			      min3((size_t)room, (size_t)NC_SEG_MAX,
				   msg_data_left(msg)), 0);
	if (!seg->len) {
		nc_seg_put(seg);
		return err;
	}
	nc_data_lock(sk);
	if (!nc_sendmsg_may(sk)) {
		nc_data_unlock(sk);
		nc_seg_put(seg);
		return -EPIPE;
	}
	*copied += seg->len;
	nc_mib_add(sock_net(sk), OUT_BYTES, seg->len);
	nc_sendmsg_append(sk, seg);
	nc_sendmsg_hold(sk, msg);
	nc_tx_push(sk);
	*lazy = nc_sendmsg_lazy(nsk);
	nc_data_unlock(sk);
	/* the last one leaves with ownership */
	if (msg_data_left(msg))
		nc_tx_kick(sk, *lazy);
	return err;
}

static int nc_sendmsg_some(struct sock *sk, struct msghdr *msg, u32 room,
			   ssize_t *copied, bool *lazy)
{
	u32 len = nc_job_worth(&msg->msg_iter,
			       min_t(size_t, room, msg_data_left(msg)));
	int err = -EAGAIN;

	if (len)
		err = nc_sendmsg_many(sk, msg, len, copied);
	if (err == -EAGAIN)
		err = nc_sendmsg_one(sk, msg, room, copied, lazy);
	return err;
}

int nc_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	ssize_t copied = 0;
	bool lazy = false;
	int err = 0;
	long timeo;
	u32 room;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	lock_sock(sk);
	timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	if (!nc_state_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) {
		err = sk_stream_wait_connect(sk, &timeo);
		if (err)
			goto out;
	}
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	while (msg_data_left(msg)) {
		err = -EPIPE;
		if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN)
			break;
		room = nc_sendmsg_room(sk);
		err = -ENOMEM;
		if (room)
			err = nc_sendmsg_some(sk, msg, room, &copied, &lazy);
		if (err == -ENOMEM)	/* no room, or no memory */
			err = nc_sendmsg_wait(sk, &timeo);
		if (err)
			break;
		if (msg_data_left(msg))
			nc_pass_others(sk);
	}
out:
	/*
	 * Who got EAGAIN, or a short count, waits for an edge; the bytes that
	 * were in the way may have been acknowledged before we asked for it.
	 */
	if (unlikely(err == -EAGAIN))
		sk->sk_write_space(sk);
	if (copied)
		err = 0;
	else if (err)
		err = sk_stream_error(sk, msg->msg_flags, err);
	nc_tx_release(sk, lazy);
	if (copied > 0)
		nc_pass_others(sk);
	return copied ?: err;
}
