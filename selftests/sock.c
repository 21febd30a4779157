// SPDX-License-Identifier: GPL-2.0
/* Namespaces and small steps for the tests on the fixture of sock.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sock.h"

static int sock_netns[SOCK_KINDS] = { -1, -1, -1 };
static bool sock_virtual;

volatile sig_atomic_t sock_signals;

static int sock_make_netns(const char *transport)
{
	if (nc_new_netns())
		return -1;
	if (transport && nc_write_file(NC_SYSCTL "transport", transport))
		return -1;
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void __attribute__((constructor)) sock_make_all(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	sock_netns[SOCK_KIND_TCP] = sock_make_netns(NULL);
	sock_virtual = nc_available();
	if (sock_virtual) {
		sock_netns[SOCK_KIND_CHANNEL] = sock_make_netns("tcp");
		sock_netns[SOCK_KIND_LOOP] = sock_make_netns("loop");
	}
	setns(home, CLONE_NEWNET);
	close(home);
}

enum sock_entry sock_enter(enum sock_kind kind)
{
	if (kind != SOCK_KIND_TCP && !sock_virtual)
		return SOCK_MISSING;
	if (setns(sock_netns[kind], CLONE_NEWNET))
		return SOCK_BROKEN;
	return SOCK_READY;
}

int sock_new(const struct sock_at *at)
{
	return socket(at->family, SOCK_STREAM | SOCK_CLOEXEC, at->protocol);
}

int sock_new_nonblock(const struct sock_at *at)
{
	return socket(at->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      at->protocol);
}

int sock_bound(const struct sock_at *at, union nc_addr *a)
{
	socklen_t len = nc_addr(a, at->family, NULL, 0);
	int fd = sock_new(at);

	if (fd >= 0 && bind(fd, &a->sa, len)) {
		close(fd);
		return -1;
	}
	nc_set_port(a, nc_port(fd));
	return fd;
}

int sock_listener(const struct sock_at *at, int backlog, union nc_addr *a)
{
	int fd = sock_bound(at, a);

	if (fd >= 0 && listen(fd, backlog)) {
		close(fd);
		return -1;
	}
	return fd;
}

int sock_connect(int fd, const union nc_addr *a)
{
	return connect(fd, &a->sa, a->sa.sa_family == AF_INET ?
				   sizeof(a->v4) : sizeof(a->v6));
}

int sock_pair(const struct sock_at *at, int fd[2])
{
	union nc_addr a;
	int listener = sock_listener(at, 8, &a);

	if (listener < 0)
		return -1;
	fd[0] = sock_new(at);
	fd[1] = -1;
	if (fd[0] >= 0 && !sock_connect(fd[0], &a))
		fd[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return fd[1] < 0 ? -1 : 0;
}

ssize_t sock_fill(int fd)
{
	static char block[16384];
	ssize_t n, sum = 0;

	do {
		while ((n = send(fd, block, sizeof(block),
				 MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
			sum += n;
		if (errno != EAGAIN)
			return -1;
	} while (nc_poll(fd, POLLOUT, SILENCE) & POLLOUT);
	return sum;
}

ssize_t sock_drain(int fd)
{
	static char block[65536];
	ssize_t n, sum = 0;

	while ((n = recv(fd, block, sizeof(block), 0)) > 0)
		sum += n;
	if (n < 0 && errno != EAGAIN)
		return -1;
	return sum;
}

static void count_signal(int sig)
{
	(void)sig;
	sock_signals++;
}

void sock_on_signal(int sig, int flags)
{
	struct sigaction sa = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	sock_signals = 0;
	sigaction(sig, &sa, NULL);
}

void sock_alarms(unsigned int ms)
{
	ualarm(ms * 1000, ms * 1000);
}
