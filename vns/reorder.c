// SPDX-License-Identifier: GPL-2.0
/*
 * The reorder set: ranges of one stream that wait for what is missing before
 * them. A search tree of ranges that never overlap; neighbours that touch stay
 * apart, because each embeds in the buffer that holds its bytes.
 */
#include "vns/reorder.h"

/*
 * A run is a maximal chain of entries that touch; it is counted at its first
 * entry. No entry begins at this number: it would end behind the last one.
 */
#define NC_REORDER_NOWHERE	U64_MAX

static struct nc_range *nc_reorder_entry(struct rb_node *node)
{
	return node ? rb_entry(node, struct nc_range, node) : NULL;
}

static struct nc_range *nc_reorder_next(const struct nc_range *r)
{
	return nc_reorder_entry(rb_next(&r->node));
}

/* does @r, which may be NULL, begin a run if the entry before ends at @end? */
static u32 nc_reorder_begins(const struct nc_range *r, u64 end)
{
	return r && r->seq != end;
}

/* take the first entry out of the set */
static void nc_reorder_shift(struct nc_reorder *ro, struct nc_range *r)
{
	const struct nc_range *next = nc_reorder_next(r);

	/* its run goes on with @next, if that touches */
	if (!next || next->seq != nc_range_end(r))
		ro->gaps--;
	ro->pieces--;
	ro->bytes -= r->len;
	rb_erase(&r->node, &ro->root);
}

/* put @r into the tree, where it overlaps nothing */
static void nc_reorder_link(struct nc_reorder *ro, struct nc_range *r)
{
	struct rb_node **p = &ro->root.rb_node, *parent = NULL;

	while (*p) {
		parent = *p;
		if (r->seq < nc_reorder_entry(parent)->seq)
			p = &parent->rb_left;
		else
			p = &parent->rb_right;
	}
	rb_link_node(&r->node, parent, p);
	rb_insert_color(&r->node, &ro->root);
	ro->pieces++;
	ro->bytes += r->len;
}

u32 nc_reorder_insert(struct nc_reorder *ro, struct nc_range *r,
		      void (*drop)(struct nc_range *r, void *arg), void *arg)
{
	u64 seq = r->seq, end = nc_range_end(r), before, last;
	struct nc_range *prev, *first, *p;
	u32 old = 0;

	prev = nc_reorder_find(ro, seq);
	before = prev ? nc_range_end(prev) : NC_REORDER_NOWHERE;
	if (prev && before >= end)
		return 0;
	if (prev && before > seq)
		seq = before;

	/* look first: a piece that brings nothing must change nothing */
	first = prev ? nc_reorder_next(prev) :
		       nc_reorder_entry(rb_first(&ro->root));
	for (p = first; p && p->seq < end; p = nc_reorder_next(p)) {
		if (nc_range_end(p) > end)
			end = p->seq;
		else
			old += p->len;
	}
	if (end - seq == old)
		return 0;

	last = before;
	for (p = first; p && p->seq < end; p = first) {
		first = nc_reorder_next(p);
		ro->gaps -= nc_reorder_begins(p, last);
		ro->pieces--;
		ro->bytes -= p->len;
		last = nc_range_end(p);
		rb_erase(&p->node, &ro->root);
		drop(p, arg);
	}
	ro->gaps -= nc_reorder_begins(first, last);

	r->off += seq - r->seq;
	r->seq = seq;
	r->len = end - seq;
	nc_reorder_link(ro, r);
	ro->gaps += nc_reorder_begins(r, before);
	ro->gaps += nc_reorder_begins(first, end);
	return r->len - old;
}

struct nc_range *nc_reorder_pop(struct nc_reorder *ro, u64 nxt)
{
	struct nc_range *r = nc_reorder_entry(rb_first(&ro->root));
	u32 cut;

	if (!r || r->seq > nxt)
		return NULL;
	nc_reorder_shift(ro, r);
	cut = min_t(u64, nxt - r->seq, r->len);
	r->seq += cut;
	r->off += cut;
	r->len -= cut;
	return r;
}

struct nc_range *nc_reorder_find(const struct nc_reorder *ro, u64 seq)
{
	struct rb_node *node = ro->root.rb_node;
	struct nc_range *r, *best = NULL;

	while (node) {
		r = nc_reorder_entry(node);
		if (r->seq <= seq) {
			best = r;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return best;
}

void nc_reorder_extend(struct nc_reorder *ro, struct nc_range *r, u32 n)
{
	const struct nc_range *next = nc_reorder_next(r);

	r->len += n;
	ro->bytes += n;
	/* reached the run behind: both are one now */
	if (next && next->seq == nc_range_end(r))
		ro->gaps--;
}

u64 nc_reorder_next_seq(const struct nc_range *r)
{
	const struct nc_range *next = nc_reorder_next(r);

	return next ? next->seq : NC_REORDER_NOWHERE;
}

struct nc_range *nc_reorder_first(struct nc_reorder *ro)
{
	struct nc_range *r = nc_reorder_entry(rb_first(&ro->root));

	if (r)
		nc_reorder_shift(ro, r);
	return r;
}
