// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: waiting, and being interrupted. */
#define NC_SOCK_FIXTURE
#include <linux/sockios.h>

#include "pattern.h"
#include "sock.h"

#define KEY 0x7465737400000003ULL

static int inq(int fd)
{
	int n = -1;

	return ioctl(fd, SIOCINQ, &n) ? -1 : n;
}

static bool recv_pattern(int fd, uint64_t pos, size_t len)
{
	char *buf = malloc(len);
	bool good;

	good = !nc_recv_all(fd, buf, len) &&
	       nc_pattern_check(buf, KEY, pos, len) == len;
	free(buf);
	return good;
}

TEST_F(sock, sigpipe)
{
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	sock_on_signal(SIGPIPE, 0);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(-1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(0, sock_signals);
	EXPECT_EQ(-1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, sock_signals);
	EXPECT_EQ(-1, write(fd[0], "x", 1));
	EXPECT_EQ(2, sock_signals);
}

TEST_F(sock, timeouts)
{
	struct timeval tv = { .tv_usec = SILENCE * 1000 };
	uint64_t begin;
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv,
				sizeof(tv)));
	begin = nc_now();
	EXPECT_EQ(-1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(nc_now() - begin, SILENCE - 20);

	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv,
				sizeof(tv)));
	ASSERT_GT(sock_fill(fd[0]), 0);
	do	/* the last buffer may have room for a few */
		begin = nc_now();
	while (send(fd[0], "x", 1, 0) == 1);
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(nc_now() - begin, SILENCE - 20);
}

TEST_F(sock, recv_interrupted)
{
	char buf[8];
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	sock_on_signal(SIGALRM, 0);
	sock_alarms(SILENCE);
	EXPECT_EQ(-1, recv(fd[1], buf, 1, 0));
	EXPECT_EQ(EINTR, errno);
	sock_alarms(0);
	/* what came before the signal is not lost */
	EXPECT_EQ(3, send(fd[0], "abc", 3, 0));
	ASSERT_TRUE(EVENTUALLY(inq(fd[1]) == 3));
	sock_alarms(SILENCE);
	EXPECT_EQ(3, recv(fd[1], buf, 8, MSG_WAITALL));
	sock_alarms(0);
}

TEST_F(sock, send_interrupted)
{
	static char block[16 << 20];
	ssize_t n;
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	sock_on_signal(SIGALRM, 0);
	nc_pattern_fill(block, KEY, 0, sizeof(block));
	sock_alarms(2 * SILENCE);
	n = send(fd[0], block, sizeof(block), 0);
	ASSERT_GT(n, 0);
	ASSERT_LT(n, (ssize_t)sizeof(block));
	if (sock_fill(fd[0]) == 0) {
		EXPECT_EQ(-1, send(fd[0], block, 1, 0));
		EXPECT_EQ(EINTR, errno);
	}
	sock_alarms(0);
	EXPECT_TRUE(recv_pattern(fd[1], 0, n));
}

TEST_F(sock, restarted_after_signal)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	sock_on_signal(SIGALRM, SA_RESTART);
	if (!fork()) {
		nc_sleep_ms(2 * SILENCE);
		_exit(send(fd[0], "x", 1, 0) != 1);
	}
	ualarm(SILENCE * 1000, 0);
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(1, sock_signals);
}

TEST_HARNESS_MAIN
