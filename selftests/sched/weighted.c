// SPDX-License-Identifier: GPL-2.0
/*
 * Weighted round robin: of each round a lane gets as many runs of segments as
 * its weight says, as when one core has more to do than others. A complete lane
 * policy as a module of its own; Documentation/writing-a-scheduler.rst explains
 * it.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include "netscheduler/sched_ops.h"

#define WEIGHTED_MAX	100

static unsigned int weight[NC_LANES_MAX] = { [0 ... NC_LANES_MAX - 1] = 1 };
module_param_array(weight, uint, NULL, 0444);
MODULE_PARM_DESC(weight, "of the lanes by index, each 1 to 100 (1)");

static unsigned int weighted_of(const struct nc_lane *lane)
{
	return weight[lane->index];
}

static int weighted_pick(const struct nc_lane_set *set,
			 struct nc_flow_sched *fs, u32 limit)
{
	u32 i, at, turn, total = 0;

	if (!set->nr)
		return -1;
	for (i = 0; i < set->nr; i++)
		total += weighted_of(set->lane[i]);
	/* flows begin at places of their own */
	turn = (fs->hash + fs->next) % total;
	for (at = 0; turn >= weighted_of(set->lane[at]); at++)
		turn -= weighted_of(set->lane[at]);
	/* the lane whose turn it is, or the next that is not full */
	for (i = 0; i < set->nr; i++) {
		if (nc_lane_load(set->lane[at]) <= limit) {
			fs->next++;
			return at;
		}
		at = (at + 1) % set->nr;
	}
	return -1;
}

static struct nc_sched_ops weighted_ops = {
	.pick	= weighted_pick,
	.name	= "weighted",
	.owner	= THIS_MODULE,
	.api	= NC_SCHED_API,
};

static int __init weighted_init(void)
{
	unsigned int i;

	/* not 0: that lane may be the only one which is up */
	for (i = 0; i < NC_LANES_MAX; i++)
		if (!weight[i] || weight[i] > WEIGHTED_MAX)
			return -EINVAL;
	/* last: sockets may have it before this returns */
	return nc_sched_register(&weighted_ops);
}

static void __exit weighted_exit(void)
{
	nc_sched_unregister(&weighted_ops);
}

module_init(weighted_init);
module_exit(weighted_exit);

MODULE_DESCRIPTION("NetChannel: weighted round robin over lanes");
MODULE_LICENSE("GPL");
/* MODULE_IMPORT_NS(), which takes a word before 6.13 and a string since */
MODULE_INFO(import_ns, "NETCHANNEL");
