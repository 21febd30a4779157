/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lane is a place where a segment can go: what a scheduling policy sees of
 * a channel. Pure vocabulary: policies are compiled for user space by their
 * unit tests.
 */
#ifndef NC_CORE_LANE_H
#define NC_CORE_LANE_H

#include "core/env.h"

#define NC_LANES_MAX	16	/* lanes of one class to one peer */
/* bytes; thesis 3.3: a lane with more is skipped */
#define NC_SCHED_LIMIT	(2U << 20)
/* bytes; less than this on a lane that many use may wait for company */
#define NC_LANE_SHARE	(16 << 10)

/* ns for 1024 bytes of a lane that was never measured: 1 GB a second */
#define NC_LANE_KIB_NS	1000

enum nc_class {
	NC_CLASS_L = 0,		/* latency */
	NC_CLASS_T = 1,		/* throughput */
	NC_CLASSES
};

/**
 * struct nc_lane - one place
 * @id: const: unique in the module and never used again, never 0
 * @index: const: place in its class
 * @class: const: enum nc_class
 * @cpu: racy-ok: core that serves it, a hint
 * @backlog: atomic: bytes queued for it and not yet taken by its transport
 * @unsent: racy-ok: bytes taken by the transport and not yet on the wire
 * @kib_ns: racy-ok: ns that it took for 1024 bytes lately while it had more to
 *	send, 0 if it never had; a hint
 */
struct nc_lane {
	u32		id;
	u8		index;
	u8		class;
	int		cpu;
	int		backlog;
	u32		unsent;
	u32		kib_ns;
};

/* bytes that a new segment would queue behind */
static inline u32 nc_lane_load(const struct nc_lane *lane)
{
	int b = READ_ONCE(lane->backlog);

	return (b > 0 ? b : 0) + READ_ONCE(lane->unsent);
}

/* how long those would take, in 1/1024 ns */
static inline u64 nc_lane_delay(const struct nc_lane *lane)
{
	u32 kib_ns = READ_ONCE(lane->kib_ns) ?: NC_LANE_KIB_NS;

	return (u64)nc_lane_load(lane) * kib_ns;
}

/**
 * struct nc_lane_set - the lanes of one class that are up, read under RCU
 * @nr: how many
 * @lane: in order of their index
 */
struct nc_lane_set {
	unsigned int	nr;
	struct nc_lane	*lane[NC_LANES_MAX];
};

/**
 * struct nc_flow_sched - what a policy may remember of a flow
 * @next: free for @pick of the policy; 0 when the flow begins with it
 * @hash: const: random number of the flow
 * @mem: free for @classify of the policy; 0 also when a connection begins
 */
struct nc_flow_sched {
	u32	next;
	u32	hash;
	u32	mem[4];
};

#endif /* NC_CORE_LANE_H */
