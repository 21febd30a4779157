/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A user of struct nc_frame as a channel is one, for unit tests and fuzzing.
 * It puts together again what it is told of the stream; everything else that
 * must hold is checked on the way, and ends the program.
 */
#ifndef NC_UNIT_PARSE_H
#define NC_UNIT_PARSE_H

#include "netdriver/frame.h"

/**
 * struct parse - one run over a stream
 * @f: the parser, alone in its memory, so that an overrun is noticed
 * @out: the stream, encoded again from what the parser said
 * @len: bytes there
 * @size: room there
 * @frames: complete frames seen
 * @err: what ended the stream, 0 if nothing did
 */
struct parse {
	struct nc_frame	*f;
	u8		*out;
	size_t		len;
	size_t		size;
	u32		frames;
	int		err;
};

void parse_init(struct parse *p, size_t size);
void parse_exit(struct parse *p);

/* the next @len bytes arrived; nothing happens behind an error */
void parse_feed(struct parse *p, const u8 *data, size_t len);

/*
 * What a parser must find in @data, said without one. Returns the number of
 * complete frames, sets @used to their length and @err to what follows them.
 */
u32 parse_expect(const u8 *data, size_t len, size_t *used, int *err);

#endif /* NC_UNIT_PARSE_H */
