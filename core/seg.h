/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A segment: the unit that VNS hands down. It holds a range of a virtual
 * socket's stream, or one control payload, and knows nothing of lanes but the
 * id of the one it went to.
 *
 * Ownership: the retransmit list of its socket holds one reference, the queue
 * of a channel another. It has one queue link, so it is queued again only by
 * whoever took it from a queue, or when its channel is gone. Bytes of its pages
 * below @len are never written again.
 */
#ifndef NC_CORE_SEG_H
#define NC_CORE_SEG_H

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include "core/flow.h"

#define NC_SEG_FRAGS	4
#define NC_SEG_MAX	65536	/* payload bytes */
#define NC_SEG_CTL	24	/* payload bytes of a control segment */

/**
 * struct nc_seg - one segment
 * @rtx: data lock: on the retransmit list
 * @txq: owner: the queue that it is in
 * @flow: const: counted while queued
 * @seq: const: number of the first byte
 * @len: payload bytes; grows only until the segment has @left
 * @lane_id: data lock: lane it was queued on last, 0 never or lost
 * @truesize: data lock: what the socket was charged for it
 * @ref: atomic
 * @type: const: enum nc_wire_type
 * @flags: data lock until queued: NC_F_* to send
 * @nr: pieces used
 * @copying: data lock: parts of it that are not there yet; it cannot leave
 * @left: data lock: its header was written, so it cannot grow any more
 * @backlog: owner: who queued it; bytes counted at its lane
 * @frag: payload pages, each with a reference
 * @ctl: payload of a control segment
 * @rst: of a RST: its reason, and the names of both ends when it was made (the
 *	socket may have another connection when it leaves)
 */
struct nc_seg {
	struct list_head	rtx;
	struct llist_node	txq;
	struct nc_flow		*flow;
	u64			seq;
	u32			len;
	u32			lane_id;
	u32			truesize;
	refcount_t		ref;
	u8			type;
	u8			flags;
	u8			nr;
	u8			copying;
	bool			left;
	u32			backlog;
	union {
		struct bio_vec	frag[NC_SEG_FRAGS];
		u8		ctl[NC_SEG_CTL];
		struct {
			u64	token;
			u32	src;
			u32	reason;
		} rst;
	};
};

int nc_seg_init(void);
void nc_seg_exit(void);

/**
 * nc_seg_alloc - make an empty segment with one reference
 * @flow: the flow it belongs to
 * @type: enum nc_wire_type
 * @seq: number of its first byte
 * @gfp: as for kmalloc()
 *
 * Context: any that @gfp allows.
 * Return: the segment or NULL.
 */
struct nc_seg *nc_seg_alloc(struct nc_flow *flow, u8 type, u64 seq, gfp_t gfp);

/**
 * nc_seg_split - cut a segment that was never queued
 * @seg: the segment; keeps its first @n bytes and loses FIN to the new one
 * @n: 0 < @n < seg->len
 * @gfp: as for kmalloc()
 *
 * The new segment is not linked anywhere; truesize is divided by bytes.
 *
 * Return: the tail, or NULL.
 */
struct nc_seg *nc_seg_split(struct nc_seg *seg, u32 n, gfp_t gfp);

static inline struct nc_seg *nc_seg_get(struct nc_seg *seg)
{
	refcount_inc(&seg->ref);
	return seg;
}

void nc_seg_put(struct nc_seg *seg);

/* numbers that the segment takes: payload, SYN, FIN */
u64 nc_seg_end(const struct nc_seg *seg);

#endif /* NC_CORE_SEG_H */
