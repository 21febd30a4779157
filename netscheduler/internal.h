/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of NetScheduler share. */
#ifndef NC_NETSCHEDULER_INTERNAL_H
#define NC_NETSCHEDULER_INTERNAL_H

#include "netscheduler/netscheduler.h"
#include "netscheduler/policy.h"

/* registry.c: the built-in policies */
int nc_policy_init(void);
/* 0, -EINVAL, -EEXIST: as nc_sched_register(), also without an owner */
int nc_policy_add(struct nc_sched_ops *ops);
/* policy_bpf.c, where the kernel has what it needs: "bpf" is there */
int nc_policy_bpf_init(void);
/* counted by its module; under rcu or any context; NULL if there is none */
const struct nc_sched_ops *nc_policy_get(const char *name);
const struct nc_sched_ops *nc_policy_get_default(void);
void nc_policy_put(const struct nc_sched_ops *ops);
ssize_t nc_policy_show(char *buf);
int nc_policy_store(const char *buf);

#endif /* NC_NETSCHEDULER_INTERNAL_H */
