/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Without WQ_UNBOUND a workqueue is per CPU; newer kernels want it said, and
 * call the shared workqueues by what they are.
 * Delete when the oldest kernel is >= 6.18.
 */
#ifndef NC_COMPAT_LINUX_WORKQUEUE_H
#define NC_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

#ifndef NC_HAVE_WQ_PERCPU
#define WQ_PERCPU	0
#endif

#ifndef NC_HAVE_SYSTEM_DFL_WQ
#define system_dfl_wq		system_unbound_wq
#define system_percpu_wq	system_wq
#endif

#endif /* NC_COMPAT_LINUX_WORKQUEUE_H */
