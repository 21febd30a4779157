// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP tells us of a connection. The only file that touches a lower
 * socket's callbacks, under sk_callback_lock: whoever finds the channel in
 * sk_user_data holds the lock for reading for as long as it uses it.
 *
 * TCP calls with the socket locked: softirq with the spinlock, or a process
 * that owns the socket and works off its backlog.
 */
#include "netdriver/tcp/tcp.h"

#include <net/tcp.h>

void nc_tcp_up(struct nc_tcp *tc)
{
	if (!test_and_set_bit(NC_TCP_UP, &tc->bits))
		nc_chan_opened(tc->ch);
}

/**
 * nc_tcp_over - report the end of the stream if there is one
 * @tc: the connection
 * @sk: its socket, locked; everything received was passed up
 *
 * Return: whether it ended.
 */
bool nc_tcp_over(struct nc_tcp *tc, struct sock *sk)
{
	int err = 0;

	/* tcp_done() sets sk_shutdown for any reason, tcp_fin() SOCK_DONE */
	if (!sock_flag(sk, SOCK_DONE)) {
		err = READ_ONCE(sk->sk_err);
		if (!err && sk->sk_state != TCP_CLOSE)
			return false;
		if (!err)	/* xmit took it */
			err = ECONNRESET;
	}
	if (!test_and_set_bit(NC_TCP_OVER, &tc->bits))
		nc_chan_error(tc->ch, -err);
	return true;
}

static void nc_tcp_data_ready(struct sock *sk)
{
	struct nc_tcp *tc;

	read_lock_bh(&sk->sk_callback_lock);
	tc = sk->sk_user_data;
	if (tc)
		nc_tcp_recv_ready(tc, sk);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void nc_tcp_state_change(struct sock *sk)
{
	struct nc_tcp *tc;

	read_lock_bh(&sk->sk_callback_lock);
	tc = sk->sk_user_data;
	if (!tc)
		goto out;

	switch (sk->sk_state) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		break;
	case TCP_CLOSE:
		/* what came before a reset is still good */
		if (skb_queue_empty(&sk->sk_receive_queue))
			nc_tcp_over(tc, sk);
		else
			nc_chan_rx_later(tc->ch);
		break;
	default:
		/* of a FIN, data_ready tells after this */
		nc_tcp_up(tc);
	}
out:
	read_unlock_bh(&sk->sk_callback_lock);
}

static void nc_tcp_write_space(struct sock *sk)
{
	struct nc_tcp *tc;

	read_lock_bh(&sk->sk_callback_lock);
	tc = sk->sk_user_data;
	if (!tc || !sk_stream_is_writeable(sk))
		goto out;
	/*
	 * Inside our own sendmsg(): xmit looks for room when that returns.
	 * TCP also calls here when it got no memory with nothing under way;
	 * to say "writable" then would be a loop.
	 */
	if (READ_ONCE(tc->sender) == current &&
	    sock_owned_by_user_nocheck(sk))
		goto out;
	clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	nc_chan_writable(tc->ch);
out:
	read_unlock_bh(&sk->sk_callback_lock);
}

/* @data_ready: TCP's own; an accepted socket inherited its listener's */
void nc_tcp_callbacks_set(struct nc_tcp *tc,
			  void (*data_ready)(struct sock *sk))
{
	struct sock *sk = tc->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	tc->data_ready = data_ready;
	tc->state_change = sk->sk_state_change;
	tc->write_space = sk->sk_write_space;
	sk->sk_user_data = tc;
	WRITE_ONCE(sk->sk_data_ready, nc_tcp_data_ready);
	WRITE_ONCE(sk->sk_state_change, nc_tcp_state_change);
	WRITE_ONCE(sk->sk_write_space, nc_tcp_write_space);
	write_unlock_bh(&sk->sk_callback_lock);
}

void nc_tcp_callbacks_restore(struct nc_tcp *tc)
{
	struct sock *sk = tc->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_user_data == tc) {
		sk->sk_user_data = NULL;
		WRITE_ONCE(sk->sk_data_ready, tc->data_ready);
		WRITE_ONCE(sk->sk_state_change, tc->state_change);
		WRITE_ONCE(sk->sk_write_space, tc->write_space);
	}
	write_unlock_bh(&sk->sk_callback_lock);
}
