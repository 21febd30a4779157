/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters. Events are counted in each netns, objects (created, destroyed) in
 * the module, because an object may outlive its netns by a grace period.
 * Documentation/knobs.rst lists them; a check compares the lists.
 */
#ifndef NC_CORE_MIB_H
#define NC_CORE_MIB_H

#include <linux/percpu.h>
#include <net/net_namespace.h>

/* X(symbol, name in /proc/net/netchannel/stat, meaning) */
#define NC_MIB_LIST(X)							\
	X(ACTIVE_OPENS, "ActiveOpens", "connections that connect() began") \
	X(PASSIVE_OPENS, "PassiveOpens", "children that accept() may take") \
	X(ATTEMPT_FAILS, "AttemptFails", "connect() that failed")	\
	X(ESTAB_RESETS, "EstabResets", "connections that were reset")	\
	X(BUSY_SENT, "BusySent", "NCSYN answered busy")			\
	X(BUSY_RCVD, "BusyRcvd", "NCSYN tried again because of busy")	\
	X(REFUSED_SENT, "RefusedSent", "NCSYN answered refused") \
	X(SYN_DUP, "SynDup", "NCSYN or NCSYN_ACK that came twice")	\
	X(SYN_OLD, "SynOld", "late NCSYN of an older connection")	\
	X(ECHO_SENT, "EchoRstSent", "frames for an unknown token answered") \
	X(ECHO_RCVD, "EchoRstRcvd", "connections the peer had forgotten") \
	X(ECHO_LIMIT, "EchoRstLimit", "answers dropped by the rate limit") \
	X(RST_SENT, "RstSent", "connections reset by this end")		\
	X(RST_RCVD, "RstRcvd", "connections reset by the peer")		\
	X(GAVE_WAY, "GaveWay", "times bulk let latency sockets pass")	\
	X(OUT_SEGS, "OutSegs", "segments handed to a channel")		\
	X(OUT_BYTES, "OutBytes", "their payload bytes")			\
	X(IN_BYTES, "InBytes", "payload bytes taken in order")		\
	X(IN_OOO, "InOfo", "pieces that arrived before their turn")	\
	X(IN_DUP, "InDup", "payload bytes that came twice")		\
	X(OUT_ACKS, "OutAcks", "frames that only announced")		\
	X(OUT_BLOCKED, "OutBlocked", "times BLOCKED was said")		\
	X(RETRANS, "RetransSegs", "segments sent again after a lost channel") \
	X(PARKED, "Parked", "times a flow waited for a lane")		\
	X(OTHER_CLASS, "OtherClass", "segments by the other class' lanes") \
	X(CLASS_CHANGED, "ClassChanged", "automatic flows that changed class") \
	X(COPY_SHARED, "CopyShared", "large copies shared with helpers") \
	X(COPY_HELPED, "CopyHelped", "parts of them that helpers copied") \
	X(RX_NOMEM, "RxNoMem", "receive stops for want of memory") \
	X(RX_RESOURCE, "RxResource", "connections reset over a memory limit") \
	X(CHAN_OPENED, "ChannelOpened", "channels that came up") \
	X(CHAN_DEAD, "ChannelDead", "channels lost")			\
	X(CHAN_PROTO, "ChannelProto", "channels closed for a protocol error") \
	X(CHAN_REFUSED, "ChannelRefused", "HELLO refused by a limit or rule") \
	X(HELLO_TIMEOUT, "HelloTimeout", "channels that never said HELLO") \
	X(ORPHAN_LIMIT, "OrphanLimit", "orphans reset over the limit")

#define NC_MIB_ENUM(sym, name, text)	NC_MIB_##sym,
enum nc_mib_id {
	NC_MIB_LIST(NC_MIB_ENUM)
	NC_MIB_NR
};

/* objects whose creations and destructions must balance */
#define NC_OBJ_LIST(X)							\
	X(SOCK, "Socket")						\
	X(PEER, "Peer")							\
	X(CHAN, "Channel")						\
	X(SEG, "Seg")							\
	X(LISTENER, "Listener")

#define NC_OBJ_ENUM(sym, name)	NC_OBJ_##sym##_NEW, NC_OBJ_##sym##_DEL,
enum nc_obj_id {
	NC_OBJ_LIST(NC_OBJ_ENUM)
	NC_OBJ_NR
};

struct nc_mib {
	u64 v[NC_MIB_NR];
};

struct nc_obj {
	u64 v[NC_OBJ_NR];
};

DECLARE_PER_CPU(struct nc_obj, nc_obj_counts);

struct nc_mib __percpu *nc_mib_of(const struct net *net);

#define nc_mib_add(net, sym, n)	\
	this_cpu_add(nc_mib_of(net)->v[NC_MIB_##sym], n)
#define nc_mib_inc(net, sym)	nc_mib_add(net, sym, 1)
#define nc_obj_new(sym)	this_cpu_inc(nc_obj_counts.v[NC_OBJ_##sym##_NEW])
#define nc_obj_del(sym)	this_cpu_inc(nc_obj_counts.v[NC_OBJ_##sym##_DEL])

/* sums over all CPUs */
u64 nc_mib_sum(const struct net *net, enum nc_mib_id id);
u64 nc_obj_sum(enum nc_obj_id id);

extern const char * const nc_mib_names[NC_MIB_NR];
extern const char * const nc_obj_names[NC_OBJ_NR / 2];

#endif /* NC_CORE_MIB_H */
