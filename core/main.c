// SPDX-License-Identifier: GPL-2.0
/*
 * The module: brings the layers up from the bottom, down from the top, and
 * hands each what it may know of the others. The only file that sees them all.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/net.h>
#include "core/knobs.h"
#include "core/netns.h"
#include "core/seg.h"
#include "core/sysctl.h"
#include "netdriver/channel_ops.h"
#include "netdriver/loop/loop.h"
#include "netdriver/netdriver.h"
#include "netscheduler/netscheduler.h"
#include "uapi/linux/netchannel.h"
#include "vns/vns.h"

static bool nc_main_transport_known(const char *name)
{
	const struct nc_channel_ops *ops = nc_registry_get(name);

	if (!ops)
		return false;
	nc_registry_put(ops);
	return true;
}

static const struct nc_sysctl_hooks nc_main_sysctl_hooks = {
	.transport_known = nc_main_transport_known,
	.script_set = nc_loop_script_set,
	.script_show = nc_loop_script_show,
};

static int __init nc_main_init(void)
{
	int err;

	err = nc_seg_init();
	if (err)
		return err;
	err = nc_knobs_init();
	if (err)
		goto exit_seg;
	err = nc_netns_init();
	if (err)
		goto exit_knobs;
	err = nc_vns_init();
	if (err)
		goto exit_netns;
	err = nc_netdriver_init(&nc_vns_upcalls, &nc_sched_plan);
	if (err)
		goto exit_vns;
	err = nc_netscheduler_init();
	if (err)
		goto exit_netdriver;
	nc_sysctl_set_hooks(&nc_main_sysctl_hooks);
	/* last: sockets may come before it returns */
	err = nc_vns_start();
	if (err)
		goto exit_netscheduler;
	return 0;

exit_netscheduler:
	nc_sysctl_set_hooks(NULL);
	nc_netscheduler_exit();
exit_netdriver:
	nc_netdriver_exit();
exit_vns:
	nc_vns_exit();
exit_netns:
	nc_netns_exit();
exit_knobs:
	nc_knobs_exit();
exit_seg:
	nc_seg_exit();
	return err;
}

static void __exit nc_main_exit(void)
{
	nc_vns_stop();
	nc_sysctl_set_hooks(NULL);
	nc_netscheduler_exit();
	nc_netdriver_exit();
	nc_vns_exit();
	nc_netns_exit();
	nc_knobs_exit();
	nc_seg_exit();
}

module_init(nc_main_init);
module_exit(nc_main_exit);

MODULE_DESCRIPTION("NetChannel: virtual sockets over shared channels");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
/* 1 is SOCK_STREAM, which is no macro */
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, IPPROTO_VIRTUAL_SOCK, 1);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET6, IPPROTO_VIRTUAL_SOCK, 1);
