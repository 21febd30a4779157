// SPDX-License-Identifier: GPL-2.0
/*
 * cohere.so - a QEMU (TCG) plugin: which cache lines cross processors
 *
 * A model of who owns each 64-byte line of guest memory, with caches that
 * never overflow. A line is foreign for a CPU that has no copy of it and
 * another has written it since, or (for a store) when any other has a copy.
 * String instructions move payload; everything else touches metadata: locks,
 * queues, socket and packet headers. Each access is a call, so this is slow:
 * for counting, not beside throttle.so's clock.
 *
 * Options: mem=MB (of the guest, 4096) log=FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcg.h"

#define LINE_SHIFT	6
#define MODIFIED	0x8000
#define COPIES		0x7fff		/* a bit for each CPU that has one */

TCG_EXPORT int qemu_plugin_version = 1;

enum { METADATA, PAYLOAD, KINDS };

static uint16_t *lines;
static uint64_t nr_lines;
static struct {
	uint64_t foreign[KINDS], at_begin[KINDS];
} __attribute__((aligned(128))) vcpus[TCG_VCPUS];
static int nr_vcpus;
static unsigned int windows;
static FILE *out;

static void on_access(unsigned int cpu, uint32_t info, uint64_t va, void *data)
{
	struct qemu_plugin_hwaddr *addr = qemu_plugin_get_hwaddr(info, va);
	uint16_t me = 1 << cpu, was;
	uint64_t line;

	if (!addr || qemu_plugin_hwaddr_is_io(addr))
		return;
	line = qemu_plugin_hwaddr_phys_addr(addr) >> LINE_SHIFT;
	if (line >= nr_lines)
		return;
	was = lines[line];
	if (qemu_plugin_mem_is_store(info)) {
		if (was & COPIES & ~me)
			vcpus[cpu].foreign[(uintptr_t)data]++;
		lines[line] = me | MODIFIED;
	} else if (!(was & me)) {
		if (was & MODIFIED)
			vcpus[cpu].foreign[(uintptr_t)data]++;
		lines[line] = (was | me) & COPIES;
	}
}

static void print_kind(const char *name, int kind)
{
	fprintf(out, ",\"%s\":[", name);
	for (int i = 0; i < nr_vcpus; i++)
		fprintf(out, "%s%" PRIu64, i ? "," : "",
			vcpus[i].foreign[kind] - vcpus[i].at_begin[kind]);
	fputc(']', out);
}

static void on_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	if ((uintptr_t)data == TCG_MARK_BEGIN)
		for (int i = 0; i < nr_vcpus; i++)
			memcpy(vcpus[i].at_begin, vcpus[i].foreign,
			       sizeof(vcpus[i].at_begin));
	if ((uintptr_t)data != TCG_MARK_END)
		return;
	fprintf(out, "{\"window\":%u", ++windows);
	print_kind("payload_lines", PAYLOAD);
	print_kind("metadata_lines", METADATA);
	fputs("}\n", out);
	fflush(out);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uintptr_t kind = tcg_rep_bytes(insn) ? PAYLOAD : METADATA;
		int mark = tcg_mark(insn);

		if (mark > 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
					TCG_NO_REGS, (void *)(intptr_t)mark);
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, TCG_NO_REGS,
						 TCG_MEM_RW, (void *)kind);
	}
}

int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc,
			char **argv)
{
	uint64_t mem = 4096;

	out = stderr;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "log=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "mem=", 4))
			mem = atoi(argv[i] + 4);
		else
			return -1;
	}
	nr_vcpus = info->system.max_vcpus;
	nr_lines = mem << (20 - LINE_SHIFT);
	lines = mmap(NULL, nr_lines * sizeof(*lines), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	/* a bit each, the top one is taken */
	if (!out || nr_vcpus > 15 || lines == MAP_FAILED)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
