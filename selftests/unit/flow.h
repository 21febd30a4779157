/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One direction of a connection between two applications, in one thread: the
 * sender and the receiver follow the rules S1 to S3 and R1 to R5 with nothing
 * but struct nc_credit_snd, struct nc_credit_rcv and struct nc_reorder. Lanes
 * keep order, but not among each other, and may be lost. What happens next is
 * random.
 */
#ifndef NC_UNIT_FLOW_H
#define NC_UNIT_FLOW_H

#include "vns/credit.h"
#include "vns/reorder.h"

/**
 * struct flow_conf - a connection and its circumstances
 * @bytes: length of the stream
 * @sndbuf: limit of memory charged to the sender
 * @win: first window
 * @win_max: limit of its growth
 * @lock: window that SO_RCVBUF sets on the way, 0: not set
 * @write: longest write
 * @read: longest read
 * @slow: the reader does one thing where others do this many
 * @lanes: 1 to 4
 * @lost: one of this many events is the loss of a lane, 0: none
 */
struct flow_conf {
	u64	bytes;
	u32	sndbuf;
	u32	win;
	u32	win_max;
	u32	lock;
	u32	write;
	u32	read;
	u32	slow;
	u32	lanes;
	u32	lost;
};

/**
 * struct flow_stat - what happened
 * @data: DATA frames sent
 * @said: announcements sent
 * @ticks: how often only the 40 ms timer could go on
 * @win: window in the end
 */
struct flow_stat {
	u32	data;
	u32	said;
	u32	ticks;
	u32	win;
};

/* true if everything arrived and was acknowledged, false if it got stuck */
bool flow_run(const struct flow_conf *conf, struct flow_stat *stat);

#endif /* NC_UNIT_FLOW_H */
