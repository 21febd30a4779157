// SPDX-License-Identifier: GPL-2.0
/*
 * How idle processors were lately. Which ones are idle at this moment is not
 * told to modules, and would be out of date; but the time that each has been
 * idle is, as the governors of cpufreq need it.
 */
#include "netdriver/idle.h"

#include <linux/atomic.h>
#include <linux/kernel_stat.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/tick.h>

#define NC_IDLE_NS	NSEC_PER_MSEC

/**
 * struct nc_idle - one processor
 * @at: atomic: ns of the last look; who moves it writes the rest
 * @us: racy-ok: idle until then
 * @share: racy-ok: of the time between the last two looks
 */
struct nc_idle {
	atomic64_t	at;
	u64		us;
	u32		share;
};

static DEFINE_PER_CPU_ALIGNED(struct nc_idle, nc_idle);

u32 nc_idle_share(int cpu, u64 now)
{
	struct nc_idle *idle = per_cpu_ptr(&nc_idle, cpu);
	s64 at = atomic64_read(&idle->at);
	u64 us, past;
	u32 share = 0;

	if ((s64)(now - at) < NC_IDLE_NS ||
	    !atomic64_try_cmpxchg(&idle->at, &at, now))
		return READ_ONCE(idle->share);
	us = get_cpu_idle_time_us(cpu, NULL);
	past = READ_ONCE(idle->us);
	if (us != -1ULL && us > past)
		share = min_t(u64, NC_IDLE_ONE,
			      mul_u64_u64_div_u64(us - past, 1000 * NC_IDLE_ONE,
						  now - at));
	WRITE_ONCE(idle->us, us);
	WRITE_ONCE(idle->share, share);
	return share;
}
