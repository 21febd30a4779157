// SPDX-License-Identifier: GPL-2.0
/*
 * Lockdep classes of the lower sockets.
 *
 * A kernel user of virtual sockets (NVMe, NFS) has sockets of the same class
 * as our TCP sockets by default, and lockdep would see "lower lock, then
 * virtual lock" as a deadlock with itself.
 *
 * Design notes
 * 1. sock_lock_init_class_and_name() is not used: it initialises the spinlock
 *    again, which softirq may hold on an accepted socket, and it pins the
 *    module for as long as an idle channel exists.
 * 2. So the class of the held locks is changed, and changed back before the
 *    socket is released: TCP may use it (timers, TSQ) after we are unloaded.
 * 3. The name stays, lockdep numbers it. Another CPU may look the class up
 *    while we change it, and a name that does not fit the key is a warning.
 *    Names differ between accepted sockets and others, hence so do our keys.
 */
#include "netdriver/tcp/tcp.h"

#include <linux/lockdep.h>

#ifdef CONFIG_DEBUG_LOCK_ALLOC

/* [IPv6][accepted] */
static struct lock_class_key nc_tcp_keys[2][2][NC_TCP_LOCKS];

static struct lock_class_key *nc_tcp_class_put(struct lockdep_map *map,
					       struct lock_class_key *key)
{
	struct lock_class_key *old = map->key;

	lock_set_class(map, map->name, key, 0, _THIS_IP_);
	return old;
}

/* old keys replace the new ones in @key */
static void nc_tcp_class_swap(struct sock *sk, struct lock_class_key *key[])
{
	lock_sock(sk);
	key[0] = nc_tcp_class_put(&sk->sk_lock.dep_map, key[0]);
	spin_lock_bh(&sk->sk_lock.slock);
	key[1] = nc_tcp_class_put(&sk->sk_lock.slock.dep_map, key[1]);
	spin_unlock_bh(&sk->sk_lock.slock);
	write_lock_bh(&sk->sk_callback_lock);
	key[2] = nc_tcp_class_put(&sk->sk_callback_lock.dep_map, key[2]);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

void nc_tcp_class_set(struct nc_tcp_class *c, struct sock *sk, bool accepted)
{
	struct lock_class_key *own;
	int i;

	own = nc_tcp_keys[sk->sk_family == AF_INET6][accepted];
	for (i = 0; i < NC_TCP_LOCKS; i++)
		c->key[i] = own + i;
	nc_tcp_class_swap(sk, c->key);
}

void nc_tcp_class_restore(struct nc_tcp_class *c, struct sock *sk)
{
	nc_tcp_class_swap(sk, c->key);
}

#endif /* CONFIG_DEBUG_LOCK_ALLOC */
