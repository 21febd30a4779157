// SPDX-License-Identifier: GPL-2.0
/*
 * vns/credit.c, the receiver's side: each rule by example.
 */
#include "kselftest_harness.h"

#include "flow.h"

#define MIB	(1024U * 1024U)

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

TEST(nc_credit_rcv_pace__a_window_in_a_period)
{
	struct nc_credit_rcv r = receiver(1000, 3000);
	u32 now = U32_MAX - 1;

	/* the first period begins here, and the clock wraps in it */
	nc_credit_rcv_read(&r, 5000);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, now, 5, false));
	nc_credit_rcv_read(&r, 999);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, now + 5, 5, false));
	nc_credit_rcv_read(&r, 1);
	EXPECT_TRUE(nc_credit_rcv_pace(&r, now + 5, 5, false));
	EXPECT_EQ(2000, r.win);
	/* twice as much is asked for now, and one tick later is too late */
	now += 5;
	nc_credit_rcv_read(&r, 1999);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, now, 5, false));
	nc_credit_rcv_read(&r, 1);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, now + 6, 5, false));
	EXPECT_EQ(2000, r.win);
	/* memory is short; then not; then the limit */
	now += 6;
	nc_credit_rcv_read(&r, 2000);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, now, 5, true));
	nc_credit_rcv_read(&r, 2000);
	EXPECT_TRUE(nc_credit_rcv_pace(&r, now, 5, false));
	EXPECT_EQ(3000, r.win);
	nc_credit_rcv_read(&r, 3000);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, now, 5, false));
	EXPECT_EQ(3000, r.win);
}

TEST(nc_credit_rcv_pace__locked)
{
	struct nc_credit_rcv r = receiver(1000, 3000);

	nc_credit_rcv_lock(&r, 1000);
	nc_credit_rcv_read(&r, 1000);
	EXPECT_FALSE(nc_credit_rcv_pace(&r, 0, 5, false));
	EXPECT_EQ(1000, r.win);
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

/* little is not announced by itself, but it is to one who asks */
TEST(nc_credit_rcv_asked__however_little)
{
	struct nc_credit_rcv r = receiver(1000, 1000);
	u64 ack;
	u32 wnd;

	r.nxt = 1001;
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(0, wnd);
	EXPECT_FALSE(nc_credit_rcv_read(&r, 10));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(0, wnd);
	nc_credit_rcv_asked(&r);
	EXPECT_TRUE(nc_credit_rcv_news(&r));
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(1001, ack);
	EXPECT_EQ(10, wnd);
	/* nothing was read since */
	nc_credit_rcv_asked(&r);
	EXPECT_FALSE(nc_credit_rcv_news(&r));
}

/* a smaller window takes no promise back */
TEST(nc_credit_rcv_asked__promise_stays)
{
	struct nc_credit_rcv r = receiver(1000, 1000);
	u64 ack;
	u32 wnd;

	nc_credit_rcv_lock(&r, 100);
	nc_credit_rcv_asked(&r);
	nc_credit_rcv_say(&r, &ack, &wnd);
	EXPECT_EQ(1001, ack + wnd);
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

TEST_HARNESS_MAIN
