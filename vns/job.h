/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A copy that several threads share (thesis 3.2, copy workers). The caller
 * pins its memory and cuts the copy into parts; it and the helpers that it
 * invited take parts until none is left. Nobody waits for a part that nobody
 * has begun: a helper that never comes costs nothing.
 */
#ifndef NC_VNS_JOB_H
#define NC_VNS_JOB_H

#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/refcount.h>
#include <linux/uio.h>

#define NC_JOB_MAX	(512U << 10)	/* bytes of one job */
#define NC_JOB_PART	(32U << 10)	/* of one part, at most */
#define NC_JOB_PARTS	(NC_JOB_MAX / NC_JOB_PART)
#define NC_JOB_PAGES	(NC_JOB_MAX / PAGE_SIZE + 1)

struct nc_job;

/**
 * struct nc_job_part - bytes that one thread copies
 * @obj: owner: who made the job; where they are in the kernel
 * @off: const: the first one in there
 * @at: const: the first one in the caller's memory
 * @len: const: how many
 */
struct nc_job_part {
	void	*obj;
	u32	off;
	u32	at;
	u32	len;
};

/**
 * typedef nc_job_copy_t - copy one part
 * @job: the job
 * @part: the part
 * @it: the caller's pages, from the part's first byte on
 *
 * Any thread. The socket is owned by who made the job, who waits for us; may
 * take the data lock; does not sleep.
 */
typedef void (*nc_job_copy_t)(struct nc_job *job, struct nc_job_part *part,
			      struct iov_iter *it);

/**
 * struct nc_job - a shared copy
 * @ref: atomic: its maker, and helpers that were invited
 * @next: atomic: the part to begin next
 * @left: atomic: parts not finished
 * @done: all parts are finished
 * @copy: const
 * @sk: const: valid until all parts are finished
 * @invited_ns: const once helpers are invited: ktime_get_ns() then
 * @dir: const: ITER_SOURCE or ITER_DEST, of the caller's memory
 * @nr: const: parts
 * @pages: const: pages pinned
 * @bvs: const: entries of @bv
 * @len: const: bytes of the caller's memory
 * @part: see there
 * @page: const: as pinned
 * @bv: const: the same bytes
 */
struct nc_job {
	refcount_t		ref;
	atomic_t		next;
	atomic_t		left;
	struct completion	done;
	nc_job_copy_t		copy;
	struct sock		*sk;
	u64			invited_ns;
	unsigned int		dir;
	unsigned int		nr;
	unsigned int		pages;
	unsigned int		bvs;
	u32			len;
	struct nc_job_part	part[NC_JOB_PARTS];
	struct page		*page[NC_JOB_PAGES];
	struct bio_vec		bv[NC_JOB_PAGES];
};

/**
 * nc_job_worth - bytes that a job could copy now
 * @it: the caller's memory
 * @len: bytes that could be copied
 *
 * Return: how many, 0 if it is better done by the caller alone: not enough of
 * them, no one continuous piece of user memory, or nobody to help.
 */
u32 nc_job_worth(const struct iov_iter *it, size_t len);

/**
 * nc_job_make - pin the caller's memory; process context, sleeps
 * @sk: the socket
 * @it: the caller's memory; not advanced
 * @len: as nc_job_worth() said
 * @copy: see there
 *
 * Return: a job without parts; job->len is what could be pinned, less than @len
 * if the memory ends. NULL: nothing could be pinned, or no memory.
 */
struct nc_job *nc_job_make(struct sock *sk, const struct iov_iter *it, u32 len,
			   nc_job_copy_t copy);

/* one more part; there is room for NC_JOB_PARTS */
void nc_job_add(struct nc_job *job, void *obj, u32 off, u32 at, u32 len);

/**
 * nc_job_run - copy all parts, with help
 * @job: the job
 *
 * Process context. Waits for parts that a helper has begun, each of them as
 * long as its copy takes, and for nothing else.
 */
void nc_job_run(struct nc_job *job);

/* lets go of the caller's memory and, when no helper uses it, of the job */
void nc_job_end(struct nc_job *job);

/* for helpers: */

/* take parts until none is left that nobody has begun; true: there was one */
bool nc_job_work(struct nc_job *job, bool helper);
void nc_job_put(struct nc_job *job);

/* helper.c */
extern unsigned int nc_helper_least;	/* bytes: less is not shared */

int nc_helper_init(void);
void nc_helper_exit(void);
/* could the caller have help? */
bool nc_helper_wanted(void);

/**
 * nc_helper_invite - ask helpers to share a job
 * @job: has parts
 *
 * As many as there are parts beside the caller's first, and as the knob allows.
 */
void nc_helper_invite(struct nc_job *job);

#endif /* NC_VNS_JOB_H */
