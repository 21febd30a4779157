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
 */
#include "netdriver/internal.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kthread.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include "core/knobs.h"

/**
 * struct nc_worker - one thread
 * @task: const
 * @list: atomic: channels with work
 * @cpu: const: its core, while that is online
 */
struct nc_worker {
	struct task_struct	*task;
	struct llist_head	list;
	int			cpu;
};

static DEFINE_MUTEX(nc_worker_lock);	/* all below */
static struct nc_worker **nc_worker_table[NC_CLASSES];
static struct cpumask nc_worker_mask;
static unsigned int nc_worker_next[NC_CLASSES];
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
		cond_resched();
	}
}

static int nc_worker_main(void *arg)
{
	struct nc_worker *w = arg;

	/* here: kthread() itself chooses a place just before */
	set_cpus_allowed_ptr(current, cpumask_of(w->cpu));
	for (;;) {
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

/* the next core of the mask that is online, in turn */
static int nc_worker_cpu(u8 class)
{
	unsigned int n = nc_worker_next[class]++;
	struct cpumask *m = &nc_worker_mask;
	unsigned int nr = 0, cpu;

	lockdep_assert_held(&nc_worker_lock);
	for_each_cpu_and(cpu, m, cpu_online_mask)
		nr++;
	if (!nr) {
		m = (struct cpumask *)cpu_online_mask;
		nr = num_online_cpus();
	}
	/* classes begin at opposite ends, so that they meet last */
	n = class == NC_CLASS_L ? nr - 1 - n % nr : n % nr;
	for_each_cpu_and(cpu, m, cpu_online_mask)
		if (!n--)
			return cpu;
	return cpumask_first(cpu_online_mask);
}

struct nc_worker *nc_worker_pick(u8 class, int *cpu)
{
	struct nc_worker *w;

	cpus_read_lock();
	mutex_lock(&nc_worker_lock);
	*cpu = nc_worker_cpu(class);
	w = nc_worker_table[class][*cpu];
	if (!w) {
		w = nc_worker_make(*cpu, class);
		if (!IS_ERR(w))
			nc_worker_table[class][*cpu] = w;
	}
	mutex_unlock(&nc_worker_lock);
	cpus_read_unlock();
	return w;
}

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

int nc_worker_init(void)
{
	int c, err = -ENOMEM;

	rcu_read_lock();
	cpumask_copy(&nc_worker_mask, housekeeping_cpumask(HK_TYPE_DOMAIN));
	rcu_read_unlock();
	for (c = 0; c < NC_CLASSES; c++) {
		nc_worker_table[c] = kcalloc(nr_cpu_ids, sizeof(void *),
					     GFP_KERNEL);
		if (!nc_worker_table[c])
			goto free;
	}
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
					"net/netchannel:online",
					nc_worker_online, nc_worker_offline);
	if (err < 0)
		goto free;
	nc_worker_hp = err;
	return 0;
free:
	for (c = 0; c < NC_CLASSES; c++)
		kfree(nc_worker_table[c]);
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
		kfree(nc_worker_table[c]);
	}
}
