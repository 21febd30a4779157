// SPDX-License-Identifier: GPL-2.0
/* The sorts of load: what each server and each client process does. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/netchannel.h>
#include "load.h"

#define RR_BUF		65536
#define RR_EVENTS	64
#define CPS_REQUEST	64

static void settle(const struct load_job *job, const struct load_cpus *cpus,
		   int instance)
{
	struct sched_param fifo = { .sched_priority = job->fifo };
	cpu_set_t one;
	int cpu, skip;

	if (job->fifo && sched_setscheduler(0, SCHED_FIFO, &fifo))
		load_die("SCHED_FIFO");
	if (!cpus->nr)
		return;
	one = cpus->set;
	if (job->spread) {	/* the instance-th of the list */
		skip = instance % cpus->nr;
		for (cpu = 0; !CPU_ISSET(cpu, &cpus->set) || skip--; cpu++)
			;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
	}
	if (sched_setaffinity(0, sizeof(one), &one))
		load_die("affinity");
}

static void start_together(void)
{
	load_shared->ready++;
	while (!load_shared->go)
		load_sleep(0.02);
}

static void *buffer(size_t size)
{
	void *p = aligned_alloc(4096, (size + 4095) & ~4095UL);

	if (!p)
		load_die("memory");
	return memset(p, 'n', size);
}

static bool read_all(int fd, char *buf, size_t size)
{
	while (size) {
		ssize_t n = read(fd, buf, size);

		if (n <= 0)
			return false;
		buf += n;
		size -= n;
	}
	return true;
}

static bool write_all(int fd, const char *buf, size_t size)
{
	while (size) {
		ssize_t n = write(fd, buf, size);

		if (n <= 0)
			return false;
		buf += n;
		size -= n;
	}
	return true;
}

static void sample(const struct load_job *job, int64_t since)
{
	uint32_t i;

	if (!load_shared->measuring)
		return;
	i = load_shared->nr_samples[job->index]++;
	if (i < LOAD_SAMPLES)
		load_shared->sample[job->index][i] = load_now() - since;
}

static struct load_cell *cell(const struct load_job *job, int instance)
{
	return &load_shared->cell[job->index][instance];
}

static int new_socket(const struct load_job *job)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, job->protocol);

	if (fd < 0)
		load_die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (job->app && job->protocol == IPPROTO_VIRTUAL_SOCK &&
	    setsockopt(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, &job->app,
		       sizeof(job->app)))
		load_die("SO_APP_TYPE");
	return fd;
}

static void nodelay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static struct sockaddr_in address(const struct load_job *job, int instance)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons(job->port + instance),
	};

	if (inet_pton(AF_INET, load_addr, &a.sin_addr) != 1)
		load_die(load_addr);
	return a;
}

int load_listen(const struct load_job *job, int instance)
{
	struct sockaddr_in a = address(job, instance);
	int fd = new_socket(job);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1024))
		load_die("listen");
	return fd;
}

int load_connect(const struct load_job *job, int instance)
{
	struct sockaddr_in a = address(job, instance);
	int fd = new_socket(job);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		load_die("connect");
	return fd;
}

static int accept_one(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		load_die("accept");
	return fd;
}

/* bulk: one-way streams */

static void bulk_serve(const struct load_job *job, int instance)
{
	int listener = load_listen(job, instance), fd;
	struct load_cell *c = cell(job, instance);
	char *buf = buffer(job->read_size);
	ssize_t n;

	load_shared->ready++;
	fd = accept_one(listener);
	settle(job, &job->rx, instance);
	start_together();
	while ((n = read(fd, buf, job->read_size)) > 0) {
		c->bytes += n;
		c->ops++;
	}
	load_shared->dead++;
}

static void bulk_load(const struct load_job *job, int instance)
{
	int fd = load_connect(job, instance);
	char *buf = buffer(job->size);

	if (job->nodelay)
		nodelay(fd);
	settle(job, &job->tx, instance);
	start_together();
	while (write_all(fd, buf, job->size))
		;
	load_shared->dead++;
}

/* pp: ping-pong */

static void pp_serve(const struct load_job *job, int instance)
{
	int listener = load_listen(job, instance), fd;
	char *buf = buffer(job->size);

	load_shared->ready++;
	fd = accept_one(listener);
	nodelay(fd);
	settle(job, &job->rx, instance);
	start_together();
	while (read_all(fd, buf, job->size) && write_all(fd, buf, job->size))
		;
	load_shared->dead++;
}

static void pp_load(const struct load_job *job, int instance)
{
	struct load_cell *c = cell(job, instance);
	int fd = load_connect(job, instance);
	char *buf = buffer(job->size);
	int64_t since;

	nodelay(fd);
	settle(job, &job->tx, instance);
	start_together();
	for (;;) {
		since = load_now();
		if (!write_all(fd, buf, job->size) ||
		    !read_all(fd, buf, job->size))
			break;
		sample(job, since);
		c->ops++;
		c->bytes += job->size;
	}
	load_shared->dead++;
}

/* rr: many connections of few processes, each with "depth" requests open */

static void watch(int epoll, int fd, uint32_t index)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = index };

	nodelay(fd);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		load_die("epoll_ctl");
}

static void rr_serve(const struct load_job *job, int instance)
{
	int listener = load_listen(job, instance), epoll = epoll_create1(0);
	struct epoll_event events[RR_EVENTS];
	char *buf = buffer(RR_BUF);
	int i, n, fd;
	ssize_t got;

	load_shared->ready++;
	for (i = 0; i < job->n / job->procs; i++) {
		fd = accept_one(listener);
		watch(epoll, fd, fd);
	}
	settle(job, &job->rx, instance);
	start_together();
	for (;;) {
		n = epoll_wait(epoll, events, RR_EVENTS, -1);
		for (i = 0; i < n; i++) {
			fd = events[i].data.u32;
			got = read(fd, buf, RR_BUF);
			if (got <= 0 || !write_all(fd, buf, got))
				load_die("rr server");
		}
	}
}

struct rr_conn {
	int fd;
	size_t got;
	int64_t since;
};

static void rr_answer(const struct load_job *job, struct rr_conn *conn,
		      struct load_cell *c, char *buf, const char *request)
{
	ssize_t n = read(conn->fd, buf, RR_BUF);
	size_t whole;

	if (n <= 0)
		load_die("rr read");
	conn->got += n;
	whole = conn->got / job->size;
	if (!whole)
		return;
	conn->got -= whole * job->size;
	c->ops += whole;
	c->bytes += whole * job->size;
	sample(job, conn->since);
	conn->since = load_now();
	if (!write_all(conn->fd, request, whole * job->size))
		load_die("rr write");
}

static void rr_load(const struct load_job *job, int instance)
{
	char *buf = buffer(RR_BUF), *request = buffer(job->size * job->depth);
	int i, n, epoll = epoll_create1(0), mine = job->n / job->procs;
	struct rr_conn *conns = calloc(mine, sizeof(*conns));
	struct load_cell *c = cell(job, instance);
	struct epoll_event events[RR_EVENTS];

	for (i = 0; i < mine; i++) {
		conns[i].fd = load_connect(job, instance);
		watch(epoll, conns[i].fd, i);
	}
	settle(job, &job->tx, instance);
	start_together();
	for (i = 0; i < mine; i++) {
		conns[i].since = load_now();
		if (!write_all(conns[i].fd, request, job->size * job->depth))
			load_die("rr write");
	}
	for (;;) {
		n = epoll_wait(epoll, events, RR_EVENTS, -1);
		for (i = 0; i < n; i++)
			rr_answer(job, &conns[events[i].data.u32], c, buf,
				  request);
	}
}

/* cps: connections opened and closed, with "request" one exchange in each */

static void cps_serve(const struct load_job *job, int instance)
{
	int listener = load_listen(job, instance), fd;
	char buf[CPS_REQUEST];

	settle(job, &job->rx, instance);
	start_together();
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (job->request && read_all(fd, buf, sizeof(buf)))
			write_all(fd, buf, sizeof(buf));
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
}

static void cps_load(const struct load_job *job, int instance)
{
	struct sockaddr_in a = address(job, instance);
	struct load_cell *c = cell(job, instance);
	char buf[CPS_REQUEST] = "";
	int64_t since;
	int fd;

	settle(job, &job->tx, instance);
	start_together();
	for (;;) {
		since = load_now();
		fd = new_socket(job);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
		    (job->request && (!write_all(fd, buf, sizeof(buf)) ||
				      !read_all(fd, buf, sizeof(buf)))))
			c->errors++;
		else
			c->ops++;
		sample(job, since);
		close(fd);
	}
}

/* idle: connections that say nothing */

static void more_files(void)
{
	struct rlimit files = { 300000, 300000 };

	if (setrlimit(RLIMIT_NOFILE, &files))
		load_die("rlimit");
}

static void idle_serve(const struct load_job *job, int instance)
{
	int i, listener = load_listen(job, instance);

	more_files();
	load_shared->ready++;
	for (i = 0; i < job->n; i++)
		accept_one(listener);
	start_together();
	pause();
}

static void idle_load(const struct load_job *job, int instance)
{
	int i;

	more_files();
	for (i = 0; i < job->n; i++)
		load_connect(job, instance);
	start_together();
	pause();
}

/* hog: a processor burnt, no network */

static void hog_load(const struct load_job *job, int instance)
{
	volatile uint64_t burnt;

	settle(job, &job->tx, instance);
	start_together();
	for (burnt = 0;; burnt++)
		;
}

/* timer: how late a periodic timer fires; what the vehicle itself adds */

static void timer_load(const struct load_job *job, int instance)
{
	struct timespec ts;
	int64_t due;

	settle(job, &job->tx, instance);
	prctl(PR_SET_TIMERSLACK, 1);
	start_together();
	for (due = load_now();;) {
		due += job->period_us * 1000;
		ts.tv_sec = due / 1000000000;
		ts.tv_nsec = due % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		sample(job, due);
		cell(job, instance)->ops++;
		if (load_now() > due + job->period_us * 1000)
			due = load_now();
	}
}

const struct load_kind load_kinds[] = {
	{ "bulk", bulk_serve, bulk_load, false, true },
	{ "pp", pp_serve, pp_load, false, true },
	{ "rr", rr_serve, rr_load, true, true },
	{ "cps", cps_serve, cps_load, true, false },
	{ "idle", idle_serve, idle_load, true, true },
	{ "hog", NULL, hog_load, false, false },
	{ "timer", NULL, timer_load, false, false },
	{ 0 },
};
