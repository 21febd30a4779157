/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transport "tcp": a channel is one kernel TCP connection. What its files
 * share; nobody else includes this.
 */
#ifndef NC_NETDRIVER_TCP_H
#define NC_NETDRIVER_TCP_H

#include "netdriver/channel_ops.h"

#include <linux/workqueue.h>
#include <net/sock.h>

/* struct nc_tcp.bits */
#define NC_TCP_UP	0	/* nc_chan_opened() was called */
#define NC_TCP_OVER	1	/* nothing more is passed up */

#define NC_TCP_LOCKS	3	/* ownership, spinlock, callback lock */

/**
 * struct nc_tcp_class - lockdep classes to give back to a socket
 * @key: owner: who set them
 */
struct nc_tcp_class {
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct lock_class_key	*key[NC_TCP_LOCKS];
#endif
};

/**
 * struct nc_tcp - nc_chan_priv() of a channel
 * @ch: const: the channel
 * @sock: owner: open, close; the connection, NULL before and after
 * @sk: rcu: @sock->sk for hints without a lock. Memory of TCP sockets stays
 *	TCP sockets for a grace period, so a stale one is a wrong hint at worst
 * @sender: racy-ok: the task inside xmit, only compared with current
 * @data_ready: const: TCP's own callback
 * @state_change: const: TCP's own callback
 * @write_space: const: TCP's own callback
 * @again: transmission failed for want of memory, not of room
 * @bits: atomic
 * @class: owner: xmit; what the socket was tuned for
 * @spread: owner: xmit; the hash that it has, 0: TCP's own
 * @lockdep: owner: open, close
 */
struct nc_tcp {
	struct nc_chan		*ch;
	struct socket		*sock;
	struct sock		*sk;
	struct task_struct	*sender;
	void			(*data_ready)(struct sock *sk);
	void			(*state_change)(struct sock *sk);
	void			(*write_space)(struct sock *sk);
	struct delayed_work	again;
	unsigned long		bits;
	u32			spread;
	u8			class;
	struct nc_tcp_class	lockdep;
};

/**
 * struct nc_tcp_listener - nc_listener_priv()
 * @l: const: the listener
 * @sock: owner: listen, unlisten
 * @data_ready: const: TCP's own callback; children inherit ours
 * @accept: runs nc_tcp_listen_work()
 * @lockdep: owner: listen, unlisten
 */
struct nc_tcp_listener {
	struct nc_listener	*l;
	struct socket		*sock;
	void			(*data_ready)(struct sock *sk);
	struct delayed_work	accept;
	struct nc_tcp_class	lockdep;
};

extern struct workqueue_struct *nc_tcp_wq;

/* tcp.c */
void nc_tcp_tune(struct sock *sk);
void nc_tcp_tune_class(struct nc_tcp *tc, u8 class);
void nc_tcp_tune_spread(struct nc_tcp *tc);
int nc_tcp_addr_put(struct sockaddr_storage *ss, const struct in6_addr *addr,
		    u16 port, int oif);
int nc_tcp_addr_get(const struct sockaddr_storage *ss, struct in6_addr *addr,
		    u16 *port);

/* connect.c */
int nc_tcp_open(struct nc_chan *ch);
void nc_tcp_close(struct nc_chan *ch, bool abort);
struct nc_tcp *nc_tcp_attach(struct nc_chan *ch, struct socket *sock);

/* listen.c */
int nc_tcp_listen(struct nc_listener *l);
void nc_tcp_unlisten(struct nc_listener *l);

/* callbacks.c */
void nc_tcp_callbacks_set(struct nc_tcp *tc,
			  void (*data_ready)(struct sock *sk));
void nc_tcp_callbacks_restore(struct nc_tcp *tc);
void nc_tcp_up(struct nc_tcp *tc);
bool nc_tcp_over(struct nc_tcp *tc, struct sock *sk);

/* send.c */
int nc_tcp_xmit(struct nc_chan *ch, const struct bio_vec *bv, unsigned int nr,
		size_t skip, size_t len, unsigned int flags);
u32 nc_tcp_unsent(const struct nc_chan *ch);
void nc_tcp_send_again(struct work_struct *work);

/* recv.c */
int nc_tcp_rx_run(struct nc_chan *ch, int budget);
void nc_tcp_recv_ready(struct nc_tcp *tc, struct sock *sk);

/* class.c: process context, take the socket's locks */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
void nc_tcp_class_set(struct nc_tcp_class *c, struct sock *sk, bool accepted);
void nc_tcp_class_restore(struct nc_tcp_class *c, struct sock *sk);
#else
static inline void nc_tcp_class_set(struct nc_tcp_class *c, struct sock *sk,
				    bool accepted) {}
static inline void nc_tcp_class_restore(struct nc_tcp_class *c,
					struct sock *sk) {}
#endif

#endif /* NC_NETDRIVER_TCP_H */
