// SPDX-License-Identifier: GPL-2.0
/*
 * prof.so - a QEMU (TCG) plugin: where the instructions go
 *
 * Counts, between the marks BEGIN and END, the instructions executed in each
 * translated block, apart for the lower and the upper half of the CPUs
 * (clients and servers). One line per block: "WINDOW ADDRESS LOWER UPPER". The
 * kernel must run with nokaslr. CPUs of one half race for a counter: this is a
 * profile, not a count.
 *
 * Options: log=FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg.h"

TCG_EXPORT int qemu_plugin_version = 1;

struct block {
	struct block *next;
	uint64_t va;
	uint64_t insns[2];
	size_t len;
};

static struct block *blocks;
static volatile bool active;
static unsigned int half, windows;
static FILE *out;

static void on_block(unsigned int cpu, void *data)
{
	struct block *b = data;

	if (active)
		b->insns[cpu >= half] += b->len;
}

static void on_mark(unsigned int cpu, void *data)
{
	struct block *b;

	(void)cpu;
	if ((uintptr_t)data == TCG_MARK_BEGIN) {
		for (b = blocks; b; b = b->next)
			memset(b->insns, 0, sizeof(b->insns));
		active = true;
	} else if ((uintptr_t)data == TCG_MARK_END) {
		active = false;
		windows++;
		for (b = blocks; b; b = b->next)
			if (b->insns[0] + b->insns[1])
				fprintf(out, "%u %016" PRIx64 " %" PRIu64
					" %" PRIu64 "\n", windows, b->va,
					b->insns[0], b->insns[1]);
		fflush(out);
	}
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b)
		return;
	b->va = qemu_plugin_tb_vaddr(tb);
	b->len = qemu_plugin_tb_n_insns(tb);
	for (size_t i = 0; i < b->len; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		int mark = tcg_mark(insn);

		if (mark > 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
					TCG_NO_REGS, (void *)(intptr_t)mark);
	}
	do {
		b->next = blocks;
	} while (!__sync_bool_compare_and_swap(&blocks, b->next, b));
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, TCG_NO_REGS, b);
}

int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc,
			char **argv)
{
	out = stderr;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "log=", 4))
			return -1;
		out = fopen(argv[i] + 4, "w");
	}
	if (!out)
		return -1;
	half = info->system.max_vcpus / 2;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
