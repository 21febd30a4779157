/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual socket: its struct, its data lock, and what lies in a received
 * piece. What the files of VNS do with it is in internal.h.
 *
 * "Data lock" is sk->sk_lock.slock, taken by everybody regardless of ownership
 * of the socket. There is no backlog. Ownership (lock_sock) orders
 * applications among each other and nothing else.
 */
#ifndef NC_VNS_SOCK_H
#define NC_VNS_SOCK_H

#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include "core/flow.h"
#include "core/seg.h"
#include "vns/credit.h"
#include "vns/pass.h"
#include "vns/reorder.h"
#include "vns/tcpopt.h"

/* struct nc_sock.bits */
enum {
	NC_SOCK_FIN,		/* the peer's FIN is in order */
	NC_SOCK_WAKE,		/* wake readers at the end of a run */
};

/**
 * struct nc_sock - a virtual socket
 * @inet: must be first. Not an inet_connection_sock: we need nothing of it
 * @flow: what the lower layers know of it
 *
 * Names:
 * @token: const while hashed: names this end
 * @rtoken: data lock: names the other end, 0 until known
 * @birth: const while hashed: orders attempts of one 4-tuple
 * @token_node: lock: table; rcu
 * @tuple_node: lock: table; rcu. A listener's place in its own table
 * @syn_node: lock: table; rcu. While in SYN_SENT, and of crossing connections
 * @unhashed: owner: the application, or its last user: it was in a table
 * @rcu_state: as @unhashed: grace period before it may be in one again
 * @port: owner: the application; TCP socket that owns the port, or NULL
 * @app_type: owner: the application; as set by SO_APP_TYPE
 * @tcpopt: owner: the application
 *
 * Life:
 * @timer: SYN, confirmation, orphan, late push; holds a reference
 * @deadline: data lock: jiffies of what @timer is for, 0 for nothing
 * @busy_ms: data lock: delay before NCSYN goes out again
 * @busy_heard: data lock: the listener answered busy
 * @syn_fresh: data lock: the last NCSYN was answered: there is no child
 * @again: data lock: the last repeated NCSYN or NCSYN_ACK; one reference
 * @bits: atomic: NC_SOCK_*
 * @unconfirmed: data lock: a child whose client was not heard since
 * @orphan: data lock: closed by its application, alive
 * @orphan_asked: data lock: the peer was asked, since nothing had moved
 * @orphan_progress: data lock: nc_credit_snd_progress() at the last look
 * @push_due: data lock: @timer pushes what could not be
 * @remains: data lock: closed and over, held by what is still queued for it
 *
 * Sending:
 * @snd: data lock
 * @rtx: data lock: segments from una to end, in order
 * @send_head: data lock: the first that was never queued, NULL if none
 * @lost: data lock: segments before it whose lane is gone
 * @retrans: data lock: how many were sent again, ever
 * @fin_queued: data lock: the last segment carries FIN
 * @say_blocked: data lock: the next announcement says BLOCKED
 * @say_again: data lock: announce even without news: the peer lost one (R3)
 * @say_probe: data lock: announce with ACKREQ: what does the peer know of us?
 * @say_last: data lock: one more announcement leaves after the end
 * @held: data lock: MSG_MORE: the last segment waits to become longer
 *
 * Receiving:
 * @rcv: data lock
 * @reorder: data lock: of struct nc_range in skb->cb
 * @rcv_fin: data lock: number of the peer's FIN, 0 if it is not known
 * @queued: data lock: bytes in sk_receive_queue
 * @pass: of its readers
 *
 * Accounting:
 * @owed: data lock: forward allocation to take (or give back, negative) when
 *	the socket's owner lets go of it
 * @owed_rmem: data lock: the same of sk_rmem_alloc
 *
 * Listening:
 * @accept_q: data lock of the listener: children by accept_node
 * @accept_node: data lock of the listener
 */
struct nc_sock {
	struct inet_sock	inet;
	struct nc_flow		flow;

	u64			token;
	u64			rtoken;
	u64			birth;
	struct hlist_node	token_node;
	struct hlist_node	tuple_node;
	struct hlist_node	syn_node;
	unsigned long		rcu_state;
	bool			unhashed;
	struct socket		*port;
	u8			app_type;
	struct nc_tcpopt	tcpopt;

	struct timer_list	timer;
	unsigned long		deadline;
	unsigned int		busy_ms;
	bool			busy_heard;
	bool			syn_fresh;
	struct nc_seg		*again;
	unsigned long		bits;
	bool			unconfirmed;
	bool			orphan;
	bool			orphan_asked;
	bool			push_due;
	bool			remains;
	u64			orphan_progress;

	struct nc_credit_snd	snd;
	struct list_head	rtx;
	struct nc_seg		*send_head;
	u32			lost;
	u32			retrans;
	bool			fin_queued;
	bool			say_blocked;
	bool			say_again;
	bool			say_probe;
	bool			say_last;
	bool			held;

	struct nc_credit_rcv	rcv;
	struct nc_reorder	reorder;
	u64			rcv_fin;
	u32			queued;
	struct nc_pass		pass;

	int			owed;
	int			owed_rmem;

	struct list_head	accept_q;
	struct list_head	accept_node;
};

/* ipv6_pinfo last: the core computes its place from the object's size */
struct nc6_sock {
	struct nc_sock		nc;
	struct ipv6_pinfo	inet6;
};

static inline struct nc_sock *nc_sk(const struct sock *sk)
{
	return (struct nc_sock *)sk;
}

static inline struct sock *nc_flow_sk(const struct nc_flow *flow)
{
	return (struct sock *)container_of(flow, struct nc_sock, flow);
}

static inline void nc_data_lock(struct sock *sk)
{
	spin_lock_bh(&sk->sk_lock.slock);
}

static inline void nc_data_unlock(struct sock *sk)
{
	spin_unlock_bh(&sk->sk_lock.slock);
}

static inline bool nc_state_in(const struct sock *sk, int states)
{
	return (1 << READ_ONCE(sk->sk_state)) & states;
}

/* what lies in skb->cb of a received piece; range first, for the reorder set */
struct nc_rx_cb {
	struct nc_range	range;
	u32		charge;
};

static inline struct nc_rx_cb *nc_rx_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct nc_rx_cb) > sizeof(skb->cb));
	return (struct nc_rx_cb *)skb->cb;
}

#endif /* NC_VNS_SOCK_H */
