// SPDX-License-Identifier: GPL-2.0
/* netdriver/wire.c: layouts, every check, and that no bit is ignored. */
#include "kselftest_harness.h"

#include "core/lane.h"
#include "netdriver/wire.h"
#include "rnd.h"

#define ALL_FLAGS	(NC_F_FIN | NC_F_ACKREQ | NC_F_BLOCKED | NC_F_ECHO)

/* a header of this type that is right */
static struct nc_hdr good(int type)
{
	struct nc_hdr h = { .type = type };

	switch (type) {
	case NC_HELLO:
		h.len = 96;
		return h;
	case NC_AUTH:
		h.len = 32;
		return h;
	case NC_GOAWAY:
		return h;
	case NC_SYN:
	case NC_SYN_ACK:
		h.len = 24;
		break;
	case NC_DATA:
		h.len = 1000;
		h.seq = 1;
		break;
	}
	h.token = type == NC_SYN ? 0 : 77;
	h.ack = 5;
	h.wnd = 65536;
	h.src = 0xabcd;
	return h;
}

static int check(const struct nc_hdr *h)
{
	u8 buf[NC_WIRE_HDR_LEN];
	struct nc_hdr again;

	nc_wire_put_hdr(buf, h);
	return nc_wire_get_hdr(buf, &again);
}

static u16 flags_of(int type)
{
	switch (type) {
	case NC_DATA:
		return NC_F_FIN | NC_F_ACKREQ | NC_F_BLOCKED;
	case NC_ACK:
		return NC_F_ACKREQ | NC_F_BLOCKED;
	case NC_SYN:
		return NC_F_ACKREQ;
	case NC_RST:
		return NC_F_ECHO;
	}
	return 0;
}

static struct nc_hdr random_hdr(void)
{
	struct nc_hdr h = good(1 + rnd(8));

	h.flags = rnd64() & flags_of(h.type);
	if (h.type <= NC_GOAWAY)
		return h;
	h.ack = rnd64();
	h.wnd = rnd64();
	h.src = rnd64();
	if (h.type == NC_DATA) {
		h.len = rnd(NC_WIRE_MAX_PAYLOAD + 1);
		h.seq = 1 + (rnd64() >> 1);
	} else if (h.type == NC_ACK || h.type == NC_RST) {
		h.seq = rnd64() | 1;
	}
	if (h.type != NC_SYN)
		h.token = h.flags & NC_F_ECHO ? 0 : rnd64() | 1;
	return h;
}

static bool same_hdr(const struct nc_hdr *a, const struct nc_hdr *b)
{
	return a->type == b->type && a->flags == b->flags &&
	       a->len == b->len && a->token == b->token && a->seq == b->seq &&
	       a->ack == b->ack && a->wnd == b->wnd && a->src == b->src;
}

static struct nc_wire_syn good_syn(void)
{
	return (struct nc_wire_syn) {
		.token = 0x0102030405060708, .birth = 0x1112131415161718,
		.sport = 0x2122, .dport = 0x3132, .class = NC_CLASS_T,
		.fixed = true,
	};
}

static struct nc_wire_hello good_hello(void)
{
	struct nc_wire_hello h = {
		.ver_min = 1, .ver_max = 2, .class = NC_CLASS_T, .index = 3,
		.max_payload = 0x10203, .wish = 0x0405,
		.features = 0x1112131415161718,
	};

	memset(h.instance, 0xaa, sizeof(h.instance));
	memset(h.set, 0xbb, sizeof(h.set));
	memset(h.nonce, 0xcc, sizeof(h.nonce));
	return h;
}

TEST(nc_wire_put_hdr__layout)
{
	static const struct nc_hdr h = {
		.type = NC_DATA, .flags = 0x0506, .len = 0x0708090a,
		.token = 0x1112131415161718, .seq = 0x2122232425262728,
		.ack = 0x3132333435363738, .wnd = 0x41424344,
		.src = 0x45464748,
	};
	static const u8 want[NC_WIRE_HDR_LEN] = {
		0x01, 0x06, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
		0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
		0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
		0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
	};
	u8 buf[NC_WIRE_HDR_LEN + 2] = { 0 };

	/* at an odd address, and nothing beside it */
	nc_wire_put_hdr(buf + 1, &h);
	EXPECT_EQ(0, memcmp(buf + 1, want, sizeof(want)));
	EXPECT_EQ(0, buf[0]);
	EXPECT_EQ(0, buf[NC_WIRE_HDR_LEN + 1]);
}

TEST(nc_wire_put_syn__layout)
{
	static const u8 want[NC_WIRE_SYN_LEN] = {
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
		0x21, 0x22, 0x31, 0x32, 0x01, 0x01, 0x00, 0x00,
	};
	struct nc_wire_syn s = good_syn(), t;
	u8 buf[NC_WIRE_SYN_LEN];

	memset(buf, 0xff, sizeof(buf));
	nc_wire_put_syn(buf, &s);
	EXPECT_EQ(0, memcmp(buf, want, sizeof(want)));
	ASSERT_EQ(0, nc_wire_get_syn(buf, &t));
	EXPECT_EQ(s.token, t.token);
	EXPECT_EQ(s.birth, t.birth);
	EXPECT_EQ(s.sport, t.sport);
	EXPECT_EQ(s.dport, t.dport);
	EXPECT_EQ(s.class, t.class);
	EXPECT_EQ(s.fixed, t.fixed);
}

TEST(nc_wire_put_hello__layout)
{
	static const u8 want[32] = {
		'n', 'e', 't', 'c', 'h', 'a', 'n', '1',
		0x01, 0x02, 0x01, 0x03, 0x00, 0x01, 0x02, 0x03,
		0x04, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
	};
	struct nc_wire_hello h = good_hello(), t;
	u8 buf[NC_WIRE_HELLO_LEN], fill[64];

	memset(fill, 0xaa, 16);
	memset(fill + 16, 0xbb, 16);
	memset(fill + 32, 0xcc, 32);
	memset(buf, 0xff, sizeof(buf));
	nc_wire_put_hello(buf, &h);
	EXPECT_EQ(0, memcmp(buf, want, sizeof(want)));
	EXPECT_EQ(0, memcmp(buf + 32, fill, sizeof(fill)));
	ASSERT_EQ(0, nc_wire_get_hello(buf, &t));
	EXPECT_EQ(h.ver_min, t.ver_min);
	EXPECT_EQ(h.ver_max, t.ver_max);
	EXPECT_EQ(h.class, t.class);
	EXPECT_EQ(h.index, t.index);
	EXPECT_EQ(NC_WIRE_MAX_PAYLOAD, t.max_payload);
	EXPECT_EQ(h.wish, t.wish);
	EXPECT_EQ(h.features, t.features);
	EXPECT_EQ(0, memcmp(h.instance, t.instance, 16));
	EXPECT_EQ(0, memcmp(h.set, t.set, 16));
	EXPECT_EQ(0, memcmp(h.nonce, t.nonce, 32));
}

TEST(nc_wire_get_hdr__round_trip)
{
	u8 buf[NC_WIRE_HDR_LEN + 8];
	struct nc_hdr h, t;
	int i;

	rnd_init();
	for (i = 0; i < 100000; i++) {
		h = random_hdr();
		nc_wire_put_hdr(buf + i % 8, &h);
		ASSERT_EQ(0, nc_wire_get_hdr(buf + i % 8, &t))
			TH_LOG("type %u", h.type);
		ASSERT_TRUE(same_hdr(&h, &t));
	}
}

/* What is accepted says all of its bytes: damage is refused or visible. */
TEST(nc_wire_get_hdr__ignores_nothing)
{
	u8 buf[NC_WIRE_HDR_LEN], again[NC_WIRE_HDR_LEN];
	int i, flips, accepted = 0;
	struct nc_hdr h;

	rnd_init();
	for (i = 0; i < 300000; i++) {
		h = random_hdr();
		nc_wire_put_hdr(buf, &h);
		for (flips = rnd(4); flips; flips--)
			buf[rnd(sizeof(buf))] ^= 1 << rnd(8);
		if (nc_wire_get_hdr(buf, &h))
			continue;
		nc_wire_put_hdr(again, &h);
		ASSERT_EQ(0, memcmp(buf, again, sizeof(buf)));
		accepted++;
	}
	EXPECT_GT(accepted, 75000);
	EXPECT_LT(accepted, 290000);
}

TEST(nc_wire_get_hdr__version)
{
	struct nc_hdr h = good(NC_ACK);
	u8 buf[NC_WIRE_HDR_LEN];
	int v;

	nc_wire_put_hdr(buf, &h);
	for (v = 0; v < 256; v++) {
		buf[0] = v;
		EXPECT_EQ(v == 1 ? 0 : -EPROTONOSUPPORT,
			  nc_wire_get_hdr(buf, &h));
	}
	/* a later version may have other types: say version, not error */
	memset(buf, 0xff, sizeof(buf));
	EXPECT_EQ(-EPROTONOSUPPORT, nc_wire_get_hdr(buf, &h));
}

TEST(nc_wire_get_hdr__type)
{
	struct nc_hdr h;
	int type;

	for (type = 0; type < 256; type++) {
		h = good(type);
		EXPECT_EQ(type >= 1 && type <= 8 ? 0 : -EPROTO, check(&h))
			TH_LOG("type %d", type);
	}
}

TEST(nc_wire_get_hdr__flags)
{
	struct nc_hdr h;
	int type, bit;

	for (type = NC_HELLO; type <= NC_RST; type++) {
		for (bit = 0; bit < 16; bit++) {
			h = good(type);
			h.flags = 1 << bit;
			if (h.flags == NC_F_ECHO) {
				h.token = 0;
				h.seq = 9;
			}
			EXPECT_EQ(h.flags & flags_of(type) ? 0 : -EPROTO,
				  check(&h))
				TH_LOG("type %d bit %d", type, bit);
		}
	}
	h = good(NC_DATA);
	h.flags = ALL_FLAGS & ~NC_F_ECHO;
	EXPECT_EQ(0, check(&h));
	h.flags = ALL_FLAGS;
	EXPECT_EQ(-EPROTO, check(&h));
}

TEST(nc_wire_get_hdr__len)
{
	static const u32 lens[] = {
		0, 1, 23, 24, 25, 31, 32, 33, 40, 95, 96, 97, 128, 65535,
		65536, 65537, 0x80000000, 0xffffffff,
	};
	static const int fixed[] = {
		[NC_HELLO] = 96, [NC_AUTH] = 32, [NC_GOAWAY] = 0, [NC_SYN] = 24,
		[NC_SYN_ACK] = 24, [NC_DATA] = -1, [NC_ACK] = 0, [NC_RST] = 0,
	};
	struct nc_hdr h;
	size_t i;
	int type;

	for (type = NC_HELLO; type <= NC_RST; type++) {
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			bool ok = fixed[type] < 0 ? lens[i] <= 65536 :
				  lens[i] == (u32)fixed[type];

			h = good(type);
			h.len = lens[i];
			EXPECT_EQ(ok ? 0 : -EPROTO, check(&h))
				TH_LOG("type %d len %u", type, lens[i]);
		}
	}
}

TEST(nc_wire_get_hdr__token)
{
	struct nc_hdr h;
	int type;

	for (type = NC_HELLO; type <= NC_RST; type++) {
		bool none = type <= NC_SYN;

		h = good(type);
		h.token = 0;
		EXPECT_EQ(none ? 0 : -EPROTO, check(&h));
		h.token = 1ULL << 63;
		EXPECT_EQ(none ? -EPROTO : 0, check(&h));
	}
}

TEST(nc_wire_get_hdr__echo)
{
	struct nc_hdr h = good(NC_RST);

	h.flags = NC_F_ECHO;
	h.seq = 5;
	EXPECT_EQ(-EPROTO, check(&h));
	h.token = 0;
	EXPECT_EQ(0, check(&h));
	h.seq = 0;	/* no frame has token 0: nobody can echo it */
	EXPECT_EQ(-EPROTO, check(&h));
}

TEST(nc_wire_get_hdr__seq)
{
	struct nc_hdr h = good(NC_DATA);
	u64 last;
	int fin;

	h.seq = 0;	/* that is SYN's */
	EXPECT_EQ(-EPROTO, check(&h));
	h = good(NC_SYN);
	h.seq = 1;
	EXPECT_EQ(-EPROTO, check(&h));
	h = good(NC_SYN_ACK);
	h.seq = 1;
	EXPECT_EQ(-EPROTO, check(&h));

	for (fin = 0; fin < 2; fin++) {
		for (last = 0; last < 3; last++) {
			h = good(NC_DATA);
			h.flags = fin ? NC_F_FIN : 0;
			h.len = last == 2 ? 65536 : last;
			h.seq = U64_MAX - h.len - fin;
			EXPECT_EQ(0, check(&h));
			h.seq++;	/* one too far, or SYN's again */
			EXPECT_EQ(-EPROTO, check(&h));
		}
	}
}

TEST(nc_wire_get_hdr__channel_frames_have_no_numbers)
{
	struct nc_hdr h;
	int type, i;

	for (type = NC_HELLO; type <= NC_GOAWAY; type++) {
		for (i = 0; i < 4; i++) {
			h = good(type);
			h.seq = i == 0;
			h.ack = i == 1;
			h.wnd = i == 2;
			h.src = i == 3;
			EXPECT_EQ(-EPROTO, check(&h));
		}
	}
}

TEST(nc_wire_get_hdr__what_only_a_connection_can_judge)
{
	struct nc_hdr h = good(NC_ACK);

	h.ack = U64_MAX;
	h.seq = 0;
	h.wnd = U32_MAX;
	EXPECT_EQ(0, check(&h));
	h = good(NC_RST);
	h.wnd = 12345;
	EXPECT_EQ(0, check(&h));
	h = good(NC_SYN_ACK);
	h.ack = 0;
	EXPECT_EQ(0, check(&h));
}

TEST(nc_wire_get_syn__fields)
{
	struct nc_wire_syn s, t;
	u8 buf[NC_WIRE_SYN_LEN];
	int i;

	for (i = 0; i < 6; i++) {
		s = good_syn();
		if (i == 0)
			s.token = 0;
		if (i == 1)
			s.sport = 0;
		if (i == 2)
			s.dport = 0;
		if (i == 3)
			s.class = NC_CLASSES;
		if (i == 4)
			s.class = 255;
		if (i == 5)
			s.birth = 0;	/* a clock may say so */
		nc_wire_put_syn(buf, &s);
		EXPECT_EQ(i == 5 ? 0 : -EPROTO, nc_wire_get_syn(buf, &t));
	}
	s = good_syn();
	for (i = 21; i < 24; i++) {
		nc_wire_put_syn(buf, &s);
		buf[i] = 0x80;
		EXPECT_EQ(-EPROTO, nc_wire_get_syn(buf, &t));
	}
}

TEST(nc_wire_get_hello__zero_bytes)
{
	struct nc_wire_hello h = good_hello(), t;
	u8 buf[NC_WIRE_HELLO_LEN];
	int i;

	for (i = 0; i < 24; i++) {
		if (i >= 8 && i < 18)
			continue;	/* those have a meaning */
		nc_wire_put_hello(buf, &h);
		buf[i] ^= 1;		/* magic, zero */
		EXPECT_EQ(-EPROTO, nc_wire_get_hello(buf, &t))
			TH_LOG("byte %d", i);
	}
}

static int hello_versions(u8 min, u8 max)
{
	struct nc_wire_hello h = good_hello(), t;
	u8 buf[NC_WIRE_HELLO_LEN];

	h.ver_min = min;
	h.ver_max = max;
	nc_wire_put_hello(buf, &h);
	return nc_wire_get_hello(buf, &t);
}

TEST(nc_wire_get_hello__versions)
{
	EXPECT_EQ(0, hello_versions(1, 1));
	EXPECT_EQ(0, hello_versions(1, 255));
	EXPECT_EQ(-EPROTO, hello_versions(2, 1));
	EXPECT_EQ(-EPROTONOSUPPORT, hello_versions(2, 3));
	EXPECT_EQ(-EPROTONOSUPPORT, hello_versions(0, 0));
}

TEST(nc_wire_get_hello__place)
{
	struct nc_wire_hello h, t;
	u8 buf[NC_WIRE_HELLO_LEN];
	int class, index;

	for (class = 0; class < 4; class++) {
		for (index = 0; index < 2 * NC_LANES_MAX; index++) {
			bool ok = class < NC_CLASSES && index < NC_LANES_MAX;

			h = good_hello();
			h.class = class;
			h.index = index;
			nc_wire_put_hello(buf, &h);
			EXPECT_EQ(ok ? 0 : -EPROTO,
				  nc_wire_get_hello(buf, &t));
		}
	}
}

TEST(nc_wire_get_hello__max_payload)
{
	static const struct {
		u32 said, got;
	} cases[] = {
		{ 0, 0 }, { 1024, 0 }, { 65535, 0 }, { 65536, 65536 },
		{ 65537, 65536 }, { U32_MAX, 65536 },
	};
	struct nc_wire_hello h, t;
	u8 buf[NC_WIRE_HELLO_LEN];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		h = good_hello();
		h.max_payload = cases[i].said;
		nc_wire_put_hello(buf, &h);
		EXPECT_EQ(cases[i].got ? 0 : -EPROTO,
			  nc_wire_get_hello(buf, &t));
		if (cases[i].got)
			EXPECT_EQ(cases[i].got, t.max_payload);
	}
}

TEST_HARNESS_MAIN
