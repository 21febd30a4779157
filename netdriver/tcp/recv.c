// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving. The first path is TCP's own softirq: data_ready reads there and
 * then when nobody owns the socket (strparser does the same). The second is
 * rx_run, when somebody did, or memory was short.
 */
#include "netdriver/tcp/tcp.h"

#include <net/tcp.h>

/* as nc_chan_rx() takes it; only a queue that had to wait is longer */
#define NC_TCP_SOFTIRQ_BUDGET	(256 << 10)

struct nc_tcp_run {
	struct nc_chan	*ch;
	int		budget;
	int		err;
};

static int nc_tcp_recv_actor(read_descriptor_t *desc, struct sk_buff *skb,
			     unsigned int off, size_t len)
{
	struct nc_tcp_run *run = desc->arg.data;

	/* after a short count TCP offers the rest at once */
	if (run->err || run->budget <= 0)
		return 0;
	return nc_chan_rx(run->ch, skb, off, len, &run->budget, &run->err);
}

/* socket locked, BH off; returns whether more is waiting */
static bool nc_tcp_recv(struct nc_tcp *tc, struct sock *sk, int budget)
{
	struct nc_tcp_run run = { .ch = tc->ch, .budget = budget };
	read_descriptor_t desc = { .arg.data = &run, .count = 1 };

	if (test_bit(NC_TCP_OVER, &tc->bits))
		return false;
	/*
	 * read_sock stops in front of urgent data and nobody ever clears it,
	 * so one such segment would hold the channel for ever.
	 */
	if (unlikely(READ_ONCE(tcp_sk(sk)->urg_data))) {
		set_bit(NC_TCP_OVER, &tc->bits);
		nc_chan_error(tc->ch, -EPROTO);
		return false;
	}

	READ_ONCE(sk->sk_socket->ops)->read_sock(sk, &desc, nc_tcp_recv_actor);
	nc_chan_rx_done(tc->ch);

	if (run.err == -ENOMEM)		/* the engine will come again */
		return false;
	if (run.err) {
		set_bit(NC_TCP_OVER, &tc->bits);
		return false;
	}
	if (!skb_queue_empty(&sk->sk_receive_queue))
		return true;
	nc_tcp_over(tc, sk);
	return false;
}

/* from data_ready: socket locked, BH off */
void nc_tcp_recv_ready(struct nc_tcp *tc, struct sock *sk)
{
	u32 avail = tcp_sk(sk)->rcv_nxt - READ_ONCE(tcp_sk(sk)->copied_seq);

	if (sock_owned_by_user_nocheck(sk) ||
	    !nc_chan_rx_inline(tc->ch, avail) ||
	    nc_tcp_recv(tc, sk, NC_TCP_SOFTIRQ_BUDGET))
		nc_chan_rx_later(tc->ch);
}

int nc_tcp_rx_run(struct nc_chan *ch, int budget)
{
	struct nc_tcp *tc = nc_chan_priv(ch);
	struct sock *sk = tc->sock->sk;
	bool more;

	might_sleep();
	lock_sock(sk);
	local_bh_disable();
	more = nc_tcp_recv(tc, sk, budget);
	local_bh_enable();
	release_sock(sk);
	return more;
}
