/* SPDX-License-Identifier: GPL-2.0 */
/* Waiting without sleep, for what takes less than to sleep and be woken. */
#ifndef NC_CORE_SPIN_H
#define NC_CORE_SPIN_H

#include <linux/ktime.h>
#include <linux/processor.h>
#include <linux/sched.h>

/**
 * nc_spin_until - look again and again, a bounded time
 * @cond: what is waited for; evaluated many times
 * @ns: how long at most
 *
 * Ends early when another task shall have the core. The caller looks at @cond
 * once more. Context: process, preemptible; not for what a preempted thread
 * must do first.
 */
#define nc_spin_until(cond, ns)						\
do {									\
	u64 nc_spin_end = ktime_get_ns() + (ns);			\
									\
	while (!(cond) && !need_resched() &&				\
	       ktime_get_ns() < nc_spin_end)				\
		cpu_relax();						\
} while (0)

#endif /* NC_CORE_SPIN_H */
