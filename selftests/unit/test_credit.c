// SPDX-License-Identifier: GPL-2.0
/*
 * vns/credit.c: whole connections with lanes that reorder and die. flow.c
 * checks what must hold at each step.
 */
#include "kselftest_harness.h"

#include "flow.h"
#include "rnd.h"

#define KIB	1024U
#define MIB	(1024U * KIB)

static const struct flow_conf bulk = {
	.bytes = 64 * MIB, .sndbuf = 8 * MIB,
	.win = 4 * MIB, .win_max = 4 * MIB,
	.write = MIB, .read = MIB, .slow = 1, .lanes = 4,
};

/* the price of acknowledging: about one frame for each MiB */
TEST(credit__bulk_has_few_announcements)
{
	struct flow_stat stat;

	rnd_init();
	ASSERT_TRUE(flow_run(&bulk, &stat));
	EXPECT_LT(stat.said, 2 * 64 + 16);
	EXPECT_LT(stat.ticks, 3);
}

/* protocol: a small send buffer must not wait for a timer */
TEST(credit__small_send_buffers)
{
	static const u32 sizes[] = { 2304, 4608, 16384, 65536 };
	struct flow_conf conf = bulk;
	struct flow_stat stat;
	size_t i;

	rnd_init();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		conf.bytes = 500 * sizes[i];
		conf.sndbuf = sizes[i];
		ASSERT_TRUE(flow_run(&conf, &stat));
		EXPECT_LT(stat.ticks, 3);
	}
}

TEST(credit__window_grows_for_who_needs_it)
{
	struct flow_conf conf = bulk;
	struct flow_stat stat;

	rnd_init();
	conf.win = 64 * KIB;
	ASSERT_TRUE(flow_run(&conf, &stat));
	EXPECT_EQ(4 * MIB, stat.win);
	EXPECT_LT(stat.ticks, 3);
	/* not for a reader that does not read */
	conf.win = 64 * KIB;
	conf.bytes = 4 * MIB;
	conf.read = 1000;
	conf.slow = 20;
	ASSERT_TRUE(flow_run(&conf, &stat));
	EXPECT_LE(stat.win, 256 * KIB);
}

static struct flow_conf random_conf(void)
{
	struct flow_conf conf = {
		.bytes = rnd(200000), .sndbuf = 2304 << rnd(9),
		.win = 1 + rnd(1 << (1 + rnd(18))),
		.write = 1 + rnd(1 << rnd(18)), .read = 1 + rnd(1 << rnd(18)),
		.slow = 1 + rnd(2) * rnd(40), .lanes = 1 + rnd(4),
		.lost = rnd(3) ? 0 : 20 + rnd(500),
	};

	conf.win_max = conf.win << rnd(6);
	if (!rnd(3))
		conf.lock = 1 + rnd(2 * conf.win);
	/* a byte at a time is slow to simulate, and long enough when short */
	if (conf.win < 1000 || conf.write < 1000 || conf.read < 1000 ||
	    (conf.lock && conf.lock < 1000))
		conf.bytes = rnd(5000);
	return conf;
}

static void log_conf(const struct flow_conf *c)
{
	fprintf(stderr, "# bytes %llu sndbuf %u win %u..%u lock %u write %u\n",
		(unsigned long long)c->bytes, c->sndbuf, c->win, c->win_max,
		c->lock, c->write);
	fprintf(stderr, "# read %u slow %u lanes %u lost %u\n", c->read,
		c->slow, c->lanes, c->lost);
}

TEST(credit__random_connections_end)
{
	struct flow_conf conf;
	struct flow_stat stat;
	bool ok;
	int i;

	rnd_init();
	for (i = 0; i < 600; i++) {
		conf = random_conf();
		ok = flow_run(&conf, &stat);
		if (!ok)
			log_conf(&conf);
		ASSERT_TRUE(ok);
	}
}

TEST_HARNESS_MAIN
