// SPDX-License-Identifier: GPL-2.0
/*
 * The channel listener of a netns: exists while a virtual listener does, and
 * a while longer so that a server's restart looks to its clients like a
 * refusal and not like a host without virtual sockets. Also keeps the
 * channels that have not said HELLO, few and not for long.
 */
#include "netdriver/internal.h"

#include <linux/export.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/netns/generic.h>
#include "core/mib.h"
#include "core/sysctl.h"

#define NC_LISTENER_LINGER	(60 * HZ)
#define NC_LISTENER_HELLO	(5 * HZ)	/* deadline of HELLO */
#define NC_LISTENER_PER_ADDR	64		/* half-open channels */

/**
 * struct nc_listener_net - the slot of a netns
 * @lock: mutex
 * @l: lock: lock
 */
struct nc_listener_net {
	struct mutex		lock;	/* l */
	struct nc_listener	*l;
};

static unsigned int nc_listener_net_id __read_mostly;

static struct nc_listener_net *nc_listener_net_of(const struct net *net)
{
	return net_generic(net, nc_listener_net_id);
}

void *nc_listener_priv(const struct nc_listener *l)
{
	return (void *)l->priv;
}
EXPORT_SYMBOL_NC(nc_listener_priv);

struct net *nc_listener_net(const struct nc_listener *l)
{
	return l->net;
}
EXPORT_SYMBOL_NC(nc_listener_net);

u16 nc_listener_port(const struct nc_listener *l)
{
	return l->port;
}
EXPORT_SYMBOL_NC(nc_listener_port);

/* kill half-open channels that are older than @age */
static void nc_listener_reap(struct nc_listener *l, unsigned long age)
{
	struct nc_chan *ch, *found;

	do {
		found = NULL;
		spin_lock(&l->lock);
		list_for_each_entry(ch, &l->half, node) {
			/* whoever accepted it may not be done with it yet */
			if (age && (READ_ONCE(ch->state) ==
				    NC_CHAN_CONNECTING ||
				    !time_after(jiffies, ch->born + age)))
				continue;
			nc_chan_get(ch);
			found = ch;
			break;
		}
		spin_unlock(&l->lock);
		if (found) {
			if (age)
				nc_mib_inc(l->net, HELLO_TIMEOUT);
			nc_chan_kill(found, -ETIMEDOUT);
			nc_chan_put(found);
		}
	} while (found);
}

/* the transport first: nobody is accepted any more, then who waits */
static void nc_listener_close(struct nc_listener *l)
{
	spin_lock(&l->lock);
	l->dead = true;
	spin_unlock(&l->lock);
	l->ops->unlisten(l);
	nc_listener_reap(l, 0);
	/* an accept may have armed it before we were dead */
	if (current_work() == &l->work.work)
		cancel_delayed_work(&l->work);
	else
		cancel_delayed_work_sync(&l->work);
	nc_registry_put(l->ops);
	kfree(l);
	nc_obj_del(LISTENER);
}

static void nc_listener_work(struct work_struct *work)
{
	struct nc_listener *l = container_of(to_delayed_work(work),
					     struct nc_listener, work);
	struct nc_listener_net *ln = nc_listener_net_of(l->net);
	bool idle;

	nc_listener_reap(l, NC_LISTENER_HELLO);
	/* a netns that ends has the lock and waits for this work */
	if (!mutex_trylock(&ln->lock)) {
		spin_lock(&l->lock);
		if (!l->dead)
			queue_delayed_work(nc_wq, &l->work, HZ / 10);
		spin_unlock(&l->lock);
		return;
	}
	spin_lock(&l->lock);
	idle = !l->users && !nc_sysctl_listen_always(l->net) &&
	       time_after(jiffies, l->idle_since + NC_LISTENER_LINGER);
	l->dead |= idle;
	if (!idle && (l->nr_half || !l->users))
		queue_delayed_work(nc_wq, &l->work, HZ);
	spin_unlock(&l->lock);
	if (idle) {
		ln->l = NULL;
		nc_listener_close(l);
	}
	mutex_unlock(&ln->lock);
}

static struct nc_listener *nc_listener_make(struct net *net)
{
	const struct nc_channel_ops *ops;
	char name[NC_CHANNEL_NAME_MAX];
	struct nc_listener *l;
	int err;

	nc_sysctl_transport(net, name);
	ops = nc_registry_get(name);
	if (!ops)
		return ERR_PTR(-EPROTONOSUPPORT);
	l = kzalloc(sizeof(*l) + ops->listener_priv, GFP_KERNEL);
	if (!l) {
		nc_registry_put(ops);
		return ERR_PTR(-ENOMEM);
	}
	l->net = net;
	l->ops = ops;
	l->port = nc_sysctl_port(net);
	spin_lock_init(&l->lock);
	INIT_LIST_HEAD(&l->half);
	INIT_DELAYED_WORK(&l->work, nc_listener_work);
	err = ops->listen(l);
	if (err) {
		nc_registry_put(ops);
		kfree(l);
		return ERR_PTR(err);
	}
	nc_obj_new(LISTENER);
	return l;
}

/* the knobs changed since: a new virtual listener wants the new ones */
static bool nc_listener_stale(const struct nc_listener *l)
{
	char name[NC_CHANNEL_NAME_MAX];

	nc_sysctl_transport(l->net, name);
	return !l->users && (strcmp(name, l->ops->name) ||
			     l->port != nc_sysctl_port(l->net));
}

int nc_listener_get(struct net *net)
{
	struct nc_listener_net *ln = nc_listener_net_of(net);
	struct nc_listener *l;
	int err = 0;

	mutex_lock(&ln->lock);
	l = ln->l;
	if (l && nc_listener_stale(l)) {
		cancel_delayed_work_sync(&l->work);
		nc_listener_close(l);
		l = NULL;
		ln->l = NULL;
	}
	if (!l) {
		l = nc_listener_make(net);
		if (IS_ERR(l))
			err = PTR_ERR(l);
		else
			ln->l = l;
	}
	if (!err) {
		spin_lock(&l->lock);
		l->users++;
		spin_unlock(&l->lock);
	}
	mutex_unlock(&ln->lock);
	return err;
}

void nc_listener_put(struct net *net)
{
	struct nc_listener_net *ln = nc_listener_net_of(net);
	struct nc_listener *l;

	mutex_lock(&ln->lock);
	l = ln->l;
	spin_lock(&l->lock);
	if (!--l->users) {
		l->idle_since = jiffies;
		queue_delayed_work(nc_wq, &l->work, HZ);
	}
	spin_unlock(&l->lock);
	mutex_unlock(&ln->lock);
}

/* may one more from @addr wait for its HELLO? */
static bool nc_listener_room(struct nc_listener *l,
			     const struct nc_chan_addr *addr)
{
	unsigned int same = 0;
	struct nc_chan *o;

	lockdep_assert_held(&l->lock);
	list_for_each_entry(o, &l->half, node)
		same += ipv6_addr_equal(&o->addr.raddr, &addr->raddr);
	return !l->dead && l->nr_half < READ_ONCE(nc_knob_half_open) &&
	       same < NC_LISTENER_PER_ADDR;
}

struct nc_chan *nc_listener_accepted(struct nc_listener *l,
				     const struct nc_chan_addr *addr)
{
	struct nc_worker *w;
	struct nc_chan *ch;
	bool room;
	int cpu;

	/* accepts come one by one: there is no other to take the place */
	spin_lock(&l->lock);
	room = nc_listener_room(l, addr);
	spin_unlock(&l->lock);
	if (!room) {
		nc_mib_inc(l->net, CHAN_REFUSED);
		return ERR_PTR(-EUSERS);
	}
	w = nc_worker_pick(NC_CLASS_T, addr->node, &cpu);
	if (IS_ERR(w))
		return ERR_CAST(w);
	nc_worker_drop(w);	/* it has a class and its place from HELLO on */
	ch = nc_chan_alloc(l->net, l->ops, addr, false);
	if (!ch)
		return ERR_PTR(-ENOMEM);
	if (l->ops->owner != THIS_MODULE)
		__module_get(l->ops->owner);	/* the listener holds one */
	ch->worker = w;
	ch->lane.cpu = cpu;
	ch->lane.class = NC_CLASS_T;
	set_bit(NC_CHAN_STARTED, &ch->bits);	/* nothing to open, to close */
	spin_lock(&l->lock);
	ch->listener = l;
	list_add_tail(&ch->node, &l->half);
	if (!l->nr_half++ && !l->dead)
		queue_delayed_work(nc_wq, &l->work, HZ);
	spin_unlock(&l->lock);
	return ch;
}
EXPORT_SYMBOL_NC(nc_listener_accepted);

void nc_listener_forget(struct nc_chan *ch)
{
	struct nc_listener *l = ch->listener;

	if (!l)
		return;
	spin_lock(&l->lock);
	list_del_init(&ch->node);
	l->nr_half--;
	ch->listener = NULL;
	spin_unlock(&l->lock);
}

static int __net_init nc_listener_net_init(struct net *net)
{
	mutex_init(&nc_listener_net_of(net)->lock);
	return 0;
}

static void __net_exit nc_listener_net_exit(struct net *net)
{
	struct nc_listener_net *ln = nc_listener_net_of(net);

	mutex_lock(&ln->lock);
	if (ln->l) {
		cancel_delayed_work_sync(&ln->l->work);
		nc_listener_close(ln->l);
		ln->l = NULL;
	}
	mutex_unlock(&ln->lock);
	nc_netdriver_flush();
}

static struct pernet_operations nc_listener_net_ops = {
	.init = nc_listener_net_init,
	.exit = nc_listener_net_exit,
	.id = &nc_listener_net_id,
	.size = sizeof(struct nc_listener_net),
};

int nc_listener_init(void)
{
	return register_pernet_subsys(&nc_listener_net_ops);
}

void nc_listener_exit(void)
{
	unregister_pernet_subsys(&nc_listener_net_ops);
}
