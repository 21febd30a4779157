/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wire format: encoding, decoding and every check that needs nothing but the
 * bytes. Pure: no lock, no skb, no allocation. Documentation/wire-format.rst
 * has the pictures.
 */
#ifndef NC_NETDRIVER_WIRE_H
#define NC_NETDRIVER_WIRE_H

#include "core/env.h"

#define NC_WIRE_VERSION		1
#define NC_WIRE_MAGIC		0x6e65746368616e31ULL	/* "netchan1" */
#define NC_WIRE_HDR_LEN		40
#define NC_WIRE_SYN_LEN		24
#define NC_WIRE_HELLO_LEN	96
#define NC_WIRE_AUTH_LEN	32
#define NC_WIRE_MAX_PAYLOAD	65536

enum nc_wire_type {
	NC_HELLO = 1,
	NC_AUTH = 2,
	NC_GOAWAY = 3,
	NC_SYN = 4,
	NC_SYN_ACK = 5,
	NC_DATA = 6,
	NC_ACK = 7,
	NC_RST = 8,
};

/* flags; any other bit is a protocol error */
#define NC_F_FIN	1	/* DATA: the stream ends behind this payload */
#define NC_F_ACKREQ	2	/* DATA, ACK: acknowledge when in order */
#define NC_F_BLOCKED	4	/* DATA, ACK: out of credit with data queued */
#define NC_F_ECHO	8	/* RST: answers a frame of unknown token */

/* reasons of a RST, in the window field */
enum nc_wire_reason {
	NC_RST_REFUSED = 1,	/* nobody listens, or not allowed */
	NC_RST_BUSY = 2,	/* backlog or a limit: try again */
	NC_RST_ABORTED = 3,	/* the other application gave up */
	NC_RST_NO_TOKEN = 4,	/* no such connection */
	NC_RST_RESOURCE = 5,	/* memory or range limit */
	NC_RST_PROTOCOL = 6,	/* the stream broke a rule */
	NC_RST_TIMEOUT = 7,	/* unconfirmed, or nothing came for too long */
};

/**
 * struct nc_hdr - a frame header in host byte order
 * @type: enum nc_wire_type
 * @flags: NC_F_*
 * @len: payload bytes behind the header
 * @token: the receiver's connection, 0 where there is none
 * @seq: number of the first payload byte
 * @ack: next number expected from the other side, cumulative
 * @wnd: credit: the receiver takes numbers below @ack + @wnd. RST: the reason
 * @src: low 32 bits of the sender's own token
 */
struct nc_hdr {
	u8	type;
	u16	flags;
	u32	len;
	u64	token;
	u64	seq;
	u64	ack;
	u32	wnd;
	u32	src;
};

/**
 * struct nc_wire_syn - payload of NCSYN and NCSYN_ACK
 * @token: names the sender's end of the connection
 * @birth: clock of the connecting host in ns; orders attempts of one 4-tuple
 * @sport: port of the frame's sender, host byte order
 * @dport: port of the frame's receiver, host byte order
 * @class: enum nc_class that the connection starts in
 * @fixed: that was chosen by the connecting application
 */
struct nc_wire_syn {
	u64	token;
	u64	birth;
	u16	sport;
	u16	dport;
	u8	class;
	bool	fixed;
};

/**
 * struct nc_wire_hello - payload of HELLO
 * @ver_min: oldest wire version spoken
 * @ver_max: newest wire version spoken
 * @class: class of this channel
 * @index: place of this channel in its class
 * @max_payload: longest DATA payload taken
 * @wish: channels per class that the opener wants
 * @features: feature bits, 0 in version 1
 * @instance: public: random per module load and netns
 * @set: secret of the opener that names its set; zero from the acceptor
 * @nonce: fresh random bytes
 */
struct nc_wire_hello {
	u8	ver_min;
	u8	ver_max;
	u8	class;
	u8	index;
	u32	max_payload;
	u16	wish;
	u64	features;
	u8	instance[16];
	u8	set[16];
	u8	nonce[32];
};

/* encoders fill exactly the length named above and cannot fail */
void nc_wire_put_hdr(u8 *buf, const struct nc_hdr *h);
void nc_wire_put_syn(u8 *buf, const struct nc_wire_syn *s);
void nc_wire_put_hello(u8 *buf, const struct nc_wire_hello *h);

/*
 * Decoders: 0, -EPROTONOSUPPORT (version) or -EPROTO (anything else); their
 * output is only valid after 0. What they promise:
 *
 * header: type known, flags and length allowed for it. Token 0 in HELLO, AUTH,
 *	GOAWAY, SYN and echo RST, else not 0. seq 0 in SYN and SYN_ACK, at
 *	least 1 in DATA, not 0 in an echo RST; seq + len + FIN does not wrap.
 *	HELLO, AUTH, GOAWAY: seq, ack, wnd, src are 0. Any ack, any window and
 *	any reason: they concern one connection, not the channel.
 * SYN: token and ports not 0, class known, fixed 0 or 1.
 * HELLO: magic, class and index known, ver_min to ver_max contains ours,
 *	max_payload from NC_WIRE_MAX_PAYLOAD up, reduced to it.
 */
int nc_wire_get_hdr(const u8 *buf, struct nc_hdr *h);
int nc_wire_get_syn(const u8 *buf, struct nc_wire_syn *s);
int nc_wire_get_hello(const u8 *buf, struct nc_wire_hello *h);

#endif /* NC_NETDRIVER_WIRE_H */
