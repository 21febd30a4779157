// SPDX-License-Identifier: GPL-2.0
/*
 * A lane policy as a BPF program: a flow stays on its lane until too much is
 * queued there, then it goes where least is; and messages from 16 KiB on are
 * bulk. Documentation/writing-a-scheduler.rst explains it.
 */
#include "selftests/sched/bpf.h"

#define SPILL	(256 << 10)	/* bytes queued */
#define BULK	(16 << 10)	/* bytes of one message */

u64 picks, spills, messages;	/* for who looks with bpftool */

SEC("struct_ops/pick")
int BPF_PROG(spill_pick, const struct nc_lane_set *set,
	     struct nc_flow_sched *fs, u32 limit)
{
	u32 load, least = limit;
	u32 home = (fs->next ?: fs->hash) % NC_LANES_MAX;
	int i, best = -1;

	__sync_fetch_and_add(&picks, 1);
	/* unrolled: the verifier wants places that it can see */
#pragma unroll
	for (i = 0; i < NC_LANES_MAX; i++) {
		if (i >= set->nr)
			continue;
		load = nc_lane_load(set->lane[i]);
		if (set->lane[i]->index == home && load <= SPILL)
			return i;
		if (load <= least) {
			least = load;
			best = i;
			fs->next = NC_LANES_MAX + set->lane[i]->index;
		}
	}
	__sync_fetch_and_add(&spills, 1);
	return best;
}

SEC("struct_ops/classify")
u8 BPF_PROG(spill_classify, struct nc_flow_sched *fs,
	    const struct nc_sched_event *ev)
{
	__sync_fetch_and_add(&messages, 1);
	return ev->len >= BULK ? NC_CLASS_T : NC_CLASS_L;
}

SEC(".struct_ops.link")
struct nc_sched_ops spill = {
	.pick		= (void *)spill_pick,
	.classify	= (void *)spill_classify,
	.name		= "spill",
	.api		= NC_SCHED_API,
};

char LICENSE[] SEC("license") = "GPL";
