// SPDX-License-Identifier: GPL-2.0
/* Letting those pass who wait for little: see the header. */
#include "core/hurry.h"

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>

#define NC_HURRY_TICKS	2	/* who waits for longer does not wait for us */

/**
 * struct nc_hurry - a core
 * @waiting: atomic: threads that were woken and not seen to run
 * @since: racy-ok: jiffies when the last of them was woken
 */
struct nc_hurry {
	atomic_t	waiting;
	unsigned long	since;
};

static DEFINE_PER_CPU(struct nc_hurry, nc_hurry);

/* jiffies when bulk was last copied, at first long ago */
unsigned long nc_hurry_bulk = INITIAL_JIFFIES - HZ;

unsigned int nc_hurry_knob __read_mostly = 1;

void nc_hurry_begin(int *slot, int cpu)
{
	struct nc_hurry *h = per_cpu_ptr(&nc_hurry, cpu);

	if (READ_ONCE(*slot))
		return;
	WRITE_ONCE(h->since, jiffies);
	atomic_inc(&h->waiting);
	if (cmpxchg(slot, 0, cpu + 1))
		atomic_dec(&h->waiting);
}

void nc_hurry_end(int *slot)
{
	int at = READ_ONCE(*slot);

	if (unlikely(at) && cmpxchg(slot, at, 0) == at)
		atomic_dec(&per_cpu_ptr(&nc_hurry, at - 1)->waiting);
}

/* real-time tasks have nothing to give: who waits is not of their class */
static bool nc_hurry_may(void)
{
	return current->policy == SCHED_NORMAL ||
	       current->policy == SCHED_BATCH;
}

bool nc_hurry_pass(void)
{
	const struct nc_hurry *h = raw_cpu_ptr(&nc_hurry);
	unsigned long now = jiffies;

	might_sleep();
	if (READ_ONCE(nc_hurry_bulk) != now)
		WRITE_ONCE(nc_hurry_bulk, now);
	if (likely(!atomic_read(&h->waiting)) ||
	    time_after(now, READ_ONCE(h->since) + NC_HURRY_TICKS) ||
	    !nc_hurry_may() || single_task_running())
		return false;
	yield();
	return true;
}
