// SPDX-License-Identifier: GPL-2.0
/* vns/reorder.c: examples by hand, then against a model of single bytes. */
#include "kselftest_harness.h"

#include "model.h"
#include "rnd.h"

FIXTURE(reorder) {
	struct nc_reorder ro;
	u32 dropped;
};

FIXTURE_SETUP(reorder)
{
	memset(self, 0, sizeof(*self));
	rnd_init();
}

FIXTURE_TEARDOWN(reorder)
{
	struct nc_range *r;

	while ((r = nc_reorder_first(&self->ro)))
		piece_drop(r, NULL);
	EXPECT_EQ(0, self->ro.pieces);
	EXPECT_EQ(0, self->ro.gaps);
	EXPECT_EQ(0, self->ro.bytes);
}

/* insert [seq, end) */
static u32 insert(struct nc_reorder *ro, u64 seq, u64 end, u32 *dropped)
{
	struct piece *p = piece_new(seq, end - seq);
	u32 new;

	new = nc_reorder_insert(ro, &p->r, piece_drop, dropped);
	if (!new)
		piece_free(p);
	return new;
}

/* @n bytes more in the holder; the set is not told */
static void append(struct nc_range *r, u32 n)
{
	struct piece *p = container_of(r, struct piece, r);
	u32 i;

	p->data = realloc(p->data, r->off + r->len + n);
	for (i = 0; i < n; i++)
		p->data[r->off + r->len + i] = piece_byte(nc_range_end(r) + i);
}

#define INSERT(seq, end)	insert(&self->ro, seq, end, &self->dropped)

#define EXPECT_SET(p, g, b)			\
	do {					\
		EXPECT_EQ(p, self->ro.pieces);	\
		EXPECT_EQ(g, self->ro.gaps);	\
		EXPECT_EQ(b, self->ro.bytes);	\
	} while (0)

TEST_F(reorder, nc_reorder_insert__apart)
{
	EXPECT_EQ(10, INSERT(10, 20));
	EXPECT_EQ(10, INSERT(30, 40));
	EXPECT_EQ(5, INSERT(1, 6));
	EXPECT_SET(3, 3, 25);
}

TEST_F(reorder, nc_reorder_insert__touching_is_one_gap)
{
	EXPECT_EQ(10, INSERT(10, 20));
	EXPECT_EQ(10, INSERT(30, 40));
	EXPECT_EQ(10, INSERT(20, 30));
	EXPECT_SET(3, 1, 30);
	EXPECT_EQ(5, INSERT(5, 10));
	EXPECT_SET(4, 1, 35);
}

TEST_F(reorder, nc_reorder_insert__duplicate)
{
	struct nc_range r = { .seq = 12, .len = 5 };

	INSERT(10, 20);
	EXPECT_EQ(0, INSERT(10, 20));
	EXPECT_EQ(0, INSERT(12, 20));
	EXPECT_EQ(0, INSERT(10, 19));
	EXPECT_EQ(0, nc_reorder_insert(&self->ro, &r, piece_drop, NULL));
	EXPECT_EQ(12, r.seq);
	EXPECT_EQ(5, r.len);
	EXPECT_EQ(0, r.off);
	EXPECT_SET(1, 1, 10);
}

TEST_F(reorder, nc_reorder_insert__trims_head)
{
	struct nc_range *r;

	INSERT(10, 20);
	EXPECT_EQ(5, INSERT(15, 25));
	EXPECT_SET(2, 1, 15);
	r = nc_reorder_find(&self->ro, 24);
	EXPECT_EQ(20, r->seq);
	EXPECT_EQ(5, r->len);
	EXPECT_EQ(5, r->off);
	EXPECT_TRUE(piece_right(r));
}

TEST_F(reorder, nc_reorder_insert__trims_tail)
{
	struct nc_range *r;

	INSERT(10, 20);
	EXPECT_EQ(5, INSERT(5, 15));
	EXPECT_SET(2, 1, 15);
	r = nc_reorder_find(&self->ro, 5);
	EXPECT_EQ(5, r->seq);
	EXPECT_EQ(5, r->len);
	EXPECT_EQ(0, r->off);
}

TEST_F(reorder, nc_reorder_insert__fills_hole)
{
	INSERT(10, 20);
	INSERT(30, 40);
	EXPECT_EQ(10, INSERT(15, 35));
	EXPECT_SET(3, 1, 30);
	EXPECT_EQ(0, self->dropped);
}

TEST_F(reorder, nc_reorder_insert__covers)
{
	INSERT(10, 11);
	INSERT(12, 13);
	INSERT(14, 20);
	EXPECT_EQ(92, INSERT(5, 105));
	EXPECT_EQ(3, self->dropped);
	EXPECT_SET(1, 1, 100);
}

TEST_F(reorder, nc_reorder_insert__covers_and_trims)
{
	INSERT(10, 20);
	INSERT(22, 24);
	INSERT(26, 30);
	EXPECT_EQ(4, INSERT(15, 28));
	EXPECT_EQ(1, self->dropped);
	EXPECT_SET(3, 1, 20);
}

/* pieces that bring nothing change nothing, however many they lie over */
TEST_F(reorder, nc_reorder_insert__covers_without_news)
{
	INSERT(10, 15);
	INSERT(15, 20);
	INSERT(20, 25);
	EXPECT_EQ(0, INSERT(10, 25));
	EXPECT_EQ(0, INSERT(12, 23));
	EXPECT_EQ(0, self->dropped);
	EXPECT_SET(3, 1, 15);
}

TEST_F(reorder, nc_reorder_insert__end_of_numbers)
{
	EXPECT_EQ(1, INSERT(U64_MAX - 1, U64_MAX));
	EXPECT_EQ(9, INSERT(U64_MAX - 10, U64_MAX));
	EXPECT_SET(1, 1, 10);
	EXPECT_EQ(0, INSERT(U64_MAX - 10, U64_MAX));
}

TEST_F(reorder, nc_reorder_pop__gap)
{
	EXPECT_EQ(NULL, nc_reorder_pop(&self->ro, 1));
	INSERT(10, 20);
	EXPECT_EQ(NULL, nc_reorder_pop(&self->ro, 9));
	EXPECT_SET(1, 1, 10);
}

TEST_F(reorder, nc_reorder_pop__in_order)
{
	struct nc_range *r;

	INSERT(10, 20);
	INSERT(20, 30);
	INSERT(40, 50);
	r = nc_reorder_pop(&self->ro, 10);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(10, r->seq);
	EXPECT_EQ(10, r->len);
	piece_drop(r, NULL);
	EXPECT_SET(2, 2, 20);
	r = nc_reorder_pop(&self->ro, 20);
	ASSERT_NE(NULL, r);
	piece_drop(r, NULL);
	EXPECT_SET(1, 1, 10);
	EXPECT_EQ(NULL, nc_reorder_pop(&self->ro, 30));
}

TEST_F(reorder, nc_reorder_pop__trims)
{
	struct nc_range *r;

	INSERT(10, 20);
	r = nc_reorder_pop(&self->ro, 13);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(13, r->seq);
	EXPECT_EQ(7, r->len);
	EXPECT_EQ(3, r->off);
	piece_drop(r, NULL);
	EXPECT_SET(0, 0, 0);
}

TEST_F(reorder, nc_reorder_pop__all_old)
{
	struct nc_range *r;

	INSERT(10, 20);
	INSERT(20, 30);
	r = nc_reorder_pop(&self->ro, 25);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(0, r->len);
	piece_drop(r, NULL);
	r = nc_reorder_pop(&self->ro, 25);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(25, r->seq);
	EXPECT_EQ(5, r->len);
	piece_drop(r, NULL);
	EXPECT_SET(0, 0, 0);
}

TEST_F(reorder, nc_reorder_find__last_at_or_below)
{
	INSERT(10, 20);
	INSERT(30, 40);
	EXPECT_EQ(NULL, nc_reorder_find(&self->ro, 9));
	EXPECT_EQ(10, nc_reorder_find(&self->ro, 10)->seq);
	EXPECT_EQ(10, nc_reorder_find(&self->ro, 29)->seq);
	EXPECT_EQ(30, nc_reorder_find(&self->ro, U64_MAX)->seq);
}

TEST_F(reorder, nc_reorder_extend__up_to_the_next)
{
	struct nc_range *r;

	INSERT(10, 20);
	INSERT(30, 40);
	r = nc_reorder_find(&self->ro, 19);
	EXPECT_EQ(30, nc_reorder_next_seq(r));
	append(r, 10);
	nc_reorder_extend(&self->ro, r, 9);
	EXPECT_SET(2, 2, 29);
	nc_reorder_extend(&self->ro, r, 1);
	EXPECT_SET(2, 1, 30);
	EXPECT_EQ(U64_MAX, nc_reorder_next_seq(nc_reorder_find(&self->ro, 30)));
}

/* "no entry behind" is not an entry at the last number */
TEST_F(reorder, nc_reorder_extend__end_of_numbers)
{
	struct nc_range *r;

	INSERT(U64_MAX - 2, U64_MAX - 1);
	r = nc_reorder_find(&self->ro, U64_MAX);
	append(r, 1);
	nc_reorder_extend(&self->ro, r, 1);
	EXPECT_SET(1, 1, 2);
}

TEST_F(reorder, nc_reorder_first__empties)
{
	struct nc_range *r;
	u64 last = 0;

	INSERT(30, 40);
	INSERT(10, 20);
	INSERT(20, 30);
	while ((r = nc_reorder_first(&self->ro))) {
		EXPECT_GT(r->seq, last);
		last = r->seq;
		piece_drop(r, NULL);
	}
	EXPECT_SET(0, 0, 0);
}

TEST_F(reorder, reorder__random_operations)
{
	u8 ops[2001];
	int i;

	for (i = 0; i < 150; i++) {
		rnd_bytes(ops, sizeof(ops));
		model_run(ops, 1 + rnd(sizeof(ops) - 1));
	}
}

#define STREAM	(1 << 20)

static void swap(struct piece **a, struct piece **b)
{
	struct piece *c = *a;

	*a = *b;
	*b = c;
}

/*
 * A stream cut twice, at different places, and all pieces in random order: as
 * after a lost channel. Each byte must be delivered once, in order.
 */
static u64 shuffled(struct nc_reorder *ro, u32 max_piece)
{
	static struct piece *piece[2 * STREAM];
	struct nc_range *r;
	u64 nxt = 1, seq;
	u32 nr = 0, i, n;
	int copy;

	for (copy = 0; copy < 2; copy++) {
		for (seq = 1; seq <= STREAM; seq += n) {
			n = 1 + rnd(max_piece);
			n = min_t(u64, n, STREAM + 1 - seq);
			piece[nr++] = piece_new(seq, n);
		}
	}
	for (i = nr - 1; i; i--)
		swap(&piece[i], &piece[rnd(i + 1)]);
	for (i = 0; i < nr; i++) {
		if (!nc_reorder_insert(ro, &piece[i]->r, piece_drop, NULL))
			piece_free(piece[i]);
		while ((r = nc_reorder_pop(ro, nxt))) {
			if (r->len && r->seq != nxt)
				return 0;
			nxt += r->len;
			piece_drop(r, NULL);
		}
	}
	return nxt;
}

TEST_F(reorder, reorder__shuffled_stream)
{
	EXPECT_EQ(STREAM + 1, shuffled(&self->ro, 100));
	EXPECT_EQ(STREAM + 1, shuffled(&self->ro, 5000));
	EXPECT_EQ(STREAM + 1, shuffled(&self->ro, 65536));
	EXPECT_SET(0, 0, 0);
}

TEST_HARNESS_MAIN
