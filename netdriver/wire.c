// SPDX-License-Identifier: GPL-2.0
/*
 * Wire format, version 1. All that can be said of a frame by looking at its
 * bytes alone is said here, once; whoever gets a decoded header may rely on
 * it. What depends on the state of a connection is not decided here, because
 * an error found here costs the whole channel.
 */
#include "netdriver/wire.h"

#include "core/lane.h"

/*
 * The layouts. Every member is aligned naturally, but a buffer need not be:
 * bytes are copied between the two, never cast.
 *
 *	 0	ver	type	flags		len
 *	 8	token
 *	16	seq
 *	24	ack
 *	32	wnd			src
 */
struct nc_wire_hdr_be {
	u8	ver;
	u8	type;
	__be16	flags;
	__be32	len;
	__be64	token;
	__be64	seq;
	__be64	ack;
	__be32	wnd;
	__be32	src;
};

static_assert(sizeof(struct nc_wire_hdr_be) == NC_WIRE_HDR_LEN);
static_assert(offsetof(struct nc_wire_hdr_be, len) == 4);
static_assert(offsetof(struct nc_wire_hdr_be, token) == 8);
static_assert(offsetof(struct nc_wire_hdr_be, wnd) == 32);

struct nc_wire_syn_be {
	__be64	token;
	__be64	birth;
	__be16	sport;
	__be16	dport;
	u8	class;
	u8	fixed;
	u8	zero[2];
};

static_assert(sizeof(struct nc_wire_syn_be) == NC_WIRE_SYN_LEN);
static_assert(offsetof(struct nc_wire_syn_be, class) == 20);

struct nc_wire_hello_be {
	__be64	magic;
	u8	ver_min;
	u8	ver_max;
	u8	class;
	u8	index;
	__be32	max_payload;
	__be16	wish;
	u8	zero[6];
	__be64	features;
	u8	instance[16];
	u8	set[16];
	u8	nonce[32];
};

static_assert(sizeof(struct nc_wire_hello_be) == NC_WIRE_HELLO_LEN);
static_assert(offsetof(struct nc_wire_hello_be, max_payload) == 12);
static_assert(offsetof(struct nc_wire_hello_be, features) == 24);
static_assert(offsetof(struct nc_wire_hello_be, nonce) == 64);

/* what a type allows */
struct nc_wire_rule {
	u16	flags;
	u32	len_min;
	u32	len_max;
};

static const struct nc_wire_rule nc_wire_rules[] = {
	[NC_HELLO]	= { 0, NC_WIRE_HELLO_LEN, NC_WIRE_HELLO_LEN },
	[NC_AUTH]	= { 0, NC_WIRE_AUTH_LEN, NC_WIRE_AUTH_LEN },
	[NC_GOAWAY]	= { 0, 0, 0 },
	[NC_SYN]	= { NC_F_ACKREQ, NC_WIRE_SYN_LEN, NC_WIRE_SYN_LEN },
	[NC_SYN_ACK]	= { 0, NC_WIRE_SYN_LEN, NC_WIRE_SYN_LEN },
	[NC_DATA]	= { NC_F_FIN | NC_F_ACKREQ | NC_F_BLOCKED,
			    0, NC_WIRE_MAX_PAYLOAD },
	[NC_ACK]	= { NC_F_ACKREQ | NC_F_BLOCKED, 0, 0 },
	[NC_RST]	= { NC_F_ECHO, 0, 0 },
};

static bool nc_wire_zero(const u8 *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

/* do the numbers of @h fit its type? */
static bool nc_wire_hdr_valid(const struct nc_hdr *h)
{
	bool fin = h->flags & NC_F_FIN;

	switch (h->type) {
	case NC_HELLO:
	case NC_AUTH:
	case NC_GOAWAY:
		/* they speak of the channel: nothing of a connection */
		return !h->token && !h->seq && !h->ack && !h->wnd && !h->src;
	case NC_SYN:
		return !h->token && !h->seq;
	case NC_SYN_ACK:
		return h->token && !h->seq;
	case NC_DATA:
		return h->token && h->seq && h->len + fin <= U64_MAX - h->seq;
	case NC_ACK:
		return h->token;
	case NC_RST:
		/* an echo has the token that it is about in seq */
		if (h->flags & NC_F_ECHO)
			return !h->token && h->seq;
		return h->token;
	}
	return false;
}

void nc_wire_put_hdr(u8 *buf, const struct nc_hdr *h)
{
	struct nc_wire_hdr_be w = {
		.ver	= NC_WIRE_VERSION,
		.type	= h->type,
		.flags	= cpu_to_be16(h->flags),
		.len	= cpu_to_be32(h->len),
		.token	= cpu_to_be64(h->token),
		.seq	= cpu_to_be64(h->seq),
		.ack	= cpu_to_be64(h->ack),
		.wnd	= cpu_to_be32(h->wnd),
		.src	= cpu_to_be32(h->src),
	};

	memcpy(buf, &w, sizeof(w));
}

void nc_wire_put_syn(u8 *buf, const struct nc_wire_syn *s)
{
	struct nc_wire_syn_be w = {
		.token	= cpu_to_be64(s->token),
		.birth	= cpu_to_be64(s->birth),
		.sport	= cpu_to_be16(s->sport),
		.dport	= cpu_to_be16(s->dport),
		.class	= s->class,
		.fixed	= s->fixed,
	};

	memcpy(buf, &w, sizeof(w));
}

void nc_wire_put_hello(u8 *buf, const struct nc_wire_hello *h)
{
	struct nc_wire_hello_be w = {
		.magic		= cpu_to_be64(NC_WIRE_MAGIC),
		.ver_min	= h->ver_min,
		.ver_max	= h->ver_max,
		.class		= h->class,
		.index		= h->index,
		.max_payload	= cpu_to_be32(h->max_payload),
		.wish		= cpu_to_be16(h->wish),
		.features	= cpu_to_be64(h->features),
	};

	memcpy(w.instance, h->instance, sizeof(w.instance));
	memcpy(w.set, h->set, sizeof(w.set));
	memcpy(w.nonce, h->nonce, sizeof(w.nonce));
	memcpy(buf, &w, sizeof(w));
}

int nc_wire_get_hdr(const u8 *buf, struct nc_hdr *h)
{
	const struct nc_wire_rule *rule;
	struct nc_wire_hdr_be w;

	memcpy(&w, buf, sizeof(w));
	if (w.ver != NC_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (w.type < NC_HELLO || w.type > NC_RST)
		return -EPROTO;

	h->type = w.type;
	h->flags = be16_to_cpu(w.flags);
	h->len = be32_to_cpu(w.len);
	h->token = be64_to_cpu(w.token);
	h->seq = be64_to_cpu(w.seq);
	h->ack = be64_to_cpu(w.ack);
	h->wnd = be32_to_cpu(w.wnd);
	h->src = be32_to_cpu(w.src);

	rule = &nc_wire_rules[w.type];
	if (h->flags & ~rule->flags)
		return -EPROTO;
	if (h->len < rule->len_min || h->len > rule->len_max)
		return -EPROTO;
	return nc_wire_hdr_valid(h) ? 0 : -EPROTO;
}

int nc_wire_get_syn(const u8 *buf, struct nc_wire_syn *s)
{
	struct nc_wire_syn_be w;

	memcpy(&w, buf, sizeof(w));
	s->token = be64_to_cpu(w.token);
	s->birth = be64_to_cpu(w.birth);
	s->sport = be16_to_cpu(w.sport);
	s->dport = be16_to_cpu(w.dport);
	s->class = w.class;
	s->fixed = w.fixed;

	if (!s->token || !s->sport || !s->dport || s->class >= NC_CLASSES ||
	    w.fixed > 1)
		return -EPROTO;
	return nc_wire_zero(w.zero, sizeof(w.zero)) ? 0 : -EPROTO;
}

int nc_wire_get_hello(const u8 *buf, struct nc_wire_hello *h)
{
	struct nc_wire_hello_be w;

	memcpy(&w, buf, sizeof(w));
	if (be64_to_cpu(w.magic) != NC_WIRE_MAGIC)
		return -EPROTO;

	h->ver_min = w.ver_min;
	h->ver_max = w.ver_max;
	h->class = w.class;
	h->index = w.index;
	h->max_payload = be32_to_cpu(w.max_payload);
	h->wish = be16_to_cpu(w.wish);
	h->features = be64_to_cpu(w.features);
	memcpy(h->instance, w.instance, sizeof(h->instance));
	memcpy(h->set, w.set, sizeof(h->set));
	memcpy(h->nonce, w.nonce, sizeof(h->nonce));

	if (h->ver_min > h->ver_max || h->class >= NC_CLASSES ||
	    h->index >= NC_LANES_MAX || h->max_payload < NC_WIRE_MAX_PAYLOAD ||
	    !nc_wire_zero(w.zero, sizeof(w.zero)))
		return -EPROTO;
	if (h->ver_min > NC_WIRE_VERSION || h->ver_max < NC_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	/* a peer that takes longer frames than we ever send is welcome */
	h->max_payload = min_t(u32, h->max_payload, NC_WIRE_MAX_PAYLOAD);
	return 0;
}
