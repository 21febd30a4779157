/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What class a flow should have, by what it does. Pure: no clock, no lock, no
 * flow; tested in user space.
 */
#ifndef NC_NETSCHEDULER_CLASSIFY_H
#define NC_NETSCHEDULER_CLASSIFY_H

#include "core/lane.h"

/* bytes in flight */
#define NC_CLASSIFY_LESS	3072	/* on average less: latency */
#define NC_CLASSIFY_MORE	4096	/* on average so many: throughput */
#define NC_CLASSIFY_MOST	16384	/* above: throughput at once */

/**
 * struct nc_classify - memory of one flow; zero at its start
 * @avg: moving average, times 16, of what is in flight as a message leaves; 0
 *	if none has left yet
 */
struct nc_classify {
	u32	avg;
};

/**
 * nc_classify - a message is about to leave
 * @c: memory
 * @class: the flow's class now
 * @flight: bytes in flight before it
 * @len: bytes of the message, at least 1
 *
 * Return: enum nc_class: what the flow should have.
 */
u8 nc_classify(struct nc_classify *c, u8 class, u32 flight, u32 len);

#endif /* NC_NETSCHEDULER_CLASSIFY_H */
