/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a channel takes for its bytes. Pure: no clock, no lock, no channel;
 * tested in user space.
 */
#ifndef NC_NETDRIVER_RATE_H
#define NC_NETDRIVER_RATE_H

#include "core/env.h"

#define NC_RATE_NS	1000000		/* a sample: so long */
#define NC_RATE_BYTES	(256 << 10)	/* or so many bytes */
#define NC_RATE_LEAST	(16 << 10)	/* or what was left, if so many */
#define NC_RATE_MAX	16000000	/* ns for 1024 bytes: 64 KB a second */

/**
 * struct nc_rate - a measurement; zero at its start
 * @ns: when the sample began
 * @bytes: what had gone by then
 * @kib_ns: smoothed: ns for 1024 bytes, 0 if nothing was measured yet
 * @busy: there was more to send then
 */
struct nc_rate {
	u64	ns;
	u64	bytes;
	u32	kib_ns;
	bool	busy;
};

/**
 * nc_rate_update - somebody has transmitted
 * @r: measurement
 * @now: ns, any origin
 * @gone: bytes that have gone out in all; may step back a little
 * @busy: there is more to send, which somebody is going to
 *
 * Only time in which there was something to send counts: a channel is not slow
 * because nobody has used it.
 * Return: @r->kib_ns.
 */
u32 nc_rate_update(struct nc_rate *r, u64 now, u64 gone, bool busy);

#endif /* NC_NETDRIVER_RATE_H */
