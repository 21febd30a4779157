// SPDX-License-Identifier: GPL-2.0
/*
 * The policy "bpf": what a BPF program decides that fills struct nc_sched_ops
 * (struct_ops of type nc_sched_ops; Documentation/writing-a-scheduler.rst).
 *
 * Design notes
 *
 * 1. One program at a time, for all flows that have this policy. The policy
 *    itself is built in and never goes, so a program may come, be replaced and
 *    go while flows have it: they ask whoever is there. What the program does
 *    not do, and everything while there is none, is as "class" does it.
 * 2. A program may be wrong, not harmful: the verifier keeps it from sleeping
 *    and from writing anywhere but to @next and @mem of the flow, and a lane
 *    that is full or does not exist is not taken. Nor does "all are full" stop
 *    a flow while one is not. What is left in @next and @mem may be anything,
 *    and "class" takes any.
 * 3. Only linked where the kernel lets modules have struct_ops (6.12 and
 *    later, with BTF of modules); built without pahole the module has no BTF,
 *    and no program can be attached.
 */
#include "netscheduler/internal.h"

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

/* its memory: after unreg and update the map waits for readers */
static struct nc_sched_ops __rcu *nc_policy_bpf_prog;
/* which types are ours, and which of them is struct nc_flow_sched */
static const struct btf *nc_policy_bpf_btf __ro_after_init;
static u32 nc_policy_bpf_flow;	/* racy-ok: always set to the same */

/* ---- the policy ---- */

static int nc_policy_bpf_pick(const struct nc_lane_set *set,
			      struct nc_flow_sched *fs, u32 limit)
{
	const struct nc_sched_ops *prog;
	int at = -1;

	rcu_read_lock();
	prog = rcu_dereference(nc_policy_bpf_prog);
	if (prog)
		at = prog->pick(set, fs, limit);
	rcu_read_unlock();
	if (at >= 0 && at < set->nr && nc_lane_load(set->lane[at]) <= limit)
		return at;
	return nc_policy_class.pick(set, fs, limit);
}

static u8 nc_policy_bpf_classify(struct nc_flow_sched *fs,
				 const struct nc_sched_event *ev)
{
	const struct nc_sched_ops *prog;
	u8 class;

	rcu_read_lock();
	prog = rcu_dereference(nc_policy_bpf_prog);
	if (prog && prog->classify)
		class = prog->classify(fs, ev);
	else
		class = nc_policy_class.classify(fs, ev);
	rcu_read_unlock();
	return class;
}

static struct nc_sched_ops nc_policy_bpf = {
	.pick		= nc_policy_bpf_pick,
	.classify	= nc_policy_bpf_classify,
	.name		= "bpf",
	.api		= NC_SCHED_API,
};

/* ---- what a program may do ---- */

static bool nc_policy_bpf_in(int off, int size, size_t begin, size_t end)
{
	return off >= 0 && off >= begin && off + size <= end;
}

static int nc_policy_bpf_write(struct bpf_verifier_log *log,
			       const struct bpf_reg_state *reg,
			       int off, int size)
{
	if (reg->btf == nc_policy_bpf_btf &&
	    reg->btf_id == READ_ONCE(nc_policy_bpf_flow) &&
	    (nc_policy_bpf_in(off, size, offsetof(struct nc_flow_sched, next),
			      offsetofend(struct nc_flow_sched, next)) ||
	     nc_policy_bpf_in(off, size, offsetof(struct nc_flow_sched, mem),
			      offsetofend(struct nc_flow_sched, mem))))
		return 0;
	bpf_log(log, "only next and mem of nc_flow_sched may be written\n");
	return -EACCES;
}

/*
 * Few: the verifier of 6.12 takes memory that a helper fills for one that it
 * reads, and does not ask us; and all of it runs under a spinlock.
 */
static const struct bpf_func_proto *
nc_policy_bpf_helper(enum bpf_func_id id, const struct bpf_prog *prog)
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_get_prandom_u32:
	case BPF_FUNC_get_smp_processor_id:
	case BPF_FUNC_get_numa_node_id:
	case BPF_FUNC_trace_printk:
		return bpf_base_func_proto(id, prog);
	default:
		return NULL;
	}
}

static bool nc_policy_bpf_read(int off, int size, enum bpf_access_type type,
			       const struct bpf_prog *prog,
			       struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

static const struct bpf_verifier_ops nc_policy_bpf_verifier = {
	.get_func_proto		= nc_policy_bpf_helper,
	.is_valid_access	= nc_policy_bpf_read,
	.btf_struct_access	= nc_policy_bpf_write,
};

/* ---- a program comes, is replaced and goes ---- */

static int nc_policy_bpf_types(struct btf *btf)
{
	nc_policy_bpf_btf = btf;
	return 0;
}

/* before a program is verified: its second or first argument is the flow */
static int nc_policy_bpf_function(const struct btf_type *t,
				  const struct btf_member *member,
				  const struct bpf_prog *prog)
{
	u32 off = __btf_member_bit_offset(t, member) / BITS_PER_BYTE;
	const struct btf_param *arg;
	const struct btf_type *proto;

	if (prog->sleepable)
		return -EINVAL;
	t = btf_type_by_id(nc_policy_bpf_btf, member->type);
	proto = btf_type_by_id(nc_policy_bpf_btf, t->type);
	arg = &btf_params(proto)[off == offsetof(struct nc_sched_ops, pick)];
	t = btf_type_by_id(nc_policy_bpf_btf, arg->type);
	WRITE_ONCE(nc_policy_bpf_flow, t->type);
	return 0;
}

/* functions are the kernel's business, owner it sets; the rest is to be 0 */
static int nc_policy_bpf_member(const struct btf_type *t,
				const struct btf_member *member,
				void *kdata, const void *udata)
{
	const struct nc_sched_ops *from = udata;
	struct nc_sched_ops *to = kdata;

	switch (__btf_member_bit_offset(t, member) / BITS_PER_BYTE) {
	case offsetof(struct nc_sched_ops, name):
		if (strscpy(to->name, from->name, sizeof(to->name)) <= 0)
			return -EINVAL;
		return 1;
	case offsetof(struct nc_sched_ops, api):
		to->api = from->api;
		return 1;
	}
	return 0;
}

static int nc_policy_bpf_check(void *kdata)
{
	const struct nc_sched_ops *prog = kdata;

	return prog->pick && prog->api == NC_SCHED_API ? 0 : -EINVAL;
}

static int nc_policy_bpf_attach(void *kdata, struct bpf_link *link)
{
	return unrcu_pointer(cmpxchg(&nc_policy_bpf_prog, NULL,
				     RCU_INITIALIZER(kdata))) ? -EBUSY : 0;
}

static int nc_policy_bpf_replace(void *kdata, void *old, struct bpf_link *link)
{
	rcu_assign_pointer(nc_policy_bpf_prog, kdata);
	return 0;
}

static void nc_policy_bpf_detach(void *kdata, struct bpf_link *link)
{
	RCU_INIT_POINTER(nc_policy_bpf_prog, NULL);
}

/* never called: says which functions there are, and what they take */
static int nc_sched_ops__pick(const struct nc_lane_set *set,
			      struct nc_flow_sched *fs, u32 limit)
{
	return -1;
}

static u8 nc_sched_ops__classify(struct nc_flow_sched *fs,
				 const struct nc_sched_event *ev)
{
	return NC_CLASSES;
}

static struct nc_sched_ops nc_policy_bpf_stubs = {
	.pick		= nc_sched_ops__pick,
	.classify	= nc_sched_ops__classify,
};

static struct bpf_struct_ops nc_policy_bpf_struct_ops = {
	.verifier_ops	= &nc_policy_bpf_verifier,
	.init		= nc_policy_bpf_types,
	.check_member	= nc_policy_bpf_function,
	.init_member	= nc_policy_bpf_member,
	.validate	= nc_policy_bpf_check,
	.reg		= nc_policy_bpf_attach,
	.update		= nc_policy_bpf_replace,
	.unreg		= nc_policy_bpf_detach,
	.cfi_stubs	= &nc_policy_bpf_stubs,
	.name		= "nc_sched_ops",
	.owner		= THIS_MODULE,
};

int nc_policy_bpf_init(void)
{
	int err = register_bpf_struct_ops(&nc_policy_bpf_struct_ops,
					  nc_sched_ops);

	/* nothing else needs it, and without a program "bpf" is "class" */
	if (err)
		pr_warn("no program can be a policy: %pe\n", ERR_PTR(err));
	return nc_policy_add(&nc_policy_bpf);
}
