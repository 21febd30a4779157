/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The header moved from asm/ to linux/.
 * Delete when the oldest kernel is >= 6.12.
 */
#ifndef NC_COMPAT_LINUX_UNALIGNED_H
#define NC_COMPAT_LINUX_UNALIGNED_H

#if __has_include_next(<linux/unaligned.h>)
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif /* NC_COMPAT_LINUX_UNALIGNED_H */
