// SPDX-License-Identifier: GPL-2.0
/* Memory of idle connections, both ends together: one line for each step. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

static const char *const fields[] = {
	"MemFree", "SUnreclaim", "SReclaimable", "Percpu"
};
#define FIELDS	(sizeof(fields) / sizeof(*fields))

static void meminfo(long *kib)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128], name[64];
	long v;

	if (!f)
		load_die("/proc/meminfo");
	while (fgets(line, sizeof(line), f))
		for (unsigned int i = 0; i < FIELDS; i++)
			if (sscanf(line, "%63[^:]: %ld", name, &v) == 2 &&
			    !strcmp(name, fields[i]))
				kib[i] = v;
	fclose(f);
}

static void idle_serve(const struct load_job *job, int instance)
{
	int listener = load_listen(job, instance);

	load_shared->ready++;
	while (accept(listener, NULL, NULL) >= 0)
		load_shared->cell[0][0].ops++;
	load_die("accept");
}

/* another n connections whenever "go" rises */
static void idle_load(const struct load_job *job, int instance)
{
	for (int step = 1;; step++) {
		while (load_shared->go < step)
			load_sleep(0.1);
		for (int i = 0; i < job->n; i++)
			load_connect(job, instance);
		load_shared->cell[0][1].ops++;
	}
}

static void let_settle(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0 || write(fd, "3", 1) != 1)
		load_die("drop_caches");
	close(fd);
	load_sleep(20);
}

static bool one_step(const struct load_job *job, int step)
{
	load_shared->go = step;
	while (load_shared->cell[0][1].ops < (uint64_t)step ||
	       load_shared->cell[0][0].ops < (uint64_t)step * job->n) {
		if (load_shared->dead)
			return false;
		load_sleep(0.1);
	}
	let_settle();
	return true;
}

static void report(const struct load_job *job, const long *from, const long *to)
{
	printf("{\"name\":\"%s\",\"memory\":{\"n\":%d", load_name, job->n);
	for (unsigned int i = 0; i < FIELDS; i++)
		printf(",\"%s\":%.0f", fields[i],
		       (i ? to[i] - from[i] : from[i] - to[i]) * 1024.0 /
		       job->n);
	puts("}}");
	fflush(stdout);
}

int load_memory(int argc, char **argv)
{
	struct rlimit files = { 300000, 300000 };
	const char *srv = "srv", *cli = "cli";
	char spec[] = "hog:";
	struct load_job job;
	long from[FIELDS], to[FIELDS];
	int steps = 3, n = 2000, proto = 0;

	for (int i = 0; i < argc; i++) {
		char *v = strchr(argv[i], '=');

		if (!v)
			return 2;
		v++;
		if (!strncmp(argv[i], "name=", 5))
			load_name = v;
		else if (!strncmp(argv[i], "srv=", 4))
			srv = v;
		else if (!strncmp(argv[i], "cli=", 4))
			cli = v;
		else if (!strncmp(argv[i], "addr=", 5))
			load_addr = v;
		else if (!strncmp(argv[i], "steps=", 6))
			steps = atoi(v);
		else if (!strncmp(argv[i], "n=", 2))
			n = atoi(v);
		else if (!strncmp(argv[i], "proto=", 6))
			proto = atoi(v);
		else
			return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &files))
		load_die("rlimit");
	load_parse(&job, 0, spec);
	job.n = n;
	job.protocol = proto;
	load_share();
	load_fork(srv, &job.rx, idle_serve, &job, 0);
	load_wait_ready(1);
	load_fork(cli, &job.tx, idle_load, &job, 0);
	/* The first step only fills the slack of slabs and tables. */
	for (int step = 1; step <= steps + 1; step++) {
		meminfo(from);
		if (!one_step(&job, step))
			break;
		meminfo(to);
		if (step > 1)
			report(&job, from, to);
	}
	load_stop();
	return load_shared->dead ? 1 : 0;
}
