// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a connection in order: shutdown(), close(), FIN in both
 * directions, lingering, orphans. States and timers are TCP's, without
 * TIME_WAIT: tokens are not used again, so there is nothing to wait for.
 *
 *            shutdown(WR), close()                   FIN
 *   ESTABLISHED ----------------> FIN_WAIT1    ESTABLISHED --> CLOSE_WAIT
 *   CLOSE_WAIT  ----------------> LAST_ACK     FIN_WAIT1   --> CLOSING
 *                                              FIN_WAIT2   --> CLOSE
 *            our FIN acknowledged
 *   FIN_WAIT1 --> FIN_WAIT2    CLOSING --> CLOSE    LAST_ACK --> CLOSE
 */
#include "vns/internal.h"

#include <net/tcp.h>
#include "core/mib.h"
#include "core/sysctl.h"
#include "core/trace.h"

static void nc_close_state(struct sock *sk, int state)
{
	trace_nc_sock_state(nc_sk(sk)->token, inet_sk(sk)->inet_num,
			    ntohs(inet_sk(sk)->inet_dport), sk->sk_state,
			    state);
	inet_sk_set_state(sk, state);
}

/* data lock held; takes @spare */
static void nc_close_send_fin(struct sock *sk, struct nc_seg *spare)
{
	if (sk->sk_state == TCP_ESTABLISHED) {
		nc_close_state(sk, TCP_FIN_WAIT1);
	} else if (sk->sk_state == TCP_CLOSE_WAIT) {
		nc_close_state(sk, TCP_LAST_ACK);
	} else {
		nc_seg_put(spare);
		return;
	}
	nc_tx_fin(sk, spare);
}

static struct nc_seg *nc_close_spare(struct sock *sk)
{
	/* neither shutdown() nor close() can fail for want of memory */
	return nc_seg_alloc(&nc_sk(sk)->flow, NC_DATA, 0,
			    GFP_KERNEL | __GFP_NOFAIL);
}

/* called by inet_shutdown() with the socket owned */
void nc_shutdown(struct sock *sk, int how)
{
	struct nc_seg *spare;

	if (!(how & SEND_SHUTDOWN))
		return;
	spare = nc_close_spare(sk);
	nc_data_lock(sk);
	/* inet_shutdown() wrote it without our lock: a FIN may just have too */
	if (test_bit(NC_SOCK_FIN, &nc_sk(sk)->bits))
		how |= RCV_SHUTDOWN;
	if (sk->sk_state == TCP_CLOSE)
		how = SHUTDOWN_MASK;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
	nc_close_send_fin(sk, spare);
	if (nc_sk(sk)->flow.tx_peer)
		nc_sched_kick_atomic(&nc_sk(sk)->flow);
	nc_data_unlock(sk);
}

/* ---- events from the peer; data lock held ---- */

void nc_close_rcv_fin(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	nsk->rcv.nxt++;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	set_bit(NC_SOCK_FIN, &nsk->bits);
	nc_sched_owe(&nsk->flow, true);
	switch (sk->sk_state) {
	case TCP_ESTABLISHED:
		nc_close_state(sk, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		nc_close_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		nsk->say_last = true;
		nc_sock_done(sk, 0);
		return;
	}
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		/* half a connection may go on: no POLL_HUP */
		if (sk->sk_shutdown == SHUTDOWN_MASK)
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
		else
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
	}
}

static unsigned long nc_close_fin_timeout(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout);
}

void nc_close_fin_acked(struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_FIN_WAIT1:
		nc_close_state(sk, TCP_FIN_WAIT2);
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
		if (nc_sk(sk)->orphan)
			nc_sock_timer_set(sk, nc_close_fin_timeout(sk));
		else if (!sock_flag(sk, SOCK_DEAD))
			sk->sk_state_change(sk);
		break;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		/* the peer may still wait for the number of its own FIN */
		if (nc_credit_rcv_news(&nc_sk(sk)->rcv)) {
			nc_sk(sk)->say_last = true;
			nc_sched_owe(&nc_sk(sk)->flow, true);
		}
		nc_sock_done(sk, 0);
		break;
	}
}

/* half of an orphan's patience */
static void nc_close_wait(struct sock *sk)
{
	nc_sock_timer_set(sk, HZ * nc_sysctl_orphan_timeout(sock_net(sk)) / 2);
}

/*
 * An orphan's patience is over, unless its data still moves. A reader that took
 * little has not announced it (R2), so he is asked before he is given up, as
 * TCP probes a window of zero (RFC 9293, 3.8.6.1).
 */
void nc_close_timer(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);
	u64 progress = nc_credit_snd_progress(&nsk->snd);
	bool moved = progress != nsk->orphan_progress;

	if (sk->sk_state == TCP_FIN_WAIT2 || (!moved && nsk->orphan_asked)) {
		nc_sock_abort(sk, NC_RST_TIMEOUT, ETIMEDOUT);
		return;
	}
	nsk->orphan_progress = progress;
	nsk->orphan_asked = !moved;
	if (!moved) {
		nsk->say_probe = true;
		nc_sched_owe(&nsk->flow, true);
	}
	nc_close_wait(sk);
}

/* ---- close() ---- */

static bool nc_close_over(const struct sock *sk)
{
	return !nc_state_in(sk, TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK);
}

static void nc_close_linger(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && !signal_pending(current)) {
		if (sk_wait_event(sk, &timeout, nc_close_over(sk), &wait))
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* data lock held: what becomes of the connection */
static void nc_close_begin(struct sock *sk, struct nc_seg *spare)
{
	bool unread = !skb_queue_empty(&sk->sk_receive_queue);

	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	nc_rx_purge(sk);
	if (sk->sk_state == TCP_SYN_SENT) {
		nc_sock_done(sk, 0);
	} else if (unread ||
		   (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)) {
		nc_sock_abort(sk, NC_RST_ABORTED, 0);
	} else {
		nc_close_send_fin(sk, spare);
		return;
	}
	nc_seg_put(spare);
}

/* data lock held: nobody has the socket any more */
static void nc_close_orphan(struct sock *sk)
{
	struct nc_sock *nsk = nc_sk(sk);

	/* what came since nc_close_begin() is as unread as what came before */
	if (!skb_queue_empty(&sk->sk_receive_queue))
		nc_sock_abort(sk, NC_RST_ABORTED, 0);
	nc_rx_purge(sk);
	if (sk->sk_state == TCP_CLOSE) {
		nc_sock_leave(sk);
		return;
	}
	nc_sock_count_orphan(sk, 1);
	nsk->orphan_progress = nc_credit_snd_progress(&nsk->snd);
	if (nc_sock_too_many_orphans(sk)) {
		nc_mib_inc(sock_net(sk), ORPHAN_LIMIT);
		nc_sock_abort(sk, NC_RST_RESOURCE, 0);
	} else if (sk->sk_state == TCP_FIN_WAIT2) {
		nc_sock_timer_set(sk, nc_close_fin_timeout(sk));
	} else {
		nc_close_wait(sk);
	}
}

void nc_close(struct sock *sk, long timeout)
{
	struct nc_seg *spare = nc_close_spare(sk);

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		nc_listen_stop(sk);
	nc_data_lock(sk);
	nc_close_begin(sk, spare);
	nc_data_unlock(sk);
	nc_tx_kick(sk, false);
	nc_close_linger(sk, timeout);
	nc_port_put(sk);
	sock_hold(sk);
	nc_data_lock(sk);
	sock_orphan(sk);	/* softirq sets flags under this lock too */
	nc_close_orphan(sk);
	nc_data_unlock(sk);
	release_sock(sk);
	sock_put(sk);
}
