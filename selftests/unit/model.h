/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of struct nc_reorder: one flag for each byte of a short stream. It
 * performs a list of operations on the set and on itself, and ends the program
 * where they differ. For unit tests and fuzzing.
 */
#ifndef NC_UNIT_MODEL_H
#define NC_UNIT_MODEL_H

#include "vns/reorder.h"

/**
 * struct piece - holds the bytes of a range, as an skb does
 * @r: what the set sees
 * @data: the bytes, @r.off of them not wanted any more
 */
struct piece {
	struct nc_range	r;
	u8		*data;
};

/* the byte that has this number in every stream */
u8 piece_byte(u64 seq);

struct piece *piece_new(u64 seq, u32 len);
void piece_free(struct piece *p);

/* a drop callback; @arg may be NULL, or a u32 that counts */
void piece_drop(struct nc_range *r, void *arg);

/* are the bytes those of the numbers? */
bool piece_right(const struct nc_range *r);

/* any bytes are a list of operations */
void model_run(const u8 *ops, size_t len);

#endif /* NC_UNIT_MODEL_H */
