/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow labels of a socket moved from ipv6_pinfo to inet_sock.
 * Delete when the oldest kernel is >= 7.2.
 */
#ifndef NC_COMPAT_LINUX_IPV6_H
#define NC_COMPAT_LINUX_IPV6_H

#include_next <linux/ipv6.h>

/* of a new socket whose ipv6_pinfo was copied from another */
static inline void nc_compat_forget_flow_labels(struct sock *sk)
{
#ifdef NC_HAVE_INET_FL_LIST
	RCU_INIT_POINTER(inet_sk(sk)->ipv6_fl_list, NULL);
#else
	RCU_INIT_POINTER(inet6_sk(sk)->ipv6_fl_list, NULL);
#endif
}

#endif /* NC_COMPAT_LINUX_IPV6_H */
