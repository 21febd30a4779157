/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel as seen by pure files (wire, frame, reorder, credit, policies):
 * types, byte order, rbtree. The unit tests put a header with the same guard
 * in its place, so these files are compiled for user space unchanged.
 */
#ifndef NC_CORE_ENV_H
#define NC_CORE_ENV_H

#include <linux/build_bug.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#endif /* NC_CORE_ENV_H */
