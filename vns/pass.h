/* SPDX-License-Identifier: GPL-2.0 */
/* Latency sockets' threads pass those that copy bulk: core/hurry.h. */
#ifndef NC_VNS_PASS_H
#define NC_VNS_PASS_H

#include "core/hurry.h"

struct sock;
struct task_struct;

/**
 * struct nc_pass - of a socket
 * @reader: racy-ok: a task that waits in recvmsg(); it takes itself out
 * @seen_cpu: racy-ok: where a thread last looked at the socket
 * @slot: atomic: of nc_hurry_begin()
 */
struct nc_pass {
	struct task_struct	*reader;
	int			seen_cpu;
	int			slot;
};

/* readers were woken; any context */
void nc_pass_woken(struct sock *sk);

/* a thread looks at the socket: it runs; process context */
void nc_pass_runs(struct sock *sk);

/* bulk was copied: let others pass; may sleep, no spinlock */
void nc_pass_others(struct sock *sk);

#endif /* NC_VNS_PASS_H */
