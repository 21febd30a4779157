// SPDX-License-Identifier: GPL-2.0
/*
 * How long a channel takes for its bytes: samples of a millisecond or 256 KiB,
 * whatever is first, of the time in which it had more to send, and their moving
 * average over about eight.
 */
#include "netdriver/rate.h"

static void nc_rate_sample(struct nc_rate *r, u64 ns, u64 bytes)
{
	u64 kib_ns;

	ns = min_t(u64, ns, U32_MAX);
	kib_ns = ns * 1024 / max_t(u64, bytes, 1);
	kib_ns = min_t(u64, max_t(u64, kib_ns, 1), NC_RATE_MAX);
	if (r->kib_ns)
		kib_ns = (7ULL * r->kib_ns + kib_ns + 4) / 8;
	r->kib_ns = kib_ns;
}

u32 nc_rate_update(struct nc_rate *r, u64 now, u64 gone, bool busy)
{
	u64 bytes = gone > r->bytes ? gone - r->bytes : 0;
	u64 ns = now - r->ns;
	bool whole = ns >= NC_RATE_NS || bytes >= NC_RATE_BYTES;

	if (r->busy && busy && !whole)
		return r->kib_ns;
	/* less says more about its beginning and end than about the channel */
	if (r->busy && (whole || bytes >= NC_RATE_LEAST))
		nc_rate_sample(r, ns, bytes);
	r->ns = now;
	r->bytes = gone;
	r->busy = busy;
	return r->kib_ns;
}
