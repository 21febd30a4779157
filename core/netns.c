// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces come and go: counters, sysctls and /proc files of each.
 */
#include "core/netns.h"

#include "core/info.h"
#include "core/mib.h"
#include "core/sysctl.h"

unsigned int nc_netns_id __read_mostly;

static int __net_init nc_netns_start(struct net *net)
{
	struct nc_netns *nn = nc_netns(net);
	int err;

	nn->mib = alloc_percpu(struct nc_mib);
	if (!nn->mib)
		return -ENOMEM;
	err = nc_sysctl_init(net);
	if (err)
		goto free_mib;
	err = nc_info_init(net);
	if (err)
		goto exit_sysctl;
	return 0;

exit_sysctl:
	nc_sysctl_exit(net);
free_mib:
	free_percpu(nn->mib);
	return err;
}

static void __net_exit nc_netns_stop(struct net *net)
{
	nc_info_exit(net);
	nc_sysctl_exit(net);
	free_percpu(nc_netns(net)->mib);
}

static struct pernet_operations nc_netns_ops = {
	.init = nc_netns_start,
	.exit = nc_netns_stop,
	.id = &nc_netns_id,
	.size = sizeof(struct nc_netns),
};

int nc_netns_init(void)
{
	return register_pernet_subsys(&nc_netns_ops);
}

void nc_netns_exit(void)
{
	unregister_pernet_subsys(&nc_netns_ops);
}
