/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Callbacks that take an address of any family took a struct sockaddr.
 * Delete when the oldest kernel is >= 6.19.
 */
#ifndef NC_COMPAT_LINUX_SOCKET_H
#define NC_COMPAT_LINUX_SOCKET_H

#include_next <linux/socket.h>

#ifndef NC_HAVE_SOCKADDR_UNSIZED
#define sockaddr_unsized	sockaddr
#endif

#endif /* NC_COMPAT_LINUX_SOCKET_H */
