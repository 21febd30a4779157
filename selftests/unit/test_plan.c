// SPDX-License-Identifier: GPL-2.0
/* netscheduler/plan_*.c: how many lanes, and on which core. */
#include "kselftest_harness.h"

#include "netscheduler/plan.h"
#include "rnd.h"

#define LOOK	50	/* ms */

FIXTURE(lanes) {
	struct nc_plan_lanes l;
	u32 up;		/* lanes that are up: those wanted, if left alone */
};

FIXTURE_SETUP(lanes)
{
	rnd_init();
	memset(self, 0, sizeof(*self));
	self->l.want = 1;
}

FIXTURE_TEARDOWN(lanes)
{
}

/* looks for @ms, at each of them @busy lanes with @load bytes on each */
static u32 looks(struct nc_plan_lanes *l, u32 ms, u32 busy, u64 load, u32 min,
		 u32 max)
{
	struct nc_plan_use use = { .ms = LOOK };
	u32 t;

	for (t = 0; t < ms; t += LOOK) {
		use.up = l->want;
		use.queued = min(busy, use.up);
		use.load = load * use.queued;
		nc_plan_lanes_want(l, &use, min, max);
	}
	return l->want;
}

TEST_F(lanes, nc_plan_lanes_want__grows_to_max)
{
	EXPECT_EQ(1, looks(&self->l, 400, 16, 1 << 20, 1, 4));
	EXPECT_EQ(2, looks(&self->l, 400, 16, 1 << 20, 1, 4));
	EXPECT_EQ(4, looks(&self->l, 1200, 16, 1 << 20, 1, 4));
	EXPECT_EQ(4, looks(&self->l, 60000, 16, 1 << 20, 1, 4));
}

/* small messages: little is queued, but never nothing */
TEST_F(lanes, nc_plan_lanes_want__grows_when_never_idle)
{
	EXPECT_EQ(1, looks(&self->l, 700, 16, 100, 1, 4));
	EXPECT_EQ(4, looks(&self->l, 5000, 16, 100, 1, 4));
}

/* a short queue, now and then nothing */
TEST_F(lanes, nc_plan_lanes_want__stays_with_little_queued)
{
	u32 i;

	for (i = 0; i < 1000; i++) {
		looks(&self->l, 4 * LOOK, 16, 5000, 1, 4);
		looks(&self->l, LOOK, 0, 0, 1, 4);
	}
	EXPECT_EQ(1, self->l.want);
}

TEST_F(lanes, nc_plan_lanes_want__a_burst_is_no_load)
{
	u32 i;

	for (i = 0; i < 100; i++) {
		looks(&self->l, 300, 16, 1 << 20, 1, 4);
		looks(&self->l, 700, 0, 0, 1, 4);
	}
	EXPECT_EQ(1, self->l.want);
}

/* half of the time busy neither adds a lane nor removes one */
TEST_F(lanes, nc_plan_lanes_want__hysteresis)
{
	u32 i, n;

	for (n = 1; n <= 4; n++) {
		self->l = (struct nc_plan_lanes) { .want = n };
		for (i = 0; i < 2000; i++) {
			looks(&self->l, LOOK, 16, 1 << 20, 1, 8);
			looks(&self->l, LOOK, 0, 0, 1, 8);
		}
		EXPECT_EQ(n, self->l.want);
	}
}

TEST_F(lanes, nc_plan_lanes_want__shrinks_one_by_one)
{
	looks(&self->l, 5000, 16, 1 << 20, 1, 4);
	ASSERT_EQ(4, self->l.want);
	EXPECT_EQ(4, looks(&self->l, 9000, 0, 0, 1, 4));
	EXPECT_EQ(3, looks(&self->l, 3000, 0, 0, 1, 4));
	EXPECT_EQ(3, looks(&self->l, 8000, 0, 0, 1, 4));
	EXPECT_EQ(2, looks(&self->l, 2000, 0, 0, 1, 4));
	EXPECT_EQ(1, looks(&self->l, 60000, 0, 0, 1, 4));
	EXPECT_EQ(0, self->l.busy >> 4);
}

/* calm is counted anew after each time of load */
TEST_F(lanes, nc_plan_lanes_want__not_calm_for_long_enough)
{
	u32 i;

	self->l.want = 3;
	for (i = 0; i < 50; i++) {
		looks(&self->l, 9000, 0, 0, 1, 3);
		looks(&self->l, 500, 16, 1 << 20, 1, 3);
	}
	EXPECT_EQ(3, self->l.want);
}

TEST_F(lanes, nc_plan_lanes_want__time_without_looks_is_idle)
{
	struct nc_plan_use use = { .up = 2, .queued = 2, .load = 1 << 20 };
	u32 i;

	self->l = (struct nc_plan_lanes) { .want = 2 };
	use.ms = 1000;
	for (i = 0; i < 100; i++)
		nc_plan_lanes_want(&self->l, &use, 1, 4);
	EXPECT_EQ(1, self->l.want);
}

TEST_F(lanes, nc_plan_lanes_want__late_looks_count)
{
	struct nc_plan_use use = { .up = 1, .queued = 1, .load = 1 << 20 };
	u32 i;

	use.ms = 4 * LOOK;
	for (i = 0; i < 12; i++)
		nc_plan_lanes_want(&self->l, &use, 1, 2);
	EXPECT_EQ(2, self->l.want);
}

TEST_F(lanes, nc_plan_lanes_want__bounds_at_once)
{
	EXPECT_EQ(3, looks(&self->l, LOOK, 0, 0, 3, 8));
	EXPECT_EQ(3, looks(&self->l, 60000, 0, 0, 3, 8));
	EXPECT_EQ(2, looks(&self->l, LOOK, 16, 1 << 20, 1, 2));
	EXPECT_EQ(16, looks(&self->l, LOOK, 0, 0, 16, 16));
	/* seen while both changed */
	EXPECT_EQ(5, looks(&self->l, LOOK, 0, 0, 5, 4));
}

TEST_F(lanes, nc_plan_lanes_want__waits_until_the_last_is_up)
{
	struct nc_plan_use use = {
		.up = 1, .queued = 1, .load = 1 << 20, .ms = LOOK,
	};
	u32 i;

	self->l.want = 2;
	for (i = 0; i < 100; i++)
		EXPECT_EQ(2, nc_plan_lanes_want(&self->l, &use, 1, 4));
	use = (struct nc_plan_use) { .ms = LOOK };
	for (i = 0; i < 1000; i++)
		nc_plan_lanes_want(&self->l, &use, 1, 4);
	EXPECT_EQ(1, self->l.want);
}

/* who only receives has nothing queued */
TEST_F(lanes, nc_plan_lanes_want__receiving)
{
	struct nc_plan_use use = { .up = 1, .ms = LOOK };
	u32 i;

	use.rx = LOOK * 1000;		/* 1 MB/s */
	for (i = 0; i < 100; i++)
		nc_plan_lanes_want(&self->l, &use, 1, 2);
	EXPECT_EQ(1, self->l.want);
	use.rx = LOOK * 1000000ULL;	/* 1 GB/s */
	for (i = 0; i < 30; i++)
		nc_plan_lanes_want(&self->l, &use, 1, 2);
	EXPECT_EQ(2, self->l.want);
}

TEST_F(lanes, nc_plan_lanes_want__random)
{
	struct nc_plan_use use;
	u32 i, min, max, was;

	for (i = 0; i < 200000; i++) {
		use = (struct nc_plan_use) {
			.up = rnd(NC_LANES_MAX + 1),
			.load = rnd64() >> rnd(64),
			.rx = rnd64() >> (8 + rnd(56)),
			.ms = rnd(3000),
		};
		use.queued = rnd(use.up + 1);
		min = 1 + rnd(NC_LANES_MAX);
		max = min + rnd(NC_LANES_MAX - min + 1);
		was = self->l.want;
		nc_plan_lanes_want(&self->l, &use, min, max);
		ASSERT_GE(self->l.want, min);
		ASSERT_LE(self->l.want, max);
		ASSERT_LE(self->l.busy, NC_PLAN_ONE);
		if (was < min || was > max)
			continue;
		ASSERT_LE(self->l.want, was + 1);
		ASSERT_GE(self->l.want + 1, was);
	}
}

#define CORES	16

FIXTURE(cores) {
	struct nc_plan_core core[CORES];
	u32 nr;
};

FIXTURE_SETUP(cores)
{
	u32 i;

	rnd_init();
	memset(self, 0, sizeof(*self));
	for (i = 0; i < CORES; i++)
		self->core[i].near = true;
}

FIXTURE_TEARDOWN(cores)
{
}

static u32 place(struct nc_plan_core *core, u32 nr, u8 class)
{
	u32 at = nc_plan_core_pick(core, nr, class);

	core[at].chans[class]++;
	return at;
}

static u32 shared(const struct nc_plan_core *core, u32 nr)
{
	u32 i, n = 0;

	for (i = 0; i < nr; i++)
		n += core[i].chans[NC_CLASS_L] && core[i].chans[NC_CLASS_T];
	return n;
}

TEST_F(cores, nc_plan_core_pick__one_core)
{
	EXPECT_EQ(0, place(self->core, 1, NC_CLASS_L));
	EXPECT_EQ(0, place(self->core, 1, NC_CLASS_T));
	EXPECT_EQ(0, place(self->core, 1, NC_CLASS_L));
}

TEST_F(cores, nc_plan_core_pick__two_cores)
{
	EXPECT_EQ(1, place(self->core, 2, NC_CLASS_L));
	EXPECT_EQ(0, place(self->core, 2, NC_CLASS_T));
	EXPECT_EQ(1, place(self->core, 2, NC_CLASS_L));
	EXPECT_EQ(0, place(self->core, 2, NC_CLASS_T));
}

/* whichever class comes first, and however many there are */
TEST_F(cores, nc_plan_core_pick__apart_and_even)
{
	u32 nr, i, k, most;
	u8 c;

	for (nr = 2; nr <= CORES; nr++) {
		for (c = 0; c < NC_CLASSES; c++) {
			memset(self->core, 0, sizeof(self->core));
			for (i = 0; i < 2 * nr; i++)
				place(self->core, nr, i < nr ? c : !c);
			EXPECT_EQ(0, shared(self->core, nr));
			most = c == NC_CLASS_L ? 3 : 2;
			most = max(most, (nr + nr / 2 - 1) / (nr / 2));
			for (k = 0; k < nr; k++) {
				i = self->core[k].chans[NC_CLASS_L] +
				    self->core[k].chans[NC_CLASS_T];
				EXPECT_GE(i, 1);
				EXPECT_LE(i, most);
			}
		}
	}
}

TEST_F(cores, nc_plan_core_pick__least_used)
{
	u32 i;

	for (i = 0; i < 8; i++)
		self->core[i].busy = NC_PLAN_ONE - 100 * i;
	self->core[2].busy = 10;
	EXPECT_EQ(2, place(self->core, 8, NC_CLASS_T));
	/* what was placed there counts before it is seen at work */
	self->core[5].busy = 100;
	EXPECT_EQ(5, place(self->core, 8, NC_CLASS_T));
	/* the other class goes elsewhere even so */
	EXPECT_EQ(7, place(self->core, 8, NC_CLASS_L));
	EXPECT_EQ(6, place(self->core, 8, NC_CLASS_L));
}

TEST_F(cores, nc_plan_core_pick__near)
{
	u32 i;

	for (i = 0; i < 8; i++) {
		self->core[i].near = i >= 4;
		self->core[i].busy = i >= 4 ? NC_PLAN_ONE : 0;
	}
	EXPECT_EQ(4, place(self->core, 8, NC_CLASS_T));
	EXPECT_EQ(7, place(self->core, 8, NC_CLASS_L));
	EXPECT_EQ(5, place(self->core, 8, NC_CLASS_T));
	EXPECT_EQ(6, place(self->core, 8, NC_CLASS_L));
	EXPECT_EQ(4, place(self->core, 8, NC_CLASS_T));
	/* none is near: any */
	for (i = 0; i < 8; i++)
		self->core[i].near = false;
	EXPECT_EQ(0, place(self->core, 8, NC_CLASS_T));
}

/* all serve the other class: the least used of all */
TEST_F(cores, nc_plan_core_pick__no_room)
{
	u32 i;

	for (i = 0; i < 4; i++)
		self->core[i].chans[NC_CLASS_L] = 4 - i;
	EXPECT_EQ(3, nc_plan_core_pick(self->core, 4, NC_CLASS_T));
}

TEST_F(cores, nc_plan_core_pick__random)
{
	u32 i, k, nr, at;

	for (i = 0; i < 100000; i++) {
		nr = 1 + rnd(CORES);
		for (k = 0; k < nr; k++) {
			self->core[k].chans[0] = rnd(3) ? 0 : rnd(5);
			self->core[k].chans[1] = rnd(3) ? 0 : rnd(5);
			self->core[k].busy = rnd(NC_PLAN_ONE + 1);
			self->core[k].near = rnd(2);
		}
		at = nc_plan_core_pick(self->core, nr, rnd(2));
		ASSERT_LT(at, nr);
	}
}

TEST_HARNESS_MAIN
