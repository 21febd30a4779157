// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers: threads that share large copies, one for each core, made when a
 * core is first asked for.
 *
 * Design notes
 *
 * 1. A caller invites helpers of cores that it may use itself: a container or
 *    a pinned program cannot buy time on others by send() and recv(). Among
 *    them those of its own node, beginning behind its own core.
 * 2. Which cores are idle is not told to modules. So a helper that came long
 *    after it was invited, and found nothing left to do, was held up, because
 *    its core is busy, and is left alone for a moment. One that came soon was
 *    only slower than the others.
 * 3. A helper has one job at a time (NC_HELPER_BUSY), hence never more than a
 *    part's bytes claimed.
 */
#include "vns/job.h"
#include "vns/internal.h"

#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched/isolation.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "core/hurry.h"
#include "core/knobs.h"
#include "core/spin.h"

#define NC_HELPER_REST	(HZ / 100)	/* after it came too late */
#define NC_HELPER_SOON	50000	/* ns: what waking it takes, and some more */

/**
 * struct nc_helper - one thread
 * @task: const
 * @job: owner: who set NC_HELPER_BUSY, then the thread; it has a reference
 * @bits: atomic: NC_HELPER_*
 * @late: racy-ok: jiffies when it last came too late, 0: it did not
 * @cpu: const: its core, while that is online
 */
struct nc_helper {
	struct task_struct	*task;
	struct nc_job		*job;
	unsigned long		bits;
	unsigned long		late;
	int			cpu;
};

#define NC_HELPER_BUSY	0

unsigned int nc_helper_least __read_mostly = 128 << 10;
static unsigned int nc_helper_most __read_mostly;
static unsigned int nc_helper_poll_us __read_mostly;

static DEFINE_MUTEX(nc_helper_lock);		/* making them */
static struct nc_helper **nc_helper_table;	/* only ever gains entries */
static struct cpumask nc_helper_mask;		/* racy-ok: the knob */
static struct cpumask nc_helper_missing;	/* racy-ok: atomic bits */

/*
 * The next call comes when this one is done: for so long the helper looks for
 * it, if nobody else wants its core, instead of sleeping and being woken.
 */
static void nc_helper_poll(const struct nc_helper *h)
{
	unsigned int us = READ_ONCE(nc_helper_poll_us);

	if (us)
		nc_spin_until(READ_ONCE(h->job) || !single_task_running(),
			      us * NSEC_PER_USEC);
}

/* copy what is left, and note if we were held up; true if there was some */
static bool nc_helper_serve(struct nc_helper *h, struct nc_job *job)
{
	bool some = nc_job_work(job, true);
	bool late = !some &&
		    ktime_get_ns() - job->invited_ns > NC_HELPER_SOON;

	WRITE_ONCE(h->late, late ? jiffies | 1 : 0);
	return some;
}

static int nc_helper_main(void *arg)
{
	struct nc_helper *h = arg;
	struct nc_job *job;
	bool helped;

	set_cpus_allowed_ptr(current, cpumask_of(h->cpu));
	for (;;) {
		set_current_state(TASK_IDLE);
		job = READ_ONCE(h->job);
		if (!job) {
			if (kthread_should_stop())
				break;
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		/* its core had gone, and is back */
		if (unlikely(current->nr_cpus_allowed != 1) &&
		    cpu_online(h->cpu))
			set_cpus_allowed_ptr(current, cpumask_of(h->cpu));
		helped = nc_helper_serve(h, job);
		WRITE_ONCE(h->job, NULL);
		nc_job_put(job);
		clear_bit_unlock(NC_HELPER_BUSY, &h->bits);
		if (helped)
			nc_helper_poll(h);
		/* a helper that always finds a job may never schedule() */
		cond_resched_tasks_rcu_qs();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void nc_helper_make(int cpu)
{
	struct nc_helper *h = kzalloc(sizeof(*h), GFP_KERNEL);

	lockdep_assert_held(&nc_helper_lock);
	if (!h)
		return;
	h->cpu = cpu;
	h->task = kthread_create_on_node(nc_helper_main, h, cpu_to_node(cpu),
					 "nc_c/%d", cpu);
	if (IS_ERR(h->task)) {
		kfree(h);
		return;
	}
	wake_up_process(h->task);
	/* pairs with the acquire in nc_helper_invite(): whole when seen */
	smp_store_release(&nc_helper_table[cpu], h);
}

/* who asked does not wait for threads to be made */
static void nc_helper_make_missing(struct work_struct *work)
{
	int cpu;

	mutex_lock(&nc_helper_lock);
	for_each_cpu(cpu, &nc_helper_missing) {
		cpumask_clear_cpu(cpu, &nc_helper_missing);
		if (!nc_helper_table[cpu])
			nc_helper_make(cpu);
	}
	mutex_unlock(&nc_helper_lock);
}

static DECLARE_WORK(nc_helper_work, nc_helper_make_missing);

static bool nc_helper_take(struct nc_helper *h, struct nc_job *job)
{
	unsigned long late = READ_ONCE(h->late);

	if (late && time_before(jiffies, late + NC_HELPER_REST))
		return false;
	if (test_and_set_bit_lock(NC_HELPER_BUSY, &h->bits))
		return false;
	refcount_inc(&job->ref);
	/* pairs with READ_ONCE() in nc_helper_main(): whole when seen */
	smp_store_release(&h->job, job);
	wake_up_process(h->task);
	return true;
}

static bool nc_helper_may(int cpu, int here)
{
	return cpu != here && cpu_online(cpu) &&
	       cpumask_test_cpu(cpu, &nc_helper_mask) &&
	       cpu_to_node(cpu) == cpu_to_node(here);
}

bool nc_helper_wanted(void)
{
	return READ_ONCE(nc_helper_most) && current->nr_cpus_allowed > 1 &&
	       num_online_cpus() > 1;
}

void nc_helper_invite(struct nc_job *job)
{
	unsigned int most = min(READ_ONCE(nc_helper_most), job->nr - 1);
	int here = raw_smp_processor_id(), cpu;
	struct nc_helper *h;
	bool missing = false;

	for_each_cpu_wrap(cpu, current->cpus_ptr, here + 1) {
		if (!most)
			break;
		if (!nc_helper_may(cpu, here))
			continue;
		/* pairs with the release in nc_helper_make() */
		h = smp_load_acquire(&nc_helper_table[cpu]);
		if (!h)
			missing |= !cpumask_test_and_set_cpu(cpu,
							 &nc_helper_missing);
		else if (nc_helper_take(h, job))
			most--;
	}
	if (unlikely(missing))
		schedule_work(&nc_helper_work);
}

/* ---- knobs ---- */

static ssize_t nc_helper_show_mask(char *buf)
{
	return sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(&nc_helper_mask));
}

/* helpers that are there stay; they are not invited any more */
static int nc_helper_store_mask(const char *buf)
{
	return nc_knobs_parse_mask(buf, &nc_helper_mask);
}

static struct nc_knob nc_helper_knobs[] = {
	NC_KNOB(copy_bytes, &nc_helper_least, 64 << 10, 1U << 30),
	NC_KNOB(copy_helpers, &nc_helper_most, 0, NC_JOB_PARTS - 1),
	NC_KNOB(copy_poll, &nc_helper_poll_us, 0, 1000),
	NC_KNOB(give_way, &nc_hurry_knob, 0, 1),
	NC_KNOB_FN(copy_cpus, nc_helper_show_mask, nc_helper_store_mask),
};

static struct kobject *nc_helper_dir;

int nc_helper_init(void)
{
	/* with fewer, sender, receiver and TCP have them all busy */
	nc_helper_most = num_online_cpus() < 4 ? 0 : 3;
	rcu_read_lock();
	cpumask_copy(&nc_helper_mask, housekeeping_cpumask(HK_TYPE_DOMAIN));
	rcu_read_unlock();
	nc_helper_table = kcalloc(nr_cpu_ids, sizeof(void *), GFP_KERNEL);
	if (!nc_helper_table)
		return -ENOMEM;
	nc_helper_dir = nc_knobs_add("vns", nc_helper_knobs,
				     ARRAY_SIZE(nc_helper_knobs));
	if (!IS_ERR(nc_helper_dir))
		return 0;
	kfree(nc_helper_table);
	return PTR_ERR(nc_helper_dir);
}

/* no socket is left, so no job; a helper may still look at its last one */
void nc_helper_exit(void)
{
	struct nc_helper *h;
	int cpu;

	nc_knobs_del(nc_helper_dir, nc_helper_knobs,
		     ARRAY_SIZE(nc_helper_knobs));
	cancel_work_sync(&nc_helper_work);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		h = nc_helper_table[cpu];
		if (!h)
			continue;
		kthread_stop(h->task);
		if (h->job)	/* invited, and never ran */
			nc_job_put(h->job);
		kfree(h);
	}
	kfree(nc_helper_table);
}
