// SPDX-License-Identifier: GPL-2.0
/*
 * A stream test that catches every loss, duplication and reordering: many
 * sockets, random sizes, pauses, buffers and styles of use, both directions
 * at once, half-closes; see stream_end.c for what one end does.
 *
 * Without -l or -c it forks the server and talks to it over loopback. The
 * seed is printed; the same seed makes the same plan. The last connection of
 * a round asks the server how many were good, so the client's exit status
 * speaks for both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stream.h"
#include "util.h"

static struct {
	int family;
	const char *host;
	int port;
	unsigned int sockets;
	uint64_t bytes;		/* of one round, all sockets and directions */
	unsigned int seconds;	/* rounds go on so long; 0: one round */
	uint64_t seed;
	unsigned int stall;
	int backlog;
	int bufs;		/* SO_SNDBUF and SO_RCVBUF of all, -1: random */
	uint32_t max_call;	/* of all, 0: random */
	int app;		/* SO_APP_TYPE of all, -1: random */
	const char *sched;
	const char *ready;	/* file made when the server listens */
	bool no_pause;
	bool one_way;		/* all bytes from client to server */
	bool keep;		/* the server serves round after round */
} opt = {
	.family = AF_INET,
	.sockets = 24,
	.stall = 30,
	.backlog = 1024,
	.bufs = -1,
	.app = -1,
};

/* What the server counts for the report. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned int live;
	struct report report;
} server = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.idle = PTHREAD_COND_INITIALIZER,
};

static union nc_addr server_addr;
static socklen_t server_addr_len;

static int new_socket(void)
{
	int fd = socket(opt.family, SOCK_STREAM | SOCK_CLOEXEC,
			stream_protocol);

	if (fd < 0)
		stream_fail(NULL, "socket(protocol %d)", stream_protocol);
	if (opt.sched && stream_protocol == IPPROTO_VIRTUAL_SOCK &&
	    setsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, opt.sched,
		       strlen(opt.sched)))
		stream_fail(NULL, "SO_VS_SCHED %s", opt.sched);
	return fd;
}

/* Server */

/* Every connection before this one is done when the report is sent. */
static void server_report(struct end *e)
{
	struct report r;

	e->rx.state = FLOW_IDLE;
	e->tx.state = FLOW_IDLE;
	pthread_mutex_lock(&server.lock);
	while (server.live > 1)
		pthread_cond_wait(&server.idle, &server.lock);
	r = server.report;
	memset(&server.report, 0, sizeof(server.report));
	pthread_mutex_unlock(&server.lock);
	r.magic = PLAN_MAGIC;
	if (nc_send_all(e->fd, &r, sizeof(r)))
		stream_fail(e, "sending the report");
	if (shutdown(e->fd, SHUT_WR) || recv(e->fd, &r, 1, 0) != 0)
		stream_fail(e, "closing after the report");
	if (close(e->fd))
		stream_fail(e, "close after the report");
	e->fd = -1;
}

static void *server_conn(void *arg)
{
	struct end *e = arg;
	uint64_t bytes = 0;
	int kind;

	if (nc_recv_all(e->fd, &e->plan, sizeof(e->plan)))
		stream_fail(e, "receiving the plan");
	if (e->plan.magic != PLAN_MAGIC)
		stream_fail(e, "not a plan: %llx",
			    (unsigned long long)e->plan.magic);
	kind = e->plan.kind;
	if (kind == PLAN_DATA) {
		end_run(e);
		bytes = e->tx.pos + e->rx.pos;
	} else {
		server_report(e);
	}
	end_free(e);
	pthread_mutex_lock(&server.lock);
	server.live--;
	if (kind == PLAN_DATA) {
		server.report.good++;
		server.report.bytes += bytes;
	}
	pthread_cond_broadcast(&server.idle);
	pthread_mutex_unlock(&server.lock);
	if (kind == PLAN_LAST && !opt.keep)
		exit(0);
	return NULL;
}

static int server_listen(void)
{
	int fd = new_socket(), ready;

	nc_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	server_addr_len = nc_addr(&server_addr, opt.family,
				  opt.host, opt.port);
	if (!server_addr_len)
		stream_fail(NULL, "no address: %s", opt.host);
	if (bind(fd, &server_addr.sa, server_addr_len))
		stream_fail(NULL, "bind to port %d", opt.port);
	if (listen(fd, opt.backlog))
		stream_fail(NULL, "listen");
	nc_set_port(&server_addr, nc_port(fd));
	if (!opt.ready)
		return fd;
	ready = open(opt.ready, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (ready < 0)
		stream_fail(NULL, "%s", opt.ready);
	close(ready);
	return fd;
}

static void server_run(int listener)
{
	pthread_t t;
	struct end *e;
	int fd;

	watchdog_start(opt.stall);
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			stream_fail(NULL, "accept");
		e = end_new(SERVER);
		e->fd = fd;
		pthread_mutex_lock(&server.lock);
		server.live++;
		server.report.accepted++;
		pthread_mutex_unlock(&server.lock);
		if (pthread_create(&t, NULL, server_conn, e))
			stream_fail(e, "no thread");
		pthread_detach(t);
	}
}

/* Client: plans */

static void plan_end(struct nc_rng *r, struct end_plan *p)
{
	static const uint32_t calls[] = {
		64, 64, 1460, 8192, 8192, 65536, 65536, 65536, 65536,
		512 << 10, 512 << 10, 4 << 20,
	};
	static const uint32_t bufs[] = { 0, 0, 0, 4096, 16384, 65536, 1 << 20 };

	p->max_send = opt.max_call ?: calls[nc_rand_below(r, 12)];
	p->max_recv = opt.max_call ?: calls[nc_rand_below(r, 12)];
	p->sndbuf = bufs[nc_rand_below(r, 7)];
	p->rcvbuf = bufs[nc_rand_below(r, 7)];
	if (opt.bufs >= 0) {
		p->sndbuf = opt.bufs;
		p->rcvbuf = opt.bufs;
	}
	/* Less than a segment of loopback and TCP lives on its probes. */
	if (stream_protocol == IPPROTO_TCP && p->rcvbuf &&
	    p->rcvbuf < 256 << 10)
		p->rcvbuf = 256 << 10;
	p->pause = nc_rand_below(r, 4) ? 65536 / 200 : 65536 / 20;
	if (opt.no_pause)
		p->pause = 0;
	p->flags = nc_rand(r) & (END_NONBLOCK | END_EDGE | END_PEEK |
				 END_WAITALL | END_MORE | END_VECTOR |
				 END_HASTY);
	if (opt.app >= 0)
		p->flags |= opt.app << END_APP_SHIFT;
	else
		p->flags |= nc_rand_below(r, 3) << END_APP_SHIFT;
}

/* No more than some thousand calls: small ones would take all the time. */
static uint64_t plan_total(struct nc_rng *r, const struct plan *p, int dir)
{
	uint64_t mean = opt.bytes / opt.sockets / (opt.one_way ? 1 : 2);
	uint64_t limit = p->end[dir].max_send;
	uint64_t total;

	if (opt.one_way && dir == SERVER)
		return 0;
	if (p->end[!dir].max_recv < limit)
		limit = p->end[!dir].max_recv;
	limit *= 2048;
	if (p->end[dir].sndbuf && p->end[dir].sndbuf < 65536)
		limit = limit < 8 << 20 ? limit : 8 << 20;
	if (opt.max_call || opt.bufs >= 0)
		limit = UINT64_MAX;
	switch (nc_rand_below(r, 16)) {
	case 0:
		total = nc_rand_below(r, 3);	/* nothing, or next to it */
		break;
	case 1:
		total = nc_rand_size(r, mean + 1);
		break;
	default:
		total = mean / 2 + nc_rand_below(r, mean + 1);
	}
	return total < limit ? total : limit;
}

static void plan_make(struct plan *p, uint64_t seed, unsigned int conn)
{
	struct nc_rng r = { .state = nc_key(seed, conn, 2) };

	memset(p, 0, sizeof(*p));
	p->magic = PLAN_MAGIC;
	p->kind = PLAN_DATA;
	p->conn = conn;
	p->seed = seed;
	plan_end(&r, &p->end[CLIENT]);
	plan_end(&r, &p->end[SERVER]);
	p->total[CLIENT] = plan_total(&r, p, CLIENT);
	p->total[SERVER] = plan_total(&r, p, SERVER);
}

/* Client: connections */

static void client_connect(struct end *e)
{
	bool nonblock = e->plan.end[CLIENT].flags & END_NONBLOCK;
	int err;

	e->fd = new_socket();
	if (nonblock)
		nc_set_nonblock(e->fd, true);
	err = connect(e->fd, &server_addr.sa, server_addr_len);
	if (err && nonblock && errno == EINPROGRESS) {
		nc_poll(e->fd, POLLOUT, -1);
		errno = nc_get_int(e->fd, SOL_SOCKET, SO_ERROR);
		err = errno;
	}
	if (err)
		stream_fail(e, "connect");
	nc_set_nonblock(e->fd, false);
	if (nc_send_all(e->fd, &e->plan, sizeof(e->plan)))
		stream_fail(e, "sending the plan");
}

static void *client_conn(void *arg)
{
	struct end *e = arg;

	client_connect(e);
	end_run(e);
	return NULL;
}

static void client_report(unsigned int kind, struct report *r)
{
	struct end *e = end_new(CLIENT);

	e->plan.magic = PLAN_MAGIC;
	e->plan.kind = kind;
	client_connect(e);
	e->tx.state = FLOW_IDLE;
	if (nc_recv_all(e->fd, r, sizeof(*r)))
		stream_fail(e, "receiving the report");
	if (r->magic != PLAN_MAGIC)
		stream_fail(e, "not a report");
	close(e->fd);
	e->fd = -1;
	end_free(e);
}

static uint64_t client_round(uint64_t seed, bool last)
{
	struct end **e = calloc(opt.sockets, sizeof(*e));
	pthread_t *t = calloc(opt.sockets, sizeof(*t));
	struct report report;
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < opt.sockets; i++) {
		e[i] = end_new(CLIENT);
		plan_make(&e[i]->plan, seed, i);
		if (pthread_create(&t[i], NULL, client_conn, e[i]))
			stream_fail(e[i], "no thread");
	}
	for (i = 0; i < opt.sockets; i++) {
		pthread_join(t[i], NULL);
		bytes += e[i]->tx.pos + e[i]->rx.pos;
		end_free(e[i]);
	}
	client_report(last ? PLAN_LAST : PLAN_REPORT, &report);
	if (report.accepted != opt.sockets + 1 ||
	    report.good != opt.sockets || report.bytes != bytes)
		stream_fail(NULL, "server: %u accepted, %u good, %llu bytes; client: %u, %llu",
			    report.accepted, report.good,
			    (unsigned long long)report.bytes, opt.sockets,
			    (unsigned long long)bytes);
	free(e);
	free(t);
	return bytes;
}

static void client_run(void)
{
	uint64_t begin = nc_now(), bytes = 0, ms;
	unsigned int rounds = 0;
	bool last;

	watchdog_start(opt.stall);
	do {
		ms = nc_now() - begin;
		last = !opt.seconds || (rounds && ms * (rounds + 2) / rounds >
					opt.seconds * 1000ULL);
		bytes += client_round(nc_mix(opt.seed + rounds), last);
		rounds++;
	} while (!last);
	ms = nc_now() - begin;
	printf("# good: %u round(s) of %u sockets, %llu bytes, %llu ms, %.1f MB/s\n",
	       rounds, opt.sockets, (unsigned long long)bytes,
	       (unsigned long long)ms, bytes / 1000.0 / (ms ?: 1));
}

static int run_both(void)
{
	int status, fd = server_listen();
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0)
		stream_fail(NULL, "fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		server_run(fd);
	}
	close(fd);
	client_run();
	if (waitpid(child, &status, 0) != child || status)
		stream_fail(NULL, "the server ended with status %x", status);
	return 0;
}

static void usage(const char *name)
{
	fprintf(stderr,
		"usage: %s [-l | -c HOST] [-p PORT] [options]\n"
		"  -l       serve only      -c HOST  connect only\n"
		"  -P N     protocol (6: TCP; default %d)\n"
		"  -6       IPv6            -n N     sockets\n"
		"  -t SIZE  bytes of a round (64M, of many 8M)\n"
		"  -t Ns    rounds for N seconds, two at least\n"
		"  -s SEED  repeat a run    -w N     seconds without progress = failure\n"
		"  -b SIZE  SO_SNDBUF and SO_RCVBUF of all sockets, 0: default\n"
		"  -m SIZE  largest call of all sockets\n"
		"  -a N     SO_APP_TYPE     -S NAME  SO_VS_SCHED\n"
		"  -B N     backlog         -H HOST  address to bind (with -l)\n"
		"  -z       no pauses       -1       client to server only\n"
		"  -k       serve for ever  -R FILE  make FILE when listening\n",
		name, IPPROTO_VIRTUAL_SOCK);
	exit(2);
}

static void set_amount(const char *text)
{
	size_t len = strlen(text);

	if (len && text[len - 1] == 's')
		opt.seconds = atoi(text);
	else
		opt.bytes = nc_size(text);
}

int main(int argc, char **argv)
{
	bool listen_only = false, connect_only = false;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "lc:p:P:6n:t:s:w:b:m:a:S:B:H:z1kR:")) !=
	       -1) {
		switch (c) {
		case 'l': listen_only = true; break;
		case 'c': connect_only = true; opt.host = optarg; break;
		case 'p': opt.port = atoi(optarg); break;
		case 'P': stream_protocol = atoi(optarg); break;
		case '6': opt.family = AF_INET6; break;
		case 'n': opt.sockets = atoi(optarg); break;
		case 't': set_amount(optarg); break;
		case 's': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'w': opt.stall = atoi(optarg); break;
		case 'b': opt.bufs = nc_size(optarg); break;
		case 'm': opt.max_call = nc_size(optarg); break;
		case 'a': opt.app = atoi(optarg); break;
		case 'S': opt.sched = optarg; break;
		case 'B': opt.backlog = atoi(optarg); break;
		case 'H': opt.host = optarg; break;
		case 'z': opt.no_pause = true; break;
		case '1': opt.one_way = true; break;
		case 'k': opt.keep = true; break;
		case 'R': opt.ready = optarg; break;
		default: usage(argv[0]);
		}
	}
	if (optind != argc || !opt.sockets)
		usage(argv[0]);
	if (!opt.bytes)
		opt.bytes = opt.seconds ? 8 << 20 : 64 << 20;
	signal(SIGPIPE, SIG_IGN);
	if (listen_only) {
		server_run(server_listen());
		return 0;
	}
	if (!opt.seed)
		getrandom(&opt.seed, sizeof(opt.seed), 0);
	printf("# seed %#llx\n", (unsigned long long)opt.seed);
	if (!connect_only)
		return run_both();
	server_addr_len = nc_addr(&server_addr, opt.family, opt.host, opt.port);
	if (!server_addr_len)
		stream_fail(NULL, "no address: %s", opt.host);
	client_run();
	return 0;
}
