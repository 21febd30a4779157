// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: telling that something can be done. */
#define NC_SOCK_FIXTURE
#include "sock.h"

#define ALL (POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

/* The mask a socket reaches, since the peer's news takes its time. */
static int settles(int fd, int mask)
{
	EVENTUALLY(nc_poll(fd, ALL, 0) == mask);
	return nc_poll(fd, ALL, 0);
}

static int watch(int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) ? -1 : ep;
}

static uint32_t next_event(int ep, int timeout)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, timeout) == 1 ? ev.events : 0;
}

TEST_F(sock, states_without_peer)
{
	int fd = sock_new(&self->at), listener, client;
	union nc_addr a;

	EXPECT_EQ(POLLOUT | POLLHUP, nc_poll(fd, ALL, 0));
	listener = sock_listener(&self->at, 4, &a);
	EXPECT_EQ(0, nc_poll(listener, ALL, 0));
	client = sock_new(&self->at);
	ASSERT_EQ(0, sock_connect(client, &a));
	EXPECT_EQ(POLLIN, nc_poll(listener, ALL, PATIENCE));
	accept(listener, NULL, NULL);
	EXPECT_EQ(0, nc_poll(listener, ALL, 0));
}

TEST_F(sock, data_comes)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(POLLOUT, nc_poll(fd[0], ALL, 0));
	EXPECT_EQ(POLLOUT, settles(fd[1], POLLOUT));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT, settles(fd[1], POLLIN | POLLOUT));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(POLLOUT, nc_poll(fd[1], ALL, 0));
}

TEST_F(sock, peer_half_closes)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP,
		  settles(fd[1], POLLIN | POLLOUT | POLLRDHUP));
	EXPECT_EQ(POLLOUT, nc_poll(fd[0], ALL, 0));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP, nc_poll(fd[1], ALL, 0));
	/* the other half too */
	ASSERT_EQ(0, shutdown(fd[1], SHUT_WR));
	EXPECT_EQ(ALL - POLLPRI + POLLHUP,
		  settles(fd[1], ALL - POLLPRI + POLLHUP));
	EXPECT_EQ(ALL - POLLPRI + POLLHUP,
		  settles(fd[0], ALL - POLLPRI + POLLHUP));
}

TEST_F(sock, own_half_closed)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RD));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP, nc_poll(fd[0], ALL, 0));
	EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
}

TEST_F(sock, reset)
{
	struct linger hard = { .l_onoff = 1 };
	int fd[2], mask;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd[0]);
	mask = ALL - POLLPRI + POLLHUP + POLLERR;
	EXPECT_EQ(mask, settles(fd[1], mask));
	EXPECT_EQ(ECONNRESET, nc_get_int(fd[1], SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, nc_get_int(fd[1], SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(mask - POLLERR, nc_poll(fd[1], ALL, 0));
}

TEST_F(sock, edge_of_input)
{
	int fd[2], ep;
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ep = watch(fd[1], EPOLLIN | EPOLLET);
	ASSERT_GE(ep, 0);
	EXPECT_EQ(0, next_event(ep, SILENCE));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(EPOLLIN, next_event(ep, PATIENCE));
	EXPECT_EQ(0, next_event(ep, SILENCE));
	/* not read, but more came */
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(EPOLLIN, next_event(ep, PATIENCE));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(0, next_event(ep, SILENCE));
}

TEST_F(sock, edge_of_output)
{
	ssize_t sent;
	int fd[2], ep;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, nc_set_nonblock(fd[1], true));
	ep = watch(fd[0], EPOLLOUT | EPOLLET);
	ASSERT_GE(ep, 0);
	EXPECT_EQ(EPOLLOUT, next_event(ep, PATIENCE));
	EXPECT_EQ(0, next_event(ep, SILENCE));
	sent = sock_fill(fd[0]);
	ASSERT_GT(sent, 0);
	while (next_event(ep, SILENCE))
		;
	while (sent > 0) {
		ssize_t n;

		nc_poll(fd[1], POLLIN, PATIENCE);
		n = sock_drain(fd[1]);
		ASSERT_GT(n, 0);
		sent -= n;
	}
	EXPECT_EQ(EPOLLOUT, next_event(ep, PATIENCE));
}

/* A writer that was told EAGAIN is always woken, buffer by buffer. */
TEST_F(sock, writer_is_woken)
{
	static char block[65536];
	size_t total = 8 << 20, sent = 0;
	int fd[2], ep, status;
	ssize_t n;
	pid_t pid;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	nc_set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 16384);
	pid = fork();
	if (!pid) {
		close(fd[0]);
		_exit(sock_drain(fd[1]) != (ssize_t)total);
	}
	close(fd[1]);
	ep = watch(fd[0], EPOLLOUT | EPOLLET);
	while (sent < total) {
		n = total - sent < sizeof(block) ? total - sent :
						   sizeof(block);
		n = send(fd[0], block, n, MSG_DONTWAIT);
		if (n < 0) {
			ASSERT_EQ(EAGAIN, errno);
			ASSERT_TRUE(next_event(ep, PATIENCE) & EPOLLOUT);
			continue;
		}
		sent += n;
	}
	close(fd[0]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(sock, epoll_before_connect)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a), child;
	int fd = sock_new_nonblock(&self->at);
	int ep = watch(fd, EPOLLOUT | EPOLLIN | EPOLLRDHUP | EPOLLET);

	/* an unconnected socket hangs up at once */
	EXPECT_EQ(EPOLLOUT | EPOLLHUP, next_event(ep, PATIENCE));
	sock_connect(fd, &a);
	EXPECT_EQ(EPOLLOUT, next_event(ep, PATIENCE));
	child = accept(listener, NULL, NULL);
	ASSERT_GE(child, 0);
	EXPECT_EQ(1, send(child, "x", 1, 0));
	EXPECT_EQ(EPOLLOUT | EPOLLIN, next_event(ep, PATIENCE));
	close(child);
	EXPECT_EQ(EPOLLOUT | EPOLLIN | EPOLLRDHUP, next_event(ep, PATIENCE));
}

TEST_F(sock, epoll_on_listener)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a), i, fd;
	int ep = watch(listener, EPOLLIN | EPOLLET);

	for (i = 0; i < 3; i++) {
		fd = sock_new_nonblock(&self->at);
		sock_connect(fd, &a);
		EXPECT_EQ(EPOLLIN, next_event(ep, PATIENCE));
	}
	for (i = 0; i < 3; i++)
		EXPECT_GE(accept(listener, NULL, NULL), 0);
	EXPECT_EQ(0, next_event(ep, SILENCE));
}

TEST_F(sock, low_water_mark)
{
	int fd[2];
	char buf[100] = { 0 };

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, nc_set_int(fd[1], SOL_SOCKET, SO_RCVLOWAT, 100));
	EXPECT_EQ(50, send(fd[0], buf, 50, 0));
	EXPECT_EQ(0, nc_poll(fd[1], POLLIN, SILENCE));
	EXPECT_EQ(50, send(fd[0], buf, 50, 0));
	EXPECT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
	EXPECT_EQ(100, recv(fd[1], buf, 100, 0));
	/* the end of the stream is always news */
	EXPECT_EQ(1, send(fd[0], buf, 1, 0));
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
}

TEST_F(sock, signal_driven)
{
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	sock_on_signal(SIGIO, SA_RESTART);
	ASSERT_EQ(0, fcntl(fd[1], F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(fd[1], F_SETFL, O_ASYNC));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_TRUE(EVENTUALLY(sock_signals > 0));
}

TEST_F(sock, sleepers_wake)
{
	int fd[2], status, i;
	pid_t pid[3];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	pid[0] = fork();
	if (!pid[0])
		_exit(recv(fd[1], &c, 1, 0) != 0);
	pid[1] = fork();
	if (!pid[1])
		_exit(!(nc_poll(fd[1], POLLRDHUP, PATIENCE) & POLLRDHUP));
	pid[2] = fork();
	if (!pid[2])
		_exit(!next_event(watch(fd[1], EPOLLIN), PATIENCE));
	nc_sleep_ms(SILENCE);
	ASSERT_EQ(0, shutdown(fd[1], SHUT_RDWR));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, 0));
		EXPECT_EQ(0, status) TH_LOG("sleeper %d", i);
	}
}

TEST_HARNESS_MAIN
