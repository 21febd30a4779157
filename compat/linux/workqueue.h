/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shared workqueues have new names, and the old ones warn on 7.2.
 * Delete when the oldest kernel is >= 6.12.
 */
#ifndef NC_COMPAT_LINUX_WORKQUEUE_H
#define NC_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

#ifndef NC_HAVE_SYSTEM_DFL_WQ
#define system_dfl_wq		system_unbound_wq
#define system_percpu_wq	system_wq
#endif

#endif /* NC_COMPAT_LINUX_WORKQUEUE_H */
