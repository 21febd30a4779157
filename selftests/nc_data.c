// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: moving bytes. */
#define NC_SOCK_FIXTURE
#include <linux/sockios.h>
#include <sys/sendfile.h>

#include "pattern.h"
#include "sock.h"

#define KEY 0x7465737400000001ULL

static int inq(int fd)
{
	int n = -1;

	return ioctl(fd, SIOCINQ, &n) ? -1 : n;
}

static int outq(int fd)
{
	int n = -1;

	return ioctl(fd, SIOCOUTQ, &n) ? -1 : n;
}

static int send_pattern(int fd, uint64_t pos, size_t len)
{
	char *buf = malloc(len);
	int err;

	nc_pattern_fill(buf, KEY, pos, len);
	err = nc_send_all(fd, buf, len);
	free(buf);
	return err;
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

TEST_F(sock, all_sizes)
{
	static const size_t sizes[] = {
		1, 2, 7, 8, 39, 40, 41, 63, 64, 65, 1459, 1460, 1461, 2047,
		2048, 2049, 4095, 4096, 4097, 16384, 65535, 65536, 65537,
		131072, 1000000, 4194304,
	};
	unsigned int i;
	uint64_t pos = 0;
	int fd[2], status;
	pid_t pid;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	pid = fork();
	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(sizes); pos += sizes[i++])
			if (send_pattern(fd[0], pos, sizes[i]))
				_exit(1);
		_exit(0);
	}
	close(fd[0]);
	for (i = 0; i < ARRAY_SIZE(sizes); pos += sizes[i++])
		ASSERT_TRUE(recv_pattern(fd[1], pos, sizes[i]))
			TH_LOG("size %zu", sizes[i]);
	EXPECT_EQ(0, recv(fd[1], &status, 1, 0));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_F(sock, nothing)
{
	int fd[2];
	char c = 'x';

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(0, send(fd[0], &c, 0, 0));
	EXPECT_EQ(0, send(fd[0], NULL, 0, 0));
	EXPECT_EQ(0, nc_poll(fd[1], POLLIN, SILENCE));
	EXPECT_EQ(-1, recv(fd[1], &c, 1, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(1, send(fd[0], &c, 1, 0));
	EXPECT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
	EXPECT_EQ(0, recv(fd[1], &c, 0, 0));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
}

TEST_F(sock, shapes_of_vectors)
{
	char in[6000], out[6000];
	struct iovec v[] = {
		{ in, 0 }, { in, 1 }, { in + 1, 0 }, { in + 1, 4097 },
		{ in + 4098, 1902 }, { in + 6000, 0 },
	};
	struct iovec w[] = {
		{ out, 2999 }, { out + 2999, 0 }, { out + 2999, 1 },
		{ out + 3000, 3000 },
	};
	struct msghdr msg = { .msg_iov = w, .msg_iovlen = 4 };
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	nc_pattern_fill(in, KEY, 0, sizeof(in));
	EXPECT_EQ(6000, writev(fd[0], v, 6));
	EXPECT_EQ(6000, recvmsg(fd[1], &msg, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(in, out, 6000));
	EXPECT_EQ(0, msg.msg_flags & ~MSG_WAITALL);
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_EQ(0, msg.msg_namelen);
}

TEST_F(sock, write_and_read)
{
	char buf[10];
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(5, write(fd[0], "hello", 5));
	EXPECT_EQ(5, read(fd[1], buf, sizeof(buf)));
	EXPECT_EQ(5, write(fd[1], "world", 5));
	EXPECT_EQ(3, read(fd[0], buf, 3));
	EXPECT_EQ(2, read(fd[0], buf + 3, 7));
	EXPECT_EQ(0, memcmp(buf, "world", 5));
	EXPECT_EQ(-1, lseek(fd[0], 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(sock, dontwait)
{
	ssize_t sent, got;
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(-1, recv(fd[1], &c, 1, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	sent = sock_fill(fd[0]);
	ASSERT_GT(sent, 0);
	EXPECT_EQ(0, nc_poll(fd[0], POLLOUT, SILENCE));
	for (got = 0; got < sent; ) {
		static char block[65536];
		ssize_t n;

		ASSERT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
		n = recv(fd[1], block, sizeof(block), MSG_DONTWAIT);
		ASSERT_GT(n, 0);
		got += n;
	}
	EXPECT_EQ(sent, got);
	EXPECT_EQ(POLLOUT, nc_poll(fd[0], POLLOUT, PATIENCE));
}

TEST_F(sock, peek)
{
	char buf[4];
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(-1, recv(fd[1], buf, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(2, send(fd[0], "ab", 2, 0));
	EXPECT_EQ(2, recv(fd[1], buf, 4, MSG_PEEK));
	EXPECT_EQ(1, recv(fd[1], buf, 1, MSG_PEEK));
	EXPECT_EQ('a', buf[0]);
	EXPECT_EQ(1, send(fd[0], "c", 1, 0));
	EXPECT_TRUE(EVENTUALLY(inq(fd[1]) == 3));
	EXPECT_EQ(3, recv(fd[1], buf, 4, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
	EXPECT_EQ(3, recv(fd[1], buf, 4, 0));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(0, recv(fd[1], buf, 4, MSG_PEEK));
	EXPECT_EQ(0, recv(fd[1], buf, 4, 0));
}

TEST_F(sock, waitall)
{
	char buf[8];
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	if (!fork()) {
		send(fd[0], "abc", 3, 0);
		nc_sleep_ms(SILENCE);
		send(fd[0], "def", 3, 0);
		nc_sleep_ms(SILENCE);
		_exit(0);
	}
	close(fd[0]);
	EXPECT_EQ(5, recv(fd[1], buf, 5, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcde", 5));
	/* the end of the stream ends the wait */
	EXPECT_EQ(1, recv(fd[1], buf, 5, MSG_WAITALL));
	EXPECT_EQ(0, recv(fd[1], buf, 5, MSG_WAITALL));
}

TEST_F(sock, trunc_discards)
{
	char buf[4] = "....";
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(6, send(fd[0], "abcdef", 6, 0));
	EXPECT_TRUE(EVENTUALLY(inq(fd[1]) == 6));
	EXPECT_EQ(4, recv(fd[1], buf, 4, MSG_TRUNC));
	EXPECT_EQ(0, memcmp(buf, "....", 4));
	EXPECT_EQ(2, recv(fd[1], buf, 4, 0));
	EXPECT_EQ(0, memcmp(buf, "ef", 2));
}

TEST_F(sock, bad_pointers)
{
	void *bad = (void *)8;
	char buf[8];
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(-1, send(fd[0], bad, 4, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(4, send(fd[0], "good", 4, 0));
	EXPECT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
	EXPECT_EQ(-1, recv(fd[1], bad, 4, 0));
	EXPECT_EQ(EFAULT, errno);
	/* nothing was lost and nothing was added */
	EXPECT_EQ(4, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, memcmp(buf, "good", 4));
	EXPECT_EQ(-1, ioctl(fd[0], SIOCINQ, bad));
	EXPECT_EQ(EFAULT, errno);
}

/* A buffer that ends in a hole: what was said to be moved was moved. */
TEST_F(sock, half_bad_buffer)
{
	size_t page = sysconf(_SC_PAGESIZE), pages = 64, good = 60 * page;
	char *map = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t sent = 0, got = 0;
	ssize_t n;
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, munmap(map + good, 4 * page));
	nc_pattern_fill(map, KEY, 0, good);
	n = send(fd[0], map, good + page, MSG_DONTWAIT);
	if (n < 0) {
		EXPECT_EQ(EFAULT, errno);
	} else {
		sent = n;
	}
	ASSERT_LE(sent, good);
	while (sent < good) {
		n = send(fd[0], map + sent, good - sent, MSG_DONTWAIT);
		if (n < 0)
			break;
		sent += n;
	}
	shutdown(fd[0], SHUT_WR);

	/* and the same on the receiving side: the last page, then a hole */
	map = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(0, munmap(map + page, 4 * page));
	for (;;) {
		n = recv(fd[1], map + page / 2, 2 * page, 0);
		if (n < 0) {
			ASSERT_EQ(EFAULT, errno);
			n = recv(fd[1], map + page / 2, page / 2, 0);
		}
		ASSERT_GE(n, 0);
		ASSERT_LE(n, page / 2);
		if (!n)
			break;
		ASSERT_EQ(n, nc_pattern_check(map + page / 2, KEY, got, n));
		got += n;
	}
	EXPECT_EQ(sent, got);
}

TEST_F(sock, dup_and_fork)
{
	char buf[16];
	int fd[2], copy, status;
	pid_t pid;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	copy = dup(fd[0]);
	close(fd[0]);
	EXPECT_EQ(1, send(copy, "a", 1, 0));
	pid = fork();
	if (!pid) {
		nc_sleep_ms(SILENCE);
		_exit(send(copy, "b", 1, 0) != 1);
	}
	close(copy);
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "ab", 2));
	EXPECT_EQ(0, recv(fd[1], buf, 2, 0));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_F(sock, server_speaks_first)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a), i, fd, child;
	char buf[8];

	ASSERT_GE(listener, 0);
	for (i = 0; i < 20; i++) {
		fd = sock_new_nonblock(&self->at);
		sock_connect(fd, &a);
		child = accept(listener, NULL, NULL);
		ASSERT_GE(child, 0);
		EXPECT_EQ(5, send(child, "hello", 5, 0));
		close(child);
		ASSERT_TRUE(nc_poll(fd, POLLIN, PATIENCE) & POLLIN);
		nc_set_nonblock(fd, false);
		EXPECT_EQ(5, recv(fd, buf, 5, MSG_WAITALL));
		EXPECT_EQ(0, recv(fd, buf, 5, 0));
		close(fd);
	}
}

TEST_F(sock, queue_lengths)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a), fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(0, inq(fd[1]));
	EXPECT_EQ(0, outq(fd[0]));
	ASSERT_EQ(0, send_pattern(fd[0], 0, 10000));
	EXPECT_TRUE(EVENTUALLY(inq(fd[1]) == 10000));
	/* acknowledged without being read */
	EXPECT_TRUE(EVENTUALLY(outq(fd[0]) == 0));
	ASSERT_TRUE(recv_pattern(fd[1], 0, 4000));
	EXPECT_EQ(6000, inq(fd[1]));
	shutdown(fd[0], SHUT_WR);
	ASSERT_TRUE(EVENTUALLY(nc_poll(fd[1], POLLRDHUP, 0)));
	EXPECT_EQ(6000, inq(fd[1]));
	ASSERT_TRUE(recv_pattern(fd[1], 4000, 6000));
	EXPECT_EQ(0, inq(fd[1]));
	EXPECT_EQ(-1, inq(listener));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, outq(listener));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(sock, unsent_bytes_are_seen)
{
	int fd[2], n;
	ssize_t sent;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	nc_set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 65536);
	nc_set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 65536);
	sent = sock_fill(fd[0]);
	n = outq(fd[0]);
	EXPECT_GT(n, 0);
	EXPECT_LE(n, sent);
	EXPECT_EQ(sent, n + inq(fd[1]));
}

TEST_F(sock, not_connected)
{
	int fd = sock_new(&self->at);
	union nc_addr a;
	int listener = sock_listener(&self->at, 8, &a);
	char c = 0;
	int n = -1;

	EXPECT_EQ(-1, send(fd, &c, 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, recv(fd, &c, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(0, outq(fd));
	EXPECT_EQ(0, ioctl(fd, SIOCOUTQNSD, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(-1, recv(listener, &c, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(-1, send(listener, &c, 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
}

TEST_F(sock, sendfile_and_splice)
{
	size_t len = 200000, n = 0;
	char *buf = malloc(len);
	int fd[2], p[2], file = memfd_create("nc", MFD_CLOEXEC);
	ssize_t got;
	pid_t pid;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	nc_pattern_fill(buf, KEY, 0, len);
	ASSERT_EQ(len, write(file, buf, len));
	ASSERT_EQ(0, lseek(file, 0, SEEK_SET));
	pid = fork();
	if (!pid) {
		/* more than there is: the end of the file ends it */
		while (n < len) {
			got = sendfile(fd[0], file, NULL, len - n + 100000);
			if (got <= 0)
				_exit(1);
			n += got;
		}
		pause();
	}
	ASSERT_EQ(0, pipe(p));
	for (n = 0; n < len; n += got) {
		got = splice(fd[1], NULL, p[1], NULL, 16384, 0);
		ASSERT_GT(got, 0);
		ASSERT_EQ(got, read(p[0], buf, len));
		ASSERT_EQ(got, nc_pattern_check(buf, KEY, n, got));
	}
	kill(pid, SIGKILL);
}

TEST_F(sock, no_sender_name)
{
	union nc_addr a;
	socklen_t len = sizeof(a);
	int fd[2];
	char c;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, recvfrom(fd[1], &c, 1, 0, &a.sa, &len));
	EXPECT_EQ(0, len);
}

TEST_HARNESS_MAIN
