/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Without WQ_UNBOUND a workqueue is per CPU; newer kernels want it said.
 * Delete when the oldest kernel is >= 6.18.
 */
#ifndef NC_COMPAT_LINUX_WORKQUEUE_H
#define NC_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

#ifndef NC_HAVE_WQ_PERCPU
#define WQ_PERCPU	0
#endif

#endif /* NC_COMPAT_LINUX_WORKQUEUE_H */
