// SPDX-License-Identifier: GPL-2.0
/*
 * The table of transports. The built-in ones come through the same door as
 * anybody's.
 */
#include "netdriver/internal.h"

#include <linux/export.h>
#include <linux/module.h>

static DEFINE_MUTEX(nc_registry_lock);
static LIST_HEAD(nc_registry_list);

static struct nc_channel_ops *nc_registry_find(const char *name)
{
	struct nc_channel_ops *ops;

	lockdep_assert_held(&nc_registry_lock);
	list_for_each_entry(ops, &nc_registry_list, list)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

int nc_transport_register(struct nc_channel_ops *ops)
{
	int err;

	if (ops->api != NC_CHANNEL_API || !ops->owner || !ops->name[0] ||
	    !ops->xmit || !ops->rx_run || !ops->unsent || !ops->open ||
	    !ops->close || !ops->listen || !ops->unlisten)
		return -EINVAL;
	/* may register pernet operations: not under our lock */
	err = ops->init ? ops->init() : 0;
	if (err)
		return err;
	mutex_lock(&nc_registry_lock);
	if (nc_registry_find(ops->name))
		err = -EEXIST;
	else
		list_add_tail(&ops->list, &nc_registry_list);
	mutex_unlock(&nc_registry_lock);
	if (err && ops->exit)
		ops->exit();
	return err;
}
EXPORT_SYMBOL_NC(nc_transport_register);

/* in its module's exit: then no channel and no listener has it */
void nc_transport_unregister(struct nc_channel_ops *ops)
{
	bool known;

	mutex_lock(&nc_registry_lock);
	known = nc_registry_find(ops->name) == ops;
	if (known)
		list_del(&ops->list);
	mutex_unlock(&nc_registry_lock);
	if (known && ops->exit)
		ops->exit();
}
EXPORT_SYMBOL_NC(nc_transport_unregister);

const struct nc_channel_ops *nc_registry_get(const char *name)
{
	struct nc_channel_ops *ops;

	mutex_lock(&nc_registry_lock);
	ops = nc_registry_find(name);
	/* a built-in one cannot go away while its user runs */
	if (ops && ops->owner != THIS_MODULE && !try_module_get(ops->owner))
		ops = NULL;
	mutex_unlock(&nc_registry_lock);
	return ops;
}

void nc_registry_put(const struct nc_channel_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		module_put(ops->owner);
}

int nc_registry_init(void)
{
	int err;

	err = nc_transport_register(&nc_tcp_ops);
	if (err)
		return err;
	err = nc_transport_register(&nc_loop_ops);
	if (err)
		nc_transport_unregister(&nc_tcp_ops);
	return err;
}

void nc_registry_exit(void)
{
	nc_transport_unregister(&nc_loop_ops);
	nc_transport_unregister(&nc_tcp_ops);
}
