// SPDX-License-Identifier: GPL-2.0
/*
 * The table of lane scheduling policies and the default one. The built-in
 * ones come through the same door as anybody's.
 */
#include "netscheduler/internal.h"

#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(nc_policy_lock);	/* the list and the default */
static LIST_HEAD(nc_policy_list);
static struct nc_sched_ops *nc_policy_default = &nc_policy_rr;

static struct nc_sched_ops *nc_policy_find(const char *name)
{
	struct nc_sched_ops *ops;

	lockdep_assert_held(&nc_policy_lock);
	list_for_each_entry(ops, &nc_policy_list, list)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

int nc_policy_add(struct nc_sched_ops *ops)
{
	int err = 0;

	if (ops->api != NC_SCHED_API || !ops->pick || !ops->name[0] ||
	    !memchr(ops->name, 0, sizeof(ops->name)))
		return -EINVAL;
	spin_lock_bh(&nc_policy_lock);
	if (nc_policy_find(ops->name))
		err = -EEXIST;
	else
		list_add_tail(&ops->list, &nc_policy_list);
	spin_unlock_bh(&nc_policy_lock);
	return err;
}

void nc_policy_del(struct nc_sched_ops *ops)
{
	spin_lock_bh(&nc_policy_lock);
	list_del(&ops->list);
	if (nc_policy_default == ops)
		nc_policy_default = &nc_policy_rr;
	spin_unlock_bh(&nc_policy_lock);
}

static const struct nc_sched_ops *nc_policy_hold(struct nc_sched_ops *ops)
{
	return ops && try_module_get(ops->owner) ? ops : NULL;
}

const struct nc_sched_ops *nc_policy_get(const char *name)
{
	const struct nc_sched_ops *ops;

	spin_lock_bh(&nc_policy_lock);
	ops = nc_policy_hold(nc_policy_find(name));
	spin_unlock_bh(&nc_policy_lock);
	return ops;
}

const struct nc_sched_ops *nc_policy_get_default(void)
{
	const struct nc_sched_ops *ops;

	spin_lock_bh(&nc_policy_lock);
	ops = nc_policy_hold(nc_policy_default);
	spin_unlock_bh(&nc_policy_lock);
	return ops ?: &nc_policy_rr;	/* built in, owner NULL */
}

void nc_policy_put(const struct nc_sched_ops *ops)
{
	module_put(ops->owner);
}

ssize_t nc_policy_show(char *buf)
{
	ssize_t n;

	spin_lock_bh(&nc_policy_lock);
	n = sysfs_emit(buf, "%s\n", nc_policy_default->name);
	spin_unlock_bh(&nc_policy_lock);
	return n;
}

/* sockets that are made from now on */
int nc_policy_store(const char *buf)
{
	char name[NC_SCHED_NAME_MAX];
	struct nc_sched_ops *ops;

	if (strscpy(name, buf, sizeof(name)) < 0)
		return -EINVAL;
	spin_lock_bh(&nc_policy_lock);
	ops = nc_policy_find(strim(name));
	if (ops)
		nc_policy_default = ops;
	spin_unlock_bh(&nc_policy_lock);
	return ops ? 0 : -EINVAL;
}
