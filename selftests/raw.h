/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other end of a channel, byte by byte: for tests of what the module does
 * with frames that it would not send itself.
 */
#ifndef NC_SELFTESTS_RAW_H
#define NC_SELFTESTS_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pattern.h"

/* Documentation/wire-format.rst, written down again to be independent */
#define RAW_HDR 40
#define RAW_HELLO_LEN 96
enum {
	RAW_HELLO = 1, RAW_AUTH, RAW_GOAWAY, RAW_SYN, RAW_SYN_ACK, RAW_DATA,
	RAW_ACK, RAW_RST
};
#define RAW_ACKREQ 2

struct raw_frame {
	uint8_t version, type;
	uint16_t flags;
	uint32_t len;
	uint64_t token, seq, ack;
	uint32_t wnd, src;
} __attribute__((packed));

extern int raw_slow;		/* times are multiplied by it */
extern int raw_port;		/* the channel port, at 127.0.0.1 */
extern struct nc_rng raw_rng;

struct raw_frame raw_frame(int type, uint32_t len);

/* -1: reset, perhaps before connect() returned */
int raw_try(void);
int raw_open(void);

/* with an honest HELLO: the acceptor's own, with a set id of ours */
int raw_hello(void);

/* the other end may have closed: that is what is wanted */
void raw_put(int fd, const void *buf, size_t len);

/* NCSYN with a token that is all bytes of @token */
void raw_put_syn(int fd, int token, int sport, int dport, int flags);

/* Is it closed by the other end, within the time? Reads what it is told. */
bool raw_closed(int fd, int ms);
bool raw_ends(int fd, int ms);	/* and is closed here */

#endif
