/* SPDX-License-Identifier: GPL-2.0 */
/* Options of level SOL_TCP, as far as they mean something here. */
#ifndef NC_VNS_TCPOPT_H
#define NC_VNS_TCPOPT_H

#include <linux/sockptr.h>
#include <linux/types.h>

struct sock;

/**
 * struct nc_tcpopt - options of level SOL_TCP as set; 0: the default
 * @nodelay: TCP_NODELAY
 * @cork: TCP_CORK: every send() is as one with MSG_MORE
 * @keepcnt: TCP_KEEPCNT
 * @keepidle: TCP_KEEPIDLE, seconds
 * @keepintvl: TCP_KEEPINTVL, seconds
 */
struct nc_tcpopt {
	bool	nodelay;
	bool	cork;
	u8	keepcnt;
	u16	keepidle;
	u16	keepintvl;
};

int nc_tcpopt_set(struct sock *sk, int name, sockptr_t val, unsigned int len);
int nc_tcpopt_get(const struct sock *sk, int name, int *v);

#endif /* NC_VNS_TCPOPT_H */
