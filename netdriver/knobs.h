/* SPDX-License-Identifier: GPL-2.0 */
/* The driver's knobs (netdriver.c), racy-ok; Documentation/knobs.rst. */
#ifndef NC_NETDRIVER_KNOBS_H
#define NC_NETDRIVER_KNOBS_H

#include "core/lane.h"

/* values of rx_softirq_*: who receives */
enum {
	NC_RX_WORKER,
	NC_RX_SOFTIRQ_CHEAP,	/* softirq, see nc_chan_rx_inline() */
	NC_RX_SOFTIRQ,
};

extern unsigned int nc_knob_channels_min[NC_CLASSES];
extern unsigned int nc_knob_channels[NC_CLASSES];
extern unsigned int nc_knob_rx_softirq[NC_CLASSES];
extern unsigned int nc_knob_busy_poll[NC_CLASSES];
extern unsigned int nc_knob_inline_tx;
extern unsigned int nc_knob_half_open;
extern unsigned int nc_knob_sets;
extern unsigned int nc_knob_peers;
extern unsigned int nc_knob_accepted_peers;

#endif /* NC_NETDRIVER_KNOBS_H */
