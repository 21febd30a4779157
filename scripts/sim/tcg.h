/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugins use of QEMU's plugin interface, version 1 (QEMU exports the
 * symbols, Debian packages no header), and what they know of x86 instructions.
 */
#ifndef NC_SIM_TCG_H
#define NC_SIM_TCG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

typedef struct {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus, max_vcpus;
	} system;
} qemu_info_t;

void qemu_plugin_register_vcpu_resume_cb(uint64_t id,
					 void (*cb)(uint64_t, unsigned int));
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
		void (*cb)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
		void (*cb)(unsigned int, void *), int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
		void (*cb)(unsigned int, void *), int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
		void (*cb)(unsigned int, uint32_t, uint64_t, void *),
		int flags, int rw, void *data);
bool qemu_plugin_mem_is_store(uint32_t info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info, uint64_t va);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *addr);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *addr);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define TCG_EXPORT	__attribute__((visibility("default")))
#define TCG_VCPUS	16
#define TCG_NO_REGS	0	/* the callback reads no registers */
#define TCG_MEM_RW	3

TCG_EXPORT int qemu_plugin_install(uint64_t id, const qemu_info_t *info,
				   int argc, char **argv);

/*
 * The guest talks to the plugins by long no-ops that no compiler makes:
 * nopl 0x4e43NN00(%rax,%rax,1), as selftests/bench/mark.h emits them.
 */
enum tcg_mark {
	TCG_MARK_BEGIN		= 1,	/* of a measured window */
	TCG_MARK_END		= 2,
	TCG_MARK_THROTTLE	= 14,	/* emulate at a fixed speed from here */
	TCG_MARK_FREE		= 15,	/* as fast as the host can */
};

/* the number of a mark, or -1 */
static inline int tcg_mark(const struct qemu_plugin_insn *insn)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x84, 0x00, 0x00 };
	const uint8_t *b = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != 8 || b[6] != 0x43 || b[7] != 0x4e)
		return -1;
	for (unsigned int i = 0; i < sizeof(nop); i++)
		if (b[i] != nop[i])
			return -1;
	return b[5];
}

/* bytes that one step of a repeated string instruction stores, or 0 */
static inline int tcg_rep_bytes(const struct qemu_plugin_insn *insn)
{
	const uint8_t *b = qemu_plugin_insn_data(insn);
	size_t n = qemu_plugin_insn_size(insn);
	bool rep = false, wide = false, half = false;

	for (size_t i = 0; i < n; i++) {
		switch (b[i]) {
		case 0xf2: case 0xf3:			/* rep */
			rep = true;
			continue;
		case 0x66:
			half = true;
			continue;
		case 0x2e: case 0x64: case 0x65: case 0x67:
			continue;
		case 0x40 ... 0x4f:			/* REX */
			wide = b[i] & 8;
			continue;
		case 0xa4: case 0xaa:			/* movsb, stosb */
			return rep ? 1 : 0;
		case 0xa5: case 0xab:
			return !rep ? 0 : wide ? 8 : half ? 2 : 4;
		}
		return 0;
	}
	return 0;
}

static inline bool tcg_is_pause(const struct qemu_plugin_insn *insn)
{
	const uint8_t *b = qemu_plugin_insn_data(insn);

	return qemu_plugin_insn_size(insn) == 2 && b[0] == 0xf3 && b[1] == 0x90;
}

#endif
