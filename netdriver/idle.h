/* SPDX-License-Identifier: GPL-2.0 */
/* How idle processors were lately. */
#ifndef NC_NETDRIVER_IDLE_H
#define NC_NETDRIVER_IDLE_H

#include <linux/types.h>

#define NC_IDLE_ONE	1024	/* all of the time, as a share */

/**
 * nc_idle_share - how much of its time was a processor idle?
 * @cpu: which
 * @now: ktime_get_ns()
 *
 * Of the time between the last two looks, which are a millisecond apart or
 * more. Cheap enough for every message: most calls only read a number.
 * Context: any.
 * Return: 0 to NC_IDLE_ONE; 0 where the kernel does not keep account of it.
 */
u32 nc_idle_share(int cpu, u64 now);

#endif /* NC_NETDRIVER_IDLE_H */
