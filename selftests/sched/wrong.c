// SPDX-License-Identifier: GPL-2.0
/*
 * What may be wrong with a lane policy of another module. "how" says what: the
 * first ones are refused, and insmod fails with the reason; "rubbish" is taken,
 * and its flows are not served well.
 */
#include <linux/module.h>
#include "netscheduler/sched_ops.h"

static char *how = "";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "api, name, pick, owner, twice, init, rubbish");

static unsigned int wrong_calls;

static int wrong_pick(const struct nc_lane_set *set,
		      struct nc_flow_sched *fs, u32 limit)
{
	static const int answers[] = { 0, 1000, 0, -1000, 0, NC_LANES_MAX };

	return answers[wrong_calls++ % ARRAY_SIZE(answers)];
}

static u8 wrong_classify(struct nc_flow_sched *fs,
			 const struct nc_sched_event *ev)
{
	return ev->len * 7;
}

static struct nc_sched_ops wrong_ops = {
	.pick		= wrong_pick,
	.classify	= wrong_classify,
	.name		= "wrong",
	.owner		= THIS_MODULE,
	.api		= NC_SCHED_API,
};

static int __init wrong_init(void)
{
	int err;

	if (!strcmp(how, "api"))
		wrong_ops.api++;
	if (!strcmp(how, "name"))
		wrong_ops.name[0] = 0;
	if (!strcmp(how, "pick"))
		wrong_ops.pick = NULL;
	if (!strcmp(how, "owner"))
		wrong_ops.owner = NULL;
	if (!strcmp(how, "twice"))
		strscpy(wrong_ops.name, "shortest", sizeof(wrong_ops.name));
	err = nc_sched_register(&wrong_ops);
	if (!err && !strcmp(how, "init")) {
		err = nc_sched_register(&wrong_ops);
		nc_sched_unregister(&wrong_ops);
	}
	/* what was refused may be taken back too */
	if (err)
		nc_sched_unregister(&wrong_ops);
	return err;
}

static void __exit wrong_exit(void)
{
	nc_sched_unregister(&wrong_ops);
	nc_sched_unregister(&wrong_ops);
}

module_init(wrong_init);
module_exit(wrong_exit);

MODULE_DESCRIPTION("NetChannel: a policy with faults, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "NETCHANNEL");
