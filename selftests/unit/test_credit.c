// SPDX-License-Identifier: GPL-2.0
/*
 * vns/credit.c: each rule by example, then whole connections with lanes that
 * reorder and die. flow.c checks what must hold at each step.
 */
#include "kselftest_harness.h"

#include "flow.h"
#include "rnd.h"

#define KIB	1024U
#define MIB	(1024U * KIB)

/* after the handshake: the peer takes @win bytes, @queued are there */
static struct nc_credit_snd sender(u32 win, u32 queued)
{
	struct nc_credit_snd s;

	nc_credit_snd_init(&s);
	s.nxt = 1;
	nc_credit_snd_ack(&s, 1, win);
	s.end = 1 + queued;
	return s;
}

/* after the handshake, the first announcement said */
static struct nc_credit_rcv receiver(u32 win, u32 win_max)
{
	struct nc_credit_rcv r;
	u64 ack;
	u32 wnd;

	nc_credit_rcv_init(&r, win, win_max);
	r.nxt = 1;
	nc_credit_rcv_say(&r, &ack, &wnd);
	return r;
}

TEST(nc_credit_snd_init__only_syn)
{
	struct nc_credit_snd s;

	memset(&s, 0xff, sizeof(s));
	nc_credit_snd_init(&s);
	EXPECT_EQ(0, s.una);
	EXPECT_EQ(0, s.nxt);
	EXPECT_EQ(0, s.end);
	EXPECT_EQ(1, s.edge);
	EXPECT_FALSE(s.blocked);
	s.end = 100;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
	EXPECT_FALSE(nc_credit_snd_block(&s));
	s.nxt = 1;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
}

TEST(nc_credit_snd_ack__moves_both)
{
	struct nc_credit_snd s = sender(1000, 1000);

	EXPECT_EQ(1, s.una);
	EXPECT_EQ(1001, s.edge);
	s.nxt = 501;
	EXPECT_EQ(NC_CREDIT_ACKED | NC_CREDIT_OPENED,
		  nc_credit_snd_ack(&s, 301, 1000));
	EXPECT_EQ(301, s.una);
	EXPECT_EQ(1301, s.edge);
	EXPECT_EQ(NC_CREDIT_ACKED, nc_credit_snd_ack(&s, 501, 800));
	EXPECT_EQ(NC_CREDIT_OPENED, nc_credit_snd_ack(&s, 501, 801));
	EXPECT_EQ(0, nc_credit_snd_ack(&s, 501, 801));
}

/* before SYN is acknowledged a peer may already give credit */
TEST(nc_credit_snd_ack__zero_is_legal)
{
	struct nc_credit_snd s;

	nc_credit_snd_init(&s);
	s.nxt = 1;
	s.end = 101;
	EXPECT_EQ(NC_CREDIT_OPENED, nc_credit_snd_ack(&s, 0, 65537));
	EXPECT_EQ(0, s.una);
	EXPECT_EQ(100, nc_credit_snd_room(&s));
}

TEST(nc_credit_snd_ack__of_what_was_never_sent)
{
	struct nc_credit_snd s = sender(1000, 1000), before = s;

	EXPECT_EQ(-EPROTO, nc_credit_snd_ack(&s, 2, 1000));
	EXPECT_EQ(-EPROTO, nc_credit_snd_ack(&s, U64_MAX, U32_MAX));
	EXPECT_EQ(0, memcmp(&s, &before, sizeof(s)));
}

/* FIN lies behind end and may lie behind the edge */
TEST(nc_credit_snd_ack__of_fin)
{
	struct nc_credit_snd s = sender(100, 100);

	s.nxt = s.end + 1;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
	EXPECT_FALSE(nc_credit_snd_block(&s));
	EXPECT_LT(0, nc_credit_snd_ack(&s, 102, 0));
	EXPECT_EQ(102, s.una);
	EXPECT_EQ(0, s.wnd);
	EXPECT_EQ(0, nc_credit_snd_room(&s));
	EXPECT_EQ(-EPROTO, nc_credit_snd_ack(&s, 103, 0));
}

TEST(nc_credit_snd_ack__overtaken)
{
	struct nc_credit_snd s = sender(1000, 5000);

	s.nxt = 1001;
	nc_credit_snd_ack(&s, 1001, 2000);
	EXPECT_EQ(0, nc_credit_snd_ack(&s, 501, 1500));
	EXPECT_EQ(1001, s.una);
	EXPECT_EQ(3001, s.edge);
	EXPECT_EQ(2000, s.wnd);
}

TEST(nc_credit_snd_ack__windows_at_the_limits)
{
	struct nc_credit_snd s = sender(U32_MAX, 100);

	EXPECT_EQ(1ULL + U32_MAX, s.edge);
	EXPECT_EQ(100, nc_credit_snd_room(&s));
	EXPECT_EQ(0, nc_credit_snd_ack(&s, 1, 0));
	EXPECT_EQ(100, nc_credit_snd_room(&s));
	/* more queued and more credit than a u32 can say */
	s.nxt = 1ULL << 40;
	s.end = s.nxt;
	nc_credit_snd_ack(&s, 1ULL << 40, U32_MAX);
	s.end += 1ULL << 40;
	EXPECT_EQ(U32_MAX, nc_credit_snd_room(&s));
}

TEST(nc_credit_snd_room__smaller_of_both)
{
	struct nc_credit_snd s = sender(10000, 500);

	EXPECT_EQ(500, nc_credit_snd_room(&s));
	s.end = 1 + 20000;
	EXPECT_EQ(10000, nc_credit_snd_room(&s));
	s.nxt += 10000;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
}

TEST(nc_credit_snd_room__silly_window)
{
	struct nc_credit_snd s = sender(100000, 200000);

	s.nxt = s.edge - NC_CREDIT_SILLY;
	EXPECT_EQ(NC_CREDIT_SILLY, nc_credit_snd_room(&s));
	s.nxt++;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
	/* no hold for the last bytes queued */
	s.end = s.edge;
	EXPECT_EQ(NC_CREDIT_SILLY - 1, nc_credit_snd_room(&s));
	s.end++;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
}

/* a window that is never large must not hold back for ever */
TEST(nc_credit_snd_room__small_windows)
{
	struct nc_credit_snd s = sender(1000, 200000);

	EXPECT_EQ(1000, nc_credit_snd_room(&s));
	s.nxt += 500;
	EXPECT_EQ(500, nc_credit_snd_room(&s));
	s.nxt++;
	EXPECT_EQ(0, nc_credit_snd_room(&s));
	s = sender(1, 200000);
	EXPECT_EQ(1, nc_credit_snd_room(&s));
}

/* whatever the credit: when nothing is under way, it may be used */
TEST(nc_credit_snd_room__never_stuck)
{
	struct nc_credit_snd s;
	u32 i, win;

	rnd_init();
	for (i = 0; i < 100000; i++) {
		s = sender(rnd64(), 1 + rnd(1000000));
		s.nxt += rnd(min_t(u64, s.end, s.edge));
		win = s.edge - s.nxt;
		nc_credit_snd_ack(&s, s.nxt, win);
		ASSERT_EQ(!win || s.end == s.nxt, !nc_credit_snd_room(&s));
	}
}

/* anything a peer may say: promises grow, nothing wraps, room is covered */
TEST(nc_credit_snd__hostile)
{
	struct nc_credit_snd s = sender(1000, 0), t;
	u64 ack;
	u32 i, wnd, room;
	int ret;

	rnd_init();
	for (i = 0; i < 300000; i++) {
		t = s;
		ack = rnd(2) ? s.una + rnd(100000) : rnd64() >> rnd(64);
		wnd = rnd64() >> (32 + rnd(32));
		ret = nc_credit_snd_ack(&s, ack, wnd);
		ASSERT_EQ(ack > t.nxt, ret < 0);
		ASSERT_GE(s.una, t.una);
		ASSERT_LE(s.una, s.nxt);
		ASSERT_GE(s.edge, t.edge);
		ASSERT_LE(s.edge, max(t.edge, t.nxt + U32_MAX));
		s.end += rnd(100000);
		room = nc_credit_snd_room(&s);
		ASSERT_LE(room, s.end - s.nxt);
		if (room)
			ASSERT_LE(s.nxt + room, s.edge);
		s.nxt += rnd(2) ? room : room / 2;
	}
}

TEST(nc_credit_snd_ackreq__quarter)
{
	struct nc_credit_snd s = sender(0, 0);
	int i;

	for (i = 1; i <= 12; i++)
		EXPECT_EQ(i % 4 == 0,
			  nc_credit_snd_ackreq(&s, 4 * KIB, 64 * KIB));
	EXPECT_TRUE(nc_credit_snd_ackreq(&s, 16 * KIB, 64 * KIB));
	EXPECT_EQ(0, s.unasked);
}

TEST(nc_credit_snd_ackreq__at_most_a_mebibyte)
{
	struct nc_credit_snd s = sender(0, 0);

	EXPECT_FALSE(nc_credit_snd_ackreq(&s, MIB - 1, 64 * MIB));
	EXPECT_TRUE(nc_credit_snd_ackreq(&s, 1, 64 * MIB));
}

TEST(nc_credit_snd_ackreq__limits)
{
	struct nc_credit_snd s = sender(0, 0);

	EXPECT_FALSE(nc_credit_snd_ackreq(&s, MIB - 1, U32_MAX));
	EXPECT_TRUE(nc_credit_snd_ackreq(&s, U32_MAX, U32_MAX));
	EXPECT_FALSE(nc_credit_snd_ackreq(&s, 1000, 8000));
	/* the buffer became smaller */
	EXPECT_TRUE(nc_credit_snd_ackreq(&s, 1, 400));
	EXPECT_TRUE(nc_credit_snd_ackreq(&s, 1, 0));
}

TEST(nc_credit_snd_block__once_per_edge)
{
	struct nc_credit_snd s = sender(10000, 20000);

	EXPECT_FALSE(nc_credit_snd_block(&s));
	s.nxt = s.edge;
	EXPECT_TRUE(nc_credit_snd_block(&s));
	EXPECT_FALSE(nc_credit_snd_block(&s));
	nc_credit_snd_ack(&s, s.nxt, 0);
	EXPECT_FALSE(nc_credit_snd_block(&s));
	nc_credit_snd_ack(&s, s.nxt, 5000);
	EXPECT_FALSE(nc_credit_snd_block(&s));
	s.nxt = s.edge;
	EXPECT_TRUE(nc_credit_snd_block(&s));
}

TEST(nc_credit_snd_block__needs_data)
{
	struct nc_credit_snd s = sender(10000, 10000);

	s.nxt = s.edge;
	EXPECT_FALSE(nc_credit_snd_block(&s));
	s.end++;
	EXPECT_TRUE(nc_credit_snd_block(&s));
}

TEST(nc_credit_rcv_init__nothing_said)
{
	struct nc_credit_rcv r;
	u64 ack = 9;
	u32 wnd;

	memset(&r, 0xff, sizeof(r));
	nc_credit_rcv_init(&r, 65536, MIB);
	EXPECT_EQ(0, r.nxt);
	EXPECT_EQ(1, r.read);
	EXPECT_EQ(65537, r.edge);
	EXPECT_TRUE(nc_credit_rcv_news(&r));
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(0, ack);
	EXPECT_EQ(65537, wnd);
	EXPECT_FALSE(nc_credit_rcv_news(&r));
}

TEST(nc_credit_rcv_lock__keeps_the_promise)
{
	struct nc_credit_rcv r = receiver(65536, MIB);
	u64 ack;
	u32 wnd;

	nc_credit_rcv_lock(&r, 1000);
	EXPECT_EQ(65537, r.edge);
	r.nxt = 65537;
	EXPECT_FALSE(nc_credit_rcv_read(&r, 60000));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(65537, ack);
	EXPECT_EQ(0, wnd);
	EXPECT_FALSE(nc_credit_rcv_blocked(&r, 5536, false));
	EXPECT_EQ(1000, r.win);
	EXPECT_TRUE(nc_credit_rcv_read(&r, 5536));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(1000, wnd);
	/* locked is locked */
	nc_credit_rcv_blocked(&r, 0, false);
	EXPECT_EQ(1000, r.win);
}

TEST(nc_credit_rcv_read__a_quarter)
{
	struct nc_credit_rcv r = receiver(1000, 1000);
	u64 ack;
	u32 wnd;

	r.nxt = 1001;
	EXPECT_FALSE(nc_credit_rcv_read(&r, 249));
	EXPECT_TRUE(nc_credit_rcv_read(&r, 1));
	EXPECT_TRUE(nc_credit_rcv_read(&r, 1));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(1001, ack);
	EXPECT_EQ(251, wnd);
	EXPECT_FALSE(nc_credit_rcv_read(&r, 249));
	EXPECT_TRUE(nc_credit_rcv_read(&r, 500));
}

/* a quarter of a tiny window is nothing, and nothing is not news */
TEST(nc_credit_rcv_read__tiny_window)
{
	struct nc_credit_rcv r = receiver(100, 100);

	nc_credit_rcv_lock(&r, 3);
	r.nxt = 101;
	EXPECT_FALSE(nc_credit_rcv_read(&r, 97));
	EXPECT_TRUE(nc_credit_rcv_read(&r, 1));
}

TEST(nc_credit_rcv_blocked__grows)
{
	struct nc_credit_rcv r = receiver(1000, 3000);

	EXPECT_FALSE(nc_credit_rcv_blocked(&r, 500, false));
	EXPECT_EQ(1000, r.win);
	EXPECT_FALSE(nc_credit_rcv_blocked(&r, 0, true));
	EXPECT_EQ(1000, r.win);
	EXPECT_TRUE(nc_credit_rcv_blocked(&r, 499, false));
	EXPECT_EQ(2000, r.win);
	EXPECT_TRUE(nc_credit_rcv_blocked(&r, 0, false));
	EXPECT_EQ(3000, r.win);
	EXPECT_TRUE(nc_credit_rcv_blocked(&r, 0, false));
	EXPECT_EQ(3000, r.win);
}

TEST(nc_credit_rcv_blocked__largest_window)
{
	struct nc_credit_rcv r = receiver(0x90000000, U32_MAX);

	nc_credit_rcv_blocked(&r, 0, false);
	EXPECT_EQ(U32_MAX, r.win);
	/* a limit below the window is no reason to shrink */
	r.win_max = 5;
	nc_credit_rcv_blocked(&r, 0, false);
	EXPECT_EQ(U32_MAX, r.win);
}

TEST(nc_credit_rcv_blocked__a_quarter_or_all)
{
	struct nc_credit_rcv r = receiver(1000, 1000);
	u64 ack;
	u32 wnd;

	r.nxt = 1001;
	EXPECT_FALSE(nc_credit_rcv_blocked(&r, 1000, false));
	EXPECT_FALSE(nc_credit_rcv_read(&r, 249));
	/* a slow reader's bytes are no credit one by one */
	EXPECT_FALSE(nc_credit_rcv_blocked(&r, 751, false));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(0, wnd);
	EXPECT_TRUE(nc_credit_rcv_read(&r, 1));
	EXPECT_TRUE(nc_credit_rcv_blocked(&r, 750, false));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(250, wnd);
	/* but nothing is held back from one who has read everything */
	r.nxt = 1002;
	EXPECT_TRUE(nc_credit_rcv_read(&r, 751));
	nc_credit_rcv_say(&r, &ack, &wnd);
	r.nxt = 1003;
	EXPECT_FALSE(nc_credit_rcv_read(&r, 1));
	EXPECT_TRUE(nc_credit_rcv_blocked(&r, 0, false));
}

TEST(nc_credit_rcv_ackreq__when_in_order)
{
	struct nc_credit_rcv r = receiver(1000, 1000);

	nc_credit_rcv_ackreq(&r, 101);
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	r.nxt = 100;
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	r.nxt = 101;
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	/* asked again: the answer was lost */
	nc_credit_rcv_ackreq(&r, 101);
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
}

TEST(nc_credit_rcv_ackreq__lowest_and_highest)
{
	struct nc_credit_rcv r = receiver(1000, 1000);

	nc_credit_rcv_ackreq(&r, 301);
	nc_credit_rcv_ackreq(&r, 201);
	nc_credit_rcv_ackreq(&r, 101);
	r.nxt = 101;
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	r.nxt = 300;
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	r.nxt = 400;
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
}

/* a keepalive, even one whose sender gave it no number */
TEST(nc_credit_rcv_ackreq__bare)
{
	struct nc_credit_rcv r = receiver(1000, 1000);

	nc_credit_rcv_ackreq(&r, 1);
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
	nc_credit_rcv_ackreq(&r, 0);
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
}

TEST(nc_credit_rcv_say__answers)
{
	struct nc_credit_rcv r = receiver(1000, 1000);
	u64 ack;
	u32 wnd;

	nc_credit_rcv_ackreq(&r, 101);
	nc_credit_rcv_ackreq(&r, 501);
	r.nxt = 101;
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(101, ack);
	EXPECT_EQ(900, wnd);
	EXPECT_FALSE(nc_credit_rcv_ack_due(&r));
	r.nxt = 501;
	EXPECT_TRUE(nc_credit_rcv_ack_due(&r));
}

TEST(nc_credit_rcv_say__fin_behind_the_edge)
{
	struct nc_credit_rcv r = receiver(100, 100);
	u64 ack;
	u32 wnd;

	r.nxt = 102;
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(102, ack);
	EXPECT_EQ(0, wnd);
	EXPECT_FALSE(nc_credit_rcv_news(&r));
}

/* what was not said is not taken for said */
TEST(nc_credit_rcv_say__more_than_a_field_holds)
{
	struct nc_credit_rcv r;
	u64 ack;
	u32 wnd;

	nc_credit_rcv_init(&r, U32_MAX, U32_MAX);
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(0, ack);
	EXPECT_EQ(U32_MAX, wnd);
	EXPECT_EQ(U32_MAX, r.said_edge);
	EXPECT_TRUE(nc_credit_rcv_news(&r));
	r.nxt = 1;
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_FALSE(nc_credit_rcv_news(&r));
}

TEST(nc_credit_rcv_news__ack_or_edge)
{
	struct nc_credit_rcv r = receiver(1000, 1000);
	u64 ack;
	u32 wnd;

	EXPECT_FALSE(nc_credit_rcv_news(&r));
	r.nxt = 2;
	EXPECT_TRUE(nc_credit_rcv_news(&r));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_FALSE(nc_credit_rcv_news(&r));
	nc_credit_rcv_read(&r, 1);
	EXPECT_TRUE(nc_credit_rcv_news(&r));
}

/* ---- whole connections ---- */

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
