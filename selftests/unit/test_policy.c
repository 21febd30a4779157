// SPDX-License-Identifier: GPL-2.0
/* netscheduler/policy_*.c: what every policy owes, then each one's choice. */
#include "kselftest_harness.h"

#include "netscheduler/policy.h"
#include "rnd.h"

#define LIMIT	1000

FIXTURE(lanes) {
	struct nc_lane lane[NC_LANES_MAX];
	struct nc_lane_set set;
	struct nc_flow_sched fs;
};

FIXTURE_SETUP(lanes)
{
	int i;

	rnd_init();
	memset(self, 0, sizeof(*self));
	for (i = 0; i < NC_LANES_MAX; i++) {
		self->lane[i].id = i + 1;
		self->lane[i].index = i;
		self->set.lane[i] = &self->lane[i];
	}
	self->set.nr = 4;
}

FIXTURE_TEARDOWN(lanes)
{
}

#define PICK(policy)	(policy).pick(&self->set, &self->fs, LIMIT)

TEST_F(lanes, nc_lane_load__both_queues)
{
	struct nc_lane *lane = &self->lane[0];

	lane->backlog = 10;
	lane->unsent = 5;
	EXPECT_EQ(15, nc_lane_load(lane));
	/* taken before it was counted: not less than nothing */
	lane->backlog = -10;
	EXPECT_EQ(5, nc_lane_load(lane));
}

static struct nc_sched_ops *const policies[] = {
	&nc_policy_class, &nc_policy_hash, &nc_policy_rr, &nc_policy_shortest,
};

TEST_F(lanes, policy__can_be_registered)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		EXPECT_TRUE(!!policies[i]->pick);
		EXPECT_EQ(NC_SCHED_API, policies[i]->api);
		EXPECT_EQ(NULL, policies[i]->owner);
	}
	EXPECT_STREQ("class", nc_policy_class.name);
	EXPECT_STREQ("hash", nc_policy_hash.name);
	EXPECT_STREQ("rr", nc_policy_rr.name);
	EXPECT_STREQ("shortest", nc_policy_shortest.name);
}

TEST_F(lanes, policy__no_lane)
{
	size_t i;

	self->set.nr = 0;
	for (i = 0; i < ARRAY_SIZE(policies); i++)
		EXPECT_EQ(-1, PICK(*policies[i]));
}

TEST_F(lanes, policy__all_full)
{
	size_t i;
	u32 k;

	for (k = 0; k < self->set.nr; k++)
		self->lane[k].backlog = LIMIT + 1;
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		EXPECT_EQ(-1, PICK(*policies[i]));
		EXPECT_EQ(0, self->fs.next);
	}
	/* at the limit is not above it */
	self->lane[2].backlog = LIMIT - 1;
	self->lane[2].unsent = 1;
	for (i = 0; i < ARRAY_SIZE(policies); i++)
		EXPECT_EQ(2, PICK(*policies[i]));
}

/* any state: a full lane never, -1 only if all are full; the set changes */
TEST_F(lanes, policy__random)
{
	u32 i, k, room;
	int at;

	for (i = 0; i < 200000; i++) {
		self->set.nr = 1 + rnd(NC_LANES_MAX);
		self->fs.hash = rnd64();
		if (!rnd(10))
			self->fs.next = rnd64();
		for (room = 0, k = 0; k < self->set.nr; k++) {
			self->lane[k].backlog = (int)rnd(1200) - 100;
			self->lane[k].unsent = rnd(2 * LIMIT);
			self->lane[k].kib_ns = rnd(4) ? rnd64() : 0;
			room += nc_lane_load(&self->lane[k]) <= LIMIT;
		}
		at = PICK(*policies[i % ARRAY_SIZE(policies)]);
		ASSERT_EQ(room ? 0 : -1, at < 0 ? at : 0);
		if (!room)
			continue;
		ASSERT_LT(at, (int)self->set.nr);
		ASSERT_LE(nc_lane_load(&self->lane[at]), LIMIT);
	}
}

TEST_F(lanes, policy__new_flows_spread)
{
	u32 count[4], i, k;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		memset(count, 0, sizeof(count));
		for (k = 0; k < 4000; k++) {
			self->fs = (struct nc_flow_sched) { .hash = rnd64() };
			count[PICK(*policies[i])]++;
		}
		for (k = 0; k < 4; k++) {
			EXPECT_GT(count[k], 800);
			EXPECT_LT(count[k], 1200);
		}
	}
}

TEST_F(lanes, nc_policy_rr__in_turn)
{
	int i;

	self->fs.hash = 6;
	for (i = 0; i < 12; i++)
		EXPECT_EQ((6 + i) % 4, PICK(nc_policy_rr));
}

TEST_F(lanes, nc_policy_rr__skips_full)
{
	self->lane[1].unsent = LIMIT + 1;
	self->lane[2].backlog = LIMIT + 1;
	EXPECT_EQ(0, PICK(nc_policy_rr));
	EXPECT_EQ(3, PICK(nc_policy_rr));
	EXPECT_EQ(0, PICK(nc_policy_rr));
	self->lane[1].unsent = 0;
	EXPECT_EQ(1, PICK(nc_policy_rr));
}

TEST_F(lanes, nc_policy_rr__load_does_not_matter_below_the_limit)
{
	int i;

	self->lane[2].backlog = LIMIT;
	for (i = 0; i < 8; i++)
		EXPECT_EQ(i % 4, PICK(nc_policy_rr));
}

TEST_F(lanes, nc_policy_hash__stays)
{
	int i;

	self->fs.hash = 6;
	for (i = 0; i < 8; i++)
		EXPECT_EQ(2, PICK(nc_policy_hash));
	/* full: the next that is not, as long as it is */
	self->lane[2].backlog = LIMIT + 1;
	self->lane[3].unsent = LIMIT + 1;
	EXPECT_EQ(0, PICK(nc_policy_hash));
	EXPECT_EQ(0, PICK(nc_policy_hash));
	self->lane[2].backlog = LIMIT;
	EXPECT_EQ(2, PICK(nc_policy_hash));
}

TEST_F(lanes, nc_policy_hash__largest_number)
{
	self->fs.hash = U32_MAX;
	self->set.nr = NC_LANES_MAX;
	EXPECT_EQ(NC_LANES_MAX - 1, PICK(nc_policy_hash));
	self->lane[NC_LANES_MAX - 1].backlog = LIMIT + 1;
	EXPECT_EQ(0, PICK(nc_policy_hash));
}

TEST_F(lanes, nc_policy_shortest__least)
{
	self->lane[0].backlog = 30;
	self->lane[1].backlog = 20;
	self->lane[2].unsent = 10;
	self->lane[3].backlog = 40;
	EXPECT_EQ(2, PICK(nc_policy_shortest));
	EXPECT_EQ(2, PICK(nc_policy_shortest));
	self->lane[2].backlog = 15;
	EXPECT_EQ(1, PICK(nc_policy_shortest));
}

TEST_F(lanes, nc_policy_shortest__ties_in_turn)
{
	int i;

	for (i = 0; i < 8; i++)
		EXPECT_EQ(i % 4, PICK(nc_policy_shortest));
	self->lane[1].backlog = 1;
	EXPECT_EQ(0, PICK(nc_policy_shortest));
	EXPECT_EQ(2, PICK(nc_policy_shortest));
	EXPECT_EQ(3, PICK(nc_policy_shortest));
	EXPECT_EQ(0, PICK(nc_policy_shortest));
}

/* ten times the bytes are gone sooner on a lane that is twenty times faster */
TEST_F(lanes, nc_policy_shortest__how_long_it_takes)
{
	int i;

	for (i = 0; i < 4; i++) {
		self->lane[i].backlog = 10;
		self->lane[i].kib_ns = 2000;
	}
	self->lane[1].backlog = 100;
	self->lane[1].kib_ns = 100;
	EXPECT_EQ(1, PICK(nc_policy_shortest));
	self->lane[1].kib_ns = 300;
	EXPECT_NE(1, PICK(nc_policy_shortest));
	/* not measured yet: neither the best nor the worst */
	self->lane[3].kib_ns = 0;
	EXPECT_EQ(3, PICK(nc_policy_shortest));
	self->lane[0].kib_ns = NC_LANE_KIB_NS / 2;
	EXPECT_EQ(0, PICK(nc_policy_shortest));
}

/* an idle lane is tried, however slow it was */
TEST_F(lanes, nc_policy_shortest__tries_slow_ones)
{
	int i;

	for (i = 0; i < 4; i++)
		self->lane[i].backlog = 1;
	self->lane[2].backlog = 0;
	self->lane[2].kib_ns = U32_MAX;
	EXPECT_EQ(2, PICK(nc_policy_shortest));
	/* nothing overflows */
	self->lane[2].unsent = LIMIT;
	EXPECT_NE(2, PICK(nc_policy_shortest));
}

/* lanes of different speed: queues stay as long as each other */
TEST_F(lanes, nc_policy_shortest__balances)
{
	int most = 0, least = LIMIT;
	u32 i, k;

	for (i = 0; i < 1000; i++) {
		for (k = 0; k < 4; k++)
			if (self->lane[k].backlog && !rnd(k + 2))
				self->lane[k].backlog--;
		self->lane[PICK(nc_policy_shortest)].backlog += 2;
	}
	for (k = 0; k < 4; k++) {
		most = max(most, self->lane[k].backlog);
		least = min(least, self->lane[k].backlog);
	}
	EXPECT_LE(most - least, 3);
}

TEST_HARNESS_MAIN
