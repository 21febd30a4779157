/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sched_ops.h for a BPF program, which fills the same table as a module: stands
 * in for core/env.h, whose include guard it has. Where the members are is found
 * out when the program is loaded, so one object fits several builds of the
 * module.
 */
#ifndef NC_CORE_ENV_H
#define NC_CORE_ENV_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

struct list_head {
	struct list_head *next, *prev;
};

#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
#include "netscheduler/sched_ops.h"
#pragma clang attribute pop

#endif /* NC_CORE_ENV_H */
