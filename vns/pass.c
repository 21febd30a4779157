// SPDX-License-Identifier: GPL-2.0
/* Latency sockets' threads pass those that copy bulk: core/hurry.h. */
#include "vns/internal.h"

#include "core/mib.h"

/* where the thread waits that was just woken, -1: it runs, or there is none */
static int nc_pass_where(const struct sock *sk)
{
	const struct nc_pass *pass = &nc_sk(sk)->pass;
	const struct task_struct *reader;
	int cpu = -1;

	rcu_read_lock();	/* it does not end before it leaves @reader */
	reader = READ_ONCE(pass->reader);
	if (reader)
		cpu = task_cpu(reader);
	else if (skwq_has_sleeper(rcu_dereference(sk->sk_wq)))
		cpu = READ_ONCE(pass->seen_cpu);	/* epoll */
	rcu_read_unlock();
	return cpu;
}

void nc_pass_woken(struct sock *sk)
{
	int cpu;

	if (READ_ONCE(nc_sk(sk)->flow.class) != NC_CLASS_L ||
	    !nc_hurry_wanted())
		return;
	cpu = nc_pass_where(sk);
	if (cpu >= 0)
		nc_hurry_begin(&nc_sk(sk)->pass.slot, cpu);
}

void nc_pass_runs(struct sock *sk)
{
	struct nc_pass *pass = &nc_sk(sk)->pass;
	int cpu = raw_smp_processor_id();

	if (READ_ONCE(pass->seen_cpu) != cpu)
		WRITE_ONCE(pass->seen_cpu, cpu);
	nc_hurry_end(&pass->slot);
}

void nc_pass_others(struct sock *sk)
{
	if (READ_ONCE(nc_sk(sk)->flow.class) == NC_CLASS_T && nc_hurry_pass())
		nc_mib_inc(sock_net(sk), GAVE_WAY);
}
