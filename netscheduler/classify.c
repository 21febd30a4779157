// SPDX-License-Identifier: GPL-2.0
/*
 * Automatic classes.
 *
 * Design notes
 *
 * 1. What tells a bulk flow from one whose delay counts is how much it has in
 *    flight. Who asks and waits for the answer has one question in flight, or
 *    as many as it pipelines; who has more to send than the network takes fills
 *    whatever it may, with calls of any size. Neither the rate nor the number
 *    of messages says that: a closed loop over a fast network sends more in a
 *    second than a slow bulk flow. And it needs no clock: bytes are in flight
 *    for a round trip, or, where nothing comes back, for the 40 ms of a delayed
 *    announcement (rule R4), so a one-way flow of small messages is of the
 *    latency class up to about 100 KB a second.
 * 2. Where the line is: a question or answer below 4 KiB, also a few of them
 *    pipelined, is latency. From 4 KiB on the copy begins to cost as much as a
 *    wake-up, and messages of many sockets gain from sharing segments, for
 *    which throughput lanes have more patience: 64 sockets that each wait for
 *    an answer of 4 KiB move a quarter of a megabyte at a time. An application
 *    that wants low delay for such messages says so (SO_APP_TYPE).
 * 3. The first message decides for itself: one that is large never meets a
 *    latency lane, and a connection of one small question needs no history.
 * 4. A single large message of a latency flow goes to the throughput lanes at
 *    once, where it delays nobody. The way back takes about 27 small ones. In
 *    between everything stays as it is.
 */
#include "netscheduler/classify.h"

#define NC_CLASSIFY_SHIFT	4	/* weight of one message: 1/16 */

u8 nc_classify(struct nc_classify *c, u8 class, u32 flight, u32 len)
{
	u32 now = min_t(u64, (u64)flight + len, NC_CLASSIFY_MOST);

	if (!c->avg || now == NC_CLASSIFY_MOST)
		c->avg = now << NC_CLASSIFY_SHIFT;
	else
		c->avg = c->avg - (c->avg >> NC_CLASSIFY_SHIFT) + now;
	if (c->avg >= NC_CLASSIFY_MORE << NC_CLASSIFY_SHIFT)
		return NC_CLASS_T;
	if (c->avg < NC_CLASSIFY_LESS << NC_CLASSIFY_SHIFT)
		return NC_CLASS_L;
	return class;
}
