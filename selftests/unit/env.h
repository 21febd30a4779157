/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stands in for core/env.h, whose include guard it has: the pure files are
 * compiled for user space unchanged. Everything but a few names comes from
 * tools/include of a kernel source, rbtree included.
 */
#ifndef NC_CORE_ENV_H
#define NC_CORE_ENV_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX

#endif /* NC_CORE_ENV_H */
