// SPDX-License-Identifier: GPL-2.0
/*
 * The table of lane scheduling policies and the default one. The built-in
 * ones come through the same door as anybody's.
 */
#include "netscheduler/internal.h"

#include <linux/export.h>
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(nc_policy_lock);	/* the list and the default */
static LIST_HEAD(nc_policy_list);
static struct nc_sched_ops *nc_policy_default = &nc_policy_class;

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

int nc_sched_register(struct nc_sched_ops *ops)
{
	/* built-in ones have no owner, and are never gone */
	return ops->owner ? nc_policy_add(ops) : -EINVAL;
}
EXPORT_SYMBOL_NC(nc_sched_register);

/* flows that have it keep it, and its module */
void nc_sched_unregister(struct nc_sched_ops *ops)
{
	spin_lock_bh(&nc_policy_lock);
	if (nc_policy_find(ops->name) == ops)
		list_del(&ops->list);
	if (nc_policy_default == ops)
		nc_policy_default = &nc_policy_class;
	spin_unlock_bh(&nc_policy_lock);
}
EXPORT_SYMBOL_NC(nc_sched_unregister);

/* NULL also while its module comes down: as if it were not registered */
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
	return ops ?: &nc_policy_class;	/* built in, owner NULL */
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

static struct nc_sched_ops *const nc_policy_builtin[] = {
	&nc_policy_class, &nc_policy_hash, &nc_policy_rr, &nc_policy_shortest,
};

/* where policy_bpf.c is not linked */
int __weak nc_policy_bpf_init(void)
{
	return 0;
}

/* the built-in ones stay as long as the list does */
int nc_policy_init(void)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(nc_policy_builtin); i++) {
		err = nc_policy_add(nc_policy_builtin[i]);
		if (err)	/* incomplete, or two of one name */
			return err;
	}
	return nc_policy_bpf_init();
}
