// SPDX-License-Identifier: GPL-2.0
/*
 * netscheduler/classify.c through the policy "class", with flows that behave
 * like applications and the rule of dispatch.c when a class may change.
 */
#include "kselftest_harness.h"

#include "netscheduler/classify.h"
#include "netscheduler/policy.h"
#include "rnd.h"

#define FLOWLET	65536
#define L	NC_CLASS_L
#define T	NC_CLASS_T

FIXTURE(flow) {
	struct nc_flow_sched fs;
	u32 flight, on_lane;
	u32 changes;
	u64 by_l;
	u8 class;
};

FIXTURE_SETUP(flow)
{
	rnd_init();
	memset(self, 0, sizeof(*self));
	self->class = L;
}

FIXTURE_TEARDOWN(flow)
{
}

/* as nc_sched_send() */
static void sends(FIXTURE_DATA(flow) *self, u32 len)
{
	struct nc_sched_event ev = {
		.class = self->class, .flight = self->flight, .len = len,
	};
	u8 class = nc_policy_class.classify(&self->fs, &ev);

	if (class != self->class &&
	    (!self->flight || self->on_lane >= FLOWLET)) {
		self->class = class;
		self->on_lane = 0;
		self->changes++;
	}
	self->flight += len;
	self->on_lane += len;
	if (self->class == L)
		self->by_l += len;
}

static void acked(FIXTURE_DATA(flow) *self)
{
	self->flight = 0;
}

/* @n times: @depth messages of @len, then their answers */
static void asks(FIXTURE_DATA(flow) *self, u32 n, u32 depth, u32 len)
{
	u32 i;

	while (n--) {
		for (i = 0; i < depth; i++)
			sends(self, len);
		acked(self);
	}
}

/* as fast as a window of @wnd lets it, acknowledged by halves */
static void streams(FIXTURE_DATA(flow) *self, u32 n, u32 len, u32 wnd)
{
	while (n--) {
		if (self->flight + len > wnd)
			self->flight -= wnd / 2;
		sends(self, len);
	}
}

TEST_F(flow, small_ping_pong)
{
	asks(self, 1000, 1, 64);
	EXPECT_EQ(L, self->class);
	EXPECT_EQ(0, self->changes);
}

/* wherever it came from */
TEST_F(flow, small_ping_pong_after_bulk)
{
	streams(self, 1000, 65536, 4 << 20);
	EXPECT_EQ(T, self->class);
	acked(self);
	asks(self, 26, 1, 64);
	EXPECT_EQ(T, self->class);
	asks(self, 3, 1, 64);
	EXPECT_EQ(L, self->class);
	EXPECT_EQ(2, self->changes);
}

TEST_F(flow, bulk_of_large_calls)
{
	streams(self, 1000, 65536, 4 << 20);
	EXPECT_EQ(T, self->class);
	EXPECT_EQ(0, self->by_l);
}

TEST_F(flow, bulk_of_4k_calls)
{
	streams(self, 1000, 4096, 256 << 10);
	EXPECT_EQ(T, self->class);
	EXPECT_EQ(0, self->by_l);
	EXPECT_EQ(1, self->changes);
}

/* a little goes by L until it shows; it never comes back */
TEST_F(flow, bulk_of_small_calls)
{
	streams(self, 100000, 64, 256 << 10);
	EXPECT_EQ(T, self->class);
	EXPECT_LE(self->by_l, FLOWLET);
	EXPECT_EQ(1, self->changes);
}

/* a file of some size: nothing is left on L when it ends */
TEST_F(flow, bulk_with_pauses)
{
	u32 i;

	for (i = 0; i < 100; i++) {
		streams(self, 16, 65536, 1 << 20);
		acked(self);
	}
	EXPECT_EQ(0, self->by_l);
	EXPECT_EQ(1, self->changes);
}

TEST_F(flow, pipelined_requests)
{
	/* one call for all, and one for each */
	asks(self, 100, 1, 16 * 100);
	asks(self, 100, 1, 32 * 100 - 200);
	asks(self, 100, 16, 100);
	asks(self, 100, 32, 90);
	EXPECT_EQ(L, self->class);
	EXPECT_EQ(0, self->changes);
}

/* the next request for each answer: never idle, little in flight */
TEST_F(flow, rolling_pipeline)
{
	u32 i;

	for (i = 0; i < 32; i++)
		sends(self, 64);
	for (i = 0; i < 100000; i++) {
		self->flight -= 64;
		sends(self, 64);
	}
	EXPECT_EQ(L, self->class);
	EXPECT_EQ(0, self->changes);
}

TEST_F(flow, closed_loop_of_4k)
{
	asks(self, 1, 1, 4096);
	EXPECT_EQ(T, self->class);
	asks(self, 1000, 1, 4096);
	EXPECT_EQ(T, self->class);
	EXPECT_EQ(1, self->changes);
}

/* in between everything stays */
TEST_F(flow, closed_loop_of_3500)
{
	asks(self, 1000, 1, 3500);
	EXPECT_EQ(L, self->class);
	self->class = T;
	asks(self, 1000, 1, 3500);
	EXPECT_EQ(T, self->class);
}

/* nothing comes back but an announcement every 40 ms */
TEST_F(flow, one_way_log)
{
	asks(self, 100, 10, 200);	/* 50 KB/s */
	EXPECT_EQ(L, self->class);
	asks(self, 100, 40, 1000);	/* 1 MB/s */
	EXPECT_EQ(T, self->class);
}

TEST_F(flow, large_answer_now_and_then)
{
	u64 before;
	u32 i;

	asks(self, 100, 1, 64);
	for (i = 0; i < 100; i++) {
		before = self->by_l;
		sends(self, 65536);
		EXPECT_EQ(before, self->by_l);
		sends(self, 34464);
		acked(self);
		asks(self, 5, 1, 64);
	}
	/* one for each such answer would be too many */
	EXPECT_EQ(T, self->class);
	EXPECT_EQ(1, self->changes);
}

/* a change waits until nothing is in flight, or a flowlet is over */
TEST_F(flow, changes_wait)
{
	sends(self, 64);
	sends(self, 60000);
	EXPECT_EQ(L, self->class);
	sends(self, 10000);
	EXPECT_EQ(L, self->class);
	sends(self, 64);
	EXPECT_EQ(T, self->class);
}

/* alternating sizes settle */
TEST_F(flow, no_flapping)
{
	u32 i, a, b;

	for (i = 0; i < 1000; i++) {
		memset(self, 0, sizeof(*self));
		a = 1 + rnd(15000);
		b = 1 + rnd(15000);
		while (self->changes < 4 && self->on_lane < 200 * (a + b)) {
			asks(self, 1, 1, a);
			asks(self, 1, 1, b);
		}
		ASSERT_LE(self->changes, 3);
	}
}

/* any state and message: a class, and the same one each time */
TEST_F(flow, random)
{
	struct nc_classify c = {}, d;
	u32 i, flight, len;
	u8 class = L, is;

	for (i = 0; i < 200000; i++) {
		flight = rnd(3) ? rnd(1U << (1 + rnd(31))) : 0;
		len = 1 + rnd(1 << (1 + rnd(16)));
		if (!rnd(1000))
			flight = U32_MAX;
		if (!rnd(100))
			c.avg = 0;
		d = c;
		is = nc_classify(&c, class, flight, len);
		ASSERT_LT(is, NC_CLASSES);
		ASSERT_EQ(is, nc_classify(&d, class, flight, len));
		ASSERT_LT(0, c.avg);
		ASSERT_LE(c.avg, NC_CLASSIFY_MOST * 16);
		class = is;
	}
}

TEST_HARNESS_MAIN
