/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of NetScheduler share. */
#ifndef NC_NETSCHEDULER_INTERNAL_H
#define NC_NETSCHEDULER_INTERNAL_H

#include "netscheduler/netscheduler.h"

/* registry.c: -EINVAL (incomplete table, API), -EEXIST */
int nc_policy_add(struct nc_sched_ops *ops);
void nc_policy_del(struct nc_sched_ops *ops);
/* counted by its module; under rcu or any context; NULL if there is none */
const struct nc_sched_ops *nc_policy_get(const char *name);
const struct nc_sched_ops *nc_policy_get_default(void);
void nc_policy_put(const struct nc_sched_ops *ops);
ssize_t nc_policy_show(char *buf);
int nc_policy_store(const char *buf);

#endif /* NC_NETSCHEDULER_INTERNAL_H */
