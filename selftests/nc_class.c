// SPDX-License-Identifier: GPL-2.0
/*
 * Automatic classes as an application meets them: what SO_VS_INFO says of
 * sockets that behave like this and that. What the rule is, unit tests ask.
 */
#define _GNU_SOURCE
#define NC_SOCK_FIXTURE
#include "sock.h"

#define NC_CLASS_BULK	(1 << 18)

static int class_of(int fd)
{
	struct nc_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_INFO, &info, &len))
		return -1;
	return info.app_type;
}

static int set_type(int fd, int type)
{
	return nc_set_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, type);
}

static int set_sched(int fd, const char *name)
{
	return setsockopt(fd, SOL_VIRTUAL_SOCK, SO_VS_SCHED, name,
			  strlen(name));
}

/* @n questions of @len bytes from @fd[0] and their answers; 0 or -1 */
static int ping_pong(const int fd[2], int n, size_t len)
{
	char out[8192], in[8192];

	while (n--) {
		memset(out, n, len);
		if (nc_send_all(fd[0], out, len) ||
		    nc_recv_all(fd[1], in, len) ||
		    nc_send_all(fd[1], in, len) ||
		    nc_recv_all(fd[0], in, len) || memcmp(in, out, len))
			return -1;
	}
	return 0;
}

/* many bytes in calls of @len; their reader comes later */
static int bulk(int from, int to, size_t len)
{
	static char out[NC_CLASS_BULK], in[NC_CLASS_BULK];
	size_t done = 0, took = 0, left;
	ssize_t n;

	for (n = 0; n < NC_CLASS_BULK; n++)
		out[n] = n * 7 + n / 1000;
	while (took < sizeof(in)) {
		n = 0;
		while (done < sizeof(out) && n >= 0) {
			left = sizeof(out) - done;
			n = send(from, out + done, left < len ? left : len,
				 MSG_DONTWAIT);
			done += n > 0 ? n : 0;
		}
		/*
		 * Not without a limit: all that was sent may have been read,
		 * and its acknowledgement be under way.
		 */
		n = recv(to, in + took, sizeof(in) - took, MSG_DONTWAIT);
		if (!n || (n < 0 && errno != EAGAIN))
			return -1;
		if (n > 0)
			took += n;
		else
			nc_sleep_ms(1);
	}
	return memcmp(in, out, sizeof(in));
}

TEST_F(sock, connecting_is_latency)
{
	int fd[2];

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	fd[0] = sock_new(&self->at);
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));
}

TEST_F(sock, small_and_large_ping_pong)
{
	int64_t before;
	int fd[2];

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, ping_pong(fd, 200, 64));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));

	before = nc_stat("ClassChanged");
	ASSERT_EQ(0, ping_pong(fd, 100, 8000));
	EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[0]));
	EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[1]));
	EXPECT_EQ(before + 2, nc_stat("ClassChanged"));

	ASSERT_EQ(0, ping_pong(fd, 200, 64));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));
	EXPECT_EQ(before + 4, nc_stat("ClassChanged"));
}

/* each end for what it sends */
TEST_F(sock, bulk_is_throughput)
{
	static const size_t len[] = { 64, 4096, NC_CLASS_BULK };
	unsigned int i;
	int fd[2];

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		ASSERT_EQ(0, sock_pair(&self->at, fd));
		ASSERT_EQ(0, bulk(fd[1], fd[0], len[i]));
		EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[1]));
		EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_F(sock, what_an_application_chose_wins)
{
	int fd[2];

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	ASSERT_EQ(0, sock_pair(&self->at, fd));
	ASSERT_EQ(0, set_type(fd[0], NC_APP_THROUGHPUT));
	ASSERT_EQ(0, set_type(fd[1], NC_APP_LATENCY));
	ASSERT_EQ(0, ping_pong(fd, 100, 64));
	ASSERT_EQ(0, ping_pong(fd, 100, 8000));
	ASSERT_EQ(0, bulk(fd[1], fd[0], 16384));
	ASSERT_EQ(0, ping_pong(fd, 100, 64));
	EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[0]));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));

	/* automatic again: what it does decides at once */
	ASSERT_EQ(0, set_type(fd[0], NC_APP_AUTO));
	EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[0]));
	ASSERT_EQ(0, set_type(fd[1], NC_APP_AUTO));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));
	ASSERT_EQ(0, ping_pong(fd, 2, 64));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
	EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));
	ASSERT_EQ(0, bulk(fd[1], fd[0], 16384));
	EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[1]));
}

/* the child keeps what its client chose */
TEST_F(sock, child_of_a_client_that_chose)
{
	int l, fd[2], type;
	union nc_addr a;

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	for (type = NC_APP_LATENCY; type <= NC_APP_THROUGHPUT; type++) {
		l = sock_listener(&self->at, 8, &a);
		ASSERT_LE(0, l);
		fd[0] = sock_new(&self->at);
		ASSERT_EQ(0, set_type(fd[0], type));
		ASSERT_EQ(0, sock_connect(fd[0], &a));
		fd[1] = accept(l, NULL, NULL);
		ASSERT_LE(0, fd[1]);
		EXPECT_EQ(NC_APP_AUTO, nc_get_int(fd[1], SOL_VIRTUAL_SOCK,
						  SO_APP_TYPE));
		ASSERT_EQ(0, ping_pong(fd, 100, 64));
		EXPECT_EQ(type, class_of(fd[1]));
		ASSERT_EQ(0, bulk(fd[1], fd[0], 16384));
		EXPECT_EQ(type, class_of(fd[1]));
		/* until it says otherwise */
		ASSERT_EQ(0, set_type(fd[1], NC_APP_AUTO));
		ASSERT_EQ(0, ping_pong(fd, 2, 64));
		EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));
		close(fd[0]);
		close(fd[1]);
		close(l);
	}
}

/* only some policies classify */
TEST_F(sock, other_policies_say_throughput)
{
	static const char * const others[] = { "rr", "shortest", "hash" };
	unsigned int i;
	int fd[2];

	if (!self->virtual)
		SKIP(return, "only for virtual sockets");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ASSERT_EQ(0, sock_pair(&self->at, fd));
		ASSERT_EQ(0, set_sched(fd[0], others[i]));
		EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[0]));
		ASSERT_EQ(0, ping_pong(fd, 100, 64));
		EXPECT_EQ(NC_APP_THROUGHPUT, class_of(fd[0]));
		EXPECT_EQ(NC_APP_LATENCY, class_of(fd[1]));
		ASSERT_EQ(0, set_type(fd[0], NC_APP_LATENCY));
		ASSERT_EQ(0, set_sched(fd[0], "class"));
		EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
		ASSERT_EQ(0, bulk(fd[0], fd[1], 4096));
		EXPECT_EQ(NC_APP_LATENCY, class_of(fd[0]));
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_HARNESS_MAIN
