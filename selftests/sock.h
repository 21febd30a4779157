/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one fixture of the tests that say what a stream socket must do. Each
 * test runs on IPv4 and IPv6, as plain TCP (which proves the test), as a
 * virtual socket over TCP channels and as one over the loop transport.
 *
 * Each kind has a network namespace of its own, made once per program.
 */
#ifndef NC_SOCK_H
#define NC_SOCK_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/tcp.h>

#include "util.h"

/* Ten times the patience of a fast machine: emulated ones run this too. */
#define PATIENCE 20000
/* So long must something not happen to be said not to happen. */
#define SILENCE 200

enum sock_kind {
	SOCK_KIND_TCP,
	SOCK_KIND_CHANNEL,
	SOCK_KIND_LOOP,
	SOCK_KINDS,
};

enum sock_entry { SOCK_READY, SOCK_MISSING, SOCK_BROKEN };

/* Goes to the namespace of that kind. */
enum sock_entry sock_enter(enum sock_kind kind);

struct sock_at {
	int family;
	int protocol;
};

int sock_new(const struct sock_at *at);
int sock_new_nonblock(const struct sock_at *at);

/* A socket bound to a free port of loopback; @a gets the address. */
int sock_bound(const struct sock_at *at, union nc_addr *a);
int sock_listener(const struct sock_at *at, int backlog, union nc_addr *a);
int sock_connect(int fd, const union nc_addr *a);

/* Connected: fd[0] called connect(), fd[1] came from accept(). */
int sock_pair(const struct sock_at *at, int fd[2]);

/* Sends without waiting until EAGAIN and nothing more fits for a while. */
ssize_t sock_fill(int fd);
/* Receives everything until end of stream or EAGAIN; byte count or -1. */
ssize_t sock_drain(int fd);

void sock_on_signal(int sig, int flags);
/*
 * SIGALRM every @ms, 0: no more. A single one may come before the call that it
 * is to interrupt
 */
void sock_alarms(unsigned int ms);
extern volatile sig_atomic_t sock_signals;

#define EVENTUALLY(condition) ({					\
	uint64_t _end = nc_now() + PATIENCE;				\
	bool _yes;							\
	while (!(_yes = (condition)) && nc_now() < _end)		\
		nc_sleep_ms(5);						\
	_yes; })

#ifdef NC_SOCK_FIXTURE

#include "kselftest_harness.h"

FIXTURE(sock)
{
	struct sock_at at;
	bool virtual;
};

FIXTURE_VARIANT(sock)
{
	int family;
	enum sock_kind kind;
};

#define SOCK_VARIANT(name, f, k)					\
	FIXTURE_VARIANT_ADD(sock, name) { .family = f, .kind = k }

SOCK_VARIANT(v4_tcp, AF_INET, SOCK_KIND_TCP);
SOCK_VARIANT(v6_tcp, AF_INET6, SOCK_KIND_TCP);
SOCK_VARIANT(v4_channel, AF_INET, SOCK_KIND_CHANNEL);
SOCK_VARIANT(v6_channel, AF_INET6, SOCK_KIND_CHANNEL);
SOCK_VARIANT(v4_loop, AF_INET, SOCK_KIND_LOOP);
SOCK_VARIANT(v6_loop, AF_INET6, SOCK_KIND_LOOP);

FIXTURE_SETUP(sock)
{
	enum sock_entry entry = sock_enter(variant->kind);

	if (entry == SOCK_MISSING && !getenv("NC_EXPECT_ALL"))
		SKIP(return, "no virtual sockets here");
	ASSERT_TRUE(entry == SOCK_READY);
	self->virtual = variant->kind != SOCK_KIND_TCP;
	self->at.family = variant->family;
	self->at.protocol = self->virtual ? IPPROTO_VIRTUAL_SOCK :
					    IPPROTO_TCP;
	signal(SIGPIPE, SIG_IGN);
}

FIXTURE_TEARDOWN(sock)
{
}

#endif /* NC_SOCK_FIXTURE */
#endif /* NC_SOCK_H */
