// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer: netdriver/wire.c and frame.c. A stream, hostile or made of good
 * frames with damage, arrives in pieces; parse.c checks each step. In whatever
 * pieces it arrives, the same must be found, and what a look at the whole says.
 */
#include <stdint.h>

#include "must.h"
#include "parse.h"

#define STREAM	(4 * (NC_WIRE_HDR_LEN + NC_WIRE_MAX_PAYLOAD))

/* a good header of any type; @len only matters to DATA */
static struct nc_hdr frame_hdr(u8 type, u32 len)
{
	static const u32 fixed[] = {
		[NC_HELLO] = NC_WIRE_HELLO_LEN, [NC_AUTH] = NC_WIRE_AUTH_LEN,
		[NC_SYN] = NC_WIRE_SYN_LEN, [NC_SYN_ACK] = NC_WIRE_SYN_LEN,
		[NC_RST] = 0,
	};
	struct nc_hdr h = { .type = NC_HELLO + type % 8 };

	h.len = h.type == NC_DATA ? len : fixed[h.type];
	if (h.type == NC_DATA) {
		h.seq = 1 + len;
		h.flags = type / 8 % 8;
	}
	if (h.type > NC_SYN)
		h.token = 1;
	return h;
}

static void frame_ctl(u8 *p, const struct nc_hdr *h, u8 fill)
{
	struct nc_wire_hello hello = {
		.ver_min = 1, .ver_max = fill, .max_payload = fill << 12,
	};
	struct nc_wire_syn syn = { .token = fill, .sport = 1, .dport = 1 };

	if (h->type == NC_HELLO)
		nc_wire_put_hello(p, &hello);
	else if (h->type == NC_SYN || h->type == NC_SYN_ACK)
		nc_wire_put_syn(p, &syn);
	else
		memset(p, fill, h->len);
}

/* 4 bytes of input make a frame, or damage what is there */
static size_t build(u8 *buf, const u8 *in, size_t size)
{
	struct nc_hdr h;
	size_t len = 0;

	for (; size >= 4; in += 4, size -= 4) {
		if (in[0] >= 240 && len) {
			buf[(in[1] << 8 | in[2]) % len] ^= in[3];
			continue;
		}
		h = frame_hdr(in[0], in[1] * in[2]);
		if (len + NC_WIRE_HDR_LEN + h.len > STREAM)
			break;
		nc_wire_put_hdr(buf + len, &h);
		frame_ctl(buf + len + NC_WIRE_HDR_LEN, &h, in[3]);
		len += NC_WIRE_HDR_LEN + h.len;
	}
	return len;
}

/* pieces as long as the bytes of @cuts say; none: all at once */
static void run(struct parse *p, const u8 *buf, size_t len, const u8 *cuts,
		size_t nr)
{
	size_t at, n, i = 0;

	parse_init(p, len);
	for (at = 0; at < len; at += n) {
		n = nr ? 1 + cuts[i++ % nr] : len;
		/* now and then a long one */
		if (nr && i % 8 == 0)
			n *= 100;
		n = n < len - at ? n : len - at;
		parse_feed(p, buf + at, n);
	}
}

static void check(const u8 *data, size_t len, const u8 *cuts, size_t nr)
{
	struct parse whole, pieces;
	u32 frames;
	size_t used;
	u8 *buf;
	int err;

	/* a copy of just this length, so that looking behind it is noticed */
	buf = malloc(len);
	MUST(buf || !len);
	if (len)
		memcpy(buf, data, len);
	frames = parse_expect(buf, len, &used, &err);
	run(&whole, buf, len, NULL, 0);
	run(&pieces, buf, len, cuts, nr);
	MUST(whole.frames == frames && pieces.frames == frames);
	MUST(whole.err == err && pieces.err == err);
	MUST(whole.len == pieces.len && whole.len >= used);
	MUST(!memcmp(whole.out, buf, whole.len));
	MUST(!memcmp(pieces.out, buf, pieces.len));
	parse_exit(&whole);
	parse_exit(&pieces);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 stream[STREAM];
	size_t nr;
	bool raw;

	if (size < 2)
		return 0;
	raw = data[0] & 1;
	nr = data[1] % 16;
	data += 2;
	size -= 2;
	if (nr > size)
		nr = size;
	if (raw)
		check(data + nr, size - nr, data, nr);
	else
		check(stream, build(stream, data + nr, size - nr), data, nr);
	return 0;
}
