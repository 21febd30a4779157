// SPDX-License-Identifier: GPL-2.0
/*
 * Shared copies: pinning, parts, and running them. Who helps is in helper.c.
 *
 * Design notes
 *
 * 1. Pages are pinned before a byte moves, so bad memory shortens a job and
 *    never breaks one: what was taken from a queue, or given a number, is
 *    copied.
 * 2. Parts are taken in order from a counter, not dealt: whoever is faster
 *    copies more, and a helper that is preempted holds up one part.
 */
#include "vns/job.h"
#include "vns/internal.h"

#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "core/mib.h"
#include "core/spin.h"

#define NC_JOB_SPIN_NS	20000

/* the continuous piece of user memory that @it begins with */
static u32 nc_job_piece(const struct iov_iter *it, unsigned long *addr)
{
	size_t n;

	if (iter_is_ubuf(it)) {
		*addr = (unsigned long)it->ubuf + it->iov_offset;
		n = iov_iter_count(it);
	} else if (iter_is_iovec(it)) {
		*addr = (unsigned long)iter_iov_addr(it);
		n = min_t(size_t, iter_iov_len(it), iov_iter_count(it));
	} else {
		return 0;
	}
	return min_t(size_t, n, NC_JOB_MAX);
}

u32 nc_job_worth(const struct iov_iter *it, size_t len)
{
	unsigned int least = READ_ONCE(nc_helper_least);
	unsigned long addr;
	u32 n;

	if (len < least || !nc_helper_wanted())
		return 0;
	n = min_t(size_t, len, nc_job_piece(it, &addr));
	return n >= least ? n : 0;
}

/* pages that follow each other in memory are one */
static unsigned int nc_job_bvec(struct nc_job *job, u32 off)
{
	struct bio_vec *bv = job->bv;
	unsigned int i;
	u32 left = job->len, n;

	for (i = 0; i < job->pages; i++, off = 0) {
		n = min_t(u32, left, PAGE_SIZE - off);
		left -= n;
		if (i && compound_head(bv[-1].bv_page) ==
			  compound_head(job->page[i]) &&
		    job->page[i] == job->page[i - 1] + 1) {
			bv[-1].bv_len += n;
			continue;
		}
		bvec_set_page(bv++, job->page[i], n, off);
	}
	return bv - job->bv;
}

struct nc_job *nc_job_make(struct sock *sk, const struct iov_iter *it, u32 len,
			   nc_job_copy_t copy)
{
	unsigned int write = iov_iter_rw(it) == READ ? FOLL_WRITE : 0;
	unsigned long addr;
	struct nc_job *job;
	int got, nr;
	u32 off;

	might_sleep();
	len = min(len, nc_job_piece(it, &addr));
	job = kmalloc(sizeof(*job), GFP_KERNEL | __GFP_NOWARN);
	if (!job)
		return NULL;
	off = offset_in_page(addr);
	nr = DIV_ROUND_UP(off + len, PAGE_SIZE);
	got = pin_user_pages_fast(addr - off, nr, write, job->page);
	if (got <= 0) {
		kfree(job);
		return NULL;
	}
	refcount_set(&job->ref, 1);
	atomic_set(&job->next, 0);
	init_completion(&job->done);
	job->copy = copy;
	job->sk = sk;
	job->dir = iov_iter_rw(it);
	job->nr = 0;
	job->pages = got;
	job->len = min_t(u32, len, got * PAGE_SIZE - off);
	job->bvs = nc_job_bvec(job, off);
	return job;
}

void nc_job_add(struct nc_job *job, void *obj, u32 off, u32 at, u32 len)
{
	struct nc_job_part *p = &job->part[job->nr++];

	p->obj = obj;
	p->off = off;
	p->at = at;
	p->len = len;
}

static bool nc_job_one(struct nc_job *job, bool helper)
{
	unsigned int i = atomic_fetch_inc(&job->next);
	struct nc_job_part *p;
	struct iov_iter it;

	if (i >= job->nr)
		return false;
	p = &job->part[i];
	iov_iter_bvec(&it, job->dir, job->bv, job->bvs, job->len);
	iov_iter_advance(&it, p->at);
	job->copy(job, p, &it);
	/* the socket, hence its netns, is there until the last one */
	if (helper)
		nc_mib_inc(sock_net(job->sk), COPY_HELPED);
	if (atomic_dec_and_test(&job->left))
		complete(&job->done);
	return true;
}

bool nc_job_work(struct nc_job *job, bool helper)
{
	/* what runs before it on its core must not hold up the caller */
	bool atomic = helper && !IS_ENABLED(CONFIG_PREEMPT_RT);
	bool some = false, more;

	do {
		if (atomic)
			preempt_disable();
		more = nc_job_one(job, helper);
		if (atomic)
			preempt_enable();
		some |= more;
	} while (more);
	return some;
}

/*
 * A part takes a few microseconds, and who copies it cannot be preempted: to
 * sleep and be woken takes as long. Not on PREEMPT_RT, where it can.
 */
static void nc_job_spin(struct nc_job *job)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) && !completion_done(&job->done))
		nc_spin_until(completion_done(&job->done), NC_JOB_SPIN_NS);
}

void nc_job_run(struct nc_job *job)
{
	might_sleep();
	if (!job->nr)
		return;
	atomic_set(&job->left, job->nr);
	nc_mib_inc(sock_net(job->sk), COPY_SHARED);
	job->invited_ns = ktime_get_ns();
	nc_helper_invite(job);
	nc_job_work(job, false);
	nc_job_spin(job);
	wait_for_completion(&job->done);
}

void nc_job_put(struct nc_job *job)
{
	if (refcount_dec_and_test(&job->ref))
		kfree(job);
}

void nc_job_end(struct nc_job *job)
{
	unpin_user_pages_dirty_lock(job->page, job->pages, job->dir == READ);
	nc_job_put(job);
}
