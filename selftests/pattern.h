/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes that know their place: byte n of a stream is a keyed hash of n, so a
 * receiver that holds the key can check any piece of the stream by its
 * position alone, and can tell where a piece that is wrong came from.
 */
#ifndef NC_PATTERN_H
#define NC_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* splitmix64's output function */
static inline uint64_t nc_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* The key of one direction of one connection of one run. */
static inline uint64_t nc_key(uint64_t seed, uint32_t conn, int dir)
{
	return nc_mix(nc_mix(seed) + 2ULL * conn + (unsigned int)dir);
}

void nc_pattern_fill(void *buf, uint64_t key, uint64_t pos, size_t len);

/* Offset of the first byte that is wrong, or len. */
size_t nc_pattern_check(const void *buf, uint64_t key, uint64_t pos,
			size_t len);

/*
 * Where in the first @total bytes of the stream do the @len bytes at @buf
 * belong? Looks near @pos first. Returns the position, or -1.
 */
int64_t nc_pattern_find(const void *buf, size_t len, uint64_t key,
			uint64_t pos, uint64_t total);

/* A small generator of random numbers: the same seed, the same run. */
struct nc_rng {
	uint64_t state;
};

static inline uint64_t nc_rand(struct nc_rng *r)
{
	r->state += 0x9e3779b97f4a7c15ULL;
	return nc_mix(r->state);
}

/* Uniform in [0, n); n > 0. */
static inline uint64_t nc_rand_below(struct nc_rng *r, uint64_t n)
{
	return nc_rand(r) % n;
}

/* 1 .. max, every order of magnitude equally likely. */
size_t nc_rand_size(struct nc_rng *r, size_t max);

#endif /* NC_PATTERN_H */
