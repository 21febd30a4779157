// SPDX-License-Identifier: GPL-2.0
/*
 * Who transmits what was queued, and when.
 *
 * Design notes
 *
 * 1. Who sends, if the lane is his: a lone message leaves at once, and nobody
 *    has to be woken for it.
 * 2. Small messages of many senders wait for company until one of them is about
 *    to wait himself, at most for the time below. Not for all of it: who waits
 *    for too many makes the peer wait for them, who then answers all at once,
 *    and both work in turn.
 * 3. The worker, if much is queued, the sender's processor has no time to spare
 *    and the worker's has: then one socket uses several cores (thesis 3.2). It
 *    is not woken for each small message of a stream, which it would take one
 *    by one: those wait for company as in 2.
 */
#include "netdriver/internal.h"

#include "netdriver/idle.h"

#define NC_CHAN_QUIET_NS	50000	/* design D8: alone for this long */
#define NC_CHAN_COMPANY		8	/* messages: more gain nothing */
#define NC_CHAN_MUCH		2048	/* bytes: a wake-up costs less */
#define NC_CHAN_NO_TIME		(NC_IDLE_ONE / 4)
#define NC_CHAN_TIME		(NC_IDLE_ONE / 8)
#define NC_CHAN_FREE		(NC_IDLE_ONE / 2)
#define NC_CHAN_PLACES		4	/* to look at */

static const unsigned int nc_chan_late_ns[NC_CLASSES] = {
	[NC_CLASS_L] = 20000,
	[NC_CLASS_T] = 50000,
};

/* what a kick may have been for */
static bool nc_chan_kick_due(const struct nc_chan *ch)
{
	return !llist_empty(&ch->txq) || !llist_empty(&ch->owes_now);
}

static enum hrtimer_restart nc_chan_kick_late(struct hrtimer *t)
{
	struct nc_chan *ch = container_of(t, struct nc_chan, late_timer);

	clear_bit(NC_CHAN_TX_LATE, &ch->bits);
	/* pairs with test_and_set_bit() in nc_chan_kick_defer() */
	smp_mb__after_atomic();
	if (nc_chan_kick_due(ch))
		nc_worker_kick(ch);
	return HRTIMER_NORESTART;
}

void nc_chan_kick_init(struct nc_chan *ch)
{
	hrtimer_setup(&ch->late_timer, nc_chan_kick_late, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/* what is queued waits for more, or for the timer */
static void nc_chan_kick_defer(struct nc_chan *ch)
{
	WRITE_ONCE(ch->company, ch->company + 1);
	rcu_read_lock();	/* nc_chan_die() waits for us, then cancels */
	preempt_disable();	/* the bit says that the timer runs */
	if (!nc_chan_is_dead(ch) &&
	    !test_and_set_bit(NC_CHAN_TX_LATE, &ch->bits))
		hrtimer_start(&ch->late_timer,
			      nc_chan_late_ns[ch->lane.class],
			      HRTIMER_MODE_REL_SOFT);
	preempt_enable();
	rcu_read_unlock();
}

/* has nobody but @flow sent here for a while? */
static bool nc_chan_kick_quiet(const struct nc_chan *ch,
			       const struct nc_flow *flow, u64 now)
{
	u64 last = READ_ONCE(ch->last_flow) == flow ?
		   READ_ONCE(ch->switch_ns) : READ_ONCE(ch->last_ns);

	/* somebody may have sent since @now */
	return (s64)(now - last) > NC_CHAN_QUIET_NS;
}

/* is it one message of many? What it sent before left a moment ago */
static bool nc_chan_kick_stream(const struct nc_chan *ch,
				const struct nc_flow *flow, u64 now)
{
	return READ_ONCE(ch->last_flow) == flow &&
	       (s64)(now - READ_ONCE(ch->last_ns)) < NC_CHAN_QUIET_NS;
}

/* is it enough for a segment of its own? */
static bool nc_chan_kick_enough(const struct nc_chan *ch)
{
	return READ_ONCE(ch->lane.backlog) >= NC_LANE_SHARE ||
	       READ_ONCE(ch->company) >= NC_CHAN_COMPANY - 1 ||
	       !llist_empty(&ch->owes_now) ||
	       hrtimer_resolution > nc_chan_late_ns[ch->lane.class];
}

/*
 * May the caller run elsewhere, and is there time? Then the processor that it
 * shares with the worker is the worker's, and the scheduler moves the caller.
 */
static bool nc_chan_kick_move(int here, u64 now)
{
	int cpu, n = 0;

	if (current->nr_cpus_allowed == 1)
		return false;
	for_each_cpu_wrap(cpu, current->cpus_ptr, here + 1) {
		if (cpu != here && cpu_online(cpu) &&
		    nc_idle_share(cpu, now) > NC_CHAN_FREE)
			return true;
		if (++n == NC_CHAN_PLACES)
			break;
	}
	return false;
}

/* is the worker better placed to transmit than we are? */
static bool nc_chan_kick_leave(const struct nc_chan *ch, u64 now)
{
	int here = raw_smp_processor_id(), cpu = READ_ONCE(ch->lane.cpu);

	if (ch->lane.class != NC_CLASS_T ||
	    READ_ONCE(ch->lane.backlog) <= NC_CHAN_MUCH ||
	    nc_idle_share(here, now) >= NC_CHAN_NO_TIME)
		return false;
	return cpu != here ? nc_idle_share(cpu, now) > NC_CHAN_TIME :
			     nc_chan_kick_move(here, now);
}

static bool nc_chan_kick_busy(const struct nc_chan *ch)
{
	/* pairs with the barrier in nc_chan_tx_run(): an owner looks again */
	smp_mb();
	return test_bit(NC_CHAN_TX_OWNED, &ch->bits) ||
	       test_bit(NC_CHAN_TX_BLOCKED, &ch->bits);
}

/*
 * May we transmit? Who does has the lane that all share, so not a thread that
 * gets a processor only when nobody else wants it.
 */
static bool nc_chan_kick_may(void)
{
	return READ_ONCE(nc_knob_inline_tx) && current->policy != SCHED_IDLE;
}

/* @here: as far as the queue says, we may */
static void nc_chan_kick_now(struct nc_chan *ch, bool here, u64 now)
{
	if (here && nc_chan_kick_may() && !nc_chan_kick_leave(ch, now))
		nc_chan_tx_run(ch, NC_CHAN_BUDGET + NC_SEG_MAX);
	else
		nc_worker_kick(ch);
}

bool nc_chan_kick(struct nc_lane *lane, const struct nc_flow *flow,
		  bool was_empty, bool lazy)
{
	struct nc_chan *ch = nc_chan_of(lane);
	u64 now = ktime_get_ns();
	/* may it wait? A flow of the other class is a guest here */
	bool may = lazy && lane->class == flow->class;
	bool here = may, wait = may;

	if (nc_chan_kick_busy(ch))
		return false;
	if (nc_chan_kick_quiet(ch, flow, now)) {
		here = was_empty || test_bit(NC_CHAN_TX_LATE, &ch->bits);
		wait = may && here && nc_chan_kick_stream(ch, flow, now) &&
		       nc_chan_kick_leave(ch, now);
	}
	if (wait && nc_chan_kick_may() && !nc_chan_kick_enough(ch)) {
		nc_chan_kick_defer(ch);
		return true;
	}
	nc_chan_kick_now(ch, here, now);
	return false;
}

void nc_chan_wake(struct nc_lane *lane)
{
	struct nc_chan *ch = nc_chan_of(lane);

	if (!nc_chan_kick_busy(ch))
		nc_worker_kick(ch);
}

void nc_chan_flush(struct nc_lane *lane)
{
	struct nc_chan *ch = nc_chan_of(lane);

	if (!nc_chan_kick_busy(ch) && nc_chan_kick_due(ch))
		nc_chan_kick_now(ch, true, ktime_get_ns());
}
