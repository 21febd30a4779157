// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: connecting, and not being able to. */
#define NC_SOCK_FIXTURE
#include "sock.h"

#define SOME (512 << 10)

/* The address of a port of loopback where nobody listens. */
static void nobody(const struct sock_at *at, union nc_addr *a)
{
	close(sock_bound(at, a));
}

static bool works(int a, int b)
{
	char c = 'x';

	return send(a, &c, 1, MSG_NOSIGNAL) == 1 && recv(b, &c, 1, 0) == 1 &&
	       c == 'x' && send(b, &c, 1, MSG_NOSIGNAL) == 1 &&
	       recv(a, &c, 1, 0) == 1 && c == 'x';
}

TEST_F(sock, blocking)
{
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_TRUE(works(fd[0], fd[1]));
	EXPECT_EQ(0, nc_get_int(fd[0], SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, nonblocking)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a), child;
	int fd = sock_new_nonblock(&self->at);

	ASSERT_GE(listener, 0);
	if (sock_connect(fd, &a)) {
		EXPECT_EQ(EINPROGRESS, errno);
	}
	EXPECT_EQ(POLLOUT, nc_poll(fd, POLLIN | POLLOUT, PATIENCE));
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
	child = accept(listener, NULL, NULL);
	ASSERT_GE(child, 0);
	nc_set_nonblock(fd, false);
	EXPECT_TRUE(works(fd, child));
}

TEST_F(sock, second_connect)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a);
	int fd = sock_new(&self->at);

	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, sock_connect(fd, &a));
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(EISCONN, errno);

	/* non-blocking: the first call after completion says so too */
	fd = sock_new_nonblock(&self->at);
	sock_connect(fd, &a);
	ASSERT_EQ(POLLOUT, nc_poll(fd, POLLOUT, PATIENCE));
	sock_connect(fd, &a);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(EISCONN, errno);
}

TEST_F(sock, refused)
{
	int fd = sock_new(&self->at);
	union nc_addr a;

	nobody(&self->at, &a);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, refused_later)
{
	int fd = sock_new_nonblock(&self->at), mask;
	union nc_addr a;

	nobody(&self->at, &a);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	if (errno != ECONNREFUSED) {
		EXPECT_EQ(EINPROGRESS, errno);
		mask = nc_poll(fd, POLLIN | POLLOUT, PATIENCE);
		EXPECT_EQ(POLLERR | POLLHUP | POLLIN | POLLOUT, mask);
		EXPECT_EQ(ECONNREFUSED,
			  nc_get_int(fd, SOL_SOCKET, SO_ERROR));
	}
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, again_after_refusal)
{
	int fd = sock_new(&self->at), listener, child, i;
	union nc_addr a;

	nobody(&self->at, &a);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, sock_connect(fd, &a));
		EXPECT_EQ(ECONNREFUSED, errno);
	}
	listener = sock_listener(&self->at, 4, &a);
	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, sock_connect(fd, &a));
	child = accept(listener, NULL, NULL);
	ASSERT_GE(child, 0);
	EXPECT_TRUE(works(fd, child));
}

TEST_F(sock, disconnect_and_again)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	union nc_addr a;
	socklen_t len = sizeof(a);
	int listener = sock_listener(&self->at, 4, &a), child, i;
	int fd = sock_new(&self->at);
	char c;

	ASSERT_GE(listener, 0);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sock_connect(fd, &a));
		child = accept(listener, NULL, NULL);
		ASSERT_GE(child, 0);
		EXPECT_TRUE(works(fd, child));
		ASSERT_EQ(0, connect(fd, &none, sizeof(none)));
		len = sizeof(a);
		EXPECT_EQ(-1, recv(child, &c, 1, 0));
		EXPECT_EQ(ECONNRESET, errno);
		close(child);
	}
	EXPECT_EQ(-1, getpeername(fd, &a.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
	/* the reset may be told once */
	EXPECT_EQ(-1, recv(fd, &c, 1, 0));
	EXPECT_EQ(-1, recv(fd, &c, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
}

/* What was owed to the first host must not keep the second one waiting. */
TEST_F(sock, disconnect_and_elsewhere)
{
	static const char * const hosts[] = { "127.0.0.1", "127.0.0.2" };
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int listener = sock_new(&self->at), fd = sock_new(&self->at);
	bool v4 = self->at.family == AF_INET;
	char *buf = calloc(1, SOME);
	int i, child, status;
	union nc_addr a;
	pid_t pid;

	ASSERT_NE(NULL, buf);
	i = nc_addr(&a, self->at.family, v4 ? "0.0.0.0" : "::", 0);
	ASSERT_EQ(0, bind(listener, &a.sa, i));
	ASSERT_EQ(0, listen(listener, 4));
	for (i = 0; i < 4; i++) {
		nc_addr(&a, self->at.family, v4 ? hosts[i % 2] : "::1",
			nc_port(listener));
		ASSERT_EQ(0, sock_connect(fd, &a));
		child = accept(listener, NULL, NULL);
		ASSERT_GE(child, 0);
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(!!nc_send_all(child, buf, SOME));
		EXPECT_EQ(0, nc_recv_all(fd, buf, SOME));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_TRUE(works(fd, child));
		ASSERT_EQ(0, connect(fd, &none, sizeof(none)));
		close(child);
	}
	free(buf);
}

TEST_F(sock, disconnect_of_others)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int listener, fd = sock_new(&self->at);
	union nc_addr a;

	/* one that never connected */
	EXPECT_EQ(0, connect(fd, &none, sizeof(none)));
	/* one that listens: it stops */
	listener = sock_listener(&self->at, 4, &a);
	ASSERT_GE(listener, 0);
	EXPECT_EQ(0, connect(listener, &none, sizeof(none)));
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(-1, accept(listener, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(sock, wrong_addresses)
{
	bool v4 = self->at.family == AF_INET;
	int fd = sock_new(&self->at);
	union nc_addr a;

	nc_addr(&a, self->at.family, NULL, 9);
	EXPECT_EQ(-1, connect(fd, &a.sa, 4));
	EXPECT_EQ(EINVAL, errno);
	nc_addr(&a, self->at.family, v4 ? "192.0.2.1" : "2001:db8::1", 9);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(ENETUNREACH, errno);
	nc_addr(&a, AF_INET6, NULL, 9);
	if (v4) {
		EXPECT_EQ(-1, sock_connect(fd, &a));
		EXPECT_EQ(EAFNOSUPPORT, errno);
	}
	nc_addr(&a, self->at.family, NULL, 0);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(ECONNREFUSED, errno);
}

TEST_F(sock, any_address_is_this_host)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a);
	int fd = sock_new(&self->at);

	ASSERT_GE(listener, 0);
	nc_addr(&a, self->at.family,
		self->at.family == AF_INET ? "0.0.0.0" : "::",
		nc_port(listener));
	EXPECT_EQ(0, sock_connect(fd, &a));
	EXPECT_GE(accept(listener, NULL, NULL), 0);
}

TEST_F(sock, to_itself)
{
	union nc_addr a, peer;
	int fd = sock_bound(&self->at, &a);
	socklen_t len = sizeof(peer);
	char buf[8];

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, sock_connect(fd, &a));
	ASSERT_EQ(0, getpeername(fd, &peer.sa, &len));
	EXPECT_EQ(0, memcmp(&a, &peer, len));
	EXPECT_EQ(6, send(fd, "myself", 6, 0));
	EXPECT_EQ(6, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "myself", 6));
	EXPECT_EQ(0, shutdown(fd, SHUT_WR));
	EXPECT_EQ(0, recv(fd, buf, sizeof(buf), 0));
}

/*
 * Fills the accept queue, until a connect() has to wait. fd[] gets all
 * sockets, the one that waits last; returns the listener.
 */
static int fill_backlog(const struct sock_at *at, union nc_addr *a, int *fd,
			int *n)
{
	int listener = sock_listener(at, 0, a);

	for (*n = 0; *n < 8;) {
		fd[*n] = sock_new_nonblock(at);
		sock_connect(fd[*n], a);
		if (!nc_poll(fd[(*n)++], POLLOUT, SILENCE))
			return listener;
	}
	return -1;
}

/* A full backlog is not a refusal: the client goes on trying. */
TEST_F_TIMEOUT(sock, full_backlog, 60)
{
	union nc_addr a;
	int fd[8], n, listener = fill_backlog(&self->at, &a, fd, &n), i;

	ASSERT_GE(listener, 0);
	EXPECT_GT(n, 1);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(POLLIN, nc_poll(listener, POLLIN, PATIENCE));
		ASSERT_GE(accept(listener, NULL, NULL), 0);
	}
	EXPECT_EQ(POLLOUT, nc_poll(fd[n - 1], POLLOUT, PATIENCE));
	EXPECT_EQ(0, nc_get_int(fd[n - 1], SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, nc_poll(listener, POLLIN, SILENCE));
}

/*
 * TCP gets a backlog that is enough: with 16 it loses connections whose
 * clients already believe in them. Virtual sockets must not.
 */
TEST_F_TIMEOUT(sock, two_hundred_at_once, 120)
{
	int listener, fd[200], child[200], i, id;
	bool seen[200] = { false };
	union nc_addr a;

	listener = sock_listener(&self->at, self->virtual ? 16 : 256, &a);
	ASSERT_GE(listener, 0);
	for (i = 0; i < 200; i++) {
		fd[i] = sock_new_nonblock(&self->at);
		ASSERT_GE(fd[i], 0);
		if (sock_connect(fd[i], &a)) {
			ASSERT_EQ(EINPROGRESS, errno);
		}
	}
	for (i = 0; i < 200; i++) {
		if (i % 8 == 0)
			nc_sleep_ms(20);
		ASSERT_EQ(POLLIN, nc_poll(listener, POLLIN, PATIENCE));
		child[i] = accept(listener, NULL, NULL);
		ASSERT_GE(child[i], 0);
	}
	for (id = 0; id < 200; id++) {
		ASSERT_EQ(POLLOUT, nc_poll(fd[id], POLLOUT, PATIENCE));
		ASSERT_EQ(sizeof(id), send(fd[id], &id, sizeof(id), 0));
	}
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, nc_recv_all(child[i], &id, sizeof(id)));
		ASSERT_GE(id, 0);
		ASSERT_LT(id, 200);
		EXPECT_FALSE(seen[id]);
		seen[id] = true;
	}
	EXPECT_EQ(0, nc_poll(listener, POLLIN, SILENCE));
}

TEST_F(sock, interrupted)
{
	union nc_addr a;
	int full[8], n, listener = fill_backlog(&self->at, &a, full, &n);
	int fd = sock_new(&self->at);

	ASSERT_GE(listener, 0);
	sock_on_signal(SIGALRM, 0);
	sock_alarms(SILENCE);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(EINTR, errno);
	EXPECT_LE(1, sock_signals);
	sock_alarms(0);
	/* and goes on by itself */
	close(full[n - 1]);
	while (n--)
		accept(listener, NULL, NULL);
	EXPECT_EQ(POLLOUT, nc_poll(fd, POLLOUT, PATIENCE));
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, timeout)
{
	struct timeval tv = { .tv_usec = SILENCE * 1000 };
	union nc_addr a;
	int full[8], n, listener = fill_backlog(&self->at, &a, full, &n);
	int fd = sock_new(&self->at);

	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(EALREADY, errno);
}

TEST_F(sock, closed_while_connecting)
{
	union nc_addr a;
	int full[8], n, listener = fill_backlog(&self->at, &a, full, &n);
	int fd, i;

	ASSERT_GE(listener, 0);
	for (i = 0; i < 20; i++) {
		fd = sock_new_nonblock(&self->at);
		sock_connect(fd, &a);
		close(fd);
	}
	close(listener);
	fd = sock_new(&self->at);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(ECONNREFUSED, errno);
}

TEST_F(sock, disconnected_while_connecting)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	union nc_addr a, b;
	int full[8], n, listener = fill_backlog(&self->at, &a, full, &n);
	int other, child;
	int fd = sock_new_nonblock(&self->at);

	ASSERT_GE(listener, 0);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(EINPROGRESS, errno);
	ASSERT_EQ(0, connect(fd, &none, sizeof(none)));
	other = sock_listener(&self->at, 1, &b);
	nc_set_nonblock(fd, false);
	ASSERT_EQ(0, sock_connect(fd, &b));
	child = accept(other, NULL, NULL);
	EXPECT_TRUE(works(fd, child));
}

TEST_F(sock, listener_closes_on_waiting_children)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a);
	int fd[4], i;
	char c;

	ASSERT_GE(listener, 0);
	for (i = 0; i < 4; i++) {
		fd[i] = sock_new(&self->at);
		ASSERT_EQ(0, sock_connect(fd[i], &a));
		EXPECT_EQ(4, send(fd[i], "data", 4, 0));
	}
	close(listener);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(-1, recv(fd[i], &c, 1, 0));
		EXPECT_EQ(ECONNRESET, errno);
	}
}

TEST_F(sock, listener_shuts_down)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a);
	int fd = sock_new(&self->at);

	ASSERT_GE(listener, 0);
	EXPECT_EQ(0, shutdown(listener, SHUT_RD));
	EXPECT_EQ(-1, accept(listener, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sock_connect(fd, &a));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(0, listen(listener, 1));
	nc_set_port(&a, nc_port(listener));
	EXPECT_EQ(0, sock_connect(fd, &a));
}

TEST_F(sock, accept_interrupted)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a);

	ASSERT_GE(listener, 0);
	sock_on_signal(SIGALRM, 0);
	sock_alarms(SILENCE);
	EXPECT_EQ(-1, accept(listener, NULL, NULL));
	EXPECT_EQ(EINTR, errno);
	sock_alarms(0);
}

TEST_F(sock, accept_waits)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a), child, status;
	pid_t pid;

	ASSERT_GE(listener, 0);
	pid = fork();
	if (!pid) {
		nc_sleep_ms(SILENCE);
		_exit(sock_connect(sock_new(&self->at), &a) ? 1 : 0);
	}
	child = accept(listener, NULL, NULL);
	ASSERT_GE(child, 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	/* its exit closed the connection */
	EXPECT_EQ(0, recv(child, &status, 1, 0));
}

TEST_HARNESS_MAIN
