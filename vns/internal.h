/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of VNS do for each other. The socket itself is in sock.h.
 */
#ifndef NC_VNS_INTERNAL_H
#define NC_VNS_INTERNAL_H

#include "netscheduler/netscheduler.h"
#include "uapi/linux/netchannel.h"
#include "vns/sock.h"

/* sock.c */
extern struct proto nc_prot, nc6_prot;
int nc_sock_init(struct sock *sk);
/* a child: what nc_sock_init() does, without the application's context */
void nc_sock_setup(struct sock *sk);
void nc_sock_destruct(struct sock *sk);
u64 nc_sock_orphans(const struct net *net);
bool nc_sock_too_many_orphans(const struct sock *sk);
void nc_sock_count_orphan(struct sock *sk, int n);
/* data lock: the application's reference goes, the connection is over */
void nc_sock_leave(struct sock *sk);
/*
 * The connection is over, data lock held: CLOSE, out of all tables and lists,
 * nothing more is sent. @err for the application, 0 for none. Wakes. An
 * orphan's last reference goes: the caller holds one of its own.
 */
void nc_sock_done(struct sock *sk, int err);
/* the same after telling the peer why: RST */
void nc_sock_abort(struct sock *sk, u32 reason, int err);
/* start or stop the timer, data lock held; @delay in jiffies */
void nc_sock_timer_set(struct sock *sk, unsigned long delay);
void nc_sock_timer_stop(struct sock *sk);
/* a transmit that could not be now: try again in @delay jiffies */
void nc_sock_push_later(struct sock *sk, unsigned long delay);
int nc_sock_proc_show(struct seq_file *m, void *v);

/* mem.c */
extern atomic_long_t nc_mem_allocated;
extern struct percpu_counter nc_mem_sockets;
extern unsigned long nc_mem_pressure;
DECLARE_PER_CPU(int, nc_mem_fw_alloc);
extern long nc_mem_limits[3];
int nc_mem_init(void);
void nc_mem_exit(void);
bool nc_mem_charge_rx(struct sock *sk, u32 n);		/* data lock */
void nc_mem_uncharge_rx(struct sock *sk, u32 n);	/* data lock */
void nc_mem_uncharge_tx(struct sock *sk, u32 n);	/* data lock */
void nc_mem_release_cb(struct sock *sk);
void nc_mem_enter_pressure(struct sock *sk);
void nc_mem_leave_pressure(struct sock *sk);

/* table.c */
int nc_table_init(void);
void nc_table_exit(void);
void nc_table_add_token(struct nc_sock *nsk);
/* lookups return a counted reference or NULL */
struct sock *nc_table_find_token(u64 token);
struct sock *nc_table_find_echo(u32 low, u64 rtoken,
				const struct nc_peer *peer);
/* -EADDRNOTAVAIL if the 4-tuple is taken */
int nc_table_add_tuple(struct nc_sock *nsk, struct nc_peer *peer);
struct sock *nc_table_find_tuple(const struct nc_peer *peer, u16 lport,
				 u16 rport);
/* choose a local port and enter the 4-tuple */
int nc_table_bind_tuple(struct nc_sock *nsk, struct nc_peer *peer);
void nc_table_add_syn(struct nc_sock *nsk);
struct sock *nc_table_find_syn(struct net *net, const struct in6_addr *laddr,
			       const struct in6_addr *raddr, u16 lport,
			       u16 rport);
void nc_table_del_syn(struct nc_sock *nsk);
void nc_table_del(struct nc_sock *nsk);		/* from all of them */
/* before a socket is entered again; may sleep */
void nc_table_quiesce(struct nc_sock *nsk);
void nc_table_add_listener(struct nc_sock *nsk);
void nc_table_del_listener(struct nc_sock *nsk);
struct sock *nc_table_find_listener(struct net *net,
				    const struct in6_addr *laddr, u16 port,
				    int iif, u32 hash);
/* call @fn for each hashed socket of a netns */
void nc_table_walk(struct net *net, void (*fn)(struct sock *sk, void *arg),
		   void *arg);

/* addr.c: addresses of a socket, IPv4 as mapped */
int nc_addr_parse(struct sock *sk, const struct sockaddr *uaddr, int len,
		  struct in6_addr *addr, u16 *port, int *scope);
int nc_addr_route(struct sock *sk, struct in6_addr *daddr, u16 dport, int oif,
		  struct in6_addr *saddr);
void nc_addr_local(const struct sock *sk, struct in6_addr *addr);
void nc_addr_remote(const struct sock *sk, struct in6_addr *addr);
void nc_addr_set(struct sock *sk, const struct in6_addr *laddr, u16 lport,
		 const struct in6_addr *raddr, u16 rport);
void nc_addr_clear(struct sock *sk);

/* port.c: ports are TCP's ports */
int nc_port_get(struct sock *sk, unsigned short port);
void nc_port_put(struct sock *sk);
int nc_port_listen(struct sock *sk);
void nc_port_unlisten(struct sock *sk);

/* connect.c */
int nc_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int len);
int nc_disconnect(struct sock *sk, int flags);
/* data lock held */
int nc_connect_attach(struct nc_sock *nsk, struct nc_peer *peer);
void nc_connect_synack(struct sock *sk, struct nc_chan *ch,
		       const struct nc_hdr *h, const struct nc_wire_syn *s);
bool nc_connect_crossing(struct sock *sk, struct nc_chan *ch,
			 const struct nc_hdr *h, const struct nc_wire_syn *s);
void nc_connect_busy(struct sock *sk);
void nc_connect_retry(struct sock *sk);
/* outside the retransmit list; SYN only asks, unless the listener was busy */
void nc_connect_syn_again(struct sock *sk, u8 type);
void nc_connect_timeout(struct sock *sk);
/* a SYN or SYN_ACK segment of this socket, at the head of the list */
int nc_connect_push_syn(struct sock *sk, u8 type, gfp_t gfp);

/* listen.c */
int nc_listen(struct socket *sock, int backlog);
void nc_listen_stop(struct sock *sk);
struct sock *nc_listen_accept(struct sock *sk, int flags, int *err);
void nc_listen_syn(struct nc_chan *ch, const struct nc_hdr *h,
		   const struct nc_wire_syn *s);
void nc_listen_confirm(struct sock *sk);	/* data lock */

/* close.c */
void nc_close(struct sock *sk, long timeout);
void nc_shutdown(struct sock *sk, int how);
/* data lock held: the peer's FIN is in order; our FIN was acknowledged */
void nc_close_rcv_fin(struct sock *sk);
void nc_close_fin_acked(struct sock *sk);
void nc_close_timer(struct sock *sk);

/* sendmsg.c */
int nc_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
void nc_sendmsg_flush(struct sock *sk);	/* owned: what waits for more leaves */
void nc_sendmsg_splice_eof(struct socket *sock);

/* copy.c: user memory; no lock but ownership of the socket */
int nc_copy_out(const struct sk_buff *skb, u32 off, struct iov_iter *to,
		u32 len);

/* tx.c */
/* data lock held: queue what may go, in order, lost segments first */
void nc_tx_push(struct sock *sk);
/* append FIN behind what is queued; takes @spare, a DATA segment, for it */
void nc_tx_fin(struct sock *sk, struct nc_seg *spare);
void nc_tx_acked(struct sock *sk);
/*
 * Owned, data lock not held: ownership goes, and what was queued leaves.
 * @lazy: few bytes may wait for company: the caller is not about to wait
 * himself
 */
void nc_tx_release(struct sock *sk, bool lazy);
/* the same, and it is owned again */
void nc_tx_kick(struct sock *sk, bool lazy);
void nc_tx_purge(struct sock *sk);
void nc_tx_lane_down(struct sock *sk, u32 lane_id);
bool nc_tx_prepare(struct nc_seg *seg, struct nc_hdr *h);
bool nc_tx_ack(struct nc_flow *flow, const struct nc_peer *peer,
	       struct nc_hdr *h);

/* recvmsg.c */
int nc_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);

/* rx.c */
/* data lock held; 0, -ENOMEM or -ENOBUFS (over a limit) */
int nc_rx_take(struct sock *sk, struct sk_buff *skb, u32 off, u32 len,
	       u64 seq);
void nc_rx_advance(struct sock *sk);
/* follow SO_RCVBUF, which the core sets without telling us */
void nc_rx_sync_window(struct sock *sk);
int nc_rx_set_lowat(struct sock *sk, int val);
void nc_rx_purge(struct sock *sk);
u32 nc_rx_ooo_bytes(const struct nc_sock *nsk);

/* poll.c */
__poll_t nc_poll(struct file *file, struct socket *sock, poll_table *wait);
int nc_ioctl(struct sock *sk, int cmd, int *karg);
void nc_poll_write_space(struct sock *sk);

/* sockopt.c */
int nc_setsockopt(struct sock *sk, int level, int name, sockptr_t val,
		  unsigned int len);
int nc_getsockopt(struct sock *sk, int level, int name, char __user *val,
		  int __user *len);

/* input.c */
int nc_input_rx(struct nc_chan *ch, const struct nc_hdr *h,
		struct sk_buff *skb, u32 off, u32 len, u32 done);
int nc_input_syn(struct nc_chan *ch, const struct nc_hdr *h,
		 const u8 *payload);
void nc_input_flush(struct nc_chan *ch);
void nc_input_echo(struct nc_chan *ch, const struct nc_hdr *h);

#endif /* NC_VNS_INTERNAL_H */
