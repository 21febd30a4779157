/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timer_container_of() was called from_timer().
 * Delete when the oldest kernel is >= 6.16.
 */
#ifndef NC_COMPAT_LINUX_TIMER_H
#define NC_COMPAT_LINUX_TIMER_H

#include_next <linux/timer.h>

#ifndef timer_container_of
#define timer_container_of(var, timer, field)	from_timer(var, timer, field)
#endif

#endif /* NC_COMPAT_LINUX_TIMER_H */
