// SPDX-License-Identifier: GPL-2.0
/*
 * NetDriver as a whole: its knobs, its lists in /proc, its init ladder.
 */
#include "netdriver/internal.h"

#include <linux/cpumask.h>
#include "core/info.h"
#include "core/knobs.h"

const struct nc_upcalls *nc_up __read_mostly;
const struct nc_plan_ops *nc_plan __read_mostly;
struct workqueue_struct *nc_wq __read_mostly;
struct workqueue_struct *nc_cold_wq __read_mostly;

unsigned int nc_knob_channels_min[NC_CLASSES] __read_mostly = { 1, 1 };
unsigned int nc_knob_channels[NC_CLASSES] __read_mostly;
unsigned int nc_knob_rx_softirq[NC_CLASSES] __read_mostly = {
	NC_RX_SOFTIRQ_CHEAP, NC_RX_SOFTIRQ_CHEAP
};

unsigned int nc_knob_busy_poll[NC_CLASSES] __read_mostly;
unsigned int nc_knob_inline_tx __read_mostly = !IS_ENABLED(CONFIG_PREEMPT_RT);
unsigned int nc_knob_half_open __read_mostly = 1024;
unsigned int nc_knob_sets __read_mostly = 64;
unsigned int nc_knob_peers __read_mostly = 4096;
unsigned int nc_knob_accepted_peers __read_mostly = 16384;

static struct nc_knob nc_netdriver_knobs[] = {
	NC_KNOB_IN(channels_latency, &nc_knob_channels[NC_CLASS_L], 1,
		   NC_LANES_MAX, &nc_knob_channels_min[NC_CLASS_L], NULL),
	NC_KNOB_IN(channels_latency_min, &nc_knob_channels_min[NC_CLASS_L], 1,
		   NC_LANES_MAX, NULL, &nc_knob_channels[NC_CLASS_L]),
	NC_KNOB_IN(channels_throughput, &nc_knob_channels[NC_CLASS_T], 1,
		   NC_LANES_MAX, &nc_knob_channels_min[NC_CLASS_T], NULL),
	NC_KNOB_IN(channels_throughput_min, &nc_knob_channels_min[NC_CLASS_T],
		   1, NC_LANES_MAX, NULL, &nc_knob_channels[NC_CLASS_T]),
	NC_KNOB(rx_softirq_latency, &nc_knob_rx_softirq[NC_CLASS_L],
		NC_RX_WORKER, NC_RX_SOFTIRQ),
	NC_KNOB(rx_softirq_throughput, &nc_knob_rx_softirq[NC_CLASS_T],
		NC_RX_WORKER, NC_RX_SOFTIRQ),
	NC_KNOB(busy_poll_latency, &nc_knob_busy_poll[NC_CLASS_L], 0, 1000),
	NC_KNOB(busy_poll_throughput, &nc_knob_busy_poll[NC_CLASS_T], 0, 1000),
	NC_KNOB(inline_tx, &nc_knob_inline_tx, 0, 1),
	NC_KNOB(half_open, &nc_knob_half_open, 1, 65536),
	NC_KNOB(sets_per_address, &nc_knob_sets, 1, 65536),
	NC_KNOB(peers, &nc_knob_peers, 1, 1U << 20),
	NC_KNOB(accepted_peers, &nc_knob_accepted_peers, 1, 1U << 20),
	NC_KNOB_FN(cpus, nc_worker_show_mask, nc_worker_store_mask),
};

static struct kobject *nc_netdriver_dir;

/* unbound, no rescuer: no threads of their own */
static int nc_netdriver_wq_init(void)
{
	nc_wq = alloc_workqueue("netchannel", WQ_UNBOUND, 0);
	if (!nc_wq)
		return -ENOMEM;
	nc_cold_wq = alloc_workqueue("netchannel_cold", WQ_UNBOUND, 0);
	if (nc_cold_wq)
		return 0;
	destroy_workqueue(nc_wq);
	return -ENOMEM;
}

static void nc_netdriver_wq_exit(void)
{
	destroy_workqueue(nc_wq);
	destroy_workqueue(nc_cold_wq);
}

void nc_netdriver_flush(void)
{
	flush_workqueue(nc_wq);
	flush_workqueue(nc_cold_wq);
}

int nc_netdriver_init(const struct nc_upcalls *up,
		      const struct nc_plan_ops *plan)
{
	unsigned int n = clamp_t(unsigned int, num_online_cpus() / 2, 1, 4);
	int err;

	nc_up = up;
	nc_plan = plan;
	nc_knob_channels[NC_CLASS_L] = n;
	nc_knob_channels[NC_CLASS_T] = n;
	err = nc_netdriver_wq_init();
	if (err)
		return err;
	err = nc_worker_init();
	if (err)
		goto wq;
	err = nc_registry_init();
	if (err)
		goto workers;
	err = nc_peer_init();
	if (err)
		goto registry;
	err = nc_listener_init();
	if (err)
		goto peers;
	err = nc_info_add("channels", nc_peer_show_channels);
	if (err)
		goto listeners;
	err = nc_info_add("peers", nc_peer_show_peers);
	if (err)
		goto info_channels;
	nc_netdriver_dir = nc_knobs_add("netdriver", nc_netdriver_knobs,
					ARRAY_SIZE(nc_netdriver_knobs));
	if (!IS_ERR(nc_netdriver_dir))
		return 0;
	err = PTR_ERR(nc_netdriver_dir);
	nc_info_del("peers");
info_channels:
	nc_info_del("channels");
listeners:
	nc_listener_exit();
peers:
	nc_peer_exit();
registry:
	nc_registry_exit();
workers:
	nc_worker_exit();
wq:
	nc_netdriver_wq_exit();
	return err;
}

void nc_netdriver_exit(void)
{
	nc_knobs_del(nc_netdriver_dir, nc_netdriver_knobs,
		     ARRAY_SIZE(nc_netdriver_knobs));
	nc_info_del("peers");
	nc_info_del("channels");
	nc_listener_exit();
	nc_peer_exit();
	nc_netdriver_wq_exit();
	nc_registry_exit();
	nc_worker_exit();
	rcu_barrier();		/* channels and peers are freed by our code */
}
