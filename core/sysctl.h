/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to a network namespace and can be set there: getters of
 * net.netchannel.*. The table itself is private to sysctl.c.
 */
#ifndef NC_CORE_SYSCTL_H
#define NC_CORE_SYSCTL_H

#include <linux/types.h>

struct net;

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
