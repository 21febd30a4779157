// SPDX-License-Identifier: GPL-2.0
/* See flow.h. */
#include "flow.h"
#include "must.h"
#include "rnd.h"

#define LANES		4
#define PAYLOAD		65536
#define OVERHEAD	256	/* charged for a frame beside its bytes */
#define FLOWLET		65536

/* a frame on its way; those of the receiver use seq and wnd only */
struct frame {
	struct frame	*next;
	u64		seq;
	u32		len;
	u32		wnd;
	bool		fin;
	bool		ackreq;
	bool		blocked;
};

struct queue {
	struct frame	*head;
	struct frame	**tail;
};

/* sent and not acknowledged */
struct seg {
	struct seg	*next;
	u64		seq;
	u32		len;
	u32		lane;
	bool		fin;
	bool		lost;
};

struct flow {
	const struct flow_conf	*conf;
	struct flow_stat	*stat;
	struct nc_credit_snd	snd;
	struct nc_credit_rcv	rcv;
	struct nc_reorder	ro;
	struct queue		data[LANES];
	struct queue		acks[LANES];
	struct seg		*segs;
	struct seg		**segs_tail;
	u32			nr_segs;
	u32			nr_lost;
	u32			lane;
	u32			on_lane;
	bool			fin_sent;
	bool			fin_got;
	u64			fin_seq;
	bool			owes;
};

/* ---- queues ---- */

static void queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void queue_add(struct queue *q, const struct frame *f)
{
	struct frame *new = malloc(sizeof(*new));

	MUST(new);
	*new = *f;
	new->next = NULL;
	*q->tail = new;
	q->tail = &new->next;
}

static bool queue_get(struct queue *q, struct frame *f)
{
	struct frame *first = q->head;

	if (!first)
		return false;
	*f = *first;
	q->head = first->next;
	if (!q->head)
		q->tail = &q->head;
	free(first);
	return true;
}

/* ---- the sender ---- */

static bool flow_write(struct flow *w)
{
	u64 mem = w->snd.end - w->snd.una + w->nr_segs * OVERHEAD;
	u64 left = w->conf->bytes + 1 - w->snd.end;
	u32 n = 1 + rnd(w->conf->write);

	if (!left || (w->snd.una && mem >= w->conf->sndbuf))
		return false;
	n = min_t(u64, n, left);
	w->snd.end += min_t(u32, n, w->conf->sndbuf);
	return true;
}

/* the rule of flowlets */
static u32 flow_lane(struct flow *w, u32 len)
{
	if (w->on_lane >= FLOWLET || w->snd.una == w->snd.nxt) {
		w->lane = rnd(w->conf->lanes);
		w->on_lane = 0;
	}
	w->on_lane += len;
	return w->lane;
}

static void flow_push(struct flow *w, struct seg *s, bool again)
{
	struct frame f = { .seq = s->seq, .len = s->len, .fin = s->fin };

	/* what is sent again always asks */
	f.ackreq = again || s->fin ||
		   nc_credit_snd_ackreq(&w->snd, s->len + OVERHEAD,
					w->conf->sndbuf);
	if (!again)
		nc_credit_snd_sent(&w->snd, s->seq + s->len + s->fin,
				   s->len + OVERHEAD, f.ackreq);
	f.blocked = nc_credit_snd_block(&w->snd);
	s->lane = flow_lane(w, s->len);
	s->lost = false;
	queue_add(&w->data[s->lane], &f);
	w->stat->data++;
}

/* what a lost lane had comes before anything new */
static bool flow_resend(struct flow *w)
{
	struct seg *s = w->segs;

	if (!w->nr_lost)
		return false;
	while (!s->lost)
		s = s->next;
	w->nr_lost--;
	flow_push(w, s, true);
	return true;
}

static bool flow_send(struct flow *w)
{
	u32 n = min_t(u32, nc_credit_snd_room(&w->snd), PAYLOAD);
	struct frame bare = { .seq = w->snd.nxt, .blocked = true };
	bool fin = !w->fin_sent && w->snd.end == w->conf->bytes + 1 &&
		   w->snd.nxt + n == w->snd.end;
	struct seg *s;

	if (flow_resend(w))
		return true;
	if (!n && !fin) {
		if (!nc_credit_snd_block(&w->snd))
			return false;
		queue_add(&w->data[rnd(w->conf->lanes)], &bare);
		return true;
	}
	MUST(w->snd.nxt + n <= w->snd.edge || !n);
	s = calloc(1, sizeof(*s));
	MUST(s);
	s->seq = w->snd.nxt;
	s->len = n;
	s->fin = fin;
	*w->segs_tail = s;
	w->segs_tail = &s->next;
	w->nr_segs++;
	w->snd.nxt += n + fin;
	w->fin_sent |= fin;
	flow_push(w, s, false);
	return true;
}

static void flow_acked(struct flow *w)
{
	u32 freed = 0;
	struct seg *s;

	while ((s = w->segs) && s->seq + s->len + s->fin <= w->snd.una) {
		freed += s->len + OVERHEAD;
		w->segs = s->next;
		if (!w->segs)
			w->segs_tail = &w->segs;
		w->nr_segs--;
		w->nr_lost -= s->lost;
		free(s);
	}
	nc_credit_snd_freed(&w->snd, freed);
	/* a full buffer has a request under way */
	MUST(w->snd.unasked < w->conf->sndbuf / 2 + 1);
	MUST(w->snd.asked > w->snd.una || w->snd.unasked == w->snd.flight);
}

static bool flow_rx_ack(struct flow *w, u32 lane)
{
	u64 edge = w->snd.edge, una = w->snd.una;
	struct frame f;
	int ret;

	if (!queue_get(&w->acks[lane], &f))
		return false;
	ret = nc_credit_snd_ack(&w->snd, f.seq, f.wnd);
	MUST(ret >= 0);
	MUST(w->snd.una >= una && w->snd.edge >= edge);
	MUST(!(ret & NC_CREDIT_ACKED) == (w->snd.una == una));
	MUST(!(ret & NC_CREDIT_OPENED) == (w->snd.edge == edge));
	/* an acknowledged FIN may lie behind the edge */
	MUST(w->snd.edge <= max(w->rcv.edge, w->snd.una));
	flow_acked(w);
	return true;
}

/* ---- the receiver ---- */

static void flow_say(struct flow *w)
{
	u64 edge = w->rcv.edge;
	struct frame f = { };

	nc_credit_rcv_say(&w->rcv, &f.seq, &f.wnd);
	MUST(w->rcv.edge >= edge);
	MUST(f.seq + f.wnd == w->rcv.edge || f.seq == w->rcv.edge + 1);
	MUST(!nc_credit_rcv_news(&w->rcv));
	MUST(!nc_credit_rcv_ack_due(&w->rcv));
	queue_add(&w->acks[rnd(w->conf->lanes)], &f);
	w->stat->said++;
	w->owes = false;
}

static void flow_drop(struct nc_range *r, void *arg)
{
	free(r);
}

/* returns bytes that were not known before */
static u32 flow_insert(struct flow *w, const struct frame *f)
{
	struct nc_range *r;
	u32 new, before;

	if (f->seq + f->len <= w->rcv.nxt)
		return 0;
	r = calloc(1, sizeof(*r));
	MUST(r);
	r->seq = f->seq;
	r->len = f->len;
	new = nc_reorder_insert(&w->ro, r, flow_drop, NULL);
	if (!new)
		free(r);
	before = w->ro.bytes;
	while ((r = nc_reorder_pop(&w->ro, w->rcv.nxt))) {
		w->rcv.nxt += r->len;
		free(r);
	}
	MUST(w->ro.bytes <= before);
	return new;
}

static bool flow_rx_data(struct flow *w, u32 lane)
{
	bool say = false, grow;
	struct frame f;
	u32 new;

	if (!queue_get(&w->data[lane], &f))
		return false;
	MUST(f.seq + f.len <= w->rcv.edge || !f.len);
	new = f.len ? flow_insert(w, &f) : 0;
	if (f.fin) {
		w->fin_got = true;
		w->fin_seq = f.seq + f.len;
	}
	if (w->fin_got && w->rcv.nxt == w->fin_seq) {
		w->rcv.nxt++;
		say = true;
	}
	if (f.len && !new)
		say = true;
	if (f.ackreq)
		nc_credit_rcv_ackreq(&w->rcv, f.seq + f.len + f.fin);
	grow = f.blocked &&
	       nc_credit_rcv_blocked(&w->rcv, w->rcv.nxt - w->rcv.read,
				     !rnd(50));
	if (nc_credit_rcv_ack_due(&w->rcv) || say || grow)
		flow_say(w);
	else
		w->owes |= new;
	return true;
}

static bool flow_read(struct flow *w)
{
	/* FIN is not read */
	u64 end = min(w->rcv.nxt, w->conf->bytes + 1);
	u32 n = min_t(u64, 1 + rnd(w->conf->read), end - w->rcv.read);

	if (!n || rnd(w->conf->slow))
		return n;
	if (nc_credit_rcv_read(&w->rcv, n))
		flow_say(w);
	if (w->conf->lock && w->rcv.read > w->conf->bytes / 2)
		nc_credit_rcv_lock(&w->rcv, w->conf->lock);
	return true;
}

/* ---- both ---- */

/* R5: what was on the lane is gone, both ends know it */
static bool flow_lose(struct flow *w, u32 lane)
{
	struct frame f;
	struct seg *s;

	while (queue_get(&w->data[lane], &f))
		;
	while (queue_get(&w->acks[lane], &f))
		;
	for (s = w->segs; s; s = s->next) {
		if (s->lane == lane && !s->lost) {
			s->lost = true;
			w->nr_lost++;
		}
	}
	flow_say(w);
	return true;
}

static bool flow_event(struct flow *w, u32 what)
{
	switch (what) {
	case 0:
		return flow_write(w);
	case 1:
		return flow_send(w);
	case 2:
		return flow_read(w);
	case 3:
	case 4:
	case 5:
	case 6:
		return flow_rx_data(w, what - 3);
	default:
		return flow_rx_ack(w, what - 7);
	}
}

/* something that can happen; if nothing can, only the timer is left */
static bool flow_step(struct flow *w)
{
	u32 first = rnd(11), i;

	if (w->conf->lost && !rnd(w->conf->lost))
		return flow_lose(w, rnd(w->conf->lanes));
	for (i = 0; i < 11; i++)
		if (flow_event(w, (first + i) % 11))
			return true;
	if (!w->owes)
		return false;
	w->stat->ticks++;
	flow_say(w);
	return true;
}

static bool flow_done(const struct flow *w)
{
	return w->snd.una == w->conf->bytes + 2 &&
	       w->rcv.read == w->conf->bytes + 1;
}

static void flow_exit(struct flow *w)
{
	struct nc_range *r;
	struct frame f;
	struct seg *s;
	int i;

	for (i = 0; i < LANES; i++) {
		while (queue_get(&w->data[i], &f) || queue_get(&w->acks[i], &f))
			;
	}
	while ((r = nc_reorder_first(&w->ro)))
		free(r);
	while ((s = w->segs)) {
		w->segs = s->next;
		free(s);
	}
}

bool flow_run(const struct flow_conf *conf, struct flow_stat *stat)
{
	struct flow w = { .conf = conf, .stat = stat };
	bool going = true;
	int i;

	memset(stat, 0, sizeof(*stat));
	for (i = 0; i < LANES; i++) {
		queue_init(&w.data[i]);
		queue_init(&w.acks[i]);
	}
	w.segs_tail = &w.segs;
	nc_credit_snd_init(&w.snd);
	nc_credit_rcv_init(&w.rcv, conf->win, conf->win_max);
	/* the handshake went well: SYN is sent and there */
	w.snd.end = 1;
	w.snd.nxt = 1;
	w.rcv.nxt = 1;
	flow_say(&w);
	while (going && !flow_done(&w))
		going = flow_step(&w);
	stat->win = w.rcv.win;
	flow_exit(&w);
	return going;
}
