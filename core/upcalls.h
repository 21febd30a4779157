/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What NetDriver tells the layers above. The only way up: main.c hands the
 * table down at init.
 */
#ifndef NC_CORE_UPCALLS_H
#define NC_CORE_UPCALLS_H

#include <linux/types.h>
#include "core/seg.h"

struct nc_chan;
struct nc_hdr;
struct nc_peer;
struct sk_buff;

/**
 * struct nc_upcalls - upward calls; every one is required
 *
 * Receive group: softirq with a lower socket's slock, or the channel's worker
 * with the lower socket owned; bottom halves off; one call at a time for each
 * channel. They never sleep, never transmit, take no lower lock: they push
 * and kick workers.
 *
 * @rx: a piece of DATA, or a whole frame without payload (DATA, ACK, RST).
 *	@off, @len: the piece in @skb, @skb is NULL when @len is 0. @done:
 *	payload bytes of this frame already delivered; the header counts when
 *	it is 0. The skb stays the caller's. 0; -ENOMEM: nothing was taken,
 *	the same piece is offered again later; -EPROTO: the *channel* broke a
 *	rule and is closed.
 * @rx_syn: NCSYN or NCSYN_ACK with its decoded payload. 0 or -EPROTO.
 * @rx_flush: the run is over: wake whom @rx made readable.
 *
 * Send group: whoever owns the channel's transmission; process context,
 * bottom halves on, no lock held; may take data locks; never sleeps.
 *
 * @tx_prepare: @seg is about to leave: fill its header; from here on it does
 *	not change. False: it need not leave any more; the caller drops it.
 * @tx_ack: @flow owes an announcement on a lane to @peer: fill a header. False:
 *	no news there.
 *
 * Lane group: process context, no lock held; may not sleep for long.
 *
 * @lane_down: lane @lane_id is gone and its queue was emptied: what it held of
 *	@flow and is not acknowledged goes out again in order; then announce
 *	again.
 * @lane_up: lanes of the peer of @flow came up (announce again: rule R5).
 * @resume: @flow was parked and may push again. Any context, BH off allowed.
 * @lane_fail: no lane to the peer of @flow could be opened, for reason @err: a
 *	connect() that waits for one fails.
 * @peer_dead: the other end lost all connections of the peer of @flow, or was
 *	unreachable for too long, for reason @err.
 *
 * @flow_get: take a reference of a flow seen under RCU or a list's lock; false
 *	if it is being freed.
 * @flow_put: drop it; any context.
 */
struct nc_upcalls {
	int  (*rx)(struct nc_chan *ch, const struct nc_hdr *h,
		   struct sk_buff *skb, u32 off, u32 len, u32 done);
	int  (*rx_syn)(struct nc_chan *ch, const struct nc_hdr *h,
		       const u8 *payload);
	void (*rx_flush)(struct nc_chan *ch);

	bool (*tx_prepare)(struct nc_seg *seg, struct nc_hdr *h);
	bool (*tx_ack)(struct nc_flow *flow, const struct nc_peer *peer,
		       struct nc_hdr *h);

	void (*lane_down)(struct nc_flow *flow, u32 lane_id);
	void (*lane_up)(struct nc_flow *flow);
	void (*resume)(struct nc_flow *flow);
	void (*lane_fail)(struct nc_flow *flow, int err);
	void (*peer_dead)(struct nc_flow *flow, int err);

	bool (*flow_get)(struct nc_flow *flow);
	void (*flow_put)(struct nc_flow *flow);
};

#endif /* NC_CORE_UPCALLS_H */
