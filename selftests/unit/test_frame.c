// SPDX-License-Identifier: GPL-2.0
/*
 * netdriver/frame.c: however a stream is cut into pieces, the frames are the
 * same. parse.c checks what must hold at each step.
 */
#include "kselftest_harness.h"

#include "must.h"
#include "parse.h"
#include "rnd.h"

static size_t add(u8 *buf, const struct nc_hdr *h)
{
	struct nc_wire_hello hello = {
		.ver_min = 1, .ver_max = 1, .max_payload = 65536,
	};
	struct nc_wire_syn syn = { .token = 1, .sport = 1, .dport = 1 };
	u8 *p = buf + NC_WIRE_HDR_LEN;

	nc_wire_put_hdr(buf, h);
	if (h->type == NC_HELLO)
		nc_wire_put_hello(p, &hello);
	else if (h->type == NC_SYN || h->type == NC_SYN_ACK)
		nc_wire_put_syn(p, &syn);
	else
		rnd_bytes(p, h->len);
	return NC_WIRE_HDR_LEN + h->len;
}

/* one frame of this type; @len is that of DATA */
static size_t add_type(u8 *buf, int type, u32 len)
{
	struct nc_hdr h = { .type = type };

	switch (type) {
	case NC_HELLO:
		h.len = NC_WIRE_HELLO_LEN;
		break;
	case NC_AUTH:
		h.len = NC_WIRE_AUTH_LEN;
		break;
	case NC_GOAWAY:
		break;
	case NC_SYN:
		h.len = NC_WIRE_SYN_LEN;
		break;
	case NC_SYN_ACK:
		h.len = NC_WIRE_SYN_LEN;
		h.token = 5;
		break;
	case NC_DATA:
		h.len = len;
		h.token = 6;
		h.seq = 1 + (rnd64() >> 8);
		h.flags = rnd(8);
		break;
	default:
		h.token = 7;
	}
	return add(buf, &h);
}

/* short frames of every type, DATA more often, in random order */
static size_t random_stream(u8 *buf, size_t size)
{
	size_t len = 0;
	u32 data;

	while (len + 3 * NC_WIRE_HDR_LEN + 400 < size) {
		data = rnd(3) ? rnd(400) : 0;
		len += add_type(buf + len, rnd(2) ? NC_DATA : 1 + rnd(8), data);
	}
	return len;
}

/* parse in pieces of 1 to @most bytes; the stream must come out again */
static void cut(const u8 *buf, size_t len, u32 most)
{
	size_t used, at, n;
	struct parse p;
	u32 frames;
	int err;

	frames = parse_expect(buf, len, &used, &err);
	parse_init(&p, len);
	for (at = 0; at < len; at += n) {
		n = 1 + rnd(most);
		n = n < len - at ? n : len - at;
		parse_feed(&p, buf + at, n);
	}
	MUST(p.frames == frames);
	MUST(p.err == err);
	MUST(p.len >= used && p.len <= len);
	MUST(!memcmp(p.out, buf, p.len));
	parse_exit(&p);
}

TEST(nc_frame_init__wants_a_header)
{
	struct nc_frame f;

	memset(&f, 0xff, sizeof(f));
	nc_frame_init(&f);
	EXPECT_EQ(NC_WIRE_HDR_LEN, nc_frame_need(&f));
	EXPECT_EQ((void *)f.buf, (void *)nc_frame_room(&f));
}

TEST(nc_frame_fill__data)
{
	struct nc_frame f;
	u8 buf[200];

	rnd_init();
	add_type(buf, NC_DATA, 100);
	nc_frame_init(&f);
	memcpy(nc_frame_room(&f), buf, 30);
	EXPECT_EQ(0, nc_frame_fill(&f, 30));
	EXPECT_EQ(10, nc_frame_need(&f));
	memcpy(nc_frame_room(&f), buf + 30, 10);
	EXPECT_EQ(NC_FRAME_READY, nc_frame_fill(&f, 10));
	EXPECT_EQ(0, nc_frame_need(&f));
	EXPECT_EQ(100, nc_frame_left(&f));
	EXPECT_EQ(0, f.done);
	nc_frame_pass(&f, 60);
	EXPECT_EQ(0, nc_frame_need(&f));
	EXPECT_EQ(40, nc_frame_left(&f));
	EXPECT_EQ(60, f.done);
	nc_frame_pass(&f, 40);
	EXPECT_EQ(NC_WIRE_HDR_LEN, nc_frame_need(&f));
}

TEST(nc_frame_fill__data_without_payload)
{
	struct nc_frame f;

	rnd_init();
	nc_frame_init(&f);
	add_type(nc_frame_room(&f), NC_DATA, 0);
	EXPECT_EQ(NC_FRAME_READY, nc_frame_fill(&f, NC_WIRE_HDR_LEN));
	EXPECT_EQ(0, f.hdr.len);
	EXPECT_FALSE(f.payload);
	nc_frame_next(&f);
	EXPECT_EQ(NC_WIRE_HDR_LEN, nc_frame_need(&f));
}

TEST(nc_frame_fill__control_payload)
{
	struct nc_wire_syn syn;
	struct nc_frame f;
	u8 buf[100];

	rnd_init();
	nc_frame_init(&f);
	add_type(buf, NC_SYN, 0);
	memcpy(nc_frame_room(&f), buf, NC_WIRE_HDR_LEN);
	EXPECT_EQ(0, nc_frame_fill(&f, NC_WIRE_HDR_LEN));
	EXPECT_EQ(NC_WIRE_SYN_LEN, nc_frame_need(&f));
	memcpy(nc_frame_room(&f), buf + NC_WIRE_HDR_LEN, NC_WIRE_SYN_LEN);
	EXPECT_EQ(NC_FRAME_READY, nc_frame_fill(&f, NC_WIRE_SYN_LEN));
	EXPECT_EQ(0, nc_wire_get_syn(nc_frame_ctl(&f), &syn));
	EXPECT_EQ(1, syn.token);
}

TEST(nc_frame_fill__version)
{
	struct nc_frame f;

	rnd_init();
	nc_frame_init(&f);
	add_type(nc_frame_room(&f), NC_ACK, 0);
	f.buf[0] = 2;
	EXPECT_EQ(-EPROTONOSUPPORT, nc_frame_fill(&f, NC_WIRE_HDR_LEN));
}

/* one cut, at each place of a stream that has every type */
TEST(nc_frame__each_cut)
{
	size_t len = 0, used, at;
	struct parse p;
	u8 buf[2000];
	int type, err;

	rnd_init();
	for (type = NC_HELLO; type <= NC_RST; type++) {
		len += add_type(buf + len, type, 50);
		len += add_type(buf + len, NC_DATA, type % 2);
	}
	ASSERT_EQ(16, parse_expect(buf, len, &used, &err));
	ASSERT_EQ(len, used);
	for (at = 0; at <= len; at++) {
		parse_init(&p, len);
		parse_feed(&p, buf, at);
		parse_feed(&p, buf + at, len - at);
		ASSERT_EQ(16, p.frames);
		ASSERT_EQ(len, p.len);
		ASSERT_EQ(0, memcmp(p.out, buf, len));
		parse_exit(&p);
	}
}

TEST(nc_frame__random_cuts)
{
	static u8 buf[20000];
	size_t len;
	int i;

	rnd_init();
	for (i = 0; i < 300; i++) {
		len = random_stream(buf, sizeof(buf));
		cut(buf, len, 1 + rnd(i % 3 ? 5000 : 50));
		cut(buf, len - rnd(200), 1500);
	}
}

TEST(nc_frame__longest_data)
{
	static u8 buf[3 * (NC_WIRE_HDR_LEN + NC_WIRE_MAX_PAYLOAD)];
	size_t len = 0;
	int i;

	rnd_init();
	for (i = 0; i < 3; i++)
		len += add_type(buf + len, NC_DATA, NC_WIRE_MAX_PAYLOAD);
	ASSERT_EQ(sizeof(buf), len);
	for (i = 0; i < 20; i++)
		cut(buf, len, 1 + rnd(70000));
	cut(buf, len, 1);
}

/* frames before the damage arrive, none behind it */
TEST(nc_frame__damage)
{
	static u8 buf[20000];
	size_t len;
	int i;

	rnd_init();
	for (i = 0; i < 2000; i++) {
		len = random_stream(buf, 1000 + rnd(3000));
		buf[rnd(len)] ^= 1 << rnd(8);
		cut(buf, len, 1 + rnd(1000));
	}
}

TEST(nc_frame__noise)
{
	u8 buf[500];
	int i;

	rnd_init();
	for (i = 0; i < 3000; i++) {
		rnd_bytes(buf, sizeof(buf));
		if (i % 2) {
			buf[0] = 1;
			buf[1] = 1 + rnd(8);
		}
		cut(buf, sizeof(buf), 1 + rnd(100));
	}
}

TEST_HARNESS_MAIN
