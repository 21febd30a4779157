/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table that a transport fills, and what it may call. The thesis' create,
 * destroy, enqueue and dequeue of a channel are open, close, xmit and rx_run.
 * How to write one: Documentation/writing-a-transport.rst.
 *
 * A channel's engine (chan*.c) owns queues, framing and states; a transport
 * moves bytes, in order, once, and says when it is broken.
 */
#ifndef NC_NETDRIVER_CHANNEL_OPS_H
#define NC_NETDRIVER_CHANNEL_OPS_H

#include <linux/bvec.h>
#include <linux/list.h>
#include "netdriver/chan_addr.h"

#define NC_CHANNEL_API		2
#define NC_CHANNEL_NAME_MAX	16

struct module;
struct net;
struct nc_chan;
struct nc_listener;
struct sk_buff;

/* flags of xmit */
#define NC_XMIT_MORE	1	/* more follows at once: no short segment yet */
#define NC_XMIT_SPLICE	2	/* take references: pages stay as they are */

/**
 * struct nc_channel_ops - a transport
 *
 * @xmit: required. Send bytes. Process context, BH on; the caller owns the
 *	channel's transmission (one at a time) and holds no spinlock. Must not
 *	wait for the network or for memory reclaim. @bv, @nr: pages; @skip:
 *	bytes of them already taken by an earlier call; @len: bytes behind
 *	those, 0: only push what an earlier MORE held back; @flags: NC_XMIT_*.
 *	Without SPLICE the bytes are copied before return; with it the
 *	transport takes page references for as long as it needs. Returns bytes
 *	taken (may be fewer than asked), -EAGAIN (nc_chan_writable() will
 *	follow), another errno: the channel is dead.
 * @rx_run: required. The second path of receiving: take what has arrived and
 *	pass it to nc_chan_rx(). Channel worker or transmitter, process
 *	context, no lock held; may take the lower socket's lock. @budget: as
 *	nc_chan_rx() takes it. Returns 1 if more is waiting, 0 if not, -errno:
 *	dead.
 * @unsent: required. Bytes taken by xmit and not yet on the wire; any context,
 *	no lock, a racy hint.
 * @open: required. Begin to connect nc_chan_addr(); worker or workqueue, may
 *	sleep but does not wait: nc_chan_opened() or nc_chan_error() follows.
 *	0 or -errno. ops->close() is called in any case.
 * @close: required. Process context, may sleep. After it returns no callback of
 *	the channel runs and no memory of it is used. @abort: what was not
 *	acknowledged may be thrown away; else it is still delivered in the
 *	background. Must work after a failed open.
 * @listen: required. Accept channels in the listener's netns on its port:
 *	nc_listener_accepted() for each. May sleep. 0 or -errno.
 * @unlisten: required. May sleep; after it no accept comes.
 * @iif: optional. Index of the interface that its packets come in by, 0 if it
 *	is not known; any context, no lock.
 * @get_info: optional. Any context that may take the lower socket's slock.
 * @init: optional. Once at registration, may sleep.
 * @exit: optional. Its reverse.
 * @name: unique
 * @owner: module; counted for each channel and listener of it
 * @chan_priv: bytes of nc_chan_priv() for each channel
 * @listener_priv: bytes of nc_listener_priv()
 * @api: NC_CHANNEL_API
 * @list: the registry's
 */
struct nc_channel_ops {
	int  (*xmit)(struct nc_chan *ch, const struct bio_vec *bv,
		     unsigned int nr, size_t skip, size_t len,
		     unsigned int flags);
	int  (*rx_run)(struct nc_chan *ch, int budget);
	u32  (*unsent)(const struct nc_chan *ch);
	int  (*open)(struct nc_chan *ch);
	void (*close)(struct nc_chan *ch, bool abort);
	int  (*listen)(struct nc_listener *l);
	void (*unlisten)(struct nc_listener *l);
	int  (*iif)(const struct nc_chan *ch);
	void (*get_info)(struct nc_chan *ch, struct nc_chan_info *i);
	int  (*init)(void);
	void (*exit)(void);

	char		name[NC_CHANNEL_NAME_MAX];
	struct module	*owner;
	u16		chan_priv;
	u16		listener_priv;
	u16		api;
	struct list_head list;
};

extern struct nc_channel_ops nc_tcp_ops;
extern struct nc_channel_ops nc_loop_ops;

/* of another module: -EINVAL (incomplete table, API), -EEXIST, or init's */
int nc_transport_register(struct nc_channel_ops *ops);
void nc_transport_unregister(struct nc_channel_ops *ops);

/* counted by its module; NULL if there is none */
const struct nc_channel_ops *nc_registry_get(const char *name);
void nc_registry_put(const struct nc_channel_ops *ops);

/* ---- what a transport may ask ---- */
void *nc_chan_priv(const struct nc_chan *ch);
const struct nc_chan_addr *nc_chan_addr(const struct nc_chan *ch);
struct net *nc_chan_net(const struct nc_chan *ch);
u8 nc_chan_class(const struct nc_chan *ch);	/* enum nc_class */
u8 nc_chan_index(const struct nc_chan *ch);
bool nc_chan_is_opener(const struct nc_chan *ch);

/**
 * nc_chan_spread - where in the range of u32 this channel is
 * @ch: channel
 *
 * For what deals by a hash, as transmit queues and RPS do: the channels of one
 * class of a peer are as far from each other as can be, however many there
 * are, and those of the other class between them. Random numbers would meet.
 *
 * Context: any.
 * Return: 0 if it is not known yet: ask again.
 */
u32 nc_chan_spread(const struct nc_chan *ch);

void *nc_listener_priv(const struct nc_listener *l);
struct net *nc_listener_net(const struct nc_listener *l);
u16 nc_listener_port(const struct nc_listener *l);

/* ---- what a transport says ---- */

/* the connection stands; any context; once */
void nc_chan_opened(struct nc_chan *ch);

/*
 * The channel is broken: -errno, or 0 for the end of the stream after all
 * bytes were passed to nc_chan_rx(). Any context; the first call counts.
 * ops->close() follows from process context.
 */
void nc_chan_error(struct nc_chan *ch, int err);

/* after -EAGAIN or a short xmit there is room again; any context */
void nc_chan_writable(struct nc_chan *ch);

/**
 * nc_chan_rx - received bytes
 * @ch: channel; one caller at a time
 * @skb: holds the bytes; stays the transport's, is cloned or copied from
 * @off: where
 * @len: how many
 * @budget: work until others have their turn, in bytes; a header and a piece of
 *	payload count as a hundred more, so that many small ones take no longer
 *	than few large ones. Is lessened.
 *
 * Context: softirq or process, any lock of the lower socket held; BH off.
 * Return: bytes consumed; fewer than @len if *@budget is used up: stop, more is
 * waiting; or with -ENOMEM in *@err: stop, the rest is offered again by
 * ops->rx_run() later (already arranged); another error in *@err: the channel
 * is dead (already arranged), stop.
 */
u32 nc_chan_rx(struct nc_chan *ch, struct sk_buff *skb, u32 off, u32 len,
	       int *budget, int *err);

/* the run of nc_chan_rx() calls is over; same context */
void nc_chan_rx_done(struct nc_chan *ch);

/* bytes are waiting and nobody may read them here: the worker's rx_run */
void nc_chan_rx_later(struct nc_chan *ch);

/*
 * May @avail bytes be read in softirq, where they came in (knobs rx_softirq_*)?
 * The caller keeps other receivers out. No: nc_chan_rx_later().
 */
bool nc_chan_rx_inline(const struct nc_chan *ch, u32 avail);

/**
 * nc_listener_accepted - somebody connected to the channel port
 * @l: listener
 * @addr: the ends; @addr->port is the remote port
 *
 * Context: process, may sleep.
 * Return: a channel with zeroed nc_chan_priv() to fill; then the transport
 * calls nc_chan_opened(), or nc_chan_error() to give it back. ERR_PTR() if a
 * limit was reached: close the connection.
 */
struct nc_chan *nc_listener_accepted(struct nc_listener *l,
				     const struct nc_chan_addr *addr);

#endif /* NC_NETDRIVER_CHANNEL_OPS_H */
