/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A byte stream cut into frames. Pure: the caller copies header bytes in
 * (they may lie anywhere in an skb) and passes payload on without a copy.
 *
 *	while (len) {
 *		n = nc_frame_need(f);
 *		if (n) {			// linear bytes wanted
 *			n = min(n, len);
 *			copy n bytes to nc_frame_room(f);
 *			ret = nc_frame_fill(f, n);	// <0 | 0 | READY
 *		} else {			// DATA payload
 *			n = min(nc_frame_left(f), len);
 *			deliver (f->hdr.seq + f->done, n bytes);
 *			nc_frame_pass(f, n);
 *		}
 *	}
 */
#ifndef NC_NETDRIVER_FRAME_H
#define NC_NETDRIVER_FRAME_H

#include "core/env.h"
#include "netdriver/wire.h"

#define NC_FRAME_READY	1	/* header and control payload are complete */

/**
 * struct nc_frame - parser of one channel's receive direction
 * @hdr: header of the present frame, valid once it is complete
 * @have: bytes gathered in @buf
 * @want: bytes to gather before anything can be said
 * @done: DATA payload bytes already passed on
 * @payload: inside DATA payload
 * @buf: header, then the payload of a control frame
 */
struct nc_frame {
	struct nc_hdr	hdr;
	u16		have;
	u16		want;
	u32		done;
	bool		payload;
	u8		buf[NC_WIRE_HDR_LEN + NC_WIRE_HELLO_LEN];
};

void nc_frame_init(struct nc_frame *f);

/* linear bytes still wanted; 0 inside DATA payload */
static inline u32 nc_frame_need(const struct nc_frame *f)
{
	return f->payload ? 0 : f->want - f->have;
}

/* where those bytes go */
static inline u8 *nc_frame_room(struct nc_frame *f)
{
	return f->buf + f->have;
}

/* DATA payload bytes still to come */
static inline u32 nc_frame_left(const struct nc_frame *f)
{
	return f->hdr.len - f->done;
}

/* control payload of a READY frame, hdr.len bytes */
static inline const u8 *nc_frame_ctl(const struct nc_frame *f)
{
	return f->buf + NC_WIRE_HDR_LEN;
}

/**
 * nc_frame_fill - account for @n bytes copied to nc_frame_room()
 * @f: parser
 * @n: at most nc_frame_need()
 *
 * NC_FRAME_READY: @f->hdr is valid. For DATA with payload, payload follows
 * and is to be passed on; for every other frame (and DATA without payload)
 * the frame is complete, nc_frame_ctl() has its payload, and the caller calls
 * nc_frame_next() when it has handled it.
 *
 * Return: 0 more bytes wanted, NC_FRAME_READY, or a negative errno of
 * nc_wire_get_hdr(): then the stream is lost, and so is @f.
 */
int nc_frame_fill(struct nc_frame *f, u32 n);

/* account for @n payload bytes passed on; the last ones end the frame */
void nc_frame_pass(struct nc_frame *f, u32 n);

/* the frame was handled: begin the next header */
void nc_frame_next(struct nc_frame *f);

#endif /* NC_NETDRIVER_FRAME_H */
