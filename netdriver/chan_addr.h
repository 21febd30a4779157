/* SPDX-License-Identifier: GPL-2.0 */
/* What a channel is between, and what its transport tells of it. */
#ifndef NC_NETDRIVER_CHAN_ADDR_H
#define NC_NETDRIVER_CHAN_ADDR_H

#include <linux/in6.h>
#include <linux/types.h>

/**
 * struct nc_chan_addr - the ends of a channel
 * @raddr: remote address, IPv4 as mapped
 * @laddr: local address, any if it does not matter
 * @oif: device or scope, 0 for any
 * @mark: firewall mark
 * @port: remote channel port, host byte order
 * @node: NUMA node that it is served on, or NUMA_NO_NODE: where connect() was
 *	called, or the accepting transport says that its packets come in
 */
struct nc_chan_addr {
	struct in6_addr	raddr;
	struct in6_addr	laddr;
	int		oif;
	u32		mark;
	u16		port;
	int		node;
};

/**
 * struct nc_chan_info - what a transport tells of a channel for the lists
 * @cwnd: congestion window in bytes, 0 if there is none
 * @rtt_us: smoothed round-trip time
 * @retrans: segments that the transport sent again
 * @lport: local port
 * @rport: remote port
 */
struct nc_chan_info {
	u32	cwnd;
	u32	rtt_us;
	u32	retrans;
	u16	lport;
	u16	rport;
};

#endif /* NC_NETDRIVER_CHAN_ADDR_H */
