// SPDX-License-Identifier: GPL-2.0
/* A policy that is taken and says nonsense; nothing comes of it. */
#include "selftests/sched/bpf.h"

u64 picks;

SEC("struct_ops/pick")
int BPF_PROG(wrong_pick, const struct nc_lane_set *set,
	     struct nc_flow_sched *fs, u32 limit)
{
	__sync_fetch_and_add(&picks, 1);
	fs->next = bpf_get_prandom_u32();
	fs->mem[0] = fs->mem[3] = fs->next;
	switch (fs->next % 4) {
	case 0:
		return -1;
	case 1:
		return NC_LANES_MAX;
	case 2:
		return -1000;
	}
	return fs->next & 0x7fffffff;
}

SEC("struct_ops/classify")
u8 BPF_PROG(wrong_classify, struct nc_flow_sched *fs,
	    const struct nc_sched_event *ev)
{
	return bpf_get_prandom_u32();
}

SEC(".struct_ops.link")
struct nc_sched_ops wrong = {
	.pick		= (void *)wrong_pick,
	.classify	= (void *)wrong_classify,
	.name		= "wrong",
	.api		= NC_SCHED_API,
};

char LICENSE[] SEC("license") = "GPL";
