// SPDX-License-Identifier: GPL-2.0
/*
 * Channel workers: one thread for each core and class, made when the first
 * channel is placed there. A worker sends what nobody may send inline, and
 * receives what softirq may not receive.
 *
 * Design notes
 *
 * 1. A worker has a core by affinity, not by kthread_bind(), so that an
 *    administrator may move it, and so that it survives its core: when the
 *    core goes away it runs on another one and comes back with it.
 * 2. A channel is on the list of its worker at most once (NC_CHAN_WORK). The
 *    bit is cleared before the channel is looked at, so a kick that comes
 *    later queues it again: no kick is lost.
 * 3. Which core a new channel gets is decided by NetScheduler (nc_plan), from
 *    the channels that cores have and from how busy they are with anything:
 *    softirqs and applications are of more weight than our threads.
 * 4. Before it sleeps a worker may look for work for a while (busy_poll_*), as
 *    long as nobody else wants its core: that spares the wake-up.
 */
#include "netdriver/internal.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kernel_stat.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <uapi/linux/sched/types.h>
#include "core/knobs.h"
#include "core/spin.h"

#define NC_WORKER_LOOK	HZ
#define NC_WORKER_TURN_NS	200000

/**
 * struct nc_worker - one thread
 * @task: const
 * @list: atomic: channels with work
 * @cpu: const: its core, while that is online
 * @class: const: enum nc_class
 * @chans: atomic: channels that it serves
 */
struct nc_worker {
	struct task_struct	*task;
	struct llist_head	list;
	int			cpu;
	u8			class;
	atomic_t		chans;
};

/**
 * struct nc_worker_core - a core and its use
 * @busy_ns: time that it was busy, at the last look
 * @share: of the time between the last two looks, NC_PLAN_ONE for all
 */
struct nc_worker_core {
	u64	busy_ns;
	u32	share;
};

static DEFINE_MUTEX(nc_worker_lock);	/* all below */
static struct nc_worker **nc_worker_table[NC_CLASSES];
static struct cpumask nc_worker_mask;
static struct nc_worker_core *nc_worker_cores;
static u64 nc_worker_looked_ns;
static unsigned long nc_worker_looked;
/* room to ask nc_plan */
static struct nc_plan_core *nc_worker_plan;
static int *nc_worker_plan_cpu;
static enum cpuhp_state nc_worker_hp;

static void nc_worker_serve(struct nc_worker *w)
{
	struct llist_node *n = llist_reverse_order(llist_del_all(&w->list));
	struct nc_chan *ch, *next;

	llist_for_each_entry_safe(ch, next, n, work) {
		clear_bit(NC_CHAN_WORK, &ch->bits);
		/* pairs with the set_bit()s before nc_worker_kick() */
		smp_mb__after_atomic();
		if (!nc_chan_is_dead(ch)) {
			nc_chan_rx_run(ch, NC_WORKER_BUDGET);
			nc_chan_tx_run(ch, NC_WORKER_BUDGET);
		}
		nc_chan_put(ch);
		/* a worker that always has work may never schedule() */
		cond_resched_tasks_rcu_qs();
	}
}

static void nc_worker_poll(const struct nc_worker *w)
{
	unsigned int us = READ_ONCE(nc_knob_busy_poll[w->class]);

	if (us)
		nc_spin_until(!llist_empty(&w->list) || !single_task_running(),
			      us * NSEC_PER_USEC);
}

/*
 * Short turns, where the scheduler knows them (6.12): a worker that is woken
 * runs soon, and who is woken beside a busy one does not wait for the end of
 * its three milliseconds.
 */
static void nc_worker_turns(void)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_NORMAL,
		.sched_runtime = NC_WORKER_TURN_NS,
	};

	sched_setattr_nocheck(current, &attr);
}

static int nc_worker_main(void *arg)
{
	struct nc_worker *w = arg;

	nc_worker_turns();

	/* here: kthread() itself chooses a place just before */
	set_cpus_allowed_ptr(current, cpumask_of(w->cpu));
	for (;;) {
		nc_worker_poll(w);
		set_current_state(TASK_IDLE);
		if (llist_empty(&w->list)) {
			if (kthread_should_stop())
				break;
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		nc_worker_serve(w);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

void nc_worker_kick(struct nc_chan *ch)
{
	struct nc_worker *w = ch->worker;

	/* a full barrier: what the caller noted before is seen by the worker */
	if (test_and_set_bit(NC_CHAN_WORK, &ch->bits))
		return;
	nc_chan_get(ch);
	if (llist_add(&ch->work, &w->list))
		wake_up_process(w->task);
}

static struct nc_worker *nc_worker_make(int cpu, u8 class)
{
	static const char name[NC_CLASSES] = { 'l', 't' };
	struct nc_worker *w;

	lockdep_assert_held(&nc_worker_lock);
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->cpu = cpu;
	w->class = class;
	init_llist_head(&w->list);
	w->task = kthread_create_on_node(nc_worker_main, w, cpu_to_node(cpu),
					 "nc_%c/%d", name[class], cpu);
	if (IS_ERR(w->task)) {
		int err = PTR_ERR(w->task);

		kfree(w);
		return ERR_PTR(err);
	}
	wake_up_process(w->task);
	return w;
}

/* ---- places ---- */

static u64 nc_worker_busy_ns(int cpu)
{
	const u64 *t = kcpustat_cpu(cpu).cpustat;

	return t[CPUTIME_USER] + t[CPUTIME_NICE] + t[CPUTIME_SYSTEM] +
	       t[CPUTIME_SOFTIRQ] + t[CPUTIME_IRQ] + t[CPUTIME_STEAL];
}

static void nc_worker_measure(void)
{
	u64 now = ktime_get_ns(), busy, past = now - nc_worker_looked_ns;
	struct nc_worker_core *core;
	int cpu;

	lockdep_assert_held(&nc_worker_lock);
	for_each_possible_cpu(cpu) {
		core = &nc_worker_cores[cpu];
		busy = nc_worker_busy_ns(cpu);
		/* counted in ticks, so perhaps more than there was */
		core->share = min_t(u64, div64_u64((busy - core->busy_ns) *
						   NC_PLAN_ONE, past ?: 1),
				    NC_PLAN_ONE);
		core->busy_ns = busy;
	}
	nc_worker_looked_ns = now;
	WRITE_ONCE(nc_worker_looked, jiffies);
}

void nc_worker_look(void)
{
	if (time_before(jiffies, READ_ONCE(nc_worker_looked) + NC_WORKER_LOOK))
		return;
	mutex_lock(&nc_worker_lock);
	if (!time_before(jiffies, nc_worker_looked + NC_WORKER_LOOK))
		nc_worker_measure();
	mutex_unlock(&nc_worker_lock);
}

static u32 nc_worker_chans(u8 class, int cpu)
{
	struct nc_worker *w = nc_worker_table[class][cpu];

	return w ? atomic_read(&w->chans) : 0;
}

static int nc_worker_cpu(u8 class, int node)
{
	const struct cpumask *m = &nc_worker_mask;
	struct nc_plan_core *core;
	unsigned int nr = 0;
	int c, cpu;

	lockdep_assert_held(&nc_worker_lock);
	if (!cpumask_intersects(m, cpu_online_mask))
		m = cpu_online_mask;
	for_each_cpu_and(cpu, m, cpu_online_mask) {
		core = &nc_worker_plan[nr];
		for (c = 0; c < NC_CLASSES; c++)
			core->chans[c] = nc_worker_chans(c, cpu);
		core->busy = nc_worker_cores[cpu].share;
		core->near = node == NUMA_NO_NODE || cpu_to_node(cpu) == node;
		nc_worker_plan_cpu[nr++] = cpu;
	}
	return nc_worker_plan_cpu[nc_plan->core(nc_worker_plan, nr, class)];
}

struct nc_worker *nc_worker_pick(u8 class, int node, int *cpu)
{
	struct nc_worker *w;

	cpus_read_lock();
	mutex_lock(&nc_worker_lock);
	*cpu = nc_worker_cpu(class, node);
	w = nc_worker_table[class][*cpu];
	if (!w) {
		w = nc_worker_make(*cpu, class);
		if (!IS_ERR(w))
			nc_worker_table[class][*cpu] = w;
	}
	if (!IS_ERR(w))
		atomic_inc(&w->chans);
	mutex_unlock(&nc_worker_lock);
	cpus_read_unlock();
	return w;
}

void nc_worker_drop(struct nc_worker *w)
{
	atomic_dec(&w->chans);
}

/* ---- hotplug ---- */

/* all of them: the core spreads its threads anew when a processor comes */
static int nc_worker_online(unsigned int cpu)
{
	struct nc_worker *w;
	int c, i;

	mutex_lock(&nc_worker_lock);
	for (c = 0; c < NC_CLASSES; c++) {
		for_each_online_cpu(i) {
			w = nc_worker_table[c][i];
			if (w)
				set_cpus_allowed_ptr(w->task, cpumask_of(i));
		}
	}
	mutex_unlock(&nc_worker_lock);
	return 0;
}

static int nc_worker_offline(unsigned int cpu)
{
	struct nc_worker *w;
	int c;

	mutex_lock(&nc_worker_lock);
	for (c = 0; c < NC_CLASSES; c++) {
		w = nc_worker_table[c][cpu];
		if (w)
			set_cpus_allowed_ptr(w->task, cpu_possible_mask);
	}
	mutex_unlock(&nc_worker_lock);
	return 0;
}

ssize_t nc_worker_show_mask(char *buf)
{
	ssize_t n;

	mutex_lock(&nc_worker_lock);
	n = sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(&nc_worker_mask));
	mutex_unlock(&nc_worker_lock);
	return n;
}

/* channels that are opened from now on */
int nc_worker_store_mask(const char *buf)
{
	int err;

	mutex_lock(&nc_worker_lock);
	err = nc_knobs_parse_mask(buf, &nc_worker_mask);
	mutex_unlock(&nc_worker_lock);
	return err;
}

static void nc_worker_free(void)
{
	int c;

	for (c = 0; c < NC_CLASSES; c++)
		kfree(nc_worker_table[c]);
	kfree(nc_worker_cores);
	kfree(nc_worker_plan);
	kfree(nc_worker_plan_cpu);
}

static int nc_worker_alloc(void)
{
	int c;

	for (c = 0; c < NC_CLASSES; c++) {
		nc_worker_table[c] = kcalloc(nr_cpu_ids, sizeof(void *),
					     GFP_KERNEL);
		if (!nc_worker_table[c])
			return -ENOMEM;
	}
	nc_worker_cores = kcalloc(nr_cpu_ids, sizeof(*nc_worker_cores),
				  GFP_KERNEL);
	nc_worker_plan = kcalloc(nr_cpu_ids, sizeof(*nc_worker_plan),
				 GFP_KERNEL);
	nc_worker_plan_cpu = kcalloc(nr_cpu_ids, sizeof(*nc_worker_plan_cpu),
				     GFP_KERNEL);
	return nc_worker_cores && nc_worker_plan && nc_worker_plan_cpu ?
	       0 : -ENOMEM;
}

int nc_worker_init(void)
{
	int err;

	rcu_read_lock();
	cpumask_copy(&nc_worker_mask, housekeeping_cpumask(HK_TYPE_DOMAIN));
	rcu_read_unlock();
	err = nc_worker_alloc();
	if (err)
		goto free;
	mutex_lock(&nc_worker_lock);
	nc_worker_measure();
	mutex_unlock(&nc_worker_lock);
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
					"net/netchannel:online",
					nc_worker_online, nc_worker_offline);
	if (err < 0)
		goto free;
	nc_worker_hp = err;
	return 0;
free:
	nc_worker_free();
	return err;
}

/* all channels are gone: the lists can only shrink */
void nc_worker_exit(void)
{
	struct nc_worker *w;
	int c, cpu;

	cpuhp_remove_state_nocalls(nc_worker_hp);
	for (c = 0; c < NC_CLASSES; c++) {
		for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
			w = nc_worker_table[c][cpu];
			if (!w)
				continue;
			kthread_stop(w->task);
			kfree(w);
		}
	}
	nc_worker_free();
}
