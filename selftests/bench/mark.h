/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks for the emulator's plugins (scripts/sim/tcg.h): long no-ops that no
 * compiler makes. On a real processor they do nothing.
 */
#ifndef NC_BENCH_MARK_H
#define NC_BENCH_MARK_H

#define MARK_BEGIN	1
#define MARK_END	2
#define MARK_THROTTLE	14
#define MARK_FREE	15

#define mark(n) \
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0, 0, %c0, 0x43, 0x4e" \
		     : : "i" (n) : "memory")

#endif
