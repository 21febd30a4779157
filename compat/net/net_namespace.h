/* SPDX-License-Identifier: GPL-2.0 */
/*
 * register_net_sysctl() found the end of a table by an empty entry, so tables
 * still have one behind the @n that they are registered with.
 * Delete when the oldest kernel is >= 6.6.
 */
#ifndef NC_COMPAT_NET_NET_NAMESPACE_H
#define NC_COMPAT_NET_NET_NAMESPACE_H

#include_next <net/net_namespace.h>

#ifndef register_net_sysctl
static inline struct ctl_table_header *
register_net_sysctl_sz(struct net *net, const char *path,
		       struct ctl_table *table, size_t n)
{
	return register_net_sysctl(net, path, table);
}
#endif

#endif /* NC_COMPAT_NET_NET_NAMESPACE_H */
