// SPDX-License-Identifier: GPL-2.0
/*
 * One end of one connection: sends its total, checks what it receives by
 * position, half-closes, and expects the end of the stream exactly at the
 * other side's total. Either two blocking threads or one with epoll.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "stream.h"
#include "util.h"

#define END_WAITALL_MAX	(64 << 10)

int stream_protocol = IPPROTO_VIRTUAL_SOCK;

static struct end *ends;
static pthread_mutex_t ends_lock = PTHREAD_MUTEX_INITIALIZER;

struct end *end_new(int role)
{
	struct end *e = calloc(1, sizeof(*e));

	if (!e)
		stream_fail(NULL, "no memory");
	e->fd = -1;
	e->role = role;
	e->plan.conn = UINT32_MAX;
	e->tx.moved = nc_now();
	e->rx.moved = nc_now();
	e->tx.state = FLOW_OPENING;
	pthread_mutex_lock(&ends_lock);
	e->next = ends;
	ends = e;
	pthread_mutex_unlock(&ends_lock);
	return e;
}

void end_free(struct end *e)
{
	struct end **p;

	pthread_mutex_lock(&ends_lock);
	for (p = &ends; *p != e; p = &(*p)->next)
		;
	*p = e->next;
	pthread_mutex_unlock(&ends_lock);
	free(e->tx_buf);
	free(e->rx_buf);
	free(e);
}

static const char *role_name(const struct end *e)
{
	return e->role == CLIENT ? "client" : "server";
}

static void show_flow(const struct end *e, const char *name,
		      const struct flow *f)
{
	static const char * const states[] = {
		"idle", "opening", "running", "done",
	};
	int inq = -1, outq = -1;

	if (e->fd >= 0) {
		ioctl(e->fd, SIOCINQ, &inq);
		ioctl(e->fd, SIOCOUTQ, &outq);
	}
	printf("#   conn %d %s %s %s at %llu of %llu, still for %llu ms, fd %d inq %d outq %d\n",
	       (int)e->plan.conn, role_name(e), name, states[f->state],
	       (unsigned long long)f->pos, (unsigned long long)f->total,
	       (unsigned long long)(nc_now() - f->moved), e->fd, inq, outq);
}

static void show_all(void)
{
	int shown = 0;
	struct end *e;

	for (e = ends; e && shown < 40; e = e->next) {
		if (e->tx.state == FLOW_DONE && e->rx.state == FLOW_DONE)
			continue;
		show_flow(e, "tx", &e->tx);
		show_flow(e, "rx", &e->rx);
		shown++;
	}
	nc_dump_file(NC_PROC "stat");
	nc_dump_file(NC_PROC "channels");
	nc_dump_file(NC_PROC "sockets");
}

void stream_fail(const struct end *e, const char *fmt, ...)
{
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
	int err = errno;
	va_list ap;

	pthread_mutex_lock(&once);
	printf("# FAIL ");
	if (e)
		printf("conn %d %s tx %llu/%llu rx %llu/%llu: ",
		       (int)e->plan.conn, role_name(e),
		       (unsigned long long)e->tx.pos,
		       (unsigned long long)e->tx.total,
		       (unsigned long long)e->rx.pos,
		       (unsigned long long)e->rx.total);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (errno %d %s)\n", err, strerror(err));
	show_all();
	fflush(stdout);
	_exit(1);
}

static void *watchdog(void *arg)
{
	uint64_t limit = (uintptr_t)arg * 1000, now;
	const struct end *stuck;
	struct end *e;

	for (;;) {
		nc_sleep_ms(500);
		stuck = NULL;
		pthread_mutex_lock(&ends_lock);
		now = nc_now();
		for (e = ends; e; e = e->next) {
			if ((e->tx.state == FLOW_OPENING ||
			     e->tx.state == FLOW_RUNNING) &&
			    now > e->tx.moved + limit)
				stuck = e;
			if (e->rx.state == FLOW_RUNNING &&
			    now > e->rx.moved + limit)
				stuck = e;
		}
		if (stuck)
			stream_fail(stuck, "nothing moved for %llu s",
				    (unsigned long long)limit / 1000);
		pthread_mutex_unlock(&ends_lock);
	}
	return NULL;
}

void watchdog_start(unsigned int seconds)
{
	pthread_t t;

	if (pthread_create(&t, NULL, watchdog, (void *)(uintptr_t)seconds))
		stream_fail(NULL, "no watchdog");
	pthread_detach(t);
}

static void flow_move(struct flow *f, size_t n)
{
	f->pos += n;
	f->moved = nc_now();
}

static void maybe_pause(const struct end *e, struct nc_rng *r)
{
	if (nc_rand(r) % 65536 >= e->how.pause)
		return;
	if (nc_rand(r) % 64 == 0)
		nc_sleep_ms(20 + nc_rand_below(r, 100));
	else
		usleep(nc_rand_below(r, 3000));
}

/* Cuts @len bytes at @buf at random. */
static int cut(struct nc_rng *r, struct iovec *iov, char *buf, size_t len)
{
	int n = 0, max = 1 + nc_rand_below(r, 8);
	size_t part;

	for (; n < max - 1 && len > 1; n++) {
		part = nc_rand_below(r, len);
		iov[n].iov_base = buf;
		iov[n].iov_len = part;
		buf += part;
		len -= part;
	}
	iov[n].iov_base = buf;
	iov[n].iov_len = len;
	return n + 1;
}

/* One send call. Returns false if it would block. */
static bool end_send_step(struct end *e)
{
	int flags = MSG_NOSIGNAL;
	struct flow *f = &e->tx;
	struct iovec iov[8];
	struct msghdr msg = { .msg_iov = iov };
	size_t len;
	ssize_t n;

	maybe_pause(e, &e->tx_rng);
	if (e->tx_filled == f->pos) {
		len = nc_rand_size(&e->tx_rng, e->how.max_send);
		if (len > f->total - f->pos)
			len = f->total - f->pos;
		nc_pattern_fill(e->tx_buf, f->key, f->pos, len);
		e->tx_filled += len;
		iov[0].iov_base = e->tx_buf;
	} else {	/* the rest of what a call took only in part */
		len = e->tx_filled - f->pos;
		iov[0].iov_base = e->tx_buf;
	}
	if (e->how.flags & END_MORE && nc_rand(&e->tx_rng) % 8 == 0)
		flags |= MSG_MORE;
	if (e->how.flags & END_VECTOR) {
		msg.msg_iovlen = cut(&e->tx_rng, iov, e->tx_buf, len);
		n = sendmsg(e->fd, &msg, flags);
	} else {
		n = send(e->fd, e->tx_buf, len, flags);
	}
	if (n < 0 && errno == EAGAIN && e->how.flags & END_NONBLOCK)
		return false;
	if (n <= 0 || (size_t)n > len)
		stream_fail(e, "send of %zu gave %zd", len, n);
	if ((size_t)n < len)
		memmove(e->tx_buf, e->tx_buf + n, len - n);
	flow_move(f, n);
	return true;
}

static void end_send_done(struct end *e)
{
	/* A connection is also ended well by close() alone. */
	bool skip = e->how.flags & END_HASTY && e->rx.state == FLOW_DONE;

	if (!skip && shutdown(e->fd, SHUT_WR))
		stream_fail(e, "shutdown(SHUT_WR)");
	e->tx.state = FLOW_DONE;
}

static void end_check(struct end *e, const char *what, size_t n)
{
	struct flow *f = &e->rx;
	size_t good = nc_pattern_check(e->rx_buf, f->key, f->pos, n);
	int64_t from;

	if (good == n)
		return;
	from = nc_pattern_find(e->rx_buf + good, n - good, f->key,
			       f->pos + good, f->total);
	errno = 0;
	stream_fail(e, "%s: wrong byte at %llu; these bytes belong at %lld",
		    what, (unsigned long long)(f->pos + good),
		    (long long)from);
}

static ssize_t end_recv(struct end *e, size_t len, int flags)
{
	struct iovec iov[8];
	struct msghdr msg = { .msg_iov = iov };

	if (!(e->how.flags & END_VECTOR))
		return recv(e->fd, e->rx_buf, len, flags);
	msg.msg_iovlen = cut(&e->rx_rng, iov, e->rx_buf, len);
	return recvmsg(e->fd, &msg, flags);
}

/* One receive call, perhaps after a look. Returns false if it would block. */
static bool end_recv_step(struct end *e)
{
	size_t len = nc_rand_size(&e->rx_rng, e->how.max_recv);
	struct flow *f = &e->rx;
	bool all = false;
	ssize_t n, seen;

	maybe_pause(e, &e->rx_rng);
	if (e->how.flags & END_PEEK && nc_rand(&e->rx_rng) % 4 == 0) {
		seen = end_recv(e, len, MSG_PEEK | MSG_DONTWAIT);
		if (seen < 0 && errno != EAGAIN)
			stream_fail(e, "peek of %zu", len);
		if (seen > 0)
			end_check(e, "peek", seen);
	}
	if (e->how.flags & END_WAITALL && !(e->how.flags & END_NONBLOCK))
		all = nc_rand(&e->rx_rng) % 4 == 0;
	if (all)	/* a call that waits for more looks like a stall */
		len = len < END_WAITALL_MAX ? len : END_WAITALL_MAX;
	n = end_recv(e, len, all ? MSG_WAITALL : 0);
	if (n < 0 && errno == EAGAIN && e->how.flags & END_NONBLOCK)
		return false;
	if (n < 0 || (size_t)n > len)
		stream_fail(e, "recv of %zu gave %zd", len, n);
	if (f->pos + n > f->total)
		stream_fail(e, "%zd bytes at %llu go beyond the total", n,
			    (unsigned long long)f->pos);
	end_check(e, "recv", n);
	flow_move(f, n);
	if (all && (size_t)n < len && f->pos != f->total)
		stream_fail(e, "MSG_WAITALL of %zu gave %zd", len, n);
	if (n)
		return true;
	if (f->pos != f->total)
		stream_fail(e, "end of stream too early");
	f->state = FLOW_DONE;
	return true;
}

static void *end_sender(void *arg)
{
	struct end *e = arg;

	while (e->tx.pos < e->tx.total)
		end_send_step(e);
	end_send_done(e);
	return NULL;
}

static void end_run_blocking(struct end *e)
{
	pthread_t sender;

	if (pthread_create(&sender, NULL, end_sender, e))
		stream_fail(e, "no thread");
	while (e->rx.state == FLOW_RUNNING)
		end_recv_step(e);
	pthread_join(sender, NULL);
}

static uint32_t end_interest(const struct end *e)
{
	uint32_t want = 0;

	if (e->how.flags & END_EDGE)
		return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	if (e->rx.state == FLOW_RUNNING)
		want |= EPOLLIN | EPOLLRDHUP;
	if (e->tx.state == FLOW_RUNNING)
		want |= EPOLLOUT;
	return want;
}

static void end_wait(struct end *e, int ep, int timeout, bool *readable,
		     bool *writable)
{
	struct epoll_event ev = { .events = end_interest(e) };
	int n;

	if (!(e->how.flags & END_EDGE) &&
	    epoll_ctl(ep, EPOLL_CTL_MOD, e->fd, &ev))
		stream_fail(e, "EPOLL_CTL_MOD");
	n = epoll_wait(ep, &ev, 1, timeout);
	if (!n && !timeout)
		return;
	if (n != 1)
		stream_fail(e, "epoll_wait gave %d", n);
	if (ev.events & EPOLLERR)
		stream_fail(e, "EPOLLERR, SO_ERROR %d",
			    nc_get_int(e->fd, SOL_SOCKET, SO_ERROR));
	*readable |= !!(ev.events & (EPOLLIN | EPOLLRDHUP));
	*writable |= !!(ev.events & EPOLLOUT);
}

static void end_run_epoll(struct end *e)
{
	struct epoll_event ev = { .events = end_interest(e) };
	bool readable = false, writable = false, rx, tx;
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, e->fd, &ev))
		stream_fail(e, "epoll_ctl");
	while (e->rx.state == FLOW_RUNNING || e->tx.state == FLOW_RUNNING) {
		if (e->tx.state == FLOW_RUNNING && e->tx.pos == e->tx.total) {
			end_send_done(e);
			continue;
		}
		/* Without EPOLLET every turn asks again. */
		if (!(e->how.flags & END_EDGE)) {
			readable = false;
			writable = false;
		}
		rx = e->rx.state == FLOW_RUNNING;
		tx = e->tx.state == FLOW_RUNNING;
		/* one direction that always goes on may not hide the other */
		if ((rx && !readable) || (tx && !writable))
			end_wait(e, ep, (rx && readable) || (tx && writable) ?
				 0 : -1, &readable, &writable);
		if (readable && rx)
			readable = end_recv_step(e);
		if (writable && tx)
			writable = end_send_step(e);
	}
	close(ep);
}

static void end_setup(struct end *e)
{
	const struct plan *p = &e->plan;
	int app = p->end[e->role].flags >> END_APP_SHIFT & 3;

	e->how = p->end[e->role];
	if (e->how.sndbuf)
		nc_set_int(e->fd, SOL_SOCKET, SO_SNDBUF, e->how.sndbuf);
	if (e->how.rcvbuf)
		nc_set_int(e->fd, SOL_SOCKET, SO_RCVBUF, e->how.rcvbuf);
	if (app && stream_protocol == IPPROTO_VIRTUAL_SOCK &&
	    nc_set_int(e->fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, app))
		stream_fail(e, "SO_APP_TYPE %d", app);
	if (nc_set_nonblock(e->fd, e->how.flags & END_NONBLOCK))
		stream_fail(e, "O_NONBLOCK");
	e->tx_buf = malloc(e->how.max_send);
	e->rx_buf = malloc(e->how.max_recv);
	if (!e->tx_buf || !e->rx_buf)
		stream_fail(e, "no memory");
	e->tx.total = p->total[e->role];
	e->rx.total = p->total[!e->role];
	e->tx.key = nc_key(p->seed, p->conn, e->role);
	e->rx.key = nc_key(p->seed, p->conn, !e->role);
	e->tx_rng.state = nc_mix(e->tx.key + 1);
	e->rx_rng.state = nc_mix(e->tx.key + 2);
	e->tx.moved = nc_now();
	e->rx.moved = nc_now();
	e->tx.state = FLOW_RUNNING;
	e->rx.state = FLOW_RUNNING;
}

void end_run(struct end *e)
{
	int err, fd = e->fd;

	end_setup(e);
	if (e->how.flags & END_NONBLOCK)
		end_run_epoll(e);
	else
		end_run_blocking(e);
	err = nc_get_int(fd, SOL_SOCKET, SO_ERROR);
	if (err)
		stream_fail(e, "SO_ERROR %d at the end", err);
	e->fd = -1;
	if (close(fd))
		stream_fail(e, "close");
}
