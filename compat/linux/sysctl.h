/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A proc_handler could write to its table.
 * Delete when the oldest kernel is >= 6.11.
 */
#ifndef NC_COMPAT_LINUX_SYSCTL_H
#define NC_COMPAT_LINUX_SYSCTL_H

#include_next <linux/sysctl.h>

/* make fn_cb(), a proc_handler, of fn() with a const table */
#ifdef NC_HAVE_CTL_TABLE_CONST
#define NC_PROC_HANDLER(fn)						\
static int fn##_cb(const struct ctl_table *t, int write, void *buf,	\
		   size_t *lenp, loff_t *ppos)				\
{									\
	return fn(t, write, buf, lenp, ppos);				\
}
#else
#define NC_PROC_HANDLER(fn)						\
static int fn##_cb(struct ctl_table *t, int write, void *buf,		\
		   size_t *lenp, loff_t *ppos)				\
{									\
	return fn(t, write, buf, lenp, ppos);				\
}
#endif

#endif /* NC_COMPAT_LINUX_SYSCTL_H */
