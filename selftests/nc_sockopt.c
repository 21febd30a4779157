// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: options, TCP's and our own. */
#define _GNU_SOURCE
#define NC_SOCK_FIXTURE
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "sock.h"

#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif

TEST_F(sock, what_it_is)
{
	int fd = sock_new(&self->at);

	EXPECT_EQ(self->at.protocol, nc_get_int(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(self->at.family, nc_get_int(fd, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(SOCK_STREAM, nc_get_int(fd, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, only_streams)
{
	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	EXPECT_EQ(-1, socket(self->at.family, SOCK_DGRAM, self->at.protocol));
	EXPECT_EQ(-1, socket(self->at.family, SOCK_SEQPACKET,
			     self->at.protocol));
}

TEST_F(sock, buffer_sizes)
{
	int fd = sock_new(&self->at);

	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_SNDBUF, 20000));
	EXPECT_EQ(40000, nc_get_int(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_RCVBUF, 20000));
	EXPECT_EQ(40000, nc_get_int(fd, SOL_SOCKET, SO_RCVBUF));
	/* there is a least one */
	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_SNDBUF, 1));
	EXPECT_GT(nc_get_int(fd, SOL_SOCKET, SO_SNDBUF), 1000);
	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_RCVBUF, 1));
	EXPECT_GT(nc_get_int(fd, SOL_SOCKET, SO_RCVBUF), 1000);
}

TEST_F(sock, buffers_bound_what_is_queued)
{
	ssize_t small, big;
	int fd[2];

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	nc_set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 32768);
	nc_set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 32768);
	small = sock_fill(fd[0]);
	EXPECT_GT(small, 4096);

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	nc_set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 200000);
	nc_set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 200000);
	big = sock_fill(fd[0]);
	EXPECT_GT(big, 100000);
	EXPECT_GT(big, small);
}

TEST_F(sock, timeouts_read_back)
{
	struct timeval tv = { .tv_sec = 3 }, got;
	int fd = sock_new(&self->at);
	socklen_t len = sizeof(got);

	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	EXPECT_EQ(3, got.tv_sec);
	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &got, &len));
	EXPECT_EQ(3, got.tv_sec);
}

TEST_F(sock, error_is_told_once)
{
	int fd = sock_new_nonblock(&self->at);
	union nc_addr a;

	close(sock_bound(&self->at, &a));
	/* on one machine the refusal may be there before connect() returns */
	if (sock_connect(fd, &a) && errno == ECONNREFUSED)
		return;
	nc_poll(fd, POLLOUT, PATIENCE);
	EXPECT_EQ(ECONNREFUSED, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, nc_get_int(fd, SOL_SOCKET, SO_ERROR));
}

TEST_F(sock, level_of_ip)
{
	int fd = sock_new(&self->at);

	if (self->at.family == AF_INET) {
		EXPECT_EQ(0, nc_set_int(fd, IPPROTO_IP, IP_TOS, 0x10));
		EXPECT_EQ(0x10, nc_get_int(fd, IPPROTO_IP, IP_TOS));
	} else {
		EXPECT_EQ(0, nc_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
		EXPECT_EQ(1, nc_get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY));
	}
}

TEST_F(sock, unknown_options)
{
	int fd = sock_new(&self->at);

	EXPECT_EQ(-1, nc_set_int(fd, SOL_VIRTUAL_SOCK, 77, 1));
	EXPECT_EQ(ENOPROTOOPT, errno);
	EXPECT_EQ(-1, nc_get_int(fd, SOL_VIRTUAL_SOCK, 77));
	EXPECT_TRUE(errno == ENOPROTOOPT ||
		    (!self->virtual && errno == EOPNOTSUPP));
	EXPECT_EQ(-1, nc_set_int(fd, 9999, 1, 1));
	EXPECT_EQ(ENOPROTOOPT, errno);
	EXPECT_EQ(-1, nc_get_int(fd, SOL_SOCKET, 9999));
	EXPECT_EQ(ENOPROTOOPT, errno);
}

TEST_F(sock, level_of_tcp)
{
	static const int names[] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT };
	int fd = sock_new(&self->at), i;

	EXPECT_EQ(0, nc_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(1, nc_get_int(fd, IPPROTO_TCP, TCP_NODELAY));
	for (i = 0; i < 3; i++) {
		EXPECT_GT(nc_get_int(fd, IPPROTO_TCP, names[i]), 1);
		EXPECT_EQ(0, nc_set_int(fd, IPPROTO_TCP, names[i], 7));
		EXPECT_EQ(7, nc_get_int(fd, IPPROTO_TCP, names[i]));
		EXPECT_EQ(-1, nc_set_int(fd, IPPROTO_TCP, names[i], 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, nc_set_int(fd, IPPROTO_TCP, names[i], 100000));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &i, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, nc_set_int(fd, IPPROTO_TCP, 9999, 1));
	EXPECT_EQ(ENOPROTOOPT, errno);
	EXPECT_EQ(-1, nc_get_int(fd, IPPROTO_TCP, 9999));
	EXPECT_EQ(ENOPROTOOPT, errno);
}

TEST_F(sock, children_inherit_options)
{
	union nc_addr a;
	int fd = sock_listener(&self->at, 1, &a), client, child;

	EXPECT_EQ(0, nc_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(0, nc_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 77));
	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	client = sock_new(&self->at);
	ASSERT_EQ(0, sock_connect(client, &a));
	child = accept(fd, NULL, NULL);
	ASSERT_GE(child, 0);
	EXPECT_EQ(1, nc_get_int(child, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(77, nc_get_int(child, IPPROTO_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(1, nc_get_int(child, SOL_SOCKET, SO_KEEPALIVE));
}

TEST_F(sock, cork)
{
	uint64_t start;
	char buf[4];
	int fd[2], early;

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(0, nc_set_int(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	EXPECT_EQ(1, nc_get_int(fd[0], IPPROTO_TCP, TCP_CORK));
	start = nc_now();
	EXPECT_EQ(1, send(fd[0], "a", 1, 0));
	early = nc_poll(fd[1], POLLIN, 30);
	/* it holds for 200 ms; says nothing if this machine stood still */
	if (nc_now() - start < 150)
		EXPECT_EQ(0, early);
	EXPECT_EQ(1, send(fd[0], "b", 1, 0));
	EXPECT_EQ(0, nc_set_int(fd[0], IPPROTO_TCP, TCP_CORK, 0));
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_WAITALL));
	/* and nobody has to pull it */
	EXPECT_EQ(0, nc_set_int(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	EXPECT_EQ(1, send(fd[0], "c", 1, 0));
	EXPECT_EQ(POLLIN, nc_poll(fd[1], POLLIN, PATIENCE));
}

TEST_F(sock, app_type)
{
	int fd = sock_new(&self->at), v;
	short s = 1;

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	EXPECT_EQ(NC_APP_AUTO, nc_get_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE));
	for (v = NC_APP_AUTO; v <= NC_APP_THROUGHPUT; v++) {
		EXPECT_EQ(0, nc_set_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, v));
		EXPECT_EQ(v, nc_get_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE));
	}
	EXPECT_EQ(-1, nc_set_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, nc_set_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, &s,
				 sizeof(s)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, NULL, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(NC_APP_THROUGHPUT,
		  nc_get_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE));
}

/* The class may change in mid-stream; the bytes must not notice. */
TEST_F(sock, app_type_changes_under_way)
{
	char in[1000], out[1000];
	int fd[2], i;

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	for (i = 0; i < 300; i++) {
		nc_set_int(fd[0], SOL_VIRTUAL_SOCK, SO_APP_TYPE, i % 3);
		memset(out, i, sizeof(out));
		ASSERT_EQ(0, nc_send_all(fd[0], out, sizeof(out)));
		if (i < 20)
			continue;
		memset(out, i - 20, sizeof(out));
		ASSERT_EQ(0, nc_recv_all(fd[1], in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, out, sizeof(in)));
	}
}

TEST_F(sock, scheduler)
{
	int fd = sock_new(&self->at);
	char name[64] = "";
	socklen_t len = sizeof(name);

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	EXPECT_EQ(0, getsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, name,
				&len));
	EXPECT_GT(strlen(name), 1);
	EXPECT_EQ(0, setsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, "shortest",
				8));
	len = sizeof(name);
	EXPECT_EQ(0, getsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, name,
				&len));
	EXPECT_EQ(0, strcmp(name, "shortest"));
	EXPECT_EQ(0, setsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, "rr", 3));
	EXPECT_EQ(-1, setsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, "none",
				 4));
	EXPECT_EQ(ENOENT, errno);
	len = sizeof(name);
	EXPECT_EQ(0, getsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, name,
				&len));
	EXPECT_EQ(0, strcmp(name, "rr"));
}

TEST_F(sock, info)
{
	struct nc_info info;
	socklen_t len = sizeof(info);
	int fd[2];
	char buf[1000] = { 0 };

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, nc_send_all(fd[0], buf, sizeof(buf)));
	ASSERT_EQ(0, nc_recv_all(fd[1], buf, sizeof(buf)));
	ASSERT_EQ(0, getsockopt(fd[1], SOL_VIRTUAL_SOCK, SO_VS_INFO, &info,
				&len));
	EXPECT_EQ(sizeof(info), len);
	EXPECT_EQ(TCP_ESTABLISHED, info.state);
	EXPECT_EQ(sizeof(buf), info.rcv_nxt);
	ASSERT_EQ(0, getsockopt(fd[0], SOL_VIRTUAL_SOCK, SO_VS_INFO, &info,
				&len));
	EXPECT_EQ(sizeof(buf), info.snd_nxt);
	EXPECT_LE(info.snd_una, info.snd_nxt);
	EXPECT_GT(info.lanes, 0);
	len = 4;
	EXPECT_EQ(0, getsockopt(fd[0], SOL_VIRTUAL_SOCK, SO_VS_INFO, &info,
				&len));
	EXPECT_EQ(4, len);
	EXPECT_EQ(-1, setsockopt(fd[0], SOL_VIRTUAL_SOCK, SO_VS_INFO, &info,
				 sizeof(info)));
	EXPECT_EQ(ENOPROTOOPT, errno);
}

/* In a memory cgroup of our own, where SO_RESERVE_MEM works. */
static bool enter_memcg(char *dir)
{
	char path[128];
	bool good;

	strcpy(dir, "/tmp/nc_sockopt.XXXXXX");
	if (unshare(CLONE_NEWNS) || !mkdtemp(dir) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", dir, "cgroup2", 0, NULL))
		return false;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	if (nc_write_file(path, "+memory"))
		return false;
	snprintf(path, sizeof(path), "%s/nc_sockopt", dir);
	if (mkdir(path, 0755) && errno != EEXIST)
		return false;
	strcat(path, "/cgroup.procs");
	good = !nc_write_file(path, "0");
	return good;
}

static void leave_memcg(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	nc_write_file(path, "0");
	snprintf(path, sizeof(path), "%s/nc_sockopt", dir);
	rmdir(path);
	umount(dir);
	rmdir(dir);
}

/* Accounting under two locks: a race here ends in a WARN of the kernel. */
TEST_F(sock, reserve_mem_beside_traffic)
{
	uint64_t end = nc_now() + 2000;
	static char block[30000];
	char dir[64], other[30000];
	int fd[2], i, size;
	pid_t pid[2];

	if (!enter_memcg(dir)) {
		umount(dir);
		rmdir(dir);
		SKIP(return, "no memory cgroup");
	}
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	if (nc_set_int(fd[0], SOL_SOCKET, SO_RESERVE_MEM, 4096)) {
		leave_memcg(dir);
		SKIP(return, "no SO_RESERVE_MEM");
	}
	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		while (nc_now() < end + 500) {
			size = 1 + nc_now() % sizeof(block);
			send(fd[i], block, size, MSG_DONTWAIT | MSG_NOSIGNAL);
			recv(fd[i], other, sizeof(other), MSG_DONTWAIT);
		}
		_exit(0);
	}
	for (i = 0; nc_now() < end; i++) {
		size = i % 3 * 40000;
		ASSERT_EQ(0, nc_set_int(fd[i & 1], SOL_SOCKET, SO_RESERVE_MEM,
					size));
	}
	waitpid(pid[0], NULL, 0);
	waitpid(pid[1], NULL, 0);
	close(fd[0]);
	close(fd[1]);
	leave_memcg(dir);
}

TEST_HARNESS_MAIN
