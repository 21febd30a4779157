// SPDX-License-Identifier: GPL-2.0
/* See parse.h. */
#include "parse.h"
#include "must.h"

void parse_init(struct parse *p, size_t size)
{
	memset(p, 0, sizeof(*p));
	p->f = malloc(sizeof(*p->f));
	p->out = malloc(size + 1);
	p->size = size;
	MUST(p->f && p->out);
	nc_frame_init(p->f);
}

void parse_exit(struct parse *p)
{
	free(p->f);
	free(p->out);
}

static void parse_put(struct parse *p, const u8 *data, size_t len)
{
	MUST(len <= p->size - p->len);
	memcpy(p->out + p->len, data, len);
	p->len += len;
}

/* a decoder that accepts must have ignored nothing */
static void parse_ctl(struct parse *p)
{
	const u8 *ctl = nc_frame_ctl(p->f);
	struct nc_wire_hello hello;
	u8 again[NC_WIRE_HELLO_LEN];
	struct nc_wire_syn syn;
	int ret;

	switch (p->f->hdr.type) {
	case NC_SYN:
	case NC_SYN_ACK:
		ret = nc_wire_get_syn(ctl, &syn);
		MUST(!ret || ret == -EPROTO);
		if (ret)
			break;
		nc_wire_put_syn(again, &syn);
		MUST(!memcmp(again, ctl, NC_WIRE_SYN_LEN));
		break;
	case NC_HELLO:
		ret = nc_wire_get_hello(ctl, &hello);
		MUST(!ret || ret == -EPROTO || ret == -EPROTONOSUPPORT);
		if (ret)
			break;
		MUST(hello.max_payload <= NC_WIRE_MAX_PAYLOAD);
		nc_wire_put_hello(again, &hello);
		/* but for the length that is limited */
		MUST(!memcmp(again, ctl, 12));
		MUST(!memcmp(again + 16, ctl + 16, NC_WIRE_HELLO_LEN - 16));
		break;
	}
	parse_put(p, ctl, p->f->hdr.len);
}

static void parse_ready(struct parse *p)
{
	const struct nc_hdr *h = &p->f->hdr;
	u8 hdr[NC_WIRE_HDR_LEN];

	nc_wire_put_hdr(hdr, h);
	MUST(!memcmp(hdr, p->f->buf, sizeof(hdr)));
	parse_put(p, hdr, sizeof(hdr));
	if (h->type == NC_DATA && h->len) {
		MUST(!nc_frame_need(p->f));
		MUST(nc_frame_left(p->f) == h->len);
		MUST(h->seq + h->len > h->seq);
		return;
	}
	if (h->type != NC_DATA)
		parse_ctl(p);
	p->frames++;
	nc_frame_next(p->f);
	MUST(nc_frame_need(p->f) == NC_WIRE_HDR_LEN);
}

/* returns bytes taken */
static size_t parse_step(struct parse *p, const u8 *data, size_t len)
{
	size_t n = nc_frame_need(p->f);
	int ret;

	if (!n) {
		n = nc_frame_left(p->f);
		MUST(n);
		n = n < len ? n : len;
		parse_put(p, data, n);
		nc_frame_pass(p->f, n);
		p->frames += nc_frame_need(p->f) > 0;
		return n;
	}
	n = n < len ? n : len;
	memcpy(nc_frame_room(p->f), data, n);
	ret = nc_frame_fill(p->f, n);
	if (ret == NC_FRAME_READY)
		parse_ready(p);
	else if (!ret)
		MUST(nc_frame_need(p->f));
	else
		p->err = ret;
	return n;
}

void parse_feed(struct parse *p, const u8 *data, size_t len)
{
	size_t n;

	while (len && !p->err) {
		n = parse_step(p, data, len);
		data += n;
		len -= n;
	}
}

u32 parse_expect(const u8 *data, size_t len, size_t *used, int *err)
{
	size_t left = len;
	struct nc_hdr h;
	u32 frames = 0;

	*err = 0;
	while (left >= NC_WIRE_HDR_LEN) {
		*err = nc_wire_get_hdr(data + len - left, &h);
		if (*err || left - NC_WIRE_HDR_LEN < h.len)
			break;
		left -= NC_WIRE_HDR_LEN + h.len;
		frames++;
	}
	*used = len - left;
	return frames;
}
