/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between peer.c (the table, flows), peer_chans.c (channels of a set) and
 * peer_count.c (how many).
 */
#ifndef NC_NETDRIVER_PEER_H
#define NC_NETDRIVER_PEER_H

struct net;
struct nc_peer;
struct nc_peer_key;

/* peer.c */

/* the accepted set of that secret, made if the limits allow; may sleep */
struct nc_peer *nc_peer_accepted(struct net *net, const struct nc_peer_key *key,
				 const u8 *set);
/* out of the table; drops the table's reference */
void nc_peer_unlist(struct nc_peer *peer);

/* peer_chans.c */
void nc_peer_chans_init(struct nc_peer *peer);
/* the peer is dead: no work of it runs any more */
void nc_peer_chans_exit(struct nc_peer *peer);
/* connect() wants a lane: open channels now if none is up */
void nc_peer_want(struct nc_peer *peer);
/* under peer->cfg: is anybody there to use a channel, or about to be? */
bool nc_peer_needed(const struct nc_peer *peer);
/*
 * For good: flows are told, channels killed. @idle: only if no flow has come
 * meanwhile. Process context, no lock.
 */
void nc_peer_die(struct nc_peer *peer, int err, bool idle);

/* peer_count.c */
void nc_peer_count_init(struct nc_peer *peer);
/* look, then open and drain; under peer->cfg, for the end that opens */
void nc_peer_count(struct nc_peer *peer);
/* load may come: look soon */
void nc_peer_watch(struct nc_peer *peer);

#endif /* NC_NETDRIVER_PEER_H */
