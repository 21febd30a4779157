// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of virtual sockets: limits of their own, and the one rule about
 * sk_forward_alloc: the kernel changes it under ownership of the socket, so
 * softirq touches it only while nobody owns the socket. What it charges or
 * gives back meanwhile is noted in nc_sock.owed and settled by release_cb,
 * which runs with the data lock held just before ownership ends.
 */
#include "vns/internal.h"

#include <linux/mm.h>
#include <net/tcp.h>
#include "core/mib.h"

atomic_long_t nc_mem_allocated ____cacheline_aligned_in_smp;
struct percpu_counter nc_mem_sockets;
unsigned long nc_mem_pressure __read_mostly;
DEFINE_PER_CPU(int, nc_mem_fw_alloc);
long nc_mem_limits[3] __read_mostly;

int nc_mem_init(void)
{
	/* TCP's default is scaled to the machine; ours starts from it */
	memcpy(nc_mem_limits, tcp_prot.sysctl_mem, sizeof(nc_mem_limits));
	return percpu_counter_init(&nc_mem_sockets, 0, GFP_KERNEL);
}

void nc_mem_exit(void)
{
	percpu_counter_destroy(&nc_mem_sockets);
}

void nc_mem_enter_pressure(struct sock *sk)
{
	WRITE_ONCE(nc_mem_pressure, 1);
}

void nc_mem_leave_pressure(struct sock *sk)
{
	WRITE_ONCE(nc_mem_pressure, 0);
}

static bool nc_mem_schedule(struct sock *sk, int n)
{
	int more = n - sk->sk_forward_alloc;

	return more <= 0 || __sk_mem_schedule(sk, more, SK_MEM_RECV);
}

bool nc_mem_charge_rx(struct sock *sk, u32 n)
{
	lockdep_assert_held(&sk->sk_lock.slock);
	if (sock_owned_by_user_nocheck(sk)) {
		nc_sk(sk)->owed += n;
		nc_sk(sk)->owed_rmem += n;
		return true;
	}
	if (!nc_mem_schedule(sk, n))
		return false;
	sk_mem_charge(sk, n);
	atomic_add(n, &sk->sk_rmem_alloc);
	return true;
}

static void nc_mem_uncharge(struct sock *sk, u32 n)
{
	if (sock_owned_by_user_nocheck(sk))
		nc_sk(sk)->owed -= n;
	else
		sk_mem_uncharge(sk, n);
}

void nc_mem_uncharge_rx(struct sock *sk, u32 n)
{
	if (sock_owned_by_user_nocheck(sk))
		nc_sk(sk)->owed_rmem -= n;
	else
		atomic_sub(n, &sk->sk_rmem_alloc);
	nc_mem_uncharge(sk, n);
}

void nc_mem_uncharge_tx(struct sock *sk, u32 n)
{
	sk_wmem_queued_add(sk, -(int)n);
	nc_mem_uncharge(sk, n);
}

void nc_mem_release_cb(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	int owed = nsk->owed;

	if (nsk->owed_rmem) {
		atomic_add(nsk->owed_rmem, &sk->sk_rmem_alloc);
		nsk->owed_rmem = 0;
	}
	if (!owed)
		return;
	nsk->owed = 0;
	if (owed < 0) {
		sk_mem_uncharge(sk, -owed);
		return;
	}
	/*
	 * The bytes were acknowledged to their channel already, so they are
	 * charged in any case; over the limit the connection ends, which gives
	 * them back.
	 */
	if (nc_mem_schedule(sk, owed)) {
		sk_mem_charge(sk, owed);
		return;
	}
	nsk->owed = owed;
	nc_mib_inc(sock_net(sk), RX_RESOURCE);
	nc_sock_abort(sk, NC_RST_RESOURCE, ENOBUFS);
	nc_rx_purge(sk);
	atomic_add(nsk->owed_rmem, &sk->sk_rmem_alloc);
	nsk->owed_rmem = 0;
	sk_mem_uncharge(sk, -nsk->owed);
	nsk->owed = 0;
}
