// SPDX-License-Identifier: GPL-2.0
/* Letting those pass who wait for little: see the header. */
#include "core/hurry.h"

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>

static DEFINE_PER_CPU(atomic_t, nc_hurry_waiting);

/* jiffies when it was last copied, at first long ago */
unsigned long nc_hurry_bulk = INITIAL_JIFFIES - HZ;

unsigned int nc_hurry_knob __read_mostly = 1;

void nc_hurry_begin(int *slot, int cpu)
{
	if (READ_ONCE(*slot))
		return;
	atomic_inc(per_cpu_ptr(&nc_hurry_waiting, cpu));
	if (cmpxchg(slot, 0, cpu + 1))
		atomic_dec(per_cpu_ptr(&nc_hurry_waiting, cpu));
}

void nc_hurry_end(int *slot)
{
	int at = READ_ONCE(*slot);

	if (unlikely(at) && cmpxchg(slot, at, 0) == at)
		atomic_dec(per_cpu_ptr(&nc_hurry_waiting, at - 1));
}

bool nc_hurry_pass(void)
{
	unsigned long now = jiffies;

	might_sleep();
	if (READ_ONCE(nc_hurry_bulk) != now)
		WRITE_ONCE(nc_hurry_bulk, now);
	if (likely(!atomic_read(raw_cpu_ptr(&nc_hurry_waiting))) ||
	    single_task_running())
		return false;
	yield();
	return true;
}
