// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/netchannel/: what is to be seen of a netns. "stat" has a name and
 * a value in each line; the lists of the layers print themselves.
 */
#include "core/info.h"

#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include "core/mib.h"
#include "core/netns.h"

#define NC_INFO_FILES	8
#define NC_INFO_GAUGES	4

/**
 * struct nc_info_gauge - a line that is computed
 * @name: lock: nc_info_gauge_lock. NULL: free
 * @read: lock: nc_info_gauge_lock
 */
struct nc_info_gauge {
	const char	*name;
	u64		(*read)(const struct net *net);
};

/**
 * struct nc_info_file - a file that every netns has
 * @name: lock: nc_info_lock. NULL: free
 * @show: lock: nc_info_lock
 */
struct nc_info_file {
	const char	*name;
	int		(*show)(struct seq_file *m, void *v);
};

static int nc_info_stat(struct seq_file *m, void *v);

/* files, and which netns has them; readers of files do not take it */
static DEFINE_MUTEX(nc_info_lock);
static LIST_HEAD(nc_info_nets);
static struct nc_info_file nc_info_files[NC_INFO_FILES] = {
	{ "stat", nc_info_stat },
};

/* taken by readers of "stat" */
static DEFINE_MUTEX(nc_info_gauge_lock);
static struct nc_info_gauge nc_info_gauges[NC_INFO_GAUGES];

int nc_info_gauge_add(const char *name, u64 (*read)(const struct net *net))
{
	struct nc_info_gauge *g;
	int err = -ENOSPC;

	mutex_lock(&nc_info_gauge_lock);
	for (g = nc_info_gauges; g < nc_info_gauges + NC_INFO_GAUGES; g++) {
		if (g->name)
			continue;
		g->name = name;
		g->read = read;
		err = 0;
		break;
	}
	mutex_unlock(&nc_info_gauge_lock);
	return err;
}

void nc_info_gauge_del(const char *name)
{
	struct nc_info_gauge *g;

	mutex_lock(&nc_info_gauge_lock);
	for (g = nc_info_gauges; g < nc_info_gauges + NC_INFO_GAUGES; g++)
		if (g->name && !strcmp(g->name, name))
			g->name = NULL;
	mutex_unlock(&nc_info_gauge_lock);
}

static void nc_info_objects(struct seq_file *m)
{
	int i;

	for (i = 0; i < NC_OBJ_NR / 2; i++) {
		/* in this order: an object may come and go in between */
		u64 del = nc_obj_sum(2 * i + 1);
		u64 new = nc_obj_sum(2 * i);
		const char *name = nc_obj_names[i];

		seq_printf(m, "%sCreated %llu\n", name, new);
		seq_printf(m, "%sDestroyed %llu\n", name, del);
		seq_printf(m, "%ss %llu\n", name, new - del);
	}
}

static int nc_info_stat(struct seq_file *m, void *v)
{
	struct net *net = seq_file_single_net(m);
	const struct nc_info_gauge *g;
	int i;

	for (i = 0; i < NC_MIB_NR; i++)
		seq_printf(m, "%s %llu\n", nc_mib_names[i], nc_mib_sum(net, i));
	nc_info_objects(m);

	mutex_lock(&nc_info_gauge_lock);
	for (g = nc_info_gauges; g < nc_info_gauges + NC_INFO_GAUGES; g++)
		if (g->name)
			seq_printf(m, "%s %llu\n", g->name, g->read(net));
	mutex_unlock(&nc_info_gauge_lock);
	return 0;
}

static int nc_info_make(struct nc_netns *nn, const struct nc_info_file *f)
{
	if (!proc_create_net_single(f->name, 0444, nn->proc, f->show, NULL))
		return -ENOMEM;
	return 0;
}

static struct nc_info_file *nc_info_find(const char *name)
{
	struct nc_info_file *f;

	for (f = nc_info_files; f < nc_info_files + NC_INFO_FILES; f++)
		if (name ? f->name && !strcmp(f->name, name) : !f->name)
			return f;
	return NULL;
}

int nc_info_add(const char *name, int (*show)(struct seq_file *m, void *v))
{
	struct nc_info_file *f;
	struct nc_netns *nn;
	int err = -ENOSPC;

	mutex_lock(&nc_info_lock);
	f = nc_info_find(NULL);
	if (WARN_ON_ONCE(!f))
		goto unlock;
	f->name = name;
	f->show = show;
	list_for_each_entry(nn, &nc_info_nets, info_node) {
		err = nc_info_make(nn, f);
		if (err)
			goto undo;
	}
	mutex_unlock(&nc_info_lock);
	return 0;

undo:
	list_for_each_entry_continue_reverse(nn, &nc_info_nets, info_node)
		remove_proc_entry(name, nn->proc);
	f->name = NULL;
unlock:
	mutex_unlock(&nc_info_lock);
	return err;
}

void nc_info_del(const char *name)
{
	struct nc_info_file *f;
	struct nc_netns *nn;

	mutex_lock(&nc_info_lock);
	f = nc_info_find(name);
	if (f) {
		list_for_each_entry(nn, &nc_info_nets, info_node)
			remove_proc_entry(name, nn->proc);
		f->name = NULL;
	}
	mutex_unlock(&nc_info_lock);
}

int nc_info_init(struct net *net)
{
	struct nc_netns *nn = nc_netns(net);
	const struct nc_info_file *f;
	int err = 0;

	nn->proc = proc_net_mkdir(net, "netchannel", net->proc_net);
	if (!nn->proc)
		return -ENOMEM;
	mutex_lock(&nc_info_lock);
	for (f = nc_info_files; f < nc_info_files + NC_INFO_FILES; f++) {
		if (f->name)
			err = nc_info_make(nn, f);
		if (err)
			break;
	}
	if (!err)
		list_add_tail(&nn->info_node, &nc_info_nets);
	mutex_unlock(&nc_info_lock);
	if (err)
		remove_proc_subtree("netchannel", net->proc_net);
	return err;
}

void nc_info_exit(struct net *net)
{
	mutex_lock(&nc_info_lock);
	list_del(&nc_netns(net)->info_node);
	mutex_unlock(&nc_info_lock);
	remove_proc_subtree("netchannel", net->proc_net);
}
