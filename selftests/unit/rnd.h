/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers of the property tests: the same in each run, unless NC_SEED
 * is set to another seed.
 */
#ifndef NC_UNIT_RND_H
#define NC_UNIT_RND_H

#include <stdlib.h>

static inline void rnd_init(void)
{
	const char *seed = getenv("NC_SEED");

	srandom(seed ? strtoul(seed, NULL, 0) : 1);
}

static inline u64 rnd64(void)
{
	return (u64)random() << 42 ^ (u64)random() << 21 ^ random();
}

/* less than @n */
static inline u32 rnd(u32 n)
{
	return rnd64() % n;
}

static inline void rnd_bytes(u8 *p, size_t n)
{
	while (n--)
		*p++ = random();
}

#endif /* NC_UNIT_RND_H */
