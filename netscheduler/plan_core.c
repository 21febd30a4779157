// SPDX-License-Identifier: GPL-2.0
/*
 * Which core serves a new channel.
 *
 * Design notes
 *
 * 1. Near ones first, whatever they do: bytes that cross nodes cost more than
 *    waiting a little.
 * 2. Classes are apart while there are two cores or more: no class spreads
 *    over more than its half, so the other one finds cores without it. Which
 *    cores these are is not fixed; a class takes those that are used least.
 * 3. A channel counts as a quarter of a core on top of what is measured: one
 *    that has just been placed has not done anything yet.
 */
#include "netscheduler/plan.h"

#define NC_PLAN_CHAN	(NC_PLAN_ONE / 4)

struct nc_plan_rule {
	u8	class;
	bool	near;	/* only near ones */
	bool	apart;	/* none that serves the other class */
	bool	own;	/* only those that serve this class already */
};

static bool nc_plan_core_may(const struct nc_plan_core *c,
			     const struct nc_plan_rule *r)
{
	return (!r->near || c->near) &&
	       (!r->apart || !c->chans[NC_CLASSES - 1 - r->class]) &&
	       (!r->own || c->chans[r->class]);
}

static u32 nc_plan_core_count(const struct nc_plan_core *cores, u32 nr,
			      const struct nc_plan_rule *r)
{
	u32 i, n = 0;

	for (i = 0; i < nr; i++)
		n += nc_plan_core_may(&cores[i], r);
	return n;
}

/* the least used one; of equal ones T has the first and L the last */
static u32 nc_plan_core_least(const struct nc_plan_core *cores, u32 nr,
			      const struct nc_plan_rule *r)
{
	u64 use, least = U64_MAX;
	u32 i, at = 0;

	for (i = 0; i < nr; i++) {
		if (!nc_plan_core_may(&cores[i], r))
			continue;
		use = cores[i].busy + (u64)NC_PLAN_CHAN *
		      (cores[i].chans[NC_CLASS_L] +
		       cores[i].chans[NC_CLASS_T]);
		if (use < least || (use == least && r->class == NC_CLASS_L)) {
			least = use;
			at = i;
		}
	}
	return at;
}

u32 nc_plan_core_pick(const struct nc_plan_core *cores, u32 nr, u8 class)
{
	struct nc_plan_rule r = { .class = class, .near = true };
	u32 all, half;

	all = nc_plan_core_count(cores, nr, &r);
	if (!all) {
		r.near = false;
		all = nr;
	}
	/* of an odd number T has the larger part */
	half = (class == NC_CLASS_T ? all + 1 : all) / 2;
	r.apart = true;
	r.own = true;
	if (!half || nc_plan_core_count(cores, nr, &r) < half)
		r.own = false;
	r.apart = nc_plan_core_count(cores, nr, &r);
	return nc_plan_core_least(cores, nr, &r);
}
