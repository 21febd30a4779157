/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hrtimer_setup() was hrtimer_init() and an assignment.
 * Delete when the oldest kernel is >= 6.13.
 */
#ifndef NC_COMPAT_LINUX_HRTIMER_H
#define NC_COMPAT_LINUX_HRTIMER_H

#include_next <linux/hrtimer.h>

#ifndef NC_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fn)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}
#endif

#endif /* NC_COMPAT_LINUX_HRTIMER_H */
