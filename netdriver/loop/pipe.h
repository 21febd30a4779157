/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pipe joins two channels. What the files of the transport share.
 */
#ifndef NC_NETDRIVER_LOOP_PIPE_H
#define NC_NETDRIVER_LOOP_PIPE_H

#include "netdriver/channel_ops.h"
#include "netdriver/frame.h"

#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#define NC_LOOP_LIMIT	(256 << 10)	/* bytes on the way in one direction */
#define NC_LOOP_RULES	16

enum { NC_LOOP_OPENER, NC_LOOP_ACCEPTOR };

struct nc_loop_pipe;

/**
 * struct nc_loop_end - one channel's end of a pipe
 * @pipe: const
 * @ch: lock: pipe->lock. NULL until accepted and from close on
 * @rxq: lock: pipe->lock. What arrives here
 * @queued: lock: pipe->lock, read racily. Bytes in @rxq
 * @starved: lock: pipe->lock. Found no room in the other end's @rxq
 * @over: lock: pipe->lock. Nothing comes behind @rxq, but @err
 * @deaf: lock: pipe->lock. Nothing is received any more, what is in @rxq is
 *	lost
 * @err: lock: pipe->lock. For nc_chan_error() when @rxq is empty
 * @taken: owner: rx_run. Bytes of the first skb already passed up
 * @frame: owner: xmit. Where the bytes sent here are in their frame
 * @raw: owner: xmit. They are no frames
 * @cut: owner: xmit. Payload bytes until a scripted death, 0 for none
 * @late: see nc_loop_late()
 */
struct nc_loop_end {
	struct nc_loop_pipe	*pipe;
	struct nc_chan		*ch;
	struct sk_buff_head	rxq;
	u32			queued;
	bool			starved;
	bool			over;
	bool			deaf;
	int			err;
	u32			taken;
	struct nc_frame		frame;
	bool			raw;
	u32			cut;
	struct delayed_work	late;
};

/**
 * struct nc_loop_pipe - a connection
 * @ref: atomic: each end, the listener while it waits there
 * @rcu: for freeing
 * @lock: leaf but for what nc_chan_*() take from any context
 * @net: const; no reference
 * @addr: const: as the acceptor sees it
 * @port: const: channel port
 * @index: const: of the opener's channel
 * @node: lock: of the netns. Waiting to be accepted
 * @end: the two
 */
struct nc_loop_pipe {
	refcount_t		ref;
	struct rcu_head		rcu;
	spinlock_t		lock;	/* both ends */
	struct net		*net;
	struct nc_chan_addr	addr;
	u16			port;
	u8			index;
	struct list_head	node;
	struct nc_loop_end	end[2];
};

/**
 * struct nc_loop - nc_chan_priv() of a channel
 * @pipe: owner: open, accept, close. Counted, read under RCU for hints
 * @side: const: which end
 */
struct nc_loop {
	struct nc_loop_pipe	*pipe;
	u8			side;
};

enum nc_loop_verdict {
	NC_LOOP_PASS,
	NC_LOOP_KILL_AFTER,	/* deliver the frame, then die */
	NC_LOOP_KILL_BEFORE,	/* die, the frame is lost */
	NC_LOOP_KILL_HALF,	/* deliver half of the payload, then die */
	NC_LOOP_KILL_HEAD,	/* deliver the header, then die */
};

/**
 * struct nc_loop_rule - a line of the script
 * @point: enum of script.c
 * @dir: bit of each side that it applies to
 * @lose: not delivered
 * @index: of a delay: the channel's index
 * @n: matches to go; of a delay: milliseconds
 */
struct nc_loop_rule {
	u8	point;
	u8	dir;
	bool	lose;
	u8	index;
	u32	n;
};

/**
 * struct nc_loop_net - the transport in a netns
 * @lock: listeners, pipes that wait to be accepted, the script; BH off
 * @listeners: lock: lock
 * @sport: lock: lock: next made-up port
 * @nr: lock: lock, read racily
 * @rule: lock: lock
 */
struct nc_loop_net {
	spinlock_t		lock;	/* all of it */
	struct list_head	listeners;
	u16			sport;
	unsigned int		nr;
	struct nc_loop_rule	rule[NC_LOOP_RULES];
};

extern struct workqueue_struct *nc_loop_wq;

/* loop.c; NULL while the transport is not there */
struct nc_loop_net *nc_loop_net(const struct net *net);

/* send.c */
int nc_loop_xmit(struct nc_chan *ch, const struct bio_vec *bv, unsigned int nr,
		 size_t skip, size_t len, unsigned int flags);
u32 nc_loop_unsent(const struct nc_chan *ch);

/* recv.c */
int nc_loop_rx_run(struct nc_chan *ch, int budget);
void nc_loop_late(struct work_struct *work);
/* jiffies when the skb may be received */
unsigned long *nc_loop_due(struct sk_buff *skb);

/* script.c */
enum nc_loop_verdict nc_loop_script_frame(struct nc_loop_pipe *pipe, u8 side,
					  const struct nc_hdr *h);
u32 nc_loop_script_delay(const struct nc_loop_pipe *pipe);	/* ms */

#endif /* NC_NETDRIVER_LOOP_PIPE_H */
