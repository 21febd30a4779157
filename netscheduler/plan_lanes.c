// SPDX-License-Identifier: GPL-2.0
/*
 * How many lanes of a class a peer is to have.
 *
 * Design notes
 *
 * 1. A lane is busy when there is something queued on it, or somebody sends or
 *    receives, at the moment of a look. What comes in is taken by softirq and
 *    leaves no queue, so bytes received count as well: the end that opens
 *    channels is often the one that only receives.
 * 2. One more when the lanes were busy most of the last half second, and what
 *    waits is worth it: a queue of some length, or a lane that is never seen
 *    idle (many small messages). After that the average is what the same load
 *    makes of one lane more, so the next one has to be earned.
 * 3. One less when that one would have been busy for less than half of what
 *    makes it come back, for ten seconds on end.
 */
#include "netscheduler/plan.h"

#define NC_PLAN_LOOK	50		/* ms, usually between two looks */
#define NC_PLAN_GAP	500		/* ms: nobody meant to look */
#define NC_PLAN_WEIGHT	8		/* looks in the moving average */
#define NC_PLAN_GROW	(NC_PLAN_ONE * 3 / 4)
#define NC_PLAN_FULL	(NC_PLAN_ONE * 15 / 16)
#define NC_PLAN_LOAD	(32 << 10)	/* bytes for each lane */
#define NC_PLAN_RX	(64 << 10)	/* bytes in a ms keep a lane busy */
#define NC_PLAN_SHRINK	(NC_PLAN_ONE * 3 / 8)
#define NC_PLAN_CALM	10000		/* ms */

static u32 nc_plan_lanes_share(const struct nc_plan_use *use)
{
	u64 rx, tx;

	if (!use->up)
		return 0;
	tx = (u64)use->queued * NC_PLAN_ONE / use->up;
	rx = use->rx / ((u64)use->up * max(use->ms, 1U)) *
	     NC_PLAN_ONE / NC_PLAN_RX;
	return min_t(u64, max(tx, rx), NC_PLAN_ONE);
}

/*
 * When nobody looked nothing moved: that time counts as idle. A look that is
 * only late does not: cores are busy.
 */
static u32 nc_plan_lanes_average(u32 old, u32 now, u32 ms)
{
	u32 idle = ms < NC_PLAN_GAP ? 0 : ms / NC_PLAN_LOOK;
	s64 v = old;

	for (idle = min(idle, 4U * NC_PLAN_WEIGHT); idle > 1; idle--)
		v -= v / NC_PLAN_WEIGHT;
	v += ((s64)now - v) / NC_PLAN_WEIGHT;
	return v;
}

u32 nc_plan_lanes_want(struct nc_plan_lanes *l, const struct nc_plan_use *use,
		       u32 min, u32 max)
{
	u64 load = use->up ? use->load / use->up : 0;
	u32 want;

	if (max < min)		/* read while both changed */
		max = min;
	want = l->want < min ? min : l->want > max ? max : l->want;
	load = min_t(u64, load, 1U << 30);
	l->busy = nc_plan_lanes_average(l->busy, nc_plan_lanes_share(use),
					use->ms);
	l->load = nc_plan_lanes_average(l->load, load, use->ms);
	if (want != l->want) {
		l->calm_ms = 0;
	} else if (want < max && use->up >= want && l->busy >= NC_PLAN_GROW &&
		   (l->load >= NC_PLAN_LOAD || l->busy >= NC_PLAN_FULL)) {
		l->busy = l->busy * want / (want + 1);
		l->load = (u64)l->load * want / (want + 1);
		l->calm_ms = 0;
		want++;
	} else if (want > min &&
		   l->busy * want <= NC_PLAN_SHRINK * (want - 1)) {
		l->calm_ms += use->ms;
		if (l->calm_ms >= NC_PLAN_CALM) {
			l->calm_ms = 0;
			want--;
		}
	} else {
		l->calm_ms = 0;
	}
	l->want = want;
	return want;
}
