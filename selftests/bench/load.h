/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NC_BENCH_LOAD_H
#define NC_BENCH_LOAD_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_JOBS	16
#define LOAD_PROCS	512
#define LOAD_SAMPLES	400000

/* What one process did; a cache line of its own. */
struct load_cell {
	_Atomic uint64_t bytes, ops, errors;
} __attribute__((aligned(128)));

/* Memory that all processes of a run share. */
struct load_shared {
	_Atomic int ready, go, measuring, dead;
	struct load_cell cell[LOAD_JOBS][LOAD_PROCS];
	_Atomic uint32_t nr_samples[LOAD_JOBS];
	uint32_t sample[LOAD_JOBS][LOAD_SAMPLES];	/* ns */
};

struct load_cpus {
	cpu_set_t set;
	int nr;
};

struct load_job;

/**
 * struct load_kind - one sort of load
 * @serve: one serving process, in the servers' namespace; NULL: none
 * @load: one loading process, in the clients' namespace
 * @per_proc: "procs" processes share "n" connections; else "n" processes
 * @accepts_first: the server is ready when it has accepted all it expects
 */
struct load_kind {
	const char *name;
	void (*serve)(const struct load_job *job, int instance);
	void (*load)(const struct load_job *job, int instance);
	bool per_proc;
	bool accepts_first;
};

struct load_job {
	const struct load_kind *kind;
	int index;
	int n, protocol, procs, depth, fifo, app;
	bool spread, request, nodelay;
	size_t size, read_size;		/* bytes of a call */
	long period_us;
	struct load_cpus tx, rx;
	int port;
};

extern const struct load_kind load_kinds[];
extern struct load_shared *load_shared;
extern const char *load_addr, *load_name;

int64_t load_now(void);
void load_sleep(double ms);
_Noreturn void load_die(const char *what);
void load_parse(struct load_job *job, int index, char *text);
void load_share(void);
/* a process for @fn in namespace @netns; killed by load_stop() */
void load_fork(const char *netns, const struct load_cpus *home,
	       void (*fn)(const struct load_job *, int),
	       const struct load_job *job, int instance);
void load_wait_ready(int n);
void load_stop(void);

int load_listen(const struct load_job *job, int instance);
int load_connect(const struct load_job *job, int instance);

int load_memory(int argc, char **argv);

#endif
