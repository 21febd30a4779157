// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: their names, where they are and their sums.
 */
#include "core/mib.h"

#include "core/netns.h"

#define NC_MIB_NAME(sym, name, text)	[NC_MIB_##sym] = name,
#define NC_OBJ_NAME(sym, name)		[NC_OBJ_##sym##_NEW / 2] = name,

const char * const nc_mib_names[NC_MIB_NR] = { NC_MIB_LIST(NC_MIB_NAME) };
const char * const nc_obj_names[NC_OBJ_NR / 2] = { NC_OBJ_LIST(NC_OBJ_NAME) };

DEFINE_PER_CPU(struct nc_obj, nc_obj_counts);

struct nc_mib __percpu *nc_mib_of(const struct net *net)
{
	return nc_netns(net)->mib;
}

u64 nc_mib_sum(const struct net *net, enum nc_mib_id id)
{
	const struct nc_mib __percpu *mib = nc_mib_of(net);
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(mib, cpu)->v[id]);
	return sum;
}

u64 nc_obj_sum(enum nc_obj_id id)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(nc_obj_counts, cpu).v[id]);
	return sum;
}
