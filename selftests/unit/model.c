// SPDX-License-Identifier: GPL-2.0
/* See model.h. */
#include "model.h"
#include "must.h"

#define SPAN	500	/* bytes of the stream: short, so that pieces meet */

/**
 * struct model - the set and what it must contain
 * @ro: the set
 * @base: number of the first byte of the stream
 * @nxt: place of the next byte to deliver
 * @have: bytes in the set
 */
struct model {
	struct nc_reorder	ro;
	u64			base;
	u32			nxt;
	bool			have[SPAN];
};

u8 piece_byte(u64 seq)
{
	return seq * 31 + (seq >> 8) * 7;
}

static struct piece *piece_of(struct nc_range *r)
{
	return container_of(r, struct piece, r);
}

static void piece_fill(struct piece *p, u64 seq, u32 from, u32 n)
{
	for (; n; n--)
		p->data[from++] = piece_byte(seq++);
}

struct piece *piece_new(u64 seq, u32 len)
{
	struct piece *p = calloc(1, sizeof(*p));

	MUST(p);
	p->data = malloc(len);
	MUST(p->data);
	p->r.seq = seq;
	p->r.len = len;
	piece_fill(p, seq, 0, len);
	return p;
}

void piece_free(struct piece *p)
{
	free(p->data);
	free(p);
}

void piece_drop(struct nc_range *r, void *arg)
{
	u32 *count = arg;

	if (count)
		++*count;
	MUST(piece_right(r));
	piece_free(piece_of(r));
}

bool piece_right(const struct nc_range *r)
{
	const u8 *data = container_of(r, struct piece, r)->data;
	u32 i;

	for (i = 0; i < r->len; i++)
		if (data[r->off + i] != piece_byte(r->seq + i))
			return false;
	return true;
}

static void model_check(const struct model *m)
{
	u32 pieces = 0, bytes = 0, gaps = 0, at = 0, i;
	struct rb_node *node;

	for (node = rb_first(&m->ro.root); node; node = rb_next(node)) {
		struct nc_range *r = rb_entry(node, struct nc_range, node);

		MUST(r->len);
		MUST(r->seq >= m->base + at);
		while (at < r->seq - m->base)
			MUST(!m->have[at++]);
		while (at < nc_range_end(r) - m->base)
			MUST(m->have[at++]);
		MUST(piece_right(r));
		pieces++;
		bytes += r->len;
	}
	while (at < SPAN)
		MUST(!m->have[at++]);
	for (i = 0; i < SPAN; i++)
		gaps += m->have[i] && (!i || !m->have[i - 1]);
	MUST(m->ro.pieces == pieces);
	MUST(m->ro.bytes == bytes);
	MUST(m->ro.gaps == gaps);
}

static void model_insert(struct model *m, u32 at, u32 len)
{
	struct piece *p = piece_new(m->base + at, len);
	u32 new = 0, dropped = 0, before = m->ro.pieces, i, got;

	for (i = at; i < at + len; i++) {
		new += !m->have[i];
		m->have[i] = true;
	}
	got = nc_reorder_insert(&m->ro, &p->r, piece_drop, &dropped);
	MUST(got == new);
	if (!got) {
		MUST(p->r.seq == m->base + at && p->r.len == len && !p->r.off);
		piece_free(p);
	}
	MUST(m->ro.pieces == before - dropped + !!got);
}

static void model_take(struct model *m, u64 seq, u64 end)
{
	while (seq < end)
		m->have[seq++ - m->base] = false;
}

static void model_pop(struct model *m)
{
	struct rb_node *node = rb_first(&m->ro.root);
	u64 nxt = m->base + m->nxt, seq = 0;
	struct nc_range *r;

	if (node)
		seq = rb_entry(node, struct nc_range, node)->seq;
	r = nc_reorder_pop(&m->ro, nxt);
	MUST(!r == (!node || seq > nxt));
	if (!r)
		return;
	MUST(!r->len || r->seq == nxt);
	MUST(piece_right(r));
	model_take(m, seq, nc_range_end(r));
	m->nxt += r->len;
	piece_free(piece_of(r));
}

/* append to the piece that ends at @at, as small ones are received */
static void model_append(struct model *m, u32 at, u32 len)
{
	u64 seq = m->base + at, next;
	struct nc_range *r;
	struct piece *p;

	r = nc_reorder_find(&m->ro, seq - 1);
	if (!r || nc_range_end(r) != seq)
		return;
	next = nc_reorder_next_seq(r);
	MUST(next >= seq);
	if (next - seq < len)
		len = next - seq;
	if (!len)
		return;
	p = piece_of(r);
	p->data = realloc(p->data, r->off + r->len + len);
	MUST(p->data);
	piece_fill(p, seq, r->off + r->len, len);
	nc_reorder_extend(&m->ro, r, len);
	while (len--)
		m->have[at++] = true;
}

static void model_find(const struct model *m, u64 seq)
{
	const struct nc_range *r = nc_reorder_find(&m->ro, seq), *want = NULL;
	struct rb_node *node;

	for (node = rb_first(&m->ro.root); node; node = rb_next(node)) {
		want = rb_entry(node, struct nc_range, node);
		if (want->seq > seq)
			break;
	}
	if (!node) {
		MUST(r == want);
		MUST(!r || nc_reorder_next_seq(r) == U64_MAX);
		return;
	}
	node = rb_prev(node);
	MUST(r == (node ? rb_entry(node, struct nc_range, node) : NULL));
	MUST(!r || nc_reorder_next_seq(r) == want->seq);
}

static bool model_first(struct model *m)
{
	struct nc_range *r = nc_reorder_first(&m->ro);

	if (!r)
		return false;
	MUST(piece_right(r));
	model_take(m, r->seq, nc_range_end(r));
	piece_free(piece_of(r));
	return true;
}

static void model_step(struct model *m, u8 op, u32 at, u32 len)
{
	at %= SPAN;
	if (len > SPAN - at)
		len = SPAN - at;

	switch (op % 16) {
	case 0:
	case 1:
	case 2:
		model_pop(m);
		break;
	case 3:
	case 4:
		model_find(m, m->base + at);
		break;
	case 5:
	case 6:
	case 7:
		model_append(m, at, len);
		break;
	case 8:
		if (len % 8 == 0)
			model_first(m);
		break;
	default:
		model_insert(m, at, len);
	}
	model_check(m);
}

void model_run(const u8 *ops, size_t len)
{
	static const u64 bases[] = {
		1, 1 << 20, U32_MAX - SPAN / 2, U64_MAX - SPAN,
	};
	struct model m = { .base = 1 };

	if (len) {
		m.base = bases[*ops++ % 4];
		len--;
	}
	for (; len >= 4; len -= 4, ops += 4)
		model_step(&m, ops[0], ops[1] << 8 | ops[2],
			   1 + ops[3] % (ops[0] < 32 ? 256 : 16));
	while (model_first(&m))
		model_check(&m);
	MUST(!m.ro.root.rb_node && !m.ro.pieces && !m.ro.gaps && !m.ro.bytes);
}
