// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatch: the lane of each segment, waiting when there is none, and kicks.
 *
 * Design notes
 *
 * 1. Dealing single messages over lanes makes a sieve of the receiver's
 *    stream: with one lane late every fourth message is missing. So a flow
 *    stays on a lane for NC_FLOWLET bytes, unless nothing is in flight. Then
 *    who opened the connection asks on the lane of its processor, together
 *    with others there, and who accepted it answers where it was asked. So
 *    small messages meet on few lanes and share segments, acknowledgements
 *    ride on data, and memory is in the right caches.
 * 2. Classes use disjoint lanes; the other class' are used when the own ones
 *    are down, and counted.
 * 3. An automatic flow changes class where it may change lane: with nothing in
 *    flight, or after a flowlet. What is in flight stays on its lane of the old
 *    class: lanes are found by id and kicked by class, so a lost one, an
 *    acknowledgement and a kick that comes late mean what they meant.
 * 4. Queueing happens under a virtual socket's data lock, transmitting never:
 *    lanes that got something are remembered in the flow and kicked when the
 *    lock is gone.
 */
#include "netscheduler/internal.h"

#include <linux/hash.h>
#include <linux/random.h>
#include "core/knobs.h"
#include "core/mib.h"
#include "core/trace.h"

static unsigned int nc_sched_limit __read_mostly = NC_SCHED_LIMIT;

void nc_sched_init(struct nc_flow *flow)
{
	INIT_LIST_HEAD(&flow->peer_node);
	INIT_LIST_HEAD(&flow->park_node);
	flow->fs.hash = get_random_u32();
	flow->ops = nc_policy_get_default();
	flow->class = flow->ops->classify ? NC_CLASS_L : NC_CLASS_T;
}

void nc_sched_exit(struct nc_flow *flow)
{
	nc_policy_put(flow->ops);
}

void nc_sched_set_class(struct nc_flow *flow, u8 class, bool fixed)
{
	if (class != flow->class)
		trace_nc_flow_class(flow->fs.hash, flow->class, class, fixed,
				    0, 0);
	flow->class = class;
	flow->fixed = fixed;
	memset(flow->fs.mem, 0, sizeof(flow->fs.mem));
}

void nc_sched_set_auto(struct nc_flow *flow)
{
	u8 class = flow->class;

	if (!flow->ops->classify)
		class = NC_CLASS_T;
	else if (!flow->seen)
		class = NC_CLASS_L;
	nc_sched_set_class(flow, class, false);
}

int nc_sched_set_policy(struct nc_flow *flow, const char *name)
{
	const struct nc_sched_ops *ops = nc_policy_get(name);

	if (!ops)
		return -ENOENT;
	swap(flow->ops, ops);
	flow->fs.next = 0;
	if (!flow->fixed)
		nc_sched_set_auto(flow);
	nc_policy_put(ops);
	return 0;
}

/* lanes for the flow's class, or the other's when none is up */
static const struct nc_lane_set *nc_sched_set(const struct nc_flow *flow)
{
	const struct nc_lane_set *set;

	set = nc_peer_lanes(flow->tx_peer, flow->class);
	if (unlikely(!set->nr))
		set = nc_peer_lanes(flow->tx_peer,
				    NC_CLASSES - 1 - flow->class);
	return set;
}

static struct nc_lane *nc_sched_find(const struct nc_lane_set *set, u32 id)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		if (set->lane[i]->id == id)
			return set->lane[i];
	return NULL;
}

/* with nothing in flight: the lane of this processor, or of the question */
static struct nc_lane *nc_sched_home(const struct nc_lane_set *set,
				     const struct nc_flow *flow)
{
	if (nc_peer_opened(flow->tx_peer))
		return set->lane[raw_smp_processor_id() % set->nr];
	return nc_sched_find(set, flow->heard_id);
}

/* the lane that needs no choice, or NULL */
static struct nc_lane *nc_sched_given(const struct nc_lane_set *set,
				      const struct nc_flow *flow, bool idle,
				      u32 limit)
{
	struct nc_lane *lane = NULL;

	if (idle) {
		lane = nc_sched_home(set, flow);
		limit = min_t(u32, limit, NC_FLOWLET);
	} else if (flow->lane_bytes < NC_FLOWLET) {
		lane = nc_sched_find(set, flow->lane_id);
	}
	return lane && nc_lane_load(lane) <= limit ? lane : NULL;
}

/* as nc_peer_wake_parked() takes it: the lock, then nobody is lost */
static void nc_sched_park(struct nc_flow *flow)
{
	struct nc_park *park = nc_peer_park(flow->tx_peer);

	spin_lock(&park->lock);
	if (list_empty(&flow->park_node))
		list_add_tail(&flow->park_node, &park->flows);
	trace_nc_park(flow->fs.hash, flow->class, nc_sched_set(flow)->nr);
	spin_unlock(&park->lock);
}

static struct nc_lane *nc_sched_pick(struct nc_flow *flow, bool idle)
{
	const struct nc_lane_set *set = nc_sched_set(flow);
	unsigned int limit = READ_ONCE(nc_sched_limit);
	struct nc_lane *lane;
	int i;

	if (unlikely(!set->nr))
		return NULL;
	lane = nc_sched_given(set, flow, idle, limit);
	if (lane && !idle)
		return lane;
	if (!lane) {
		i = flow->ops->pick(set, &flow->fs, limit);
		if (i < 0 || i >= set->nr)
			return NULL;
		lane = set->lane[i];
	}
	if (lane->id != flow->lane_id) {
		flow->lane_id = lane->id;
		trace_nc_lane_pick(flow->fs.hash, lane->class, lane->index,
				   nc_lane_load(lane));
	}
	flow->lane_bytes = 0;
	return lane;
}

/*
 * New bytes: which class? Segments that go out again, or that waited, were seen
 * before, and what joined a segment meanwhile is in flight with it. The class
 * changes where the lane may.
 */
static void nc_sched_classify(struct nc_flow *flow, const struct nc_seg *seg,
			      u64 flight)
{
	struct nc_sched_event ev = {
		.class	= flow->class,
		.flight	= min_t(u64, flight, U32_MAX),
		.len	= seg->len,
	};
	u8 class;

	/* data begins at 1; a FIN may have no bytes */
	if (!seg->seq || seg->seq < flow->seen || !seg->len)
		return;
	if (flow->seen)
		flow->lane_bytes += seg->seq - flow->seen;
	else
		memset(flow->fs.mem, 0, sizeof(flow->fs.mem));
	flow->seen = seg->seq + seg->len;
	if (flow->fixed || !flow->ops->classify)
		return;
	class = flow->ops->classify(&flow->fs, &ev);
	if (class == flow->class || class >= NC_CLASSES)
		return;
	if (flight && flow->lane_bytes < NC_FLOWLET)
		return;
	trace_nc_flow_class(flow->fs.hash, flow->class, class, false,
			    ev.flight, ev.len);
	nc_mib_inc(nc_peer_netns(flow->tx_peer), CLASS_CHANGED);
	flow->class = class;
}

static void nc_sched_queue(struct nc_flow *flow, struct nc_lane *lane,
			   struct nc_seg *seg)
{
	u16 bit = BIT(lane->index);

	if (unlikely(lane->class != flow->class))
		nc_mib_inc(nc_peer_netns(flow->tx_peer), OTHER_CLASS);
	if (!nc_chan_queue(lane, seg))
		flow->kick_full[lane->class] |= bit;
	flow->kick[lane->class] |= bit;
	flow->lane_bytes += seg->len;
}

int nc_sched_send(struct nc_flow *flow, struct nc_seg *seg, u64 flight)
{
	struct nc_lane *lane;
	int err = 0;

	rcu_read_lock();
	nc_sched_classify(flow, seg, flight);
	lane = nc_sched_pick(flow, !flight);
	if (unlikely(!lane)) {
		nc_sched_park(flow);
		/* a lane may have come, or emptied, before we were listed:
		 * pairs with the set's update before nc_peer_wake_parked()
		 */
		smp_mb();
		lane = nc_sched_pick(flow, true);
		if (!lane)
			err = -EAGAIN;
	}
	if (!err)
		nc_sched_queue(flow, lane, seg);
	rcu_read_unlock();
	return err;
}

int nc_sched_rst(struct nc_flow *flow, struct nc_seg *seg)
{
	const struct nc_lane_set *set;
	struct nc_lane *lane = NULL;
	u8 c;

	rcu_read_lock();
	set = nc_sched_set(flow);
	/* the class may have changed since */
	for (c = 0; c < NC_CLASSES && !lane; c++)
		lane = nc_sched_find(nc_peer_lanes(flow->tx_peer, c),
				     flow->lane_id);
	if (!lane && set->nr)
		lane = set->lane[0];
	if (lane)
		nc_sched_queue(flow, lane, seg);
	rcu_read_unlock();
	return lane ? 0 : -EAGAIN;
}

void nc_sched_owe(struct nc_flow *flow, bool now)
{
	const struct nc_lane_set *set;
	struct nc_lane *lane;

	rcu_read_lock();
	set = nc_sched_set(flow);
	/* no lane: said again when one comes up (R5) */
	if (set->nr) {
		lane = nc_sched_find(set, flow->heard_id);
		if (!lane)
			lane = set->lane[reciprocal_scale(flow->fs.hash,
							  set->nr)];
		if (nc_chan_owe(lane, flow, now))
			flow->kick[lane->class] |= BIT(lane->index);
	}
	rcu_read_unlock();
}

static struct nc_lane *nc_sched_lane(const struct nc_lane_set *set, int index)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		if (set->lane[i]->index == index)
			return set->lane[i];
	return NULL;
}

/* a reference; NULL: it died, and what it held is sent again */
static struct nc_lane *nc_sched_hold(struct nc_flow *flow, u8 class, int index)
{
	struct nc_lane *lane;

	rcu_read_lock();
	lane = nc_sched_lane(nc_peer_lanes(flow->tx_peer, class), index);
	if (lane)
		lane = nc_lane_get(lane);
	rcu_read_unlock();
	return lane;
}

static void nc_sched_kick_class(struct nc_flow *flow, u8 class, u16 mask,
				u16 full, bool lazy)
{
	struct nc_lane *lane;
	int index;

	while (mask) {
		index = __ffs(mask);
		mask &= mask - 1;
		lane = nc_sched_hold(flow, class, index);
		if (!lane)
			continue;
		if (nc_chan_kick(lane, flow, !(full & BIT(index)), lazy))
			set_bit(class * NC_LANES_MAX + index, &flow->late);
		nc_lane_put(lane);
	}
}

void nc_sched_flush(struct nc_flow *flow)
{
	unsigned long mask = xchg(&flow->late, 0);
	struct nc_lane *lane;
	int bit;

	for_each_set_bit(bit, &mask, NC_CLASSES * NC_LANES_MAX) {
		lane = nc_sched_hold(flow, bit / NC_LANES_MAX,
				     bit % NC_LANES_MAX);
		if (!lane)
			continue;
		nc_chan_flush(lane);
		nc_lane_put(lane);
	}
}

void nc_sched_kick(struct nc_flow *flow, spinlock_t *data_lock, bool lazy)
{
	u16 mask[NC_CLASSES], full[NC_CLASSES];

	spin_lock_bh(data_lock);
	memcpy(mask, flow->kick, sizeof(mask));
	memcpy(full, flow->kick_full, sizeof(full));
	memset(flow->kick, 0, sizeof(flow->kick));
	memset(flow->kick_full, 0, sizeof(flow->kick_full));
	spin_unlock_bh(data_lock);
	nc_sched_kick_class(flow, NC_CLASS_L, mask[NC_CLASS_L],
			    full[NC_CLASS_L], lazy);
	nc_sched_kick_class(flow, NC_CLASS_T, mask[NC_CLASS_T],
			    full[NC_CLASS_T], lazy);
}

void nc_sched_kick_atomic(struct nc_flow *flow)
{
	struct nc_lane *lane;
	int c, index;

	rcu_read_lock();
	for (c = 0; c < NC_CLASSES; c++) {
		while (flow->kick[c]) {
			index = __ffs(flow->kick[c]);
			flow->kick[c] &= flow->kick[c] - 1;
			lane = nc_sched_lane(nc_peer_lanes(flow->tx_peer, c),
					     index);
			if (lane)
				nc_chan_wake(lane);
		}
		flow->kick_full[c] = 0;
	}
	rcu_read_unlock();
}

/* ---- the layer ---- */

static struct nc_knob nc_sched_knobs[] = {
	NC_KNOB(lane_limit, &nc_sched_limit, 512 << 10, 1U << 30),
	NC_KNOB_FN(policy, nc_policy_show, nc_policy_store),
};

static struct kobject *nc_sched_dir;

int nc_netscheduler_init(void)
{
	int err;

	err = nc_policy_init();
	if (err)
		return err;
	nc_sched_dir = nc_knobs_add("netscheduler", nc_sched_knobs,
				    ARRAY_SIZE(nc_sched_knobs));
	return PTR_ERR_OR_ZERO(nc_sched_dir);
}

void nc_netscheduler_exit(void)
{
	nc_knobs_del(nc_sched_dir, nc_sched_knobs, ARRAY_SIZE(nc_sched_knobs));
}
