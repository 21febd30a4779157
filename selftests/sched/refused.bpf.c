// SPDX-License-Identifier: GPL-2.0
/*
 * What is refused; REFUSED says which of them this is.
 *
 *	1 writes to a lane		2 writes the flow's hash
 *	3 writes also behind mem	4 has no pick
 *	5 another NC_SCHED_API		6 no name
 *	7 may sleep			8 lets a helper write to the set
 */
#include "selftests/sched/bpf.h"

#if REFUSED == 7
#define MAY_SLEEP	".s"
#else
#define MAY_SLEEP	""
#endif

#if REFUSED != 4
SEC("struct_ops" MAY_SLEEP "/pick")
int BPF_PROG(refused_pick, const struct nc_lane_set *set,
	     struct nc_flow_sched *fs, u32 limit)
{
	if (REFUSED == 1 && set->nr)
		set->lane[0]->backlog = 0;
	if (REFUSED == 2)
		fs->hash = 1;
	if (REFUSED == 3)
		*(volatile u64 *)&fs->mem[3] = 1;
	if (REFUSED == 8)
		bpf_probe_read_kernel((void *)&set->nr, sizeof(set->nr),
				      &fs->hash);
	return 0;
}
#endif

SEC("struct_ops/classify")
u8 BPF_PROG(refused_classify, struct nc_flow_sched *fs,
	    const struct nc_sched_event *ev)
{
	return NC_CLASS_L;
}

SEC(".struct_ops.link")
struct nc_sched_ops refused = {
#if REFUSED != 4
	.pick		= (void *)refused_pick,
#endif
	.classify	= (void *)refused_classify,
	.name		= { REFUSED == 6 ? 0 : 'r' },
	.api		= REFUSED == 5 ? NC_SCHED_API + 1 : NC_SCHED_API,
};

char LICENSE[] SEC("license") = "GPL";
