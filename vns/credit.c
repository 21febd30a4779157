// SPDX-License-Identifier: GPL-2.0
/*
 * Acknowledgment and credit arithmetic of one virtual socket. Everything that
 * a peer can say goes through here, so nothing it says may wrap a number,
 * divide by it, or take a promise back. FIN needs no credit: it can lie one
 * beyond the edge, which is why differences are taken with care.
 */
#include "vns/credit.h"

/* a - b, or 0 if @b is ahead */
static u64 nc_credit_ahead(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

void nc_credit_snd_init(struct nc_credit_snd *s)
{
	memset(s, 0, sizeof(*s));
	s->edge = 1;
}

int nc_credit_snd_ack(struct nc_credit_snd *s, u64 ack, u32 wnd)
{
	int ret = 0;

	if (ack > s->nxt)
		return -EPROTO;
	if (ack > s->una) {
		s->una = ack;
		ret |= NC_CREDIT_ACKED;
	}
	/* no wrap: ack counts bytes that were really sent */
	if (ack + wnd > s->edge) {
		s->edge = ack + wnd;
		s->blocked = false;
		ret |= NC_CREDIT_OPENED;
	}
	/*
	 * The newest announcement has both the highest ack and the highest
	 * edge, so this is its window, whatever overtook it. When all is
	 * acknowledged it equals the credit: S3 cannot hold back for ever.
	 */
	s->wnd = min_t(u64, nc_credit_ahead(s->edge, s->una), U32_MAX);
	return ret;
}

u32 nc_credit_snd_room(const struct nc_credit_snd *s)
{
	u64 queued = nc_credit_ahead(s->end, s->nxt);
	u64 credit = nc_credit_ahead(s->edge, s->nxt);

	if (!s->nxt)	/* SYN comes first */
		return 0;
	if (credit < queued && credit < NC_CREDIT_SILLY && credit < s->wnd / 2)
		return 0;
	return min_t(u64, min(queued, credit), U32_MAX);
}

bool nc_credit_snd_ackreq(const struct nc_credit_snd *s, u32 charge,
			  u32 sndbuf)
{
	return s->unasked + charge >= min_t(u32, sndbuf / 2,
					    NC_CREDIT_ACKREQ_MAX);
}

void nc_credit_snd_sent(struct nc_credit_snd *s, u64 end, u32 charge,
			bool asked)
{
	s->flight += charge;
	s->unasked += charge;
	if (asked) {
		s->unasked = 0;
		s->asked = end;
	}
}

void nc_credit_snd_freed(struct nc_credit_snd *s, u32 charge)
{
	s->flight = nc_credit_ahead(s->flight, charge);
	if (s->una >= s->asked)
		s->unasked = s->flight;
}

u64 nc_credit_snd_progress(const struct nc_credit_snd *s)
{
	return s->una + min(s->edge, s->end);
}

bool nc_credit_snd_block(struct nc_credit_snd *s)
{
	if (s->blocked || !s->nxt || s->end <= s->nxt || nc_credit_snd_room(s))
		return false;
	s->blocked = true;
	return true;
}

/* how far the edge could be: a promise stays, even if W became less */
static u64 nc_credit_rcv_most(const struct nc_credit_rcv *r)
{
	return max(r->edge, r->read + r->win);
}

/*
 * Where the edge may be. It moves by W/4 at least, or when the reader has taken
 * everything (RFC 1122, 4.2.3.3): else a slow reader's every byte would become
 * a frame of its own.
 */
static u64 nc_credit_rcv_limit(const struct nc_credit_rcv *r)
{
	u64 most = nc_credit_rcv_most(r);

	return r->nxt <= r->read || most - r->edge >= r->win / 4 ? most :
								   r->edge;
}

/* R1: was an ACKREQ for what is in order now? Forgets what it answers. */
static bool nc_credit_rcv_answer(struct nc_credit_rcv *r)
{
	if (!r->ackreq || r->nxt < r->ackreq_low)
		return false;
	if (r->nxt >= r->ackreq)
		r->ackreq = 0;
	r->ackreq_low = r->ackreq;
	return true;
}

void nc_credit_rcv_init(struct nc_credit_rcv *r, u32 win, u32 win_max)
{
	memset(r, 0, sizeof(*r));
	r->read = 1;
	r->pace_read = 1;
	r->win = win;
	r->win_max = win_max;
	r->edge = r->read + win;
}

void nc_credit_rcv_lock(struct nc_credit_rcv *r, u32 win)
{
	r->win = win;
	r->locked = true;
}

bool nc_credit_rcv_read(struct nc_credit_rcv *r, u32 n)
{
	u64 gain;

	r->read += n;
	gain = nc_credit_ahead(nc_credit_rcv_limit(r), r->said_edge);
	return gain && gain >= r->win / 4;
}

/* true if W changed */
static bool nc_credit_rcv_grow(struct nc_credit_rcv *r, bool pressure)
{
	if (r->locked || pressure || r->win >= r->win_max)
		return false;
	r->win = r->win > r->win_max / 2 ? r->win_max : 2 * r->win;
	return true;
}

bool nc_credit_rcv_pace(struct nc_credit_rcv *r, u32 now, u32 period,
			bool pressure)
{
	bool late = now - r->pace_at > period;

	if (!late && r->read - r->pace_read < r->win)
		return false;
	r->pace_at = now;
	r->pace_read = r->read;
	return !late && nc_credit_rcv_grow(r, pressure);
}

bool nc_credit_rcv_blocked(struct nc_credit_rcv *r, u32 queued, bool pressure)
{
	if (queued < r->win / 2)
		nc_credit_rcv_grow(r, pressure);
	return nc_credit_rcv_limit(r) > r->said_edge;
}

void nc_credit_rcv_asked(struct nc_credit_rcv *r)
{
	r->edge = nc_credit_rcv_most(r);
}

void nc_credit_rcv_ackreq(struct nc_credit_rcv *r, u64 end)
{
	end = max_t(u64, end, 1);	/* 0 is "nobody asked" */
	if (!r->ackreq || end < r->ackreq_low)
		r->ackreq_low = end;
	if (end > r->ackreq)
		r->ackreq = end;
}

bool nc_credit_rcv_ack_due(struct nc_credit_rcv *r)
{
	return nc_credit_rcv_answer(r);
}

void nc_credit_rcv_say(struct nc_credit_rcv *r, u64 *ack, u32 *wnd)
{
	r->edge = nc_credit_rcv_limit(r);
	*ack = r->nxt;
	*wnd = min_t(u64, nc_credit_ahead(r->edge, r->nxt), U32_MAX);
	r->said_ack = r->nxt;
	r->said_edge = max(r->said_edge, *ack + *wnd);
	nc_credit_rcv_answer(r);
}

bool nc_credit_rcv_news(const struct nc_credit_rcv *r)
{
	return r->nxt != r->said_ack || nc_credit_rcv_limit(r) > r->said_edge;
}
