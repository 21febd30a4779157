/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What an application may rely on: the protocol number of virtual sockets,
 * their option level and options. The wire format is not here, it is no UAPI.
 */
#ifndef _UAPI_LINUX_NETCHANNEL_H
#define _UAPI_LINUX_NETCHANNEL_H

#include <linux/types.h>

/*
 * socket(AF_INET or AF_INET6, SOCK_STREAM, IPPROTO_VIRTUAL_SOCK). Above 255,
 * so it can never be on the wire; below IPPROTO_MAX of every kernel.
 */
#define IPPROTO_VIRTUAL_SOCK	258

/* level of setsockopt() and getsockopt() */
#define SOL_VIRTUAL_SOCK	328

/* options */
#define SO_APP_TYPE	1	/* int: one of enum nc_app_type */
#define SO_VS_SCHED	2	/* string: name of the lane scheduler */
#define SO_VS_INFO	3	/* struct nc_info, read only */

/**
 * enum nc_app_type - what an application wants of its virtual socket
 * @NC_APP_AUTO: the default: the module decides
 * @NC_APP_LATENCY: short messages whose delay counts
 * @NC_APP_THROUGHPUT: bulk data
 */
enum nc_app_type {
	NC_APP_AUTO = 0,
	NC_APP_LATENCY = 1,
	NC_APP_THROUGHPUT = 2,
};

#define NC_SCHED_NAME_MAX	16

/**
 * struct nc_info - answer of SO_VS_INFO
 * @state: TCP_ESTABLISHED and so on, as in struct tcp_info
 * @app_type: the class in force: NC_APP_LATENCY or NC_APP_THROUGHPUT
 * @lanes: channels of that class which are up
 * @retrans_segs: segments sent again because their channel was lost
 * @snd_una: bytes of the own stream that the peer acknowledged
 * @snd_nxt: bytes of the own stream handed to channels
 * @rcv_nxt: bytes received in order
 * @snd_wnd: bytes which the peer would still take
 * @rcv_wnd: receive window in bytes
 * @rcv_ooo: bytes received out of order and waiting
 *
 * May grow at its end; the kernel copies the shorter of both lengths.
 */
struct nc_info {
	__u8	state;
	__u8	app_type;
	__u16	lanes;
	__u32	retrans_segs;
	__u64	snd_una;
	__u64	snd_nxt;
	__u64	rcv_nxt;
	__u64	snd_wnd;
	__u32	rcv_wnd;
	__u32	rcv_ooo;
};

#endif /* _UAPI_LINUX_NETCHANNEL_H */
