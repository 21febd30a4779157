/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reorder set: pieces of a stream that arrived before their turn.
 * Channels reorder among each other, so this is ordinary, not an exception.
 * Pure: knows ranges of numbers, not what holds the bytes.
 */
#ifndef NC_VNS_REORDER_H
#define NC_VNS_REORDER_H

#include "core/env.h"

/**
 * struct nc_range - a piece of the stream, embedded in what holds its bytes
 * @node: place in the set, ordered by @seq
 * @seq: number of the first byte
 * @len: bytes
 * @off: where the first byte is in the holder; grows when the head is trimmed
 */
struct nc_range {
	struct rb_node	node;
	u64		seq;
	u32		len;
	u32		off;
};

static inline u64 nc_range_end(const struct nc_range *r)
{
	return r->seq + r->len;
}

/**
 * struct nc_reorder - the set; all zero is empty
 * @root: ranges that never overlap
 * @pieces: entries
 * @gaps: disjoint runs, what the limit counts
 * @bytes: sum of all lengths
 */
struct nc_reorder {
	struct rb_root	root;
	u32		pieces;
	u32		gaps;
	u32		bytes;
};

/**
 * nc_reorder_insert - add a piece, first arrival wins
 * @ro: the set
 * @r: the piece, seq, len and off filled; trimmed at head and tail to what
 *     the set lacks. len > 0
 * @drop: called for each older entry that @r, once trimmed at its head, covers
 *        whole (already out of the set): the caller frees it. Must not touch
 *        the set
 * @arg: handed to @drop
 *
 * A piece that is in the set already is not inserted. The caller bounds
 * @ro->gaps, and @ro->pieces by what it charges for each: one call may walk
 * all pieces that @r overlaps.
 *
 * Return: bytes that are new to the set, 0 if none: then nothing changed and
 * @r is still the caller's.
 */
u32 nc_reorder_insert(struct nc_reorder *ro, struct nc_range *r,
		      void (*drop)(struct nc_range *r, void *arg), void *arg);

/**
 * nc_reorder_pop - take the next piece in order
 * @ro: the set
 * @nxt: next number expected
 *
 * Return: the first entry if it begins at or below @nxt, out of the set and
 * trimmed to begin at @nxt; its len is 0 if all of it was old: free it and pop
 * again. NULL if there is a gap or nothing.
 */
struct nc_range *nc_reorder_pop(struct nc_reorder *ro, u64 nxt);

/**
 * nc_reorder_find - look for the entry at or before a number
 * @ro: the set
 * @seq: the number
 *
 * For appending small pieces to the buffer before them.
 *
 * Return: the last entry that begins at or below @seq, NULL if there is none.
 */
struct nc_range *nc_reorder_find(const struct nc_reorder *ro, u64 seq);

/**
 * nc_reorder_extend - bytes were appended to the holder of an entry
 * @ro: the set
 * @r: the entry
 * @n: how many, not 0
 *
 * The bytes [end, end + n) must not be in the set: the caller asked
 * nc_reorder_next_seq() first.
 */
void nc_reorder_extend(struct nc_reorder *ro, struct nc_range *r, u32 n);

/* where the entry behind @r begins, U64_MAX if @r is the last */
u64 nc_reorder_next_seq(const struct nc_range *r);

/* take any entry out, for freeing all; NULL when empty */
struct nc_range *nc_reorder_first(struct nc_reorder *ro);

#endif /* NC_VNS_REORDER_H */
