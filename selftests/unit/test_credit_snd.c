// SPDX-License-Identifier: GPL-2.0
/*
 * vns/credit.c, the sender's side: each rule by example, then anything that a
 * peer may say.
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

/* what an orphan lives by: not by credit that it has no use for */
TEST(nc_credit_snd_progress__of_what_is_queued)
{
	struct nc_credit_snd s = sender(100, 500);
	u64 before = nc_credit_snd_progress(&s);

	s.nxt = 101;
	nc_credit_snd_ack(&s, 1, 101);
	EXPECT_EQ(before + 1, nc_credit_snd_progress(&s));
	nc_credit_snd_ack(&s, 51, 51);
	EXPECT_EQ(before + 51, nc_credit_snd_progress(&s));
	nc_credit_snd_ack(&s, 51, 1000);
	before = nc_credit_snd_progress(&s);
	nc_credit_snd_ack(&s, 51, 1001);
	EXPECT_EQ(before, nc_credit_snd_progress(&s));
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

/* as a socket does: ask if it is due, then send; true: it was */
static bool send(struct nc_credit_snd *s, u32 charge, u32 sndbuf)
{
	bool asked = nc_credit_snd_ackreq(s, charge, sndbuf);

	s->nxt += charge;
	nc_credit_snd_sent(s, s->nxt, charge, asked);
	return asked;
}

static void acked(struct nc_credit_snd *s, u32 n)
{
	s->una += n;
	nc_credit_snd_freed(s, n);
}

TEST(nc_credit_snd_ackreq__half)
{
	struct nc_credit_snd s = sender(0, 0);
	int i;

	for (i = 1; i <= 24; i++)
		EXPECT_EQ(i % 8 == 0, send(&s, 4 * KIB, 64 * KIB));
	EXPECT_TRUE(send(&s, 32 * KIB, 64 * KIB));
	EXPECT_EQ(0, s.unasked);
	EXPECT_EQ(128 * KIB, s.flight);
}

/* who announces before half is in flight need not be asked */
TEST(nc_credit_snd_ackreq__not_of_who_keeps_up)
{
	struct nc_credit_snd s = sender(0, 0);
	int i;

	for (i = 0; i < 100; i++) {
		EXPECT_FALSE(send(&s, 4 * KIB, 64 * KIB));
		if (i % 4 == 3)
			acked(&s, 16 * KIB);
	}
}

/* an announcement below the request does not make it forgotten */
TEST(nc_credit_snd_freed__below_the_request)
{
	struct nc_credit_snd s = sender(0, 0);

	EXPECT_TRUE(send(&s, 32 * KIB, 64 * KIB));
	EXPECT_FALSE(send(&s, 16 * KIB, 64 * KIB));
	acked(&s, 16 * KIB);
	EXPECT_EQ(16 * KIB, s.unasked);
	EXPECT_TRUE(send(&s, 16 * KIB, 64 * KIB));
	EXPECT_EQ(48 * KIB, s.flight);
	/* above both: only what is in flight still counts */
	EXPECT_FALSE(send(&s, 8 * KIB, 64 * KIB));
	acked(&s, 52 * KIB);
	EXPECT_EQ(4 * KIB, s.unasked);
}

TEST(nc_credit_snd_ackreq__at_most_a_mebibyte)
{
	struct nc_credit_snd s = sender(0, 0);

	EXPECT_FALSE(send(&s, MIB - 1, 64 * MIB));
	EXPECT_TRUE(send(&s, 1, 64 * MIB));
}

TEST(nc_credit_snd_ackreq__limits)
{
	struct nc_credit_snd s = sender(0, 0);

	EXPECT_FALSE(send(&s, MIB - 1, U32_MAX));
	EXPECT_TRUE(send(&s, U32_MAX, U32_MAX));
	EXPECT_FALSE(send(&s, 1000, 8000));
	/* the buffer became smaller */
	EXPECT_TRUE(send(&s, 1, 400));
	EXPECT_TRUE(send(&s, 1, 0));
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

TEST_HARNESS_MAIN
