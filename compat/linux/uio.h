/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Delete when the oldest kernel is >= 6.4.
 */
#ifndef NC_COMPAT_LINUX_UIO_H
#define NC_COMPAT_LINUX_UIO_H

#include_next <linux/uio.h>

#ifndef iter_iov_addr
#define iter_iov_addr(iter)	((iter)->iov->iov_base + (iter)->iov_offset)
#define iter_iov_len(iter)	((iter)->iov->iov_len - (iter)->iov_offset)
#endif

#endif /* NC_COMPAT_LINUX_UIO_H */
