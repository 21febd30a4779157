// SPDX-License-Identifier: GPL-2.0
/*
 * Where frames and calls find their socket: by token; by 4-tuple (ports and
 * the peer, which fixes the addresses); by full address while connecting; by
 * local port while listening. Readers are under RCU, sockets are freed after
 * a grace period (SOCK_RCU_FREE).
 */
#include "vns/internal.h"

#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/ip.h>

#define NC_TABLE_BITS	14
#define NC_TABLE_SIZE	BIT(NC_TABLE_BITS)
#define NC_TABLE_LOCKS	256
#define NC_TABLE_SMALL	1024

static struct hlist_head *nc_table_tokens;
static struct hlist_head *nc_table_tuples;
static struct hlist_head nc_table_syns[NC_TABLE_SMALL];
static struct hlist_head nc_table_listeners[NC_TABLE_SMALL];
static spinlock_t nc_table_token_locks[NC_TABLE_LOCKS];
static spinlock_t nc_table_tuple_locks[NC_TABLE_LOCKS];
static DEFINE_SPINLOCK(nc_table_syn_lock);
static DEFINE_SPINLOCK(nc_table_listen_lock);
static siphash_key_t nc_table_key __read_mostly;

int nc_table_init(void)
{
	int i;

	get_random_bytes(&nc_table_key, sizeof(nc_table_key));
	for (i = 0; i < NC_TABLE_LOCKS; i++) {
		spin_lock_init(&nc_table_token_locks[i]);
		spin_lock_init(&nc_table_tuple_locks[i]);
	}
	nc_table_tokens = kvcalloc(NC_TABLE_SIZE, sizeof(struct hlist_head),
				   GFP_KERNEL);
	nc_table_tuples = kvcalloc(NC_TABLE_SIZE, sizeof(struct hlist_head),
				   GFP_KERNEL);
	if (nc_table_tokens && nc_table_tuples)
		return 0;
	nc_table_exit();
	return -ENOMEM;
}

void nc_table_exit(void)
{
	kvfree(nc_table_tokens);
	kvfree(nc_table_tuples);
}

static struct sock *nc_table_get(struct nc_sock *nsk)
{
	struct sock *sk = &nsk->inet.sk;

	return refcount_inc_not_zero(&sk->sk_refcnt) ? sk : NULL;
}

/* ---- tokens ---- */

/* tokens are random: their low half, which echo RSTs carry, is hash enough */
static u32 nc_table_token_slot(u32 low)
{
	return hash_32(low, NC_TABLE_BITS);
}

void nc_table_add_token(struct nc_sock *nsk)
{
	spinlock_t *lock;	/* of the slot */
	struct nc_sock *o;
	bool taken;
	u32 slot;

	do {
		nsk->token = get_random_u64();
		slot = nc_table_token_slot(nsk->token);
		lock = &nc_table_token_locks[slot % NC_TABLE_LOCKS];
		taken = !nsk->token;
		spin_lock_bh(lock);
		hlist_for_each_entry(o, &nc_table_tokens[slot], token_node)
			taken |= o->token == nsk->token;
		if (!taken)
			hlist_add_head_rcu(&nsk->token_node,
					   &nc_table_tokens[slot]);
		spin_unlock_bh(lock);
	} while (taken);
}

static void nc_table_del_token(struct nc_sock *nsk)
{
	u32 slot = nc_table_token_slot(nsk->token);
	spinlock_t *lock = &nc_table_token_locks[slot % NC_TABLE_LOCKS];

	spin_lock_bh(lock);
	if (!hlist_unhashed(&nsk->token_node))
		hlist_del_init_rcu(&nsk->token_node);
	spin_unlock_bh(lock);
}

struct sock *nc_table_find_token(u64 token)
{
	u32 slot = nc_table_token_slot(token);
	struct sock *sk = NULL;
	struct nc_sock *nsk;

	rcu_read_lock();
	hlist_for_each_entry_rcu(nsk, &nc_table_tokens[slot], token_node) {
		if (nsk->token == token) {
			sk = nc_table_get(nsk);
			break;
		}
	}
	rcu_read_unlock();
	return sk;
}

struct sock *nc_table_find_echo(u32 low, u64 rtoken,
				const struct nc_peer *peer)
{
	u32 slot = nc_table_token_slot(low);
	struct sock *sk = NULL;
	struct nc_sock *nsk;

	rcu_read_lock();
	hlist_for_each_entry_rcu(nsk, &nc_table_tokens[slot], token_node) {
		if ((u32)nsk->token == low &&
		    READ_ONCE(nsk->rtoken) == rtoken &&
		    READ_ONCE(nsk->flow.tx_peer) == peer) {
			sk = nc_table_get(nsk);
			break;
		}
	}
	rcu_read_unlock();
	return sk;
}

/* ---- 4-tuples ---- */

static u32 nc_table_tuple_slot(const struct nc_peer *peer, u16 lport,
			       u16 rport)
{
	return siphash_2u64((u64)(unsigned long)peer,
			    (u64)lport << 16 | rport, &nc_table_key) >>
	       (64 - NC_TABLE_BITS);
}

static u16 nc_table_lport(const struct nc_sock *nsk)
{
	return nsk->inet.inet_num;
}

static u16 nc_table_rport(const struct nc_sock *nsk)
{
	return ntohs(nsk->inet.inet_dport);
}

static bool nc_table_tuple_is(const struct nc_sock *nsk,
			      const struct nc_peer *peer, u16 lport, u16 rport)
{
	return READ_ONCE(nsk->flow.tx_peer) == peer &&
	       nc_table_lport(nsk) == lport && nc_table_rport(nsk) == rport;
}

/*
 * A node that goes into another list too early would lead a reader there, who
 * then misses what it looks for and answers that it does not exist.
 */
void nc_table_quiesce(struct nc_sock *nsk)
{
	if (nsk->unhashed)
		cond_synchronize_rcu(nsk->rcu_state);
	nsk->unhashed = false;
}

static void nc_table_gone(struct nc_sock *nsk)
{
	nsk->rcu_state = get_state_synchronize_rcu();
	nsk->unhashed = true;
}

int nc_table_add_tuple(struct nc_sock *nsk, struct nc_peer *peer)
{
	u16 lport = nc_table_lport(nsk), rport = nc_table_rport(nsk);
	u32 slot = nc_table_tuple_slot(peer, lport, rport);
	spinlock_t *lock = &nc_table_tuple_locks[slot % NC_TABLE_LOCKS];
	struct nc_sock *o;
	int err = 0;

	spin_lock_bh(lock);
	hlist_for_each_entry(o, &nc_table_tuples[slot], tuple_node)
		if (nc_table_tuple_is(o, peer, lport, rport))
			err = -EADDRNOTAVAIL;
	if (!err)
		hlist_add_head_rcu(&nsk->tuple_node, &nc_table_tuples[slot]);
	spin_unlock_bh(lock);
	return err;
}

static void nc_table_del_tuple(struct nc_sock *nsk)
{
	u32 slot = nc_table_tuple_slot(nsk->flow.tx_peer, nc_table_lport(nsk),
				       nc_table_rport(nsk));
	spinlock_t *lock = &nc_table_tuple_locks[slot % NC_TABLE_LOCKS];

	spin_lock_bh(lock);
	if (!hlist_unhashed(&nsk->tuple_node))
		hlist_del_init_rcu(&nsk->tuple_node);
	spin_unlock_bh(lock);
}

struct sock *nc_table_find_tuple(const struct nc_peer *peer, u16 lport,
				 u16 rport)
{
	u32 slot = nc_table_tuple_slot(peer, lport, rport);
	struct sock *sk = NULL;
	struct nc_sock *nsk;

	rcu_read_lock();
	hlist_for_each_entry_rcu(nsk, &nc_table_tuples[slot], tuple_node) {
		if (nc_table_tuple_is(nsk, peer, lport, rport)) {
			sk = nc_table_get(nsk);
			break;
		}
	}
	rcu_read_unlock();
	return sk;
}

/* ---- connecting ---- */

static struct hlist_head *nc_table_syn_head(u16 lport, u16 rport)
{
	return &nc_table_syns[hash_32((u32)lport << 16 | rport, 10)];
}

void nc_table_add_syn(struct nc_sock *nsk)
{
	spin_lock_bh(&nc_table_syn_lock);
	hlist_add_head_rcu(&nsk->syn_node,
			   nc_table_syn_head(nc_table_lport(nsk),
					     nc_table_rport(nsk)));
	spin_unlock_bh(&nc_table_syn_lock);
}

void nc_table_del_syn(struct nc_sock *nsk)
{
	if (hlist_unhashed(&nsk->syn_node))
		return;
	spin_lock_bh(&nc_table_syn_lock);
	hlist_del_init_rcu(&nsk->syn_node);
	spin_unlock_bh(&nc_table_syn_lock);
}

struct sock *nc_table_find_syn(struct net *net, const struct in6_addr *laddr,
			       const struct in6_addr *raddr, u16 lport,
			       u16 rport)
{
	struct in6_addr local, remote;
	struct sock *sk = NULL;
	struct nc_sock *nsk;

	rcu_read_lock();
	hlist_for_each_entry_rcu(nsk, nc_table_syn_head(lport, rport),
				 syn_node) {
		if (!net_eq(sock_net(&nsk->inet.sk), net) ||
		    nc_table_lport(nsk) != lport ||
		    nc_table_rport(nsk) != rport)
			continue;
		nc_addr_local(&nsk->inet.sk, &local);
		nc_addr_remote(&nsk->inet.sk, &remote);
		if (ipv6_addr_equal(&local, laddr) &&
		    ipv6_addr_equal(&remote, raddr)) {
			sk = nc_table_get(nsk);
			break;
		}
	}
	rcu_read_unlock();
	return sk;
}

void nc_table_del(struct nc_sock *nsk)
{
	if (!hlist_unhashed(&nsk->token_node))
		nc_table_del_token(nsk);
	nc_table_del_syn(nsk);
	if (nsk->flow.tx_peer && !hlist_unhashed(&nsk->tuple_node))
		nc_table_del_tuple(nsk);
	nc_table_gone(nsk);
}

/* ---- listeners ---- */

static struct hlist_head *nc_table_listen_head(u16 port)
{
	return &nc_table_listeners[hash_32(port, 10)];
}

void nc_table_add_listener(struct nc_sock *nsk)
{
	spin_lock_bh(&nc_table_listen_lock);
	hlist_add_head_rcu(&nsk->tuple_node,
			   nc_table_listen_head(nc_table_lport(nsk)));
	spin_unlock_bh(&nc_table_listen_lock);
}

void nc_table_del_listener(struct nc_sock *nsk)
{
	spin_lock_bh(&nc_table_listen_lock);
	if (!hlist_unhashed(&nsk->tuple_node))
		hlist_del_init_rcu(&nsk->tuple_node);
	spin_unlock_bh(&nc_table_listen_lock);
	nc_table_gone(nsk);
}

static bool nc_table_listens_at(const struct nc_sock *nsk,
				const struct net *net, u16 port)
{
	return net_eq(sock_net(&nsk->inet.sk), net) &&
	       nc_table_lport(nsk) == port;
}

/* how well a listener fits, as TCP scores it; 0: not at all */
static int nc_table_score(const struct sock *sk, const struct in6_addr *laddr,
			  int iif)
{
	bool v4 = ipv6_addr_v4mapped(laddr);
	struct in6_addr addr;
	int score = 1;

	if (sk->sk_family == AF_INET && !v4)
		return 0;
	if (sk->sk_family == AF_INET6 && v4 && ipv6_only_sock(sk))
		return 0;
	if (sk->sk_family == AF_INET)
		score++;	/* AF_INET wins over a dual-stack wildcard */
	nc_addr_local(sk, &addr);
	if (!ipv6_addr_any(&addr) &&
	    !(ipv6_addr_v4mapped(&addr) && !addr.s6_addr32[3])) {
		if (!ipv6_addr_equal(&addr, laddr))
			return 0;
		score += 4;
	}
	if (sk->sk_bound_dev_if) {
		if (sk->sk_bound_dev_if != iif)
			return 0;
		score += 2;
	}
	return score;
}

/* equal listeners (SO_REUSEPORT) share by @hash */
struct sock *nc_table_find_listener(struct net *net,
				    const struct in6_addr *laddr, u16 port,
				    int iif, u32 hash)
{
	int best = 0, score, same = 0, nth;
	struct sock *sk = NULL;
	struct nc_sock *nsk;

	rcu_read_lock();
	hlist_for_each_entry_rcu(nsk, nc_table_listen_head(port), tuple_node) {
		if (!nc_table_listens_at(nsk, net, port))
			continue;
		score = nc_table_score(&nsk->inet.sk, laddr, iif);
		if (score > best) {
			best = score;
			same = 0;
		}
		same += score && score == best;
	}
	nth = same ? reciprocal_scale(hash, same) : 0;
	hlist_for_each_entry_rcu(nsk, nc_table_listen_head(port), tuple_node) {
		if (!best || !nc_table_listens_at(nsk, net, port) ||
		    nc_table_score(&nsk->inet.sk, laddr, iif) != best ||
		    nth--)
			continue;
		sk = nc_table_get(nsk);
		break;
	}
	rcu_read_unlock();
	/* one of those that share went away between the passes */
	if (!sk && nth > 0 && hash)
		return nc_table_find_listener(net, laddr, port, iif, 0);
	return sk;
}

/* ---- the port of a connection that asks for none ---- */

static bool nc_table_listens(const struct net *net, u16 port)
{
	struct nc_sock *nsk;
	bool found = false;

	rcu_read_lock();
	hlist_for_each_entry_rcu(nsk, nc_table_listen_head(port), tuple_node)
		found |= nc_table_listens_at(nsk, net, port);
	rcu_read_unlock();
	return found;
}

/*
 * May a connection have this port without having asked for it? One where
 * somebody listens would cross with connections to him. One equal to that of
 * the other end on this host would be a connection with itself, and who dials
 * a port where nobody listens wants to hear that.
 */
static bool nc_table_may_have(const struct nc_sock *nsk, struct net *net,
			      u16 port)
{
	struct in6_addr local, remote;

	if (inet_is_local_reserved_port(net, port) ||
	    nc_table_listens(net, port))
		return false;
	if (port != nc_table_rport(nsk))
		return true;
	nc_addr_local(&nsk->inet.sk, &local);
	nc_addr_remote(&nsk->inet.sk, &remote);
	return !ipv6_addr_equal(&local, &remote);
}

/* a virtual connection's port is not TCP's: only 4-tuples must differ */
int nc_table_bind_tuple(struct nc_sock *nsk, struct nc_peer *peer)
{
	struct sock *sk = &nsk->inet.sk;
	struct net *net = sock_net(sk);
	u32 i, n, off;
	int low, high;
	u16 port;

	inet_sk_get_local_port_range(sk, &low, &high);
	n = high - low + 1;
	off = get_random_u32_below(n);
	for (i = 0; i < n; i++) {
		port = low + (off + i) % n;
		if (!nc_table_may_have(nsk, net, port))
			continue;
		nsk->inet.inet_num = port;
		if (!nc_table_add_tuple(nsk, peer)) {
			nsk->inet.inet_sport = htons(port);
			return 0;
		}
		if (!(i & 1023))
			cond_resched();
	}
	nsk->inet.inet_num = 0;
	return -EADDRNOTAVAIL;
}

/* ---- all ---- */

static void nc_table_walk_head(struct net *net, struct hlist_head *head,
			       bool tokens,
			       void (*fn)(struct sock *sk, void *arg),
			       void *arg)
{
	struct nc_sock *nsk;

	rcu_read_lock();
	if (tokens) {
		hlist_for_each_entry_rcu(nsk, head, token_node)
			if (net_eq(sock_net(&nsk->inet.sk), net))
				fn(&nsk->inet.sk, arg);
	} else {
		hlist_for_each_entry_rcu(nsk, head, tuple_node)
			if (net_eq(sock_net(&nsk->inet.sk), net))
				fn(&nsk->inet.sk, arg);
	}
	rcu_read_unlock();
}

void nc_table_walk(struct net *net, void (*fn)(struct sock *sk, void *arg),
		   void *arg)
{
	int i;

	for (i = 0; i < NC_TABLE_SMALL; i++)
		nc_table_walk_head(net, &nc_table_listeners[i], false, fn, arg);
	for (i = 0; i < NC_TABLE_SIZE; i++)
		nc_table_walk_head(net, &nc_table_tokens[i], true, fn, arg);
}
