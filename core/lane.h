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
 */
struct nc_lane {
	u32		id;
	u8		index;
	u8		class;
	int		cpu;
	int		backlog;
	u32		unsent;
};

/* bytes that a new segment would queue behind */
static inline u32 nc_lane_load(const struct nc_lane *lane)
{
	int b = READ_ONCE(lane->backlog);

	return (b > 0 ? b : 0) + READ_ONCE(lane->unsent);
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
 * struct nc_flow_sched - what a policy may remember of a flow; zero at start
 * @next: free for the policy
 * @hash: const: random number of the flow
 */
struct nc_flow_sched {
	u32	next;
	u32	hash;
};

#endif /* NC_CORE_LANE_H */
