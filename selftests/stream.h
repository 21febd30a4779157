/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nc_stream's two halves. nc_stream.c plans connections and makes them;
 * stream_end.c moves and checks the bytes of one end of one connection.
 */
#ifndef NC_STREAM_H
#define NC_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pattern.h"

enum { CLIENT, SERVER };

/* How one end of a connection behaves. */
struct end_plan {
	uint32_t sndbuf;	/* SO_SNDBUF, 0: leave the default */
	uint32_t rcvbuf;
	uint32_t max_send;	/* largest single call */
	uint32_t max_recv;
	uint32_t pause;		/* chance of a pause, in 1/65536 per call */
	uint32_t flags;		/* END_* */
};

#define END_NONBLOCK	0x01	/* one thread and epoll; else two threads */
#define END_EDGE	0x02	/* EPOLLET */
#define END_PEEK	0x04
#define END_WAITALL	0x08
#define END_MORE	0x10	/* MSG_MORE now and then */
#define END_VECTOR	0x20	/* several iovecs */
#define END_HASTY	0x40	/* close() instead of shutdown() if it can */
#define END_APP_SHIFT	8	/* SO_APP_TYPE */

/*
 * The first bytes of every connection, client to server: what will happen on
 * it. The client draws it from the seed; nothing else is negotiated.
 */
struct plan {
	uint64_t magic;
	uint32_t kind;		/* PLAN_* */
	uint32_t conn;
	uint64_t seed;
	uint64_t total[2];	/* bytes sent by [CLIENT], by [SERVER] */
	struct end_plan end[2];
};

#define PLAN_MAGIC	0x6e632d73747265a1ULL

enum {
	PLAN_DATA,
	PLAN_REPORT,	/* all of a round is done: how many were good? */
	PLAN_LAST,	/* the same, and the server may go */
};

struct report {
	uint64_t magic;
	uint32_t accepted;
	uint32_t good;
	uint64_t bytes;
};

/* One direction as seen by one end; watched by the watchdog. */
struct flow {
	_Atomic uint64_t pos;
	_Atomic uint64_t moved;		/* nc_now() of the last progress */
	_Atomic int state;		/* FLOW_* */
	uint64_t total;
	uint64_t key;
};

enum { FLOW_IDLE, FLOW_OPENING, FLOW_RUNNING, FLOW_DONE };

struct end {
	int fd;
	int role;
	struct plan plan;
	struct end_plan how;
	struct flow tx, rx;
	struct nc_rng tx_rng, rx_rng;	/* each used by one thread only */
	char *tx_buf, *rx_buf;
	uint64_t tx_filled;		/* tx_buf holds [tx.pos, tx_filled) */
	struct end *next;
};

extern int stream_protocol;

/* Registers the end with the watchdog; plan and fd may come later. */
struct end *end_new(int role);
void end_free(struct end *e);

/* Moves all bytes of both directions and closes the socket. */
void end_run(struct end *e);

/* The whole run fails here: says why, shows every open flow, exits. */
void stream_fail(const struct end *e, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* A thread that fails the run when a flow has not moved for @seconds. */
void watchdog_start(unsigned int seconds);

#endif /* NC_STREAM_H */
