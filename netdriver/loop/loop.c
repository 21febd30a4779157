// SPDX-License-Identifier: GPL-2.0
/*
 * The transport's table, and how pipes come and go. It is the test double of
 * "tcp" and the template for authors: every clause of channel_ops.h is here
 * without a network around it.
 *
 * Design notes
 *
 * 1. Both ends of a pipe are in this netns; the remote address is not looked
 *    at, the channel port finds the listener. Its accept is a work item, as
 *    nc_listener_accepted() may sleep.
 * 2. nc_chan_*() is called with pipe->lock held and end->ch set. close() sets
 *    it to NULL under the lock: that is the whole fence.
 * 3. Bytes sent on a broken pipe are swallowed: the sender is told in order,
 *    behind what it still had to receive, and a test sees one sequence only.
 */
#include "netdriver/loop/pipe.h"

#include <linux/module.h>
#include <linux/slab.h>
#include <net/flow.h>
#include <net/ipv6.h>
#include <net/netns/generic.h>

#define NC_LOOP_SPORT	49152	/* made-up local ports begin here */

/**
 * struct nc_loop_listener - nc_listener_priv()
 * @l: const
 * @port: const
 * @node: lock: of the netns
 * @waiting: lock: of the netns. Pipes to be accepted
 * @accept: runs nc_loop_accept()
 */
struct nc_loop_listener {
	struct nc_listener	*l;
	u16			port;
	struct list_head	node;
	struct list_head	waiting;
	struct work_struct	accept;
};

struct workqueue_struct *nc_loop_wq;
static unsigned int nc_loop_net_id __read_mostly;
static bool nc_loop_ready __read_mostly;

struct nc_loop_net *nc_loop_net(const struct net *net)
{
	return READ_ONCE(nc_loop_ready) ? net_generic(net, nc_loop_net_id) :
					  NULL;
}

static void nc_loop_end_init(struct nc_loop_pipe *pipe, u8 side)
{
	struct nc_loop_end *end = &pipe->end[side];

	end->pipe = pipe;
	__skb_queue_head_init(&end->rxq);
	nc_frame_init(&end->frame);
	INIT_DELAYED_WORK(&end->late, nc_loop_late);
}

/* the acceptor sees the opener's addresses from the other side */
static struct nc_loop_pipe *nc_loop_pipe_alloc(struct nc_chan *ch)
{
	const struct nc_chan_addr *a = nc_chan_addr(ch);
	struct nc_loop_pipe *pipe;

	pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	if (!pipe)
		return NULL;
	refcount_set(&pipe->ref, 2);
	spin_lock_init(&pipe->lock);
	pipe->net = nc_chan_net(ch);
	pipe->addr = *a;
	pipe->addr.laddr = a->raddr;
	pipe->addr.raddr = ipv6_addr_any(&a->laddr) ? a->raddr : a->laddr;
	pipe->port = a->port;
	pipe->index = nc_chan_index(ch);
	nc_loop_end_init(pipe, NC_LOOP_OPENER);
	nc_loop_end_init(pipe, NC_LOOP_ACCEPTOR);
	pipe->end[NC_LOOP_OPENER].ch = ch;
	return pipe;
}

static void nc_loop_pipe_put(struct nc_loop_pipe *pipe)
{
	if (!refcount_dec_and_test(&pipe->ref))
		return;
	__skb_queue_purge(&pipe->end[NC_LOOP_OPENER].rxq);
	__skb_queue_purge(&pipe->end[NC_LOOP_ACCEPTOR].rxq);
	kfree_rcu(pipe, rcu);
}

/* nobody takes it: tell the opener and drop the listener's reference */
static void nc_loop_pipe_refuse(struct nc_loop_pipe *pipe)
{
	struct nc_loop_end *end = &pipe->end[NC_LOOP_OPENER];

	spin_lock_bh(&pipe->lock);
	if (end->ch)
		nc_chan_error(end->ch, -ECONNREFUSED);
	spin_unlock_bh(&pipe->lock);
	nc_loop_pipe_put(pipe);
}

static int nc_loop_open(struct nc_chan *ch)
{
	struct nc_loop_net *ln = nc_loop_net(nc_chan_net(ch));
	struct nc_loop *lp = nc_chan_priv(ch);
	struct nc_loop_listener *ll;
	struct nc_loop_pipe *pipe;

	might_sleep();
	pipe = nc_loop_pipe_alloc(ch);
	if (!pipe)
		return -ENOMEM;

	lp->side = NC_LOOP_OPENER;
	spin_lock_bh(&ln->lock);
	list_for_each_entry(ll, &ln->listeners, node) {
		if (ll->port != pipe->port)
			continue;
		pipe->addr.port = ln->sport++;
		if (ln->sport < NC_LOOP_SPORT)
			ln->sport = NC_LOOP_SPORT;
		/* pairs with READ_ONCE() of whoever asks for hints */
		smp_store_release(&lp->pipe, pipe);
		list_add_tail(&pipe->node, &ll->waiting);
		queue_work(nc_loop_wq, &ll->accept);
		spin_unlock_bh(&ln->lock);
		return 0;
	}
	spin_unlock_bh(&ln->lock);
	kfree(pipe);
	return -ECONNREFUSED;
}

/* the listener's reference of @pipe becomes the channel's */
static void nc_loop_accept_one(struct nc_listener *l, struct nc_loop_pipe *pipe)
{
	struct nc_loop_end *end = pipe->end;
	struct nc_loop *lp;
	struct nc_chan *ch;

	ch = nc_listener_accepted(l, &pipe->addr);
	if (IS_ERR(ch)) {
		nc_loop_pipe_refuse(pipe);
		return;
	}
	lp = nc_chan_priv(ch);
	lp->side = NC_LOOP_ACCEPTOR;
	/* as in nc_loop_open() */
	smp_store_release(&lp->pipe, pipe);

	spin_lock_bh(&pipe->lock);
	end[NC_LOOP_ACCEPTOR].ch = ch;
	if (end[NC_LOOP_OPENER].ch) {
		nc_chan_opened(ch);
		nc_chan_opened(end[NC_LOOP_OPENER].ch);
	} else {
		nc_chan_error(ch, -ECONNRESET);
	}
	spin_unlock_bh(&pipe->lock);
}

static struct nc_loop_pipe *nc_loop_accept_next(struct nc_loop_listener *ll)
{
	struct nc_loop_net *ln = nc_loop_net(nc_listener_net(ll->l));
	struct nc_loop_pipe *pipe;

	spin_lock_bh(&ln->lock);
	pipe = list_first_entry_or_null(&ll->waiting, struct nc_loop_pipe,
					node);
	if (pipe)
		list_del_init(&pipe->node);
	spin_unlock_bh(&ln->lock);
	return pipe;
}

static void nc_loop_accept(struct work_struct *work)
{
	struct nc_loop_listener *ll = container_of(work,
						   struct nc_loop_listener,
						   accept);
	struct nc_loop_pipe *pipe;

	while ((pipe = nc_loop_accept_next(ll))) {
		nc_loop_accept_one(ll->l, pipe);
		cond_resched();
	}
}

/* what the other end was sent stays for it; RST if we abort, else FIN */
static void nc_loop_close(struct nc_chan *ch, bool abort)
{
	struct nc_loop *lp = nc_chan_priv(ch);
	struct nc_loop_pipe *pipe = lp->pipe;
	struct nc_loop_end *me, *other;

	might_sleep();
	if (!pipe)
		return;

	me = &pipe->end[lp->side];
	other = &pipe->end[!lp->side];
	spin_lock_bh(&pipe->lock);
	me->ch = NULL;
	me->deaf = true;
	if (!other->over) {
		other->over = true;
		other->err = abort ? -ECONNRESET : 0;
	}
	if (other->ch)
		nc_chan_rx_later(other->ch);
	spin_unlock_bh(&pipe->lock);
	cancel_delayed_work_sync(&me->late);
	WRITE_ONCE(lp->pipe, NULL);
	nc_loop_pipe_put(pipe);
}

static int nc_loop_listen(struct nc_listener *l)
{
	struct nc_loop_net *ln = nc_loop_net(nc_listener_net(l));
	struct nc_loop_listener *ll = nc_listener_priv(l);
	struct nc_loop_listener *o;
	int ret = 0;

	ll->l = l;
	ll->port = nc_listener_port(l);
	INIT_LIST_HEAD(&ll->waiting);
	INIT_WORK(&ll->accept, nc_loop_accept);
	spin_lock_bh(&ln->lock);
	list_for_each_entry(o, &ln->listeners, node)
		if (o->port == ll->port)
			ret = -EADDRINUSE;
	if (!ret)
		list_add_tail(&ll->node, &ln->listeners);
	spin_unlock_bh(&ln->lock);
	return ret;
}

static void nc_loop_unlisten(struct nc_listener *l)
{
	struct nc_loop_net *ln = nc_loop_net(nc_listener_net(l));
	struct nc_loop_listener *ll = nc_listener_priv(l);
	struct nc_loop_pipe *pipe;

	might_sleep();
	spin_lock_bh(&ln->lock);
	list_del(&ll->node);
	spin_unlock_bh(&ln->lock);
	cancel_work_sync(&ll->accept);
	while ((pipe = nc_loop_accept_next(ll)))
		nc_loop_pipe_refuse(pipe);
}

static void nc_loop_get_info(struct nc_chan *ch, struct nc_chan_info *i)
{
	const struct nc_loop *lp = nc_chan_priv(ch);
	const struct nc_loop_pipe *pipe;
	bool opener;

	memset(i, 0, sizeof(*i));
	rcu_read_lock();
	pipe = READ_ONCE(lp->pipe);
	if (pipe) {
		opener = lp->side == NC_LOOP_OPENER;
		i->lport = opener ? pipe->addr.port : pipe->port;
		i->rport = opener ? pipe->port : pipe->addr.port;
	}
	rcu_read_unlock();
}

static int __net_init nc_loop_net_init(struct net *net)
{
	struct nc_loop_net *ln = net_generic(net, nc_loop_net_id);

	spin_lock_init(&ln->lock);
	INIT_LIST_HEAD(&ln->listeners);
	ln->sport = NC_LOOP_SPORT;
	return 0;
}

/* channels and listeners are gone: the engine's pernet exit runs first */
static struct pernet_operations nc_loop_net_ops = {
	.init	= nc_loop_net_init,
	.id	= &nc_loop_net_id,
	.size	= sizeof(struct nc_loop_net),
};

static int nc_loop_init(void)
{
	int ret;

	nc_loop_wq = alloc_workqueue("netchannel_loop", WQ_UNBOUND, 0);
	if (!nc_loop_wq)
		return -ENOMEM;
	ret = register_pernet_subsys(&nc_loop_net_ops);
	if (ret) {
		destroy_workqueue(nc_loop_wq);
		return ret;
	}
	WRITE_ONCE(nc_loop_ready, true);
	return 0;
}

static void nc_loop_exit(void)
{
	WRITE_ONCE(nc_loop_ready, false);
	unregister_pernet_subsys(&nc_loop_net_ops);
	destroy_workqueue(nc_loop_wq);
}

static int nc_loop_iif(const struct nc_chan *ch)
{
	return LOOPBACK_IFINDEX;
}

struct nc_channel_ops nc_loop_ops = {
	.xmit		= nc_loop_xmit,
	.rx_run		= nc_loop_rx_run,
	.unsent		= nc_loop_unsent,
	.iif		= nc_loop_iif,
	.open		= nc_loop_open,
	.close		= nc_loop_close,
	.listen		= nc_loop_listen,
	.unlisten	= nc_loop_unlisten,
	.get_info	= nc_loop_get_info,
	.init		= nc_loop_init,
	.exit		= nc_loop_exit,
	.name		= "loop",
	.owner		= THIS_MODULE,
	.chan_priv	= sizeof(struct nc_loop),
	.listener_priv	= sizeof(struct nc_loop_listener),
	.api		= NC_CHANNEL_API,
};
