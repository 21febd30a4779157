// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: ending, well and badly. */
#define NC_SOCK_FIXTURE
#include "pattern.h"
#include "sock.h"

#define KEY 0x7465737400000002ULL

/* Receives a stream from 0 to its end and checks it. */
static ssize_t recv_stream(int fd)
{
	static char buf[65536];
	ssize_t n, pos = 0;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		if (nc_pattern_check(buf, KEY, pos, n) != (size_t)n)
			return -2;
		pos += n;
	}
	return n ? -1 : pos;
}

static void send_stream(int fd, size_t len)
{
	char *buf = malloc(len);

	nc_pattern_fill(buf, KEY, 0, len);
	if (nc_send_all(fd, buf, len))
		perror("send");
	free(buf);
}

TEST_F(sock, end_after_data)
{
	int fd[2];
	char buf[8];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(5, send(fd[0], "hello", 5, 0));
	close(fd[0]);
	EXPECT_EQ(5, recv(fd[1], buf, 8, MSG_WAITALL));
	EXPECT_EQ(0, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, nc_get_int(fd[1], SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, shutdown_arguments)
{
	int fd[2], alone = sock_new(&self->at);

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(-1, shutdown(fd[0], 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shutdown(fd[0], -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shutdown(alone, SHUT_WR));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, shutdown(fd[0], SHUT_RDWR));
}

/* One half is closed; the other goes on for megabytes. */
TEST_F(sock, half_close)
{
	size_t len = 4 << 20;
	int fd[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(-1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	pid = fork();
	if (!pid) {
		close(fd[0]);
		if (recv(fd[1], &c, 1, 0))
			_exit(1);
		send_stream(fd[1], len);
		_exit(0);
	}
	close(fd[1]);
	EXPECT_EQ(len, recv_stream(fd[0]));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_F(sock, both_halves_at_once)
{
	int fd[2], i;
	char c;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, sock_pair(&self->at, fd));
		EXPECT_EQ(1, send(fd[0], "a", 1, 0));
		EXPECT_EQ(1, send(fd[1], "b", 1, 0));
		ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
		ASSERT_EQ(0, shutdown(fd[1], SHUT_WR));
		EXPECT_EQ(1, recv(fd[0], &c, 1, 0));
		EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
		EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
		EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
		close(fd[0]);
		close(fd[1]);
	}
}

/* close() of a socket whose data is still under way loses nothing. */
TEST_F(sock, close_behind_data)
{
	int fd[2], i;
	ssize_t sent;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, sock_pair(&self->at, fd));
		sent = sock_fill(fd[0]);
		ASSERT_GT(sent, 0);
		close(fd[0]);
		EXPECT_EQ(sent, sock_drain(fd[1]));
		close(fd[1]);
	}
}

/*
 * As long as its reader takes anything at all, what a closed socket owes is
 * delivered: also when that is too little to be announced by itself.
 */
TEST_F(sock, close_behind_data_for_a_slow_reader)
{
	ssize_t sent, got = 0, n;
	int fd[2], ms = SILENCE;
	uint64_t end;
	char buf[200];

	/* beyond its patience; the address matters little, and time does */
	if (self->virtual && self->at.family == AF_INET)
		ms = 5000;
	if (self->virtual)
		ASSERT_EQ(0, nc_write_file(NC_SYSCTL "orphan_timeout", "2"));
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	sent = sock_fill(fd[0]);
	ASSERT_GT(sent, 0);
	close(fd[0]);
	for (end = nc_now() + ms; nc_now() < end; got += n) {
		n = recv(fd[1], buf, sizeof(buf), 0);
		ASSERT_EQ(sizeof(buf), n);
		nc_sleep_ms(100);
	}
	EXPECT_EQ(sent, got + sock_drain(fd[1]));
	close(fd[1]);
	if (self->virtual)
		EXPECT_EQ(0, nc_write_file(NC_SYSCTL "orphan_timeout", "60"));
}

/* But nobody waits for ever for one that takes nothing. */
TEST_F(sock, close_behind_data_that_nobody_reads)
{
	int fd[2];

	if (!self->virtual)
		SKIP(return, "TCP's patience is minutes");
	ASSERT_EQ(0, nc_write_file(NC_SYSCTL "orphan_timeout", "1"));
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_GT(sock_fill(fd[0]), 0);
	close(fd[0]);
	EXPECT_EQ(POLLERR, nc_poll(fd[1], POLLERR, PATIENCE) & POLLERR);
	EXPECT_EQ(-1, sock_drain(fd[1]));
	EXPECT_EQ(ECONNRESET, errno);
	close(fd[1]);
	EXPECT_EQ(0, nc_write_file(NC_SYSCTL "orphan_timeout", "60"));
}

TEST_F(sock, exit_behind_data)
{
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	if (!fork()) {
		close(fd[1]);
		send_stream(fd[0], 1 << 20);
		_exit(0);
	}
	close(fd[0]);
	EXPECT_EQ(1 << 20, recv_stream(fd[1]));
}

TEST_F(sock, close_with_unread_data)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(4, send(fd[0], "data", 4, 0));
	ASSERT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
	close(fd[1]);
	EXPECT_EQ(-1, recv(fd[0], &c, 1, 0));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
	EXPECT_EQ(-1, send(fd[0], &c, 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
}

/* What was received before a reset stays readable. */
TEST_F(sock, data_before_reset)
{
	int fd[2];
	char buf[8];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	ASSERT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
	EXPECT_EQ(5, send(fd[1], "reply", 5, 0));
	ASSERT_EQ(POLLIN, nc_poll(fd[0], POLLIN, PATIENCE));
	close(fd[1]);
	ASSERT_TRUE(EVENTUALLY(nc_poll(fd[0], POLLIN, 0) & POLLERR));
	EXPECT_EQ(5, recv(fd[0], buf, 8, 0));
	EXPECT_EQ(0, memcmp(buf, "reply", 5));
	EXPECT_EQ(-1, recv(fd[0], buf, 8, 0));
	EXPECT_EQ(ECONNRESET, errno);
}

/* Data for a socket that reads no more and will not write resets. */
TEST_F(sock, data_for_a_socket_shut_both_ways)
{
	int fd[2], n = 1;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, shutdown(fd[1], SHUT_RDWR));
	EXPECT_TRUE(EVENTUALLY(({
		n = send(fd[0], "x", 1, MSG_NOSIGNAL);
		n < 0;
	})));
	EXPECT_TRUE(errno == ECONNRESET || errno == EPIPE);
}

TEST_F(sock, linger_zero)
{
	struct linger hard = { .l_onoff = 1 };
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &hard,
				sizeof(hard)));
	close(fd[0]);
	EXPECT_EQ(-1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(ECONNRESET, errno);
}

/* A reset while the peer sleeps in send() wakes it. */
TEST_F(sock, reset_wakes_writer)
{
	struct linger hard = { .l_onoff = 1 };
	int fd[2], status;
	pid_t pid;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	pid = fork();
	if (!pid) {
		close(fd[1]);
		sock_fill(fd[0]);
		while (send(fd[0], "x", 1, MSG_NOSIGNAL) == 1)
			;
		_exit(errno != ECONNRESET);
	}
	nc_sleep_ms(4 * SILENCE);
	setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd[0]);
	close(fd[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(sock, linger_waits_for_the_peer)
{
	struct linger soft = { .l_onoff = 1, .l_linger = 20 };
	int fd[2], gone[2], status;
	ssize_t sent;
	uint64_t begin;
	pid_t pid;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &soft,
				sizeof(soft)));
	sent = sock_fill(fd[0]);
	ASSERT_EQ(0, pipe(gone));
	pid = fork();
	if (!pid) {
		close(fd[0]);
		write(gone[1], "x", 1);
		nc_sleep_ms(2 * SILENCE);
		_exit(sock_drain(fd[1]) != sent);
	}
	close(fd[1]);
	/* ours is the last descriptor */
	ASSERT_EQ(1, read(gone[0], &status, 1));
	begin = nc_now();
	close(fd[0]);
	EXPECT_GE(nc_now() - begin, SILENCE);
	EXPECT_LT(nc_now() - begin, PATIENCE);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(sock, writing_to_a_closed_peer)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	close(fd[1]);
	EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
	EXPECT_EQ(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	ASSERT_TRUE(EVENTUALLY(nc_poll(fd[0], POLLIN, 0) & POLLERR));
	EXPECT_EQ(-1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
}

TEST_F(sock, listener_closes)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a), child;
	int fd = sock_new(&self->at), late = sock_new(&self->at);
	char c;

	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, sock_connect(fd, &a));
	child = accept(listener, NULL, NULL);
	ASSERT_GE(child, 0);
	close(listener);
	EXPECT_EQ(-1, sock_connect(late, &a));
	EXPECT_EQ(ECONNREFUSED, errno);
	/* children do not mind */
	EXPECT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_EQ(1, recv(child, &c, 1, 0));
}

/* Many short connections; each end is the first to close in turn. */
TEST_F(sock, many_short_ones)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 16, &a), fd, child, i;
	char c;

	ASSERT_GE(listener, 0);
	for (i = 0; i < 300; i++) {
		fd = sock_new(&self->at);
		ASSERT_EQ(0, sock_connect(fd, &a));
		child = accept(listener, NULL, NULL);
		ASSERT_GE(child, 0);
		ASSERT_EQ(1, send(i & 1 ? fd : child, "x", 1, 0));
		close(i & 1 ? fd : child);
		fd = i & 1 ? child : fd;
		ASSERT_EQ(1, recv(fd, &c, 1, 0));
		ASSERT_EQ(0, recv(fd, &c, 1, 0));
		close(fd);
	}
}

TEST_HARNESS_MAIN
