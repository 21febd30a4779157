/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who copies much lets those pass who wait for little. A thread that was woken
 * for a latency socket waits for the turn of whatever runs on its core, up to
 * 3 ms of a bulk copy. No socket can make the scheduler choose it, but the
 * copier can ask to be passed over: after each segment, if somebody waits.
 *
 * All of this is a guess, and no harm if it is wrong: the thread may be moved
 * to another core, or leave without looking at its socket again; then bulk
 * yields in vain on one core, for two ticks.
 */
#ifndef NC_CORE_HURRY_H
#define NC_CORE_HURRY_H

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/typecheck.h>
#include <linux/types.h>

extern unsigned int nc_hurry_knob;
extern unsigned long nc_hurry_bulk;

/* is bulk copied lately? Else nobody needs to count who waits */
static inline bool nc_hurry_wanted(void)
{
	return READ_ONCE(nc_hurry_knob) &&
	       time_before(jiffies, READ_ONCE(nc_hurry_bulk) + HZ / 50);
}

/**
 * nc_hurry_begin - a thread was woken that should run soon
 * @slot: of its socket: 0, or the core (+ 1) that it is waited for on
 * @cpu: where it waits
 *
 * Context: any.
 */
void nc_hurry_begin(int *slot, int cpu);

/* the thread of @slot runs: it looks at the socket; any context */
void nc_hurry_end(int *slot);

/**
 * nc_hurry_pass - let those pass who were woken and have not run
 *
 * Between two segments of bulk. Only if another task wants this core.
 * Context: process, may sleep; no spinlock.
 * Return: whether somebody was let pass.
 */
bool nc_hurry_pass(void);

#endif /* NC_CORE_HURRY_H */
