/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What core/ keeps of each network namespace. Other layers keep their own by
 * their own pernet_operations, registered later and so gone earlier.
 */
#ifndef NC_CORE_NETNS_H
#define NC_CORE_NETNS_H

#include <linux/list.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

struct nc_mib;
struct nc_sysctl;
struct proc_dir_entry;

/**
 * struct nc_netns - state of core/
 * @mib: const: counters
 * @sysctl: const: values of net.netchannel.*
 * @proc: const: /proc/net/netchannel
 * @info_node: lock: nc_info_lock
 * @orphans: atomic; closed sockets whose data is still under way
 */
struct nc_netns {
	struct nc_mib __percpu	*mib;
	struct nc_sysctl	*sysctl;
	struct proc_dir_entry	*proc;
	struct list_head	info_node;
	atomic_t		orphans;
};

extern unsigned int nc_netns_id;

int nc_netns_init(void);
void nc_netns_exit(void);

/* from init to exit of the later pernet_operations */
static inline struct nc_netns *nc_netns(const struct net *net)
{
	return net_generic(net, nc_netns_id);
}

#endif /* NC_CORE_NETNS_H */
