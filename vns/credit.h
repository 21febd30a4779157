/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Acknowledgment and credit arithmetic of one virtual socket: what may be
 * sent, when to ask for an acknowledgment, when to announce one. Pure.
 * Numbers are plain u64: SYN is 0, data begins at 1, FIN takes one; they never
 * wrap. The rules' names (S1 to S3, R1 to R5) are those of
 * Documentation/design.rst, "Acknowledgements and credit".
 */
#ifndef NC_VNS_CREDIT_H
#define NC_VNS_CREDIT_H

#include "core/env.h"

/* S1: an acknowledgment is asked for at least this often, in bytes */
#define NC_CREDIT_ACKREQ_MAX	(1024U * 1024U)
/* S3: less credit than this is not worth a frame */
#define NC_CREDIT_SILLY		4096

/**
 * struct nc_credit_snd - the sending half
 * @una: everything below is acknowledged
 * @nxt: everything below was handed to a channel at least once
 * @end: data below was accepted from the application; FIN is not counted, so
 *	 @nxt is @end + 1 once FIN was handed to a channel
 * @edge: the peer takes numbers below this; never moves back
 * @asked: end of the last frame with ACKREQ
 * @flight: memory charged for what was handed to channels and is not freed
 * @unasked: the part of it behind both @asked and @una
 * @wnd: window of the newest announcement, for S3
 * @blocked: the peer was told that we are blocked at this edge (S2)
 */
struct nc_credit_snd {
	u64	una;
	u64	nxt;
	u64	end;
	u64	edge;
	u64	asked;
	u64	flight;
	u64	unasked;
	u32	wnd;
	bool	blocked;
};

/**
 * struct nc_credit_rcv - the receiving half
 * @nxt: next number expected in order
 * @read: the application took everything below
 * @edge: promised: numbers below this are taken; never moves back
 * @said_ack: last @nxt that left in a frame
 * @said_edge: last edge that left in a frame
 * @win: present window W in bytes
 * @win_max: limit of its growth
 * @ackreq: highest number the peer wants acknowledged (R1), 0: none
 * @ackreq_low: lowest such number that is not answered yet
 * @pace_read: @read when the present period began
 * @pace_at: that time
 * @locked: the application set SO_RCVBUF: no growth
 */
struct nc_credit_rcv {
	u64	nxt;
	u64	read;
	u64	edge;
	u64	said_ack;
	u64	said_edge;
	u32	win;
	u32	win_max;
	u64	ackreq;
	u64	ackreq_low;
	u64	pace_read;
	u32	pace_at;
	bool	locked;
};

/*
 * una, nxt = 0; end = 0; edge = 1: only SYN may be sent. Whoever queues SYN
 * makes end 1 before it accepts data, and nxt 1 when SYN goes to a channel.
 */
void nc_credit_snd_init(struct nc_credit_snd *s);

/* outcome bits of nc_credit_snd_ack() */
#define NC_CREDIT_ACKED		1	/* una moved */
#define NC_CREDIT_OPENED	2	/* edge moved */

/**
 * nc_credit_snd_ack - an announcement arrived
 * @s: state
 * @ack: cumulative acknowledgment
 * @wnd: window behind it, anything from 0 to U32_MAX
 *
 * Announcements may overtake each other: an older one changes nothing.
 *
 * Return: NC_CREDIT_* bits, or -EPROTO if @ack is above what was sent.
 */
int nc_credit_snd_ack(struct nc_credit_snd *s, u64 ack, u32 wnd);

/**
 * nc_credit_snd_room - payload bytes that may be handed to a channel now
 * @s: state
 *
 * A FIN needs no credit.
 *
 * Return: 0 before SYN was sent and while the silly-window rule S3 holds back,
 * else the smaller of queued bytes (end - nxt) and credit (edge - nxt).
 */
u32 nc_credit_snd_room(const struct nc_credit_snd *s);

/**
 * nc_credit_snd_ackreq - does the frame that is about to leave carry ACKREQ?
 * @s: state
 * @charge: memory charged for the frame's bytes
 * @sndbuf: the socket's send buffer
 *
 * Return: S1: true on the frame with which the memory in flight that no request
 * covers reaches half of @sndbuf, at most NC_CREDIT_ACKREQ_MAX.
 */
bool nc_credit_snd_ackreq(const struct nc_credit_snd *s, u32 charge,
			  u32 sndbuf);

/* a frame was handed to a channel; @end: number behind it, @asked: ACKREQ */
void nc_credit_snd_sent(struct nc_credit_snd *s, u64 end, u32 charge,
			bool asked);

/* grows whenever the peer acknowledges or allows more of what is queued */
u64 nc_credit_snd_progress(const struct nc_credit_snd *s);

/* acknowledged frames were freed; @charge: of those that had been sent */
void nc_credit_snd_freed(struct nc_credit_snd *s, u32 charge);

/*
 * S2: is BLOCKED to be said now? True once per edge, when SYN was sent, data is
 * queued (end > nxt) and nc_credit_snd_room() is 0. Remembers that it was said.
 */
bool nc_credit_snd_block(struct nc_credit_snd *s);

/* nxt = 0, read = 1, edge = 1 + win, nothing said */
void nc_credit_rcv_init(struct nc_credit_rcv *r, u32 win, u32 win_max);

/* the application set SO_RCVBUF: W = @win from now on, edge stays */
void nc_credit_rcv_lock(struct nc_credit_rcv *r, u32 win);

/*
 * The application took @n bytes. Return: true if the edge can now be raised by
 * W/4 or more since it was last said (R2): announce at once.
 */
bool nc_credit_rcv_read(struct nc_credit_rcv *r, u32 n);

/*
 * The window follows the reader, who announces all the time if it is small,
 * also when nobody waits for it (Fisk and Feng, 2001): doubles W up to its
 * limit when the application took W bytes within @period of a clock that may
 * wrap. Return: true if W changed.
 */
bool nc_credit_rcv_pace(struct nc_credit_rcv *r, u32 now, u32 period,
			bool pressure);

/**
 * nc_credit_rcv_blocked - the peer said BLOCKED
 * @r: state
 * @queued: bytes waiting for the application
 * @pressure: memory is short: do not grow
 *
 * Doubles W up to its limit if fewer than W/2 bytes are queued.
 *
 * Return: true if the edge can be raised (R3): announce at once. It moves by
 * W/4 at least, unless the application has taken everything.
 */
bool nc_credit_rcv_blocked(struct nc_credit_rcv *r, u32 queued, bool pressure);

/* asked in a frame without data: promise all that can be, however little */
void nc_credit_rcv_asked(struct nc_credit_rcv *r);

/**
 * nc_credit_rcv_ackreq - R1: a frame with ACKREQ ended at number @end
 * @r: state
 * @end: seq + len + FIN of the frame
 *
 * Remembered until it is in order, the lowest and the highest such number: the
 * first frees the sender early, the last one frees it of all.
 */
void nc_credit_rcv_ackreq(struct nc_credit_rcv *r, u64 end);

/* R1: true once when a remembered ACKREQ has come in order */
bool nc_credit_rcv_ack_due(struct nc_credit_rcv *r);

/**
 * nc_credit_rcv_say - an announcement leaves now
 * @r: state; edge is raised to read + W
 * @ack: set to the cumulative acknowledgment
 * @wnd: set to edge - ack, 0 to U32_MAX
 *
 * Answers what nc_credit_rcv_ack_due() would still have reported.
 */
void nc_credit_rcv_say(struct nc_credit_rcv *r, u64 *ack, u32 *wnd);

/* is there anything that an announcement would tell the peer? */
bool nc_credit_rcv_news(const struct nc_credit_rcv *r);

#endif /* NC_VNS_CREDIT_H */
