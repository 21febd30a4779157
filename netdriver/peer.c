// SPDX-License-Identifier: GPL-2.0
/*
 * Peers: sets of channels with one remote host, in one direction of opening.
 * An opened set belongs to our connect()s; an accepted set to the children of
 * our listeners. What happens to channels of a set is in peer_chans.c.
 *
 * Design notes
 *
 * 1. Nothing is negotiated between the two directions. A host that both
 *    connects and accepts has two sets, and may be its own peer.
 * 2. An address joins nothing: a further channel of an accepted set shows the
 *    secret that the opener made for this peer and sent to nobody else.
 * 3. The table is only used by processes, so a mutex guards it; frames find
 *    their peer through their channel.
 */
#include "netdriver/internal.h"

#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "core/mib.h"
#include "core/sysctl.h"
#include "netdriver/peer.h"

#define NC_PEER_HASH	256

/**
 * struct nc_peer_net - peers of a netns
 * @lock: mutex: the table
 * @hash: lock: lock
 * @instance: const: names this module load and netns to others
 * @nr: lock: lock: accepted and opened ones in it
 * @exiting: lock: lock: no peer may come any more
 */
struct nc_peer_net {
	struct mutex		lock;	/* hash, nr, exiting */
	struct hlist_head	hash[NC_PEER_HASH];
	u8			instance[16];
	unsigned int		nr[2];
	bool			exiting;
};

static unsigned int nc_peer_net_id __read_mostly;
static u32 nc_peer_seed __read_mostly;

static struct nc_peer_net *nc_peer_net(const struct net *net)
{
	return net_generic(net, nc_peer_net_id);
}

void nc_peer_instance(const struct net *net, u8 *instance)
{
	memcpy(instance, nc_peer_net(net)->instance, 16);
}

static struct hlist_head *nc_peer_bucket(struct nc_peer_net *pn,
					 const struct in6_addr *addr)
{
	u32 h = jhash2((const u32 *)addr, 4, nc_peer_seed);

	return &pn->hash[h % NC_PEER_HASH];
}

static void nc_peer_free(struct rcu_head *rcu)
{
	struct nc_peer *peer = container_of(rcu, struct nc_peer, rcu);
	int c;

	for (c = 0; c < NC_CLASSES; c++)
		kfree(rcu_dereference_protected(peer->lanes[c], 1));
	kfree(peer);
	nc_obj_del(PEER);
}

struct nc_peer *nc_peer_get(struct nc_peer *peer)
{
	refcount_inc(&peer->ref);
	return peer;
}

void nc_peer_put(struct nc_peer *peer)
{
	if (refcount_dec_and_test(&peer->ref))
		call_rcu(&peer->rcu, nc_peer_free);
}

static struct nc_peer *nc_peer_alloc(struct net *net, bool opened,
				     const struct nc_peer_key *key,
				     const u8 *set)
{
	struct nc_lane_box *box[NC_CLASSES] = {};
	struct nc_peer *peer;
	int c;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	for (c = 0; peer && c < NC_CLASSES; c++)
		box[c] = kzalloc(sizeof(*box[c]), GFP_KERNEL);
	if (!peer || !box[NC_CLASS_L] || !box[NC_CLASS_T]) {
		for (c = 0; c < NC_CLASSES; c++)
			kfree(box[c]);
		kfree(peer);
		return NULL;
	}
	for (c = 0; c < NC_CLASSES; c++)
		RCU_INIT_POINTER(peer->lanes[c], box[c]);
	refcount_set(&peer->ref, 1);
	peer->net = net;
	peer->opened = opened;
	peer->node_id = opened ? numa_node_id() : NUMA_NO_NODE;
	peer->key = *key;
	if (set)
		memcpy(peer->set, set, sizeof(peer->set));
	else
		get_random_bytes(peer->set, sizeof(peer->set));
	peer->spread = get_random_u32();
	mutex_init(&peer->cfg);
	INIT_LIST_HEAD(&peer->chans);
	peer->down_since = jiffies;
	peer->wanted_at = jiffies;
	peer->idle_since = jiffies;
	spin_lock_init(&peer->flows_lock);
	INIT_LIST_HEAD(&peer->flows);
	spin_lock_init(&peer->park.lock);
	INIT_LIST_HEAD(&peer->park.flows);
	atomic_set(&peer->unaccepted, 0);
	atomic_set(&peer->remains, 0);
	nc_peer_chans_init(peer);
	nc_obj_new(PEER);
	return peer;
}

struct nc_peer *nc_peer_open(struct net *net, const struct nc_peer_key *key)
{
	struct nc_peer_net *pn = nc_peer_net(net);
	struct hlist_head *head = nc_peer_bucket(pn, &key->raddr);
	struct nc_peer *peer;
	int err;

	mutex_lock(&pn->lock);
	hlist_for_each_entry(peer, head, node)
		if (peer->opened && !READ_ONCE(peer->dead) &&
		    !memcmp(&peer->key, key, sizeof(*key)))
			goto found;
	err = -ENETDOWN;
	if (pn->exiting)
		goto fail;
	/* idle ones stay for a while: a user may not fill memory with them */
	err = -ENOBUFS;
	if (pn->nr[true] >= READ_ONCE(nc_knob_peers))
		goto fail;
	err = -ENOMEM;
	peer = nc_peer_alloc(net, true, key, NULL);
	if (!peer)
		goto fail;
	hlist_add_head(&peer->node, head);
	pn->nr[true]++;
found:
	nc_peer_get(peer);
	mutex_unlock(&pn->lock);
	nc_peer_want(peer);
	return peer;
fail:
	mutex_unlock(&pn->lock);
	return ERR_PTR(err);
}

struct nc_peer *nc_peer_accepted(struct net *net, const struct nc_peer_key *key,
				 const u8 *set)
{
	struct nc_peer_net *pn = nc_peer_net(net);
	struct hlist_head *head = nc_peer_bucket(pn, &key->raddr);
	struct nc_peer *peer;
	unsigned int sets = 0;

	mutex_lock(&pn->lock);
	hlist_for_each_entry(peer, head, node) {
		if (peer->opened || READ_ONCE(peer->dead) ||
		    !ipv6_addr_equal(&peer->key.raddr, &key->raddr))
			continue;
		if (!memcmp(peer->set, set, sizeof(peer->set)) &&
		    peer->key.oif == key->oif)
			goto found;
		sets++;
	}
	peer = NULL;
	if (!pn->exiting && sets < READ_ONCE(nc_knob_sets) &&
	    pn->nr[false] < READ_ONCE(nc_knob_accepted_peers))
		peer = nc_peer_alloc(net, false, key, set);
	if (!peer) {
		mutex_unlock(&pn->lock);
		return ERR_PTR(-EUSERS);
	}
	hlist_add_head(&peer->node, head);
	pn->nr[false]++;
found:
	nc_peer_get(peer);
	mutex_unlock(&pn->lock);
	return peer;
}

void nc_peer_unlist(struct nc_peer *peer)
{
	struct nc_peer_net *pn = nc_peer_net(peer->net);
	bool was;

	mutex_lock(&pn->lock);
	was = !hlist_unhashed(&peer->node);
	if (was) {
		hlist_del_init(&peer->node);
		pn->nr[peer->opened]--;
	}
	mutex_unlock(&pn->lock);
	if (was)
		nc_peer_put(peer);
}

/* ---- flows ---- */

int nc_peer_add_flow(struct nc_peer *peer, struct nc_flow *flow)
{
	int err = -ENETRESET;

	spin_lock_bh(&peer->flows_lock);
	if (!peer->dead) {
		list_add_tail(&flow->peer_node, &peer->flows);
		peer->nr_flows++;
		err = 0;
	}
	spin_unlock_bh(&peer->flows_lock);
	return err;
}

void nc_peer_del_flow(struct nc_peer *peer, struct nc_flow *flow)
{
	spin_lock_bh(&peer->flows_lock);
	if (!list_empty(&flow->peer_node)) {
		list_del_init(&flow->peer_node);
		if (!--peer->nr_flows)
			WRITE_ONCE(peer->idle_since, jiffies);
	}
	spin_unlock_bh(&peer->flows_lock);
	spin_lock_bh(&peer->park.lock);
	list_del_init(&flow->park_node);
	spin_unlock_bh(&peer->park.lock);
}

/*
 * A data lock may be taken in @fn and flows_lock is a leaf under it, so the
 * walk holds no lock across @fn: a cursor keeps its place. Flows that come
 * meanwhile are at the tail and are visited too, which does no harm.
 */
void nc_peer_walk(struct nc_peer *peer,
		  void (*fn)(struct nc_flow *flow, void *arg), void *arg)
{
	struct nc_flow cursor = { .bits = BIT(NC_FLOW_CURSOR) };
	struct nc_flow *flow;
	bool got;

	spin_lock_bh(&peer->flows_lock);
	list_add(&cursor.peer_node, &peer->flows);
	while (!list_is_last(&cursor.peer_node, &peer->flows)) {
		flow = list_next_entry(&cursor, peer_node);
		list_move(&cursor.peer_node, &flow->peer_node);
		if (test_bit(NC_FLOW_CURSOR, &flow->bits))
			continue;
		got = nc_up->flow_get(flow);
		spin_unlock_bh(&peer->flows_lock);
		if (got) {
			fn(flow, arg);
			nc_up->flow_put(flow);
		}
		cond_resched();
		spin_lock_bh(&peer->flows_lock);
	}
	list_del(&cursor.peer_node);
	spin_unlock_bh(&peer->flows_lock);
}

/* first come, first served: each pushes, or parks again behind the others */
void nc_peer_wake_parked(struct nc_peer *peer)
{
	struct nc_park *park = &peer->park;
	struct nc_flow *flow;
	LIST_HEAD(list);

	spin_lock_bh(&park->lock);
	list_splice_init(&park->flows, &list);
	while (!list_empty(&list)) {
		flow = list_first_entry(&list, struct nc_flow, park_node);
		list_del_init(&flow->park_node);
		if (!nc_up->flow_get(flow))
			continue;
		spin_unlock_bh(&park->lock);
		nc_up->resume(flow);
		nc_up->flow_put(flow);
		spin_lock_bh(&park->lock);
	}
	spin_unlock_bh(&park->lock);
}

/* ---- what others ask ---- */

struct nc_park *nc_peer_park(struct nc_peer *peer)
{
	return &peer->park;
}

const struct nc_lane_set *nc_peer_lanes(const struct nc_peer *peer, u8 class)
{
	return &rcu_dereference(peer->lanes[class])->set;
}

struct net *nc_peer_netns(const struct nc_peer *peer)
{
	return peer->net;
}

bool nc_peer_is_dead(const struct nc_peer *peer)
{
	return READ_ONCE(peer->dead);
}

bool nc_peer_opened(const struct nc_peer *peer)
{
	return peer->opened;
}

const struct nc_peer_key *nc_peer_key(const struct nc_peer *peer)
{
	return &peer->key;
}

atomic_t *nc_peer_unaccepted(struct nc_peer *peer)
{
	return &peer->unaccepted;
}

void nc_peer_count_remains(struct nc_peer *peer, int n)
{
	atomic_add(n, &peer->remains);
}

unsigned int nc_peer_remains(const struct nc_peer *peer)
{
	return atomic_read(&peer->remains);
}

/* ---- lists ---- */

/* only the end that opens them wants a number of them */
static u32 nc_peer_want_lanes(const struct nc_peer *peer, u8 class)
{
	return peer->opened ? READ_ONCE(peer->want[class].want) : 0;
}

int nc_peer_show_peers(struct seq_file *m, void *v)
{
	struct nc_peer_net *pn = nc_peer_net(seq_file_single_net(m));
	struct nc_peer *peer;
	int i;

	seq_puts(m, "remote local dev mark dir flows lanes_l lanes_t want_l want_t\n");
	mutex_lock(&pn->lock);
	for (i = 0; i < NC_PEER_HASH; i++) {
		hlist_for_each_entry(peer, &pn->hash[i], node) {
			rcu_read_lock();
			seq_printf(m, "%pI6c %pI6c %d %u %s %u %u %u %u %u\n",
				   &peer->key.raddr, &peer->key.laddr,
				   peer->key.oif, peer->key.mark,
				   peer->opened ? "opened" : "accepted",
				   READ_ONCE(peer->nr_flows),
				   nc_peer_lanes(peer, NC_CLASS_L)->nr,
				   nc_peer_lanes(peer, NC_CLASS_T)->nr,
				   nc_peer_want_lanes(peer, NC_CLASS_L),
				   nc_peer_want_lanes(peer, NC_CLASS_T));
			rcu_read_unlock();
		}
	}
	mutex_unlock(&pn->lock);
	return 0;
}

static const char * const nc_peer_states[] = {
	"connecting", "hello", "up", "drain", "dead",
};

static void nc_peer_show_chans(struct seq_file *m, struct nc_peer *peer)
{
	struct nc_chan_info info;
	struct nc_chan *ch;

	mutex_lock(&peer->cfg);
	list_for_each_entry(ch, &peer->chans, node) {
		memset(&info, 0, sizeof(info));
		if (ch->ops->get_info && ch->state != NC_CHAN_CONNECTING)
			ch->ops->get_info(ch, &info);
		seq_printf(m, "%u %c %u %s %pI6c %u %u %s %d %llu %llu %llu %d %u %u %u %u\n",
			   ch->lane.id,
			   ch->lane.class == NC_CLASS_L ? 'L' : 'T',
			   ch->lane.index, ch->opener ? "opened" : "accepted",
			   &ch->addr.raddr, info.lport, info.rport,
			   nc_peer_states[ch->state], ch->lane.cpu,
			   ch->tx_bytes, ch->rx_bytes, ch->tx_segs,
			   READ_ONCE(ch->lane.backlog),
			   READ_ONCE(ch->lane.unsent), info.cwnd, info.rtt_us,
			   info.retrans);
	}
	mutex_unlock(&peer->cfg);
}

int nc_peer_show_channels(struct seq_file *m, void *v)
{
	struct nc_peer_net *pn = nc_peer_net(seq_file_single_net(m));
	struct nc_peer *peer;
	int i;

	seq_puts(m, "id class index dir remote lport rport state cpu tx_bytes rx_bytes tx_segs backlog unsent cwnd rtt_us retrans\n");
	mutex_lock(&pn->lock);
	for (i = 0; i < NC_PEER_HASH; i++)
		hlist_for_each_entry(peer, &pn->hash[i], node)
			nc_peer_show_chans(m, peer);
	mutex_unlock(&pn->lock);
	return 0;
}

/* ---- netns ---- */

static int __net_init nc_peer_net_init(struct net *net)
{
	struct nc_peer_net *pn = nc_peer_net(net);

	mutex_init(&pn->lock);
	get_random_bytes(pn->instance, sizeof(pn->instance));
	return 0;
}

static void __net_exit nc_peer_net_exit(struct net *net)
{
	struct nc_peer_net *pn = nc_peer_net(net);
	struct nc_peer *peer;
	int i;

	mutex_lock(&pn->lock);
	pn->exiting = true;
	for (i = 0; i < NC_PEER_HASH; i++) {
		while (!hlist_empty(&pn->hash[i])) {
			peer = hlist_entry(pn->hash[i].first, struct nc_peer,
					   node);
			nc_peer_get(peer);
			mutex_unlock(&pn->lock);
			nc_peer_die(peer, -ENETDOWN, false);
			nc_peer_chans_exit(peer);
			nc_peer_put(peer);
			mutex_lock(&pn->lock);
		}
	}
	mutex_unlock(&pn->lock);
	/* who left the lists by itself may still be on its way out */
	nc_netdriver_flush();
}

static struct pernet_operations nc_peer_net_ops = {
	.init = nc_peer_net_init,
	.exit = nc_peer_net_exit,
	.id = &nc_peer_net_id,
	.size = sizeof(struct nc_peer_net),
};

int nc_peer_init(void)
{
	nc_peer_seed = get_random_u32();
	return register_pernet_subsys(&nc_peer_net_ops);
}

void nc_peer_exit(void)
{
	unregister_pernet_subsys(&nc_peer_net_ops);
}
