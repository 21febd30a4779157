// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a virtual socket: beginning, timer, end. How it gets to its end
 * in order is in close.c.
 */
#include "vns/internal.h"

#include <linux/seq_file.h>
#include <net/inet_common.h>
#include <net/tcp.h>
#include "core/mib.h"
#include "core/netns.h"
#include "core/sysctl.h"
#include "core/trace.h"

#define NC_SOCK_SNDBUF	(256 << 10)	/* until the application or load says */

u64 nc_sock_orphans(const struct net *net)
{
	return atomic_read(&nc_netns(net)->orphans);
}

bool nc_sock_too_many_orphans(const struct sock *sk)
{
	return nc_sock_orphans(sock_net(sk)) >
	       nc_sysctl_max_orphans(sock_net(sk));
}

void nc_sock_count_orphan(struct sock *sk, int n)
{
	nc_sk(sk)->orphan = n > 0;
	atomic_add(n, &nc_netns(sock_net(sk))->orphans);
}

/* ---- timer ---- */

static void nc_sock_timer(struct timer_list *t)
{
	struct nc_sock *nsk = timer_container_of(nsk, t, timer);
	struct sock *sk = &nsk->inet.sk;

	nc_data_lock(sk);
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		goto out;
	if (nsk->push_due) {
		nsk->push_due = false;
		nsk->held = false;
		if (sk->sk_state == TCP_SYN_SENT)
			nc_connect_retry(sk);
		else
			nc_tx_push(sk);
	}
	if (nsk->deadline && time_after_eq(jiffies, nsk->deadline)) {
		nsk->deadline = 0;
		if (sk->sk_state == TCP_SYN_SENT)
			nc_connect_timeout(sk);
		else if (nsk->orphan)
			nc_close_timer(sk);
		else if (nsk->unconfirmed)
			nc_sock_abort(sk, NC_RST_TIMEOUT, ETIMEDOUT);
	}
	if (nsk->deadline && !timer_pending(&nsk->timer))
		sk_reset_timer(sk, &nsk->timer, nsk->deadline);
	if (nsk->flow.tx_peer)
		nc_sched_kick_atomic(&nsk->flow);
out:
	nc_data_unlock(sk);
	sock_put(sk);
}

void nc_sock_timer_set(struct sock *sk, unsigned long delay)
{
	struct nc_sock *nsk = nc_sk(sk);

	lockdep_assert_held(&sk->sk_lock.slock);
	nsk->deadline = (jiffies + delay) | 1;	/* never 0 */
	if (!nsk->push_due)
		sk_reset_timer(sk, &nsk->timer, nsk->deadline);
}

void nc_sock_timer_stop(struct sock *sk)
{
	nc_sk(sk)->deadline = 0;
	if (!nc_sk(sk)->push_due)
		sk_stop_timer(sk, &nc_sk(sk)->timer);
}

void nc_sock_push_later(struct sock *sk, unsigned long delay)
{
	struct nc_sock *nsk = nc_sk(sk);
	unsigned long at = jiffies + delay;

	lockdep_assert_held(&sk->sk_lock.slock);
	if (nsk->push_due)
		return;
	nsk->push_due = true;
	if (!nsk->deadline || time_before(at, nsk->deadline))
		sk_reset_timer(sk, &nsk->timer, at);
}

/* ---- beginning ---- */

void nc_sock_setup(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct net *net = sock_net(sk);

	memset((char *)nsk + sizeof(nsk->inet), 0,
	       sizeof(*nsk) - sizeof(nsk->inet));
	nc_sched_init(&nsk->flow);
	INIT_LIST_HEAD(&nsk->rtx);
	INIT_LIST_HEAD(&nsk->accept_q);
	INIT_LIST_HEAD(&nsk->accept_node);
	timer_setup(&nsk->timer, nc_sock_timer, 0);
	nc_credit_snd_init(&nsk->snd);
	nsk->snd.end = 1;
	WRITE_ONCE(sk->sk_sndbuf, NC_SOCK_SNDBUF);
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
	nc_credit_rcv_init(&nsk->rcv, sk->sk_rcvbuf / 2,
			   READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]) / 2);
	sk->sk_write_space = nc_poll_write_space;
	sk->sk_destruct = nc_sock_destruct;
	sock_set_flag(sk, SOCK_RCU_FREE);
	sk_sockets_allocated_inc(sk);
	nc_obj_new(SOCK);
}

int nc_sock_init(struct sock *sk)
{
	nc_sock_setup(sk);
	return 0;
}

/* ---- end ---- */

/* last reference, perhaps in softirq after a grace period */
void nc_sock_destruct(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	nc_hurry_end(&nsk->pass.slot);
	nc_tx_purge(sk);
	nc_rx_purge(sk);
	if (nsk->again)
		nc_seg_put(nsk->again);
	if (nsk->remains)
		nc_peer_count_remains(nsk->flow.tx_peer, -1);
	if (nsk->flow.tx_peer)
		nc_peer_put(nsk->flow.tx_peer);
	if (nsk->flow.rx_peer)
		nc_peer_put(nsk->flow.rx_peer);
	nc_sched_exit(&nsk->flow);
	sk_sockets_allocated_dec(sk);
	if (sk->sk_family == AF_INET6)
		inet6_sock_destruct(sk);
	else
		inet_sock_destruct(sk);
	nc_obj_del(SOCK);
}

void nc_sock_done(struct sock *sk, int err)
{
	struct nc_sock *nsk = nc_sk(sk);

	lockdep_assert_held(&sk->sk_lock.slock);
	if (sk->sk_state == TCP_CLOSE)
		return;
	trace_nc_sock_state(nsk->token, nsk->inet.inet_num,
			    ntohs(nsk->inet.inet_dport), sk->sk_state,
			    TCP_CLOSE);
	if (sk->sk_state == TCP_SYN_SENT)
		nc_mib_inc(sock_net(sk), ATTEMPT_FAILS);
	else if (err)
		nc_mib_inc(sock_net(sk), ESTAB_RESETS);
	/* first: who sees CLOSE looks for the reason */
	if (err)
		WRITE_ONCE(sk->sk_err, err);
	inet_sk_set_state(sk, TCP_CLOSE);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	nc_sched_kick_atomic(&nsk->flow);	/* a RST may be among it */
	nc_table_del(nsk);
	nc_peer_del_flow(nsk->flow.tx_peer, &nsk->flow);
	nc_tx_purge(sk);
	nsk->push_due = false;
	nc_sock_timer_stop(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		if (err)
			sk_error_report(sk);
	}
	if (nsk->orphan) {
		nc_sock_count_orphan(sk, -1);
		nc_sock_leave(sk);
	}
}

void nc_sock_leave(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	nsk->remains = nsk->flow.tx_peer;
	if (nsk->remains)
		nc_peer_count_remains(nsk->flow.tx_peer, 1);
	sock_put(sk);
}

void nc_sock_abort(struct sock *sk, u32 reason, int err)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct nc_seg *seg;

	lockdep_assert_held(&sk->sk_lock.slock);
	if (sk->sk_state == TCP_CLOSE)
		return;
	/* without memory the peer learns it by the echo of its next frame */
	seg = nsk->rtoken ? nc_seg_alloc(&nsk->flow, NC_RST, nsk->snd.nxt,
					 GFP_ATOMIC | __GFP_NOWARN) : NULL;
	if (seg) {
		seg->rst.token = nsk->rtoken;
		seg->rst.src = (u32)nsk->token;
		seg->rst.reason = reason;
		nc_sched_rst(&nsk->flow, seg);
		nc_seg_put(seg);
		nc_mib_inc(sock_net(sk), RST_SENT);
	}
	nc_sock_done(sk, err);
}

/* ---- list ---- */

static void nc_sock_show(struct sock *sk, void *arg)
{
	struct nc_sock *nsk = nc_sk(sk);
	struct in6_addr local, remote;
	struct seq_file *m = arg;

	nc_addr_local(sk, &local);
	nc_addr_remote(sk, &remote);
	seq_printf(m, "%d %pI6c %u %pI6c %u %c %u %u %llu %llu %u %d %d %d\n",
		   sk->sk_state, &local, nsk->inet.inet_num, &remote,
		   ntohs(nsk->inet.inet_dport),
		   nsk->flow.class == NC_CLASS_L ? 'L' : 'T',
		   READ_ONCE(nsk->queued), nc_rx_ooo_bytes(nsk),
		   nsk->snd.end - nsk->snd.una, nsk->snd.edge - nsk->snd.una,
		   nsk->rcv.win, atomic_read(&sk->sk_rmem_alloc),
		   READ_ONCE(sk->sk_wmem_queued), nsk->orphan);
}

int nc_sock_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "state local lport remote rport class rxq ofo txq credit window rmem wmem orphan\n");
	nc_table_walk(seq_file_single_net(m), nc_sock_show, m);
	return 0;
}
