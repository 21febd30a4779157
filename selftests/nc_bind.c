// SPDX-License-Identifier: GPL-2.0
/* What a stream socket must do: names, ports and listening. */
#define NC_SOCK_FIXTURE
#include "sock.h"

TEST_F(sock, port_zero_gives_a_port)
{
	union nc_addr a, b;
	int fd = sock_bound(&self->at, &a);
	int other = sock_bound(&self->at, &b);

	ASSERT_GE(fd, 0);
	ASSERT_GE(other, 0);
	EXPECT_GT(nc_port(fd), 0);
	EXPECT_NE(nc_port(fd), nc_port(other));
}

TEST_F(sock, unbound_has_no_name)
{
	union nc_addr a;
	socklen_t len = sizeof(a);
	int fd = sock_new(&self->at);

	EXPECT_EQ(0, nc_port(fd));
	EXPECT_EQ(-1, getpeername(fd, &a.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST_F(sock, address_in_use)
{
	union nc_addr a;
	int fd = sock_bound(&self->at, &a);
	int other = sock_new(&self->at);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, bind(other, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EADDRINUSE, errno);
	close(fd);
	EXPECT_EQ(0, bind(other, &a.sa, sizeof(a.v6)));
}

/* connect() with @port and the three behind it to choose from; its result */
static int connect_near(int fd, const union nc_addr *a, int port)
{
	static const char file[] = "/proc/sys/net/ipv4/ip_local_port_range";
	char old[64], range[64];
	int ret, err;

	snprintf(range, sizeof(range), "%d %d", port, port + 3);
	if (nc_read_file(file, old, sizeof(old)) <= 0 ||
	    nc_write_file(file, range))
		return -2;
	ret = sock_connect(fd, a);
	err = errno;
	if (nc_write_file(file, old))
		return -2;
	errno = err;
	return ret;
}

/*
 * A connection that asks for no port gets none where somebody listens: else it
 * might be a connection with itself.
 */
TEST_F(sock, connect_spares_the_listeners_port)
{
	int i, port, listener, fd, child;
	union nc_addr a;

	for (i = 0; i < 16; i++) {
		listener = sock_listener(&self->at, 1, &a);
		ASSERT_GE(listener, 0);
		port = nc_port(listener);
		fd = sock_new(&self->at);
		ASSERT_EQ(0, connect_near(fd, &a, port));
		EXPECT_NE(port, nc_port(fd));
		ASSERT_EQ(POLLIN, nc_poll(listener, POLLIN, PATIENCE));
		child = accept(listener, NULL, NULL);
		EXPECT_LE(0, child);
		close(child);
		close(fd);
		close(listener);
		fd = sock_new(&self->at);
		/* plain TCP may meet itself here */
		if (self->virtual) {
			EXPECT_EQ(-1, connect_near(fd, &a, port));
			EXPECT_EQ(ECONNREFUSED, errno);
		}
		close(fd);
	}
}

/* Virtual and plain sockets share the ports of TCP. */
TEST_F(sock, port_is_taken_from_tcp)
{
	struct sock_at tcp = { self->at.family, IPPROTO_TCP };
	union nc_addr a;
	int fd = sock_bound(&self->at, &a);
	int other = sock_new(&tcp);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, bind(other, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EADDRINUSE, errno);
	close(fd);
	EXPECT_EQ(0, bind(other, &a.sa, sizeof(a.v6)));
	close(other);
	other = sock_listener(&tcp, 1, &a);
	ASSERT_GE(other, 0);
	fd = sock_new(&self->at);
	EXPECT_EQ(-1, bind(fd, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EADDRINUSE, errno);
}

TEST_F(sock, reuseaddr_until_one_listens)
{
	union nc_addr a;
	int fd = sock_new(&self->at), other = sock_new(&self->at);

	nc_addr(&a, self->at.family, NULL, 0);
	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(0, nc_set_int(other, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind(fd, &a.sa, sizeof(a.v6)));
	nc_set_port(&a, nc_port(fd));
	ASSERT_EQ(0, bind(other, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(0, listen(fd, 1));
	EXPECT_EQ(-1, listen(other, 1));
	EXPECT_EQ(EADDRINUSE, errno);
}

TEST_F(sock, reuseport_shares)
{
	union nc_addr a;
	int fd = sock_new(&self->at), other = sock_new(&self->at);
	int client = sock_new(&self->at);
	struct pollfd p[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = other, .events = POLLIN },
	};

	nc_addr(&a, self->at.family, NULL, 0);
	EXPECT_EQ(0, nc_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	EXPECT_EQ(0, nc_set_int(other, SOL_SOCKET, SO_REUSEPORT, 1));
	ASSERT_EQ(0, bind(fd, &a.sa, sizeof(a.v6)));
	nc_set_port(&a, nc_port(fd));
	ASSERT_EQ(0, bind(other, &a.sa, sizeof(a.v6)));
	ASSERT_EQ(0, listen(fd, 1));
	ASSERT_EQ(0, listen(other, 1));
	ASSERT_EQ(0, sock_connect(client, &a));
	EXPECT_EQ(1, poll(p, 2, PATIENCE));
}

TEST_F(sock, listener_of_a_device)
{
	union nc_addr a;
	int fd = sock_listener(&self->at, 1, &a), client;

	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	client = sock_new(&self->at);
	ASSERT_EQ(0, sock_connect(client, &a));
	EXPECT_GE(accept(fd, NULL, NULL), 0);
}

TEST_F(sock, bind_twice)
{
	union nc_addr a;
	int fd = sock_bound(&self->at, &a);

	ASSERT_GE(fd, 0);
	nc_set_port(&a, 0);
	EXPECT_EQ(-1, bind(fd, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(sock, bind_wrong_addresses)
{
	bool v4 = self->at.family == AF_INET;
	union nc_addr a;
	int fd = sock_new(&self->at);

	nc_addr(&a, self->at.family, v4 ? "192.0.2.1" : "2001:db8::1", 0);
	EXPECT_EQ(-1, bind(fd, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EADDRNOTAVAIL, errno);
	nc_addr(&a, v4 ? AF_INET6 : AF_INET, NULL, 0);
	EXPECT_EQ(-1, bind(fd, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	nc_addr(&a, self->at.family, NULL, 0);
	EXPECT_EQ(-1, bind(fd, &a.sa, 4));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, bind(fd, &a.sa, sizeof(a.v6)));
}

TEST_F(sock, privileged_port)
{
	union nc_addr a;
	int fd = sock_new(&self->at);

	nc_addr(&a, self->at.family, NULL, 81);
	ASSERT_EQ(0, seteuid(65534));
	EXPECT_EQ(-1, bind(fd, &a.sa, sizeof(a.v6)));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, seteuid(0));
	EXPECT_EQ(0, bind(fd, &a.sa, sizeof(a.v6)));
}

TEST_F(sock, v6only)
{
	struct sock_at v4 = { AF_INET, self->at.protocol };
	union nc_addr a6, a4;
	int fd, other;

	if (self->at.family != AF_INET6)
		SKIP(return, "only for IPv6");
	fd = sock_new(&self->at);
	nc_addr(&a6, AF_INET6, "::", 0);
	ASSERT_EQ(0, bind(fd, &a6.sa, sizeof(a6.v6)));
	nc_addr(&a4, AF_INET, "0.0.0.0", nc_port(fd));
	other = sock_new(&v4);
	EXPECT_EQ(-1, bind(other, &a4.sa, sizeof(a4.v4)));
	EXPECT_EQ(EADDRINUSE, errno);
	close(fd);

	fd = sock_new(&self->at);
	ASSERT_EQ(0, nc_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	ASSERT_EQ(0, bind(fd, &a6.sa, sizeof(a6.v6)));
	nc_set_port(&a4, nc_port(fd));
	EXPECT_EQ(0, bind(other, &a4.sa, sizeof(a4.v4)));
	EXPECT_EQ(0, listen(fd, 1));
	EXPECT_EQ(0, listen(other, 1));
}

TEST_F(sock, dual_stack)
{
	struct sock_at v4 = { AF_INET, self->at.protocol };
	int fd, client, child, port;
	union nc_addr a, name;
	socklen_t len = sizeof(name);
	char c = 'x';

	if (self->at.family != AF_INET6)
		SKIP(return, "only for IPv6");
	fd = sock_new(&self->at);
	nc_addr(&a, AF_INET6, "::", 0);
	ASSERT_EQ(0, bind(fd, &a.sa, sizeof(a.v6)));
	ASSERT_EQ(0, listen(fd, 4));
	port = nc_port(fd);

	nc_addr(&a, AF_INET, NULL, port);
	client = sock_new(&v4);
	ASSERT_EQ(0, sock_connect(client, &a));
	child = accept(fd, &name.sa, &len);
	ASSERT_GE(child, 0);
	EXPECT_EQ(AF_INET6, name.sa.sa_family);
	EXPECT_TRUE(IN6_IS_ADDR_V4MAPPED(&name.v6.sin6_addr));
	EXPECT_EQ(1, send(client, &c, 1, 0));
	EXPECT_EQ(1, recv(child, &c, 1, 0));

	/* and an IPv6 client with a mapped address */
	nc_addr(&a, AF_INET6, "::ffff:127.0.0.1", port);
	client = sock_new(&self->at);
	ASSERT_EQ(0, sock_connect(client, &a));
	child = accept(fd, NULL, NULL);
	ASSERT_GE(child, 0);
	EXPECT_EQ(1, send(child, &c, 1, 0));
	EXPECT_EQ(1, recv(client, &c, 1, 0));
}

TEST_F(sock, names_of_a_connection)
{
	union nc_addr a, own, peer, from;
	socklen_t len = sizeof(own);
	int listener = sock_listener(&self->at, 4, &a);
	int fd = sock_new(&self->at), child;

	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, sock_connect(fd, &a));
	len = sizeof(from);
	child = accept(listener, &from.sa, &len);
	ASSERT_GE(child, 0);

	len = sizeof(own);
	ASSERT_EQ(0, getsockname(fd, &own.sa, &len));
	EXPECT_EQ(self->at.family == AF_INET ? sizeof(own.v4) :
					       sizeof(own.v6), len);
	EXPECT_EQ(0, memcmp(&own, &from, len));
	ASSERT_EQ(0, getpeername(child, &peer.sa, &len));
	EXPECT_EQ(0, memcmp(&own, &peer, len));
	ASSERT_EQ(0, getsockname(child, &own.sa, &len));
	EXPECT_EQ(0, memcmp(&a, &own, len));
	ASSERT_EQ(0, getpeername(fd, &peer.sa, &len));
	EXPECT_EQ(0, memcmp(&a, &peer, len));
}

TEST_F(sock, bound_client_keeps_its_port)
{
	union nc_addr a, own, from;
	int listener = sock_listener(&self->at, 4, &a);
	int fd = sock_bound(&self->at, &own), child;
	socklen_t len = sizeof(from);

	ASSERT_GE(listener, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, sock_connect(fd, &a));
	child = accept(listener, &from.sa, &len);
	ASSERT_GE(child, 0);
	EXPECT_EQ(0, memcmp(&own, &from, len));
	EXPECT_EQ(nc_port(fd), ntohs(own.v4.sin_port));
}

TEST_F(sock, listen_binds)
{
	int fd = sock_new(&self->at), client = sock_new(&self->at);
	union nc_addr a;

	ASSERT_EQ(0, listen(fd, 1));
	EXPECT_GT(nc_port(fd), 0);
	EXPECT_EQ(1, nc_get_int(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(0, nc_get_int(client, SOL_SOCKET, SO_ACCEPTCONN));
	nc_addr(&a, self->at.family, NULL, nc_port(fd));
	EXPECT_EQ(0, sock_connect(client, &a));
	EXPECT_GE(accept(fd, NULL, NULL), 0);
	EXPECT_EQ(0, listen(fd, 5));
}

TEST_F(sock, listen_after_close_of_another)
{
	union nc_addr a;
	int fd, i;

	fd = sock_listener(&self->at, 1, &a);
	ASSERT_GE(fd, 0);
	for (i = 0; i < 10; i++) {
		close(fd);
		fd = sock_new(&self->at);
		ASSERT_EQ(0, bind(fd, &a.sa, sizeof(a.v6)));
		ASSERT_EQ(0, listen(fd, 1));
	}
}

TEST_F(sock, listen_and_accept_on_wrong_sockets)
{
	union nc_addr a;
	int fd[2], bound = sock_bound(&self->at, &a);

	ASSERT_EQ(0, sock_pair(&self->at, fd));
	EXPECT_EQ(-1, listen(fd[0], 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, accept(fd[0], NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, accept(bound, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(sock, accept_flags)
{
	union nc_addr a;
	int listener = sock_listener(&self->at, 4, &a);
	int fd = sock_new(&self->at), child;

	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, nc_set_nonblock(listener, true));
	EXPECT_EQ(-1, accept(listener, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, sock_connect(fd, &a));
	ASSERT_EQ(POLLIN, nc_poll(listener, POLLIN, PATIENCE));
	child = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_GE(child, 0);
	EXPECT_TRUE(fcntl(child, F_GETFL) & O_NONBLOCK);
	EXPECT_TRUE(fcntl(child, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(-1, accept(listener, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_HARNESS_MAIN
