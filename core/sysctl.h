/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to a network namespace and can be set there: getters of
 * net.netchannel.*. The table itself is private to sysctl.c.
 */
#ifndef NC_CORE_SYSCTL_H
#define NC_CORE_SYSCTL_H

#include <linux/types.h>

struct net;

/**
 * struct nc_sysctl_hooks - what only the layers above core know
 * @transport_known: may new channels use the transport of this name?
 * @script_set: take one line of a script for the loop transport; 0 or -errno
 * @script_show: print what is left of the script, "" if there is none; 0 or
 *	more, or -errno
 *
 * All are called in process context, one at a time, and may sleep.
 */
struct nc_sysctl_hooks {
	bool	(*transport_known)(const char *name);
	int	(*script_set)(struct net *net, const char *line);
	int	(*script_show)(struct net *net, char *buf, size_t n);
};

/* NULL: waits until no hook runs; without hooks their files refuse writes */
void nc_sysctl_set_hooks(const struct nc_sysctl_hooks *hooks);

int nc_sysctl_init(struct net *net);
void nc_sysctl_exit(struct net *net);

u16 nc_sysctl_port(const struct net *net);	/* channel port */
bool nc_sysctl_listen_always(const struct net *net);
/* name of the transport for new channels, at least 16 bytes of @buf */
void nc_sysctl_transport(const struct net *net, char *buf);
unsigned int nc_sysctl_peer_timeout(const struct net *net);	/* seconds */
unsigned int nc_sysctl_orphan_timeout(const struct net *net);	/* seconds */
unsigned int nc_sysctl_max_orphans(const struct net *net);
unsigned int nc_sysctl_syn_retries(const struct net *net);
unsigned int nc_sysctl_max_unaccepted(const struct net *net);	/* a peer */

#endif /* NC_CORE_SYSCTL_H */
