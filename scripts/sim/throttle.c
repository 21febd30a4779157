// SPDX-License-Identifier: GPL-2.0
/*
 * throttle.so - a QEMU (TCG) plugin: virtual CPUs of a fixed speed
 *
 * Each one may spend M million units of cost per second of the host: 1 per
 * instruction, 0.5 per byte copied by a string instruction, 40 per PAUSE. With
 * QEMU's clocks K times slower the guest sees CPUs of M * K million units a
 * second, whatever the host does besides, as long as it can deliver. Only
 * between the marks THROTTLE and FREE; everything else runs at full speed.
 *
 * Each window between BEGIN and END becomes a line of JSON. In it
 *	late	quanta that ended over 4 ms (of the host) behind the schedule
 *	lost	microseconds given up because a CPU was over "cap" behind: so much
 *		slower than promised it was
 *
 * Options: M=10 Q=2000 (units per check) cap=20 (ms) rt=5 (the threads'
 * real-time priority between the marks, 0: as it is) count=1 (no throttle:
 * exact counts only) log=FILE
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tcg.h"

#define LATE_NS		4000000
#define PAUSE_COST	40

TCG_EXPORT int qemu_plugin_version = 1;

/* Costs are doubled, so that half units are whole numbers. */
struct vcpu {
	uint64_t cost2[2];	/* user, kernel */
	uint64_t insns, bytes;
	uint64_t check2;	/* cost at which the clock is read next */
	uint64_t paid2;		/* cost that has become time */
	int64_t paid_until;	/* host's ns up to which the budget is spent */
	uint64_t late, lost_ns;
	unsigned int epoch;
	struct {
		uint64_t cost2[2], insns, bytes, late, lost_ns;
	} at_begin;
} __attribute__((aligned(128)));

static struct vcpu vcpus[TCG_VCPUS];
static int nr_vcpus = 1;
static double rate = 10;		/* million units a second */
static int64_t cap_ns = 20000000;
static uint64_t quantum2 = 4000;
static int rt_prio = 5;
static bool count_only;
static unsigned int throttled;		/* 0, or the number of this stretch */
static unsigned int epochs, windows;
static int64_t window_begin;
static FILE *out;

/* Not libc's: those of a slowed QEMU tell and wait for the slow time. */
static int64_t now(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void set_priorities(int prio)
{
	struct sched_param p = { .sched_priority = prio };
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			sched_setscheduler(atoi(e->d_name),
					   prio ? SCHED_RR : SCHED_OTHER, &p);
	if (d)
		closedir(d);
}

static uint64_t cost2(const struct vcpu *v)
{
	return v->cost2[0] + v->cost2[1];
}

static void pay(struct vcpu *v)
{
	uint64_t c = cost2(v);

	v->paid_until += (int64_t)((c - v->paid2) * 500.0 / rate);
	v->paid2 = c;
}

static __attribute__((noinline)) void check(struct vcpu *v)
{
	unsigned int epoch = __atomic_load_n(&throttled, __ATOMIC_RELAXED);
	int64_t n, lag;

	v->check2 = cost2(v) + quantum2;
	if (count_only)
		return;
	if (!epoch) {
		v->epoch = 0;
		return;
	}
	n = now();
	if (v->epoch != epoch) {
		v->epoch = epoch;
		v->paid_until = n;
		v->paid2 = cost2(v);
		prctl(PR_SET_TIMERSLACK, 1);
		return;
	}
	pay(v);
	lag = n - v->paid_until;
	if (lag < 0) {
		sleep_until(v->paid_until);
		return;
	}
	if (lag > LATE_NS)
		v->late++;
	if (lag > cap_ns) {
		v->lost_ns += lag - cap_ns;
		v->paid_until = n - cap_ns;
	}
}

/* What a block costs, in one word: it is the callback's only argument. */
union tb_cost {
	void *word;
	struct {
		uint64_t cost2 : 24, insns : 16, bytes : 16, kernel : 8;
	};
};

static void on_block(unsigned int cpu, void *data)
{
	union tb_cost c = { .word = data };
	struct vcpu *v = &vcpus[cpu];

	v->cost2[c.kernel] += c.cost2;
	v->insns += c.insns;
	v->bytes += c.bytes;
	if (__builtin_expect(cost2(v) >= v->check2, 0))
		check(v);
}

/* Idle time saves nothing up. */
static void on_resume(uint64_t id, unsigned int cpu)
{
	struct vcpu *v = &vcpus[cpu];
	int64_t n;

	(void)id;
	if (!throttled || v->epoch != throttled)
		return;
	pay(v);
	n = now();
	if (v->paid_until < n)
		v->paid_until = n;
}

static void begin(void)
{
	for (int i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		memcpy(v->at_begin.cost2, v->cost2, sizeof(v->cost2));
		v->at_begin.insns = v->insns;
		v->at_begin.bytes = v->bytes;
		v->at_begin.late = v->late;
		v->at_begin.lost_ns = v->lost_ns;
	}
	window_begin = now();
}

static void end(void)
{
	fprintf(out, "{\"window\":%u,\"host_ms\":%.3f,\"rate\":%g,\"vcpu\":[",
		++windows, (now() - window_begin) / 1e6, rate);
	for (int i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		fprintf(out, "%s{\"user\":%.1f,\"kernel\":%.1f,\"insns\":%" PRIu64
			",\"copied\":%" PRIu64 ",\"late\":%" PRIu64
			",\"lost_us\":%.0f}", i ? "," : "",
			(v->cost2[0] - v->at_begin.cost2[0]) / 2.0,
			(v->cost2[1] - v->at_begin.cost2[1]) / 2.0,
			v->insns - v->at_begin.insns,
			v->bytes - v->at_begin.bytes,
			v->late - v->at_begin.late,
			(v->lost_ns - v->at_begin.lost_ns) / 1e3);
	}
	fputs("]}\n", out);
	fflush(out);
}

static void on_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	switch ((enum tcg_mark)(uintptr_t)data) {
	case TCG_MARK_THROTTLE:
		throttled = ++epochs;
		if (rt_prio)
			set_priorities(rt_prio);
		break;
	case TCG_MARK_FREE:
		throttled = 0;
		if (rt_prio)
			set_priorities(0);
		break;
	case TCG_MARK_BEGIN:
		begin();
		break;
	case TCG_MARK_END:
		end();
		break;
	}
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	union tb_cost c = { .word = NULL };

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		int mark = tcg_mark(insn), bytes = tcg_rep_bytes(insn);

		if (mark > 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
					TCG_NO_REGS, (void *)(intptr_t)mark);
		c.bytes += bytes;
		if (bytes)
			c.cost2 += bytes;
		else
			c.cost2 += tcg_is_pause(insn) ? 2 * PAUSE_COST : 2;
	}
	c.insns = n;
	c.kernel = qemu_plugin_tb_vaddr(tb) >> 63;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, TCG_NO_REGS, c.word);
}

int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc,
			char **argv)
{
	out = stderr;
	for (int i = 0; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			return -1;
		*value++ = '\0';
		if (!strcmp(argv[i], "M"))
			rate = atof(value);
		else if (!strcmp(argv[i], "Q"))
			quantum2 = 2 * atoi(value);
		else if (!strcmp(argv[i], "cap"))
			cap_ns = atof(value) * 1e6;
		else if (!strcmp(argv[i], "rt"))
			rt_prio = atoi(value);
		else if (!strcmp(argv[i], "count"))
			count_only = atoi(value);
		else if (!strcmp(argv[i], "log"))
			out = fopen(value, "w");
		else
			return -1;
	}
	if (count_only)
		rt_prio = 0;
	nr_vcpus = info->system.max_vcpus;
	if (!out || nr_vcpus > TCG_VCPUS)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_vcpu_resume_cb(id, on_resume);
	return 0;
}
