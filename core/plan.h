/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What NetDriver asks the layer above it: how many channels, and where. Pure
 * vocabulary: the answers need no kernel and are tested without one.
 */
#ifndef NC_CORE_PLAN_H
#define NC_CORE_PLAN_H

#include "core/env.h"
#include "core/lane.h"

#define NC_PLAN_ONE	1024	/* all of the time, as a share */

/**
 * struct nc_plan_use - one look at the lanes of a class to a peer
 * @up: lanes that are up
 * @queued: how many of them had something queued, or somebody at work
 * @load: bytes that waited to be sent, in all
 * @rx: bytes received since the look before, in all
 * @ms: time since then
 */
struct nc_plan_use {
	u32	up;
	u32	queued;
	u64	load;
	u64	rx;
	u32	ms;
};

/**
 * struct nc_plan_lanes - how many lanes of a class a peer is to have
 * @want: the decision in force
 * @busy: share of time that a lane is busy, a moving average
 * @load: bytes that wait at a lane, a moving average
 * @calm_ms: for so long one less would have been enough
 */
struct nc_plan_lanes {
	u32	want;
	u32	busy;
	u32	load;
	u32	calm_ms;
};

/**
 * struct nc_plan_core - a core on which a channel may be served
 * @chans: channels of each class that are served there
 * @busy: share of time that it does anything, NC_PLAN_ONE for all
 * @near: it is on the node of who opens the channel
 */
struct nc_plan_core {
	u32	chans[NC_CLASSES];
	u32	busy;
	bool	near;
};

/**
 * struct nc_plan_ops - the decisions; both are required and pure
 *
 * Process context; may not sleep.
 *
 * @lanes: update @lanes after a look; @min and @max bound the result, which is
 *	@lanes->want. Only asked by the end that opens channels.
 * @core: which of @nr cores (at least one) serves a new channel of @class
 */
struct nc_plan_ops {
	u32 (*lanes)(struct nc_plan_lanes *lanes,
		     const struct nc_plan_use *use, u32 min, u32 max);
	u32 (*core)(const struct nc_plan_core *cores, u32 nr, u8 class);
};

#endif /* NC_CORE_PLAN_H */
