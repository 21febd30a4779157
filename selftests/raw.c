// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "raw.h"
#include "util.h"

int raw_slow = 1, raw_port;
struct nc_rng raw_rng = { .state = 42 };

struct raw_frame raw_frame(int type, uint32_t len)
{
	return (struct raw_frame){
		.version = 1, .type = type, .len = htobe32(len),
	};
}

int raw_try(void)
{
	union nc_addr a;
	socklen_t len = nc_addr(&a, AF_INET, NULL, raw_port);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	if (!connect(fd, &a.sa, len))
		return fd;
	if (errno != ECONNRESET)
		ksft_exit_fail_msg("channel port %d: %s\n", raw_port,
				   strerror(errno));
	close(fd);
	return -1;
}

int raw_open(void)
{
	int fd = raw_try();

	if (fd < 0)
		ksft_exit_fail_msg("channel port %d: reset\n", raw_port);
	nc_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

void raw_put(int fd, const void *buf, size_t len)
{
	if (nc_send_all(fd, buf, len))
		errno = 0;
}

int raw_hello(void)
{
	uint8_t buf[RAW_HDR + RAW_HELLO_LEN];
	int fd = raw_open(), i;

	if (nc_recv_all(fd, buf, sizeof(buf)) || buf[1] != RAW_HELLO) {
		/* it waits for the opener to speak first */
		struct raw_frame f = raw_frame(RAW_HELLO, RAW_HELLO_LEN);

		memset(buf, 0, sizeof(buf));
		memcpy(buf, &f, RAW_HDR);
	}
	for (i = 0; i < 16; i++)	/* the set, behind the instance */
		buf[RAW_HDR + 48 + i] = nc_rand(&raw_rng);
	raw_put(fd, buf, sizeof(buf));
	return fd;
}

bool raw_closed(int fd, int ms)
{
	uint64_t end = nc_now() + (uint64_t)ms * raw_slow;
	char buf[4096];
	ssize_t n;

	while (nc_now() < end) {
		if (!nc_poll(fd, POLLIN, 100))
			continue;
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (!n || (n < 0 && errno != EAGAIN))
			return true;
	}
	return false;
}

bool raw_ends(int fd, int ms)
{
	bool good = raw_closed(fd, ms);

	close(fd);
	return good;
}

void raw_put_syn(int fd, int token, int sport, int dport, int flags)
{
	struct {
		struct raw_frame f;
		uint8_t token[8], birth[8];
		uint16_t sport, dport;
		uint8_t class, fixed, zero[2];
	} __attribute__((packed)) p = {
		.f = raw_frame(RAW_SYN, 24),
		.sport = htobe16(sport),
		.dport = htobe16(dport),
	};

	p.f.flags = htobe16(flags);
	memset(p.token, token, sizeof(p.token));
	raw_put(fd, &p, sizeof(p));
}
