// SPDX-License-Identifier: GPL-2.0
/*
 * Network load in windows of a few milliseconds, for machines whose time is
 * not ours: servers in one namespace, clients in another, any protocol number.
 *
 *	load run [name=X] [warm=MS] [win=MS] [srv=NETNS] [cli=NETNS] [addr=A]
 *		JOB...
 *	load memory [name=X] [n=CONNECTIONS] [steps=N] [proto=P] ...
 *	load mark begin|end|throttle|free
 *	load sleep MS
 *
 * JOB is kind:key=value,... with the kinds
 *	bulk	n streams in one direction, calls of "size" and "rsize" bytes
 *	pp	n ping-pongs of "size" bytes
 *	rr	n connections of "procs" processes, "depth" requests open in each
 *	cps	connections opened and closed by "procs" processes
 *	idle	n connections of one process, silent
 *	hog	n processes that burn a processor
 *	timer	n timers of "us" microseconds: how late they are
 * and the keys n, proto, procs, depth, size, rsize, us, app (SO_APP_TYPE), fifo
 * (real-time priority), tx and rx (CPUs of clients and servers: 0-3+6), and the
 * flags spread (a CPU each), request (cps: one exchange), nodelay.
 *
 * Everything is connected with the emulator at full speed; then it is slowed
 * down to its promised speed, the load begins, and after the warm-up the
 * window is measured. One line of JSON for each window.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "mark.h"

#define CPUS_MAX	64
#define PATIENCE_MS	20000

struct load_shared *load_shared;
const char *load_addr = "10.9.0.1", *load_name = "run";

static struct load_job jobs[LOAD_JOBS];
static int nr_jobs;
static pid_t pids[4 * LOAD_PROCS];
static int nr_pids;
static const char *srv = "srv", *cli = "cli";
static long warm = 10, win = 50;

int64_t load_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void load_sleep(double ms)
{
	struct timespec t = { ms / 1000, (long)(ms * 1e6) % 1000000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

void load_die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	if (load_shared)
		load_shared->dead++;
	_exit(1);
}

static void enter(const char *netns)
{
	char path[128];
	int fd;

	if (!*netns || !strcmp(netns, "-"))
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		load_die(path);
	close(fd);
}

void load_fork(const char *netns, const struct load_cpus *home,
	       void (*fn)(const struct load_job *, int),
	       const struct load_job *job, int instance)
{
	pid_t pid = fork();

	if (pid < 0)
		load_die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		enter(netns);
		/* while it connects its host places things */
		if (home->nr &&
		    sched_setaffinity(0, sizeof(home->set), &home->set))
			load_die("affinity");
		fn(job, instance);
		_exit(0);
	}
	pids[nr_pids++] = pid;
}

void load_stop(void)
{
	for (int i = 0; i < nr_pids; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	nr_pids = 0;
}

void load_wait_ready(int n)
{
	int64_t begin = load_now();

	while (load_shared->ready < n) {
		if (load_shared->dead ||
		    load_now() - begin > PATIENCE_MS * 1000000LL) {
			fprintf(stderr, "load: %s: %d of %d are ready\n",
				load_name, load_shared->ready, n);
			load_stop();
			exit(1);
		}
		load_sleep(0.05);
	}
}

void load_share(void)
{
	load_shared = mmap(NULL, sizeof(*load_shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load_shared == MAP_FAILED)
		load_die("mmap");
}

static void parse_cpus(struct load_cpus *cpus, const char *s)
{
	long a, b;
	char *end;

	for (; *s; s = *end == '+' ? end + 1 : end) {
		a = b = strtol(s, &end, 10);
		if (*end == '-')
			b = strtol(end + 1, &end, 10);
		if (end == s || b >= CPUS_MAX) {
			fprintf(stderr, "load: bad CPU list: %s\n", s);
			exit(2);
		}
		for (; a <= b; a++, cpus->nr++)
			CPU_SET(a, &cpus->set);
	}
}

enum { N, PROTO, PROCS, DEPTH, SIZE, RSIZE, US, APP, FIFO, TX, RX, SPREAD,
       REQUEST, NODELAY };
static char *const keys[] = {
	[N] = "n", [PROTO] = "proto", [PROCS] = "procs", [DEPTH] = "depth",
	[SIZE] = "size", [RSIZE] = "rsize", [US] = "us", [APP] = "app",
	[FIFO] = "fifo", [TX] = "tx", [RX] = "rx", [SPREAD] = "spread",
	[REQUEST] = "request", [NODELAY] = "nodelay", NULL
};

static void parse_key(struct load_job *job, int key, const char *value)
{
	long v = strtol(value, NULL, 10);

	switch (key) {
	case N: job->n = v; break;
	case PROTO: job->protocol = v; break;
	case PROCS: job->procs = v; break;
	case DEPTH: job->depth = v; break;
	case SIZE: job->size = v; break;
	case RSIZE: job->read_size = v; break;
	case US: job->period_us = v; break;
	case APP: job->app = v; break;
	case FIFO: job->fifo = v; break;
	case TX: parse_cpus(&job->tx, value); break;
	case RX: parse_cpus(&job->rx, value); break;
	case SPREAD: job->spread = true; break;
	case REQUEST: job->request = true; break;
	case NODELAY: job->nodelay = true; break;
	}
}

static int processes(const struct load_job *job)
{
	return job->kind->per_proc ? job->procs : job->n;
}

void load_parse(struct load_job *job, int index, char *text)
{
	char *rest = strchr(text, ':'), *value;
	int key;

	*job = (struct load_job) {
		.index = index, .n = 1, .procs = 1, .depth = 1, .size = 131072,
		.period_us = 200, .port = 5000 + 600 * index,
	};
	if (rest)
		*rest++ = '\0';
	for (job->kind = load_kinds; job->kind->name; job->kind++)
		if (!strcmp(job->kind->name, text))
			break;
	if (!job->kind->name) {
		fprintf(stderr, "load: no kind %s\n", text);
		exit(2);
	}
	while (rest && *rest) {
		key = getsubopt(&rest, keys, &value);
		if (key < 0 || (!value && key < SPREAD)) {
			fprintf(stderr, "load: bad key or value: %s\n", value);
			exit(2);
		}
		parse_key(job, key, value ?: "");
	}
	if (!job->read_size)
		job->read_size = job->size;
	if (processes(job) > LOAD_PROCS) {
		fprintf(stderr, "load: too many processes\n");
		exit(2);
	}
}

/* servers listen before clients connect, both are connected before the go */
static void set_up(void)
{
	int k, i, ready = 0;

	for (k = 0; k < nr_jobs; k++)
		for (i = 0; jobs[k].kind->serve && i < processes(&jobs[k]);
		     i++, ready++)
			load_fork(srv, &jobs[k].rx, jobs[k].kind->serve,
				  &jobs[k], i);
	load_wait_ready(ready);
	for (k = 0; k < nr_jobs; k++)
		for (i = 0; i < processes(&jobs[k]); i++) {
			load_fork(cli, &jobs[k].tx, jobs[k].kind->load,
				  &jobs[k], i);
			ready += 1 + jobs[k].kind->accepts_first;
		}
	load_wait_ready(ready);
}

static void sum_up(struct load_cell *sum)
{
	for (int k = 0; k < nr_jobs; k++) {
		sum[k] = (struct load_cell) { 0 };
		for (int i = 0; i < LOAD_PROCS; i++) {
			struct load_cell *c = &load_shared->cell[k][i];

			sum[k].bytes += c->bytes;
			sum[k].ops += c->ops;
			sum[k].errors += c->errors;
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void print_latency(int k)
{
	static const struct {
		const char *name;
		double part;
	} points[] = { { "p50", .5 }, { "p90", .9 }, { "p99", .99 },
		       { "p999", .999 }, { "max", 1 } };
	uint32_t n = load_shared->nr_samples[k], *v = load_shared->sample[k];

	if (n > LOAD_SAMPLES)
		n = LOAD_SAMPLES;
	printf(",\"samples\":%u", n);
	if (!n)
		return;
	qsort(v, n, sizeof(*v), compare);
	for (unsigned int i = 0; i < sizeof(points) / sizeof(*points); i++)
		printf(",\"%s\":%.2f", points[i].name,
		       v[(uint32_t)((n - 1) * points[i].part)] / 1e3);
}

/* rates are per second, latencies in microseconds */
static void report(const struct load_cell *from, const struct load_cell *to,
		   double seconds)
{
	printf("{\"name\":\"%s\",\"win_ms\":%.3f,\"dead\":%d,\"jobs\":[",
	       load_name, seconds * 1e3, load_shared->dead);
	for (int k = 0; k < nr_jobs; k++) {
		printf("%s{\"kind\":\"%s\",\"proto\":%d,\"gbps\":%.4f,\"ops\":%.1f,\"errors\":%" PRIu64,
		       k ? "," : "", jobs[k].kind->name, jobs[k].protocol,
		       (to[k].bytes - from[k].bytes) * 8 / seconds / 1e9,
		       (to[k].ops - from[k].ops) / seconds,
		       to[k].errors - from[k].errors);
		print_latency(k);
		putchar('}');
	}
	puts("]}");
	fflush(stdout);
}

static int run(int argc, char **argv)
{
	static struct load_cell from[LOAD_JOBS], to[LOAD_JOBS];
	struct sched_param fifo = { .sched_priority = 90 };
	int64_t begin, end;

	for (int i = 0; i < argc; i++) {
		char *v = strchr(argv[i], '=');

		if (!strncmp(argv[i], "name=", 5)) {
			load_name = v + 1;
		} else if (!strncmp(argv[i], "warm=", 5)) {
			warm = atol(v + 1);
		} else if (!strncmp(argv[i], "win=", 4)) {
			win = atol(v + 1);
		} else if (!strncmp(argv[i], "srv=", 4)) {
			srv = v + 1;
		} else if (!strncmp(argv[i], "cli=", 4)) {
			cli = v + 1;
		} else if (!strncmp(argv[i], "addr=", 5)) {
			load_addr = v + 1;
		} else if (nr_jobs < LOAD_JOBS) {
			load_parse(&jobs[nr_jobs], nr_jobs, argv[i]);
			nr_jobs++;
		}
	}
	load_share();
	/* no page faults later */
	memset(load_shared->sample, 0,
	       sizeof(load_shared->sample[0]) * nr_jobs);
	set_up();
	/* the window must not slip because the load runs */
	if (sched_setscheduler(0, SCHED_FIFO, &fifo))
		load_die("SCHED_FIFO");
	mark(MARK_THROTTLE);
	load_shared->go = 1;
	load_sleep(warm);
	mark(MARK_BEGIN);
	begin = load_now();
	load_shared->measuring = 1;
	sum_up(from);
	load_sleep(win);
	sum_up(to);
	load_shared->measuring = 0;
	end = load_now();
	mark(MARK_END);
	mark(MARK_FREE);
	report(from, to, (end - begin) / 1e9);
	load_stop();
	return 0;	/* who died is in the report */
}

static int do_mark(const char *which)
{
	if (!strcmp(which, "begin"))
		mark(MARK_BEGIN);
	else if (!strcmp(which, "end"))
		mark(MARK_END);
	else if (!strcmp(which, "throttle"))
		mark(MARK_THROTTLE);
	else if (!strcmp(which, "free"))
		mark(MARK_FREE);
	else
		return 2;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "mark"))
		return do_mark(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "sleep")) {
		load_sleep(atof(argv[2]));
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "memory"))
		return load_memory(argc - 2, argv + 2);
	if (argc > 2 && !strcmp(argv[1], "run"))
		return run(argc - 2, argv + 2);
	fprintf(stderr, "usage: load run|memory|mark ..., see load.c\n");
	return 2;
}
