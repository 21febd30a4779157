/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flags of an inet_sock were bit fields under the socket lock.
 * Delete when the oldest kernel is >= 6.6.
 */
#ifndef NC_COMPAT_NET_INET_SOCK_H
#define NC_COMPAT_NET_INET_SOCK_H

#include_next <net/inet_sock.h>

#ifndef inet_test_bit
#define NC_INET_BIT_RECVERR			recverr
#define NC_INET_BIT_IS_ICSK			is_icsk
#define NC_INET_BIT_FREEBIND			freebind
#define NC_INET_BIT_TRANSPARENT			transparent
#define NC_INET_BIT_MC_LOOP			mc_loop
#define NC_INET_BIT_MC_ALL			mc_all
#define NC_INET_BIT_BIND_ADDRESS_NO_PORT	bind_address_no_port
#define NC_INET_BIT_DEFER_CONNECT		defer_connect

#define inet_test_bit(nr, sk)	(inet_sk(sk)->NC_INET_BIT_##nr)
#define inet_set_bit(nr, sk)	(inet_sk(sk)->NC_INET_BIT_##nr = 1)
#define inet_clear_bit(nr, sk)	(inet_sk(sk)->NC_INET_BIT_##nr = 0)
#define inet_assign_bit(nr, sk, val) \
	(inet_sk(sk)->NC_INET_BIT_##nr = !!(val))
#endif

#endif /* NC_COMPAT_NET_INET_SOCK_H */
