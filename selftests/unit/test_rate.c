// SPDX-License-Identifier: GPL-2.0
/* netdriver/rate.c: how long a channel takes for its bytes. */
#include "kselftest_harness.h"

#include "netdriver/rate.h"
#include "rnd.h"

#define MS	1000000ULL
#define KIB	1024ULL

FIXTURE(rate) {
	struct nc_rate r;
	u64 now, gone;
};

FIXTURE_SETUP(rate)
{
	rnd_init();
	memset(self, 0, sizeof(*self));
	self->now = 77 * MS;
	self->gone = 1000;
}

FIXTURE_TEARDOWN(rate)
{
}

/* @ns later @bytes more have gone */
static u32 later(FIXTURE_DATA(rate) *self, u64 ns, u64 bytes, bool busy)
{
	self->now += ns;
	self->gone += bytes;
	return nc_rate_update(&self->r, self->now, self->gone, busy);
}

TEST_F(rate, nc_rate_update__unknown_at_first)
{
	EXPECT_EQ(0, later(self, 0, 0, true));
	EXPECT_EQ(0, later(self, MS / 2, 100 * KIB, true));
}

TEST_F(rate, nc_rate_update__one_sample)
{
	later(self, 0, 0, true);
	EXPECT_EQ(10000, later(self, MS, 100 * KIB, true));
	/* the next one begins at its end */
	EXPECT_EQ(10000, later(self, MS - 1, 0, true));
}

TEST_F(rate, nc_rate_update__many_bytes_are_a_sample)
{
	later(self, 0, 0, true);
	EXPECT_EQ(100, later(self, 256 * 100, 256 * KIB, true));
}

/* nobody sent anything: that is not its fault */
TEST_F(rate, nc_rate_update__idle_time_does_not_count)
{
	u32 i;

	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, later(self, 50 * MS, KIB, false));
	EXPECT_EQ(0, later(self, 50 * MS, 0, true));
	EXPECT_EQ(1000, later(self, 256 * 1000, 256 * KIB, false));
	EXPECT_EQ(1000, later(self, 50 * MS, KIB, false));
}

TEST_F(rate, nc_rate_update__the_end_counts_if_it_is_long)
{
	later(self, 0, 0, true);
	EXPECT_EQ(0, later(self, 1000, NC_RATE_LEAST - 1, false));
	later(self, 0, 0, true);
	EXPECT_EQ(62, later(self, 1000, NC_RATE_LEAST, false));
}

/* stood still with something to send: as slow as it is said to be */
TEST_F(rate, nc_rate_update__bounds)
{
	later(self, 0, 0, true);
	EXPECT_EQ(NC_RATE_MAX, later(self, 3600 * 1000 * MS, 0, true));
	memset(&self->r, 0, sizeof(self->r));
	later(self, 0, 0, true);
	EXPECT_EQ(1, later(self, 0, 256 * KIB, true));
	/* what is unsent was read a little late */
	self->gone -= 5000;
	EXPECT_LT(1, later(self, MS, 0, true));
}

TEST_F(rate, nc_rate_update__follows)
{
	u32 i, was = 0, is;

	for (i = 0; i < 100; i++)
		later(self, MS, 1000 * KIB, true);
	EXPECT_EQ(1000, self->r.kib_ns);
	for (i = 0; i < 60; i++) {
		is = later(self, MS, 100 * KIB, true);
		EXPECT_GE(is, was);
		was = is;
	}
	EXPECT_LE(9900, is);
	EXPECT_GE(10000, is);
	for (i = 0; i < 60; i++)
		is = later(self, MS, 1000 * KIB, true);
	EXPECT_LE(is, 1010);
}

/* anything at all: never 0 again, never beyond the bound */
TEST_F(rate, nc_rate_update__random)
{
	u32 i, was = 0, is;

	for (i = 0; i < 200000; i++) {
		is = later(self, rnd64() >> (1 + rnd(63)),
			   rnd(1 << (1 + rnd(30))), rnd(2));
		ASSERT_LE(is, NC_RATE_MAX);
		ASSERT_EQ(true, is || !was);
		was = is;
	}
	EXPECT_LT(0, is);
}

TEST_HARNESS_MAIN
