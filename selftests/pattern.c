// SPDX-License-Identifier: GPL-2.0
/* Filling and checking the position-dependent bytes of pattern.h. */
#include <string.h>

#include "pattern.h"

#define GOLDEN 0x9e3779b97f4a7c15ULL

static uint64_t pattern_word(uint64_t key, uint64_t index)
{
	return nc_mix(key + index * GOLDEN);
}

static uint8_t pattern_byte(uint64_t key, uint64_t pos)
{
	return pattern_word(key, pos / 8) >> (8 * (pos % 8));
}

void nc_pattern_fill(void *buf, uint64_t key, uint64_t pos, size_t len)
{
	uint8_t *p = buf;
	uint64_t word;

	for (; len && pos % 8; len--, pos++)
		*p++ = pattern_byte(key, pos);
	for (; len >= 8; len -= 8, pos += 8, p += 8) {
		word = pattern_word(key, pos / 8);
		memcpy(p, &word, 8);
	}
	for (; len; len--, pos++)
		*p++ = pattern_byte(key, pos);
}

size_t nc_pattern_check(const void *buf, uint64_t key, uint64_t pos,
			size_t len)
{
	const uint8_t *p = buf;
	size_t i = 0;
	uint64_t word;

	for (; i < len && (pos + i) % 8; i++)
		if (p[i] != pattern_byte(key, pos + i))
			return i;
	for (; i + 8 <= len; i += 8) {
		memcpy(&word, p + i, 8);
		if (word != pattern_word(key, (pos + i) / 8))
			break;
	}
	for (; i < len; i++)
		if (p[i] != pattern_byte(key, pos + i))
			return i;
	return len;
}

int64_t nc_pattern_find(const void *buf, size_t len, uint64_t key,
			uint64_t pos, uint64_t total)
{
	uint64_t reach = pos > total - pos ? pos : total - pos;
	uint64_t d;

	if (len > 16)
		len = 16;
	if (reach > (64 << 20))
		reach = 64 << 20;
	for (d = 0; d <= reach; d++) {
		if (pos + d + len <= total &&
		    nc_pattern_check(buf, key, pos + d, len) == len)
			return pos + d;
		if (d <= pos && pos - d + len <= total &&
		    nc_pattern_check(buf, key, pos - d, len) == len)
			return pos - d;
	}
	return -1;
}

size_t nc_rand_size(struct nc_rng *r, size_t max)
{
	int bits = 64 - __builtin_clzll(max);
	size_t top = 1ULL << nc_rand_below(r, bits + 1);

	if (top > max)
		top = max;
	return 1 + nc_rand_below(r, top);
}
