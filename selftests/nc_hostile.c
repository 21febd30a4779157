// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever reaches the channel port may send anything. Each attack is a
 * connection of its own; meanwhile a virtual stream to the same listener goes
 * on and must not notice. What must happen to the attacker: its channel is
 * closed (or nothing, for those who say nothing), and that is counted.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "pattern.h"
#include "util.h"

/* Documentation/wire-format.rst, written down again to be independent */
#define HDR 40
#define HELLO_LEN 96
enum { HELLO = 1, AUTH, GOAWAY, SYN, SYN_ACK, DATA, ACK, RST };

struct frame {
	uint8_t version, type;
	uint16_t flags;
	uint32_t len;
	uint64_t token, seq, ack;
	uint32_t wnd, src;
} __attribute__((packed));

static int slow = 1, port;
static struct nc_rng rng = { .state = 42 };

static struct frame frame(int type, uint32_t len)
{
	return (struct frame){
		.version = 1, .type = type, .len = htobe32(len),
	};
}

/* -1: reset, perhaps before connect() returned */
static int attack_try(void)
{
	union nc_addr a;
	socklen_t len = nc_addr(&a, AF_INET, NULL, port);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	if (!connect(fd, &a.sa, len))
		return fd;
	if (errno != ECONNRESET)
		ksft_exit_fail_msg("channel port %d: %s\n", port,
				   strerror(errno));
	close(fd);
	return -1;
}

static int attack_open(void)
{
	int fd = attack_try();

	if (fd < 0)
		ksft_exit_fail_msg("channel port %d: reset\n", port);
	nc_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

static void put(int fd, const void *buf, size_t len)
{
	/* the other end may have closed: that is what is wanted */
	if (nc_send_all(fd, buf, len))
		errno = 0;
}

/* An honest HELLO: the acceptor's own, with a set id of ours. */
static int attack_hello(void)
{
	uint8_t buf[HDR + HELLO_LEN];
	int fd = attack_open(), i;

	if (nc_recv_all(fd, buf, sizeof(buf)) || buf[1] != HELLO) {
		/* it waits for the opener to speak first */
		struct frame f = frame(HELLO, HELLO_LEN);

		memset(buf, 0, sizeof(buf));
		memcpy(buf, &f, HDR);
	}
	for (i = 0; i < 16; i++)	/* the set, behind the instance */
		buf[HDR + 48 + i] = nc_rand(&rng);
	put(fd, buf, sizeof(buf));
	return fd;
}

/* Is it closed by the other end, within the time? Reads what it is told. */
static bool closed(int fd, int ms)
{
	uint64_t end = nc_now() + (uint64_t)ms * slow;
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

static bool end_closed(int fd, int ms)
{
	bool good = closed(fd, ms);

	close(fd);
	return good;
}

/* The attacks. True: it ended as it must. */

static bool garbage(void)
{
	uint8_t buf[5000];
	size_t i;
	int fd = attack_open();

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = nc_rand(&rng);
	buf[0] = 77;
	put(fd, buf, sizeof(buf));
	return end_closed(fd, 10000);
}

static bool http(void)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
				  "and so on, for as long as a header is";
	int fd = attack_open();

	put(fd, get, sizeof(get));
	return end_closed(fd, 10000);
}

/* Says nothing: closed when the time for a HELLO is over. */
static bool silent(void)
{
	return end_closed(attack_open(), 15000);
}

static bool half_hello(void)
{
	struct frame f = frame(HELLO, HELLO_LEN);
	int fd = attack_open();

	put(fd, &f, sizeof(f) / 2);
	return end_closed(fd, 15000);
}

static bool wrong_hello(void)
{
	uint8_t buf[HDR + HELLO_LEN] = { 0 };
	struct frame f = frame(HELLO, HELLO_LEN);
	int fd = attack_open();

	memcpy(buf, &f, HDR);
	memset(buf + HDR, 0x55, HELLO_LEN);
	put(fd, buf, sizeof(buf));
	return end_closed(fd, 10000);
}

static bool wrong_version(void)
{
	struct frame f = frame(HELLO, HELLO_LEN);
	int fd = attack_open();

	f.version = 2;
	put(fd, &f, sizeof(f));
	return end_closed(fd, 10000);
}

static bool no_hello(void)
{
	struct frame f = frame(DATA, 100);
	char payload[100] = { 0 };
	int fd = attack_open();

	f.token = 1;
	f.seq = htobe64(1);
	put(fd, &f, sizeof(f));
	put(fd, payload, sizeof(payload));
	return end_closed(fd, 10000);
}

static bool hello_twice(void)
{
	struct frame f = frame(HELLO, HELLO_LEN);
	char payload[HELLO_LEN] = { 0 };
	int fd = attack_hello();

	put(fd, &f, sizeof(f));
	put(fd, payload, sizeof(payload));
	return end_closed(fd, 10000);
}

/* One wrong field of a header behind a good HELLO. */
static bool bad_frame(struct frame f)
{
	char payload[100] = { 0 };
	int fd = attack_hello();

	put(fd, &f, sizeof(f));
	put(fd, payload, sizeof(payload));
	return end_closed(fd, 10000);
}

static bool oversized(void)
{
	struct frame f = frame(DATA, 65537);

	f.token = 1;
	f.seq = htobe64(1);
	return bad_frame(f);
}

static bool huge(void)
{
	struct frame f = frame(SYN, 0xffffffff);

	return bad_frame(f);
}

static bool unknown_type(void)
{
	return bad_frame(frame(99, 0));
}

static bool unknown_flag(void)
{
	struct frame f = frame(DATA, 1);

	f.flags = 0xffff;
	f.token = 1;
	f.seq = htobe64(1);
	return bad_frame(f);
}

static bool wrapping(void)
{
	struct frame f = frame(DATA, 100);

	f.token = 1;
	f.seq = htobe64(UINT64_MAX - 50);
	return bad_frame(f);
}

static bool bad_syn(void)
{
	return bad_frame(frame(SYN, 24));
}

/* TCP's urgent data would stop tcp_read_sock() for ever. */
static bool urgent(void)
{
	int fd = attack_hello();

	send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL);
	return end_closed(fd, 10000);
}

/* Frames for connections that are not ours: an answer, at most, each. */
static bool foreign_tokens(void)
{
	struct frame f = frame(DATA, 10);
	char payload[10] = { 0 };
	int fd = attack_hello(), i;

	for (i = 0; i < 2000; i++) {
		f.token = nc_rand(&rng) | 1;
		f.seq = htobe64(1 + nc_rand_below(&rng, 100000));
		f.src = nc_rand(&rng);
		put(fd, &f, sizeof(f));
		put(fd, payload, sizeof(payload));
	}
	f = frame(RST, 0);
	for (i = 0; i < 2000; i++) {
		f.token = nc_rand(&rng) | 1;
		put(fd, &f, sizeof(f));
	}
	return !closed(fd, 300) && !close(fd);
}

/* The token of a DATA frame of the victim's, seen on the wire; 0: none came. */
static uint64_t sniff_token(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	uint64_t end = nc_now() + 5000ULL * slow, token = 0;
	static uint8_t buf[70000];
	size_t off;
	ssize_t n;

	while (fd >= 0 && !token && nc_now() < end) {
		if (!nc_poll(fd, POLLIN, 100))
			continue;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 40 || buf[9] != IPPROTO_TCP)
			continue;
		off = (buf[0] & 15) * 4;
		off += (buf[off + 12] >> 4) * 4;
		if (n >= (ssize_t)off + HDR && buf[off] == 1 &&
		    buf[off + 1] == DATA && !buf[off + 4])
			memcpy(&token, buf + off + 8, sizeof(token));
	}
	close(fd);
	return token;
}

/*
 * A true token, and the public identity of the host it belongs to (the
 * instance of its HELLO), but not its secret: nothing of it may count.
 */
static bool theft(void)
{
	struct frame f = frame(DATA, 10);
	char payload[10] = { 0 };
	int fd = attack_hello(), i;

	f.token = sniff_token();
	if (!f.token) {
		ksft_print_msg("saw no frame of the victim\n");
		return false;
	}
	for (i = 0; i < 200; i++) {
		/* what the victim may take, if it could come from here */
		f.seq = htobe64(1 + i * 10);
		f.ack = htobe64(1 + i);
		f.wnd = 0xffffffff;
		put(fd, &f, sizeof(f));
		put(fd, payload, sizeof(payload));
	}
	f = frame(DATA, 0);
	f.token = sniff_token();
	f.flags = htobe16(1);		/* FIN */
	f.seq = htobe64(1);
	put(fd, &f, sizeof(f));
	f = frame(RST, 0);
	f.token = sniff_token();
	put(fd, &f, sizeof(f));
	return !closed(fd, 300) && !close(fd);
}

/* NCSYNs to ports where nobody listens, with no one waiting for answers. */
static bool syn_flood(void)
{
	struct { struct frame f; uint8_t syn[24]; } __attribute__((packed)) p;
	int fd = attack_hello(), i;

	memset(&p, 0, sizeof(p));
	p.f = frame(SYN, 24);
	for (i = 0; i < 3000; i++) {
		memset(p.syn, 1 + i % 250, 8);		/* token */
		p.syn[16] = i >> 8 | 4;			/* sport */
		p.syn[17] = i;
		p.syn[18] = 0xfe;			/* dport */
		p.syn[19] = 1;
		put(fd, &p, sizeof(p));
	}
	return !closed(fd, 300) && !close(fd);
}

/* Valid headers with random contents behind a good HELLO. */
static bool fuzz(void)
{
	uint8_t buf[HDR + 64];
	int i, k, fd;

	for (i = 0; i < 300; i++) {
		fd = i % 4 ? attack_open() : attack_hello();
		for (k = 0; k < (int)sizeof(buf); k++)
			buf[k] = nc_rand(&rng);
		buf[0] = 1;
		buf[1] = 1 + nc_rand_below(&rng, 8);
		buf[2] = 0;
		buf[3] &= 15;
		memset(buf + 4, 0, 3);
		buf[7] &= 63;
		put(fd, buf, nc_rand_below(&rng, sizeof(buf) + 1));
		close(fd);
	}
	return true;
}

/* More than may be waiting without a HELLO. */
static bool half_open(void)
{
	int fd[300], i, reset = 0;

	for (i = 0; i < 300; i++)
		fd[i] = attack_try();
	nc_sleep_ms(300 * slow);
	for (i = 0; i < 300; i++) {
		reset += fd[i] < 0 || nc_poll(fd[i], POLLHUP, 0);
		close(fd[i]);
	}
	/* some may wait; an address may have no more than 64 of them */
	ksft_print_msg("%d of 300 were reset\n", reset);
	return reset >= 300 - 64 && reset < 300;
}

static const struct {
	const char *name;
	bool (*run)(void);
	const char *counter;	/* must rise */
} attacks[] = {
	{ "garbage", garbage, "ChannelProto" },
	{ "a web browser", http, "ChannelProto" },
	{ "silent", silent, "HelloTimeout" },
	{ "half a HELLO", half_hello, "HelloTimeout" },
	{ "wrong HELLO", wrong_hello, "ChannelProto" },
	{ "wrong version", wrong_version, "ChannelProto" },
	{ "DATA without HELLO", no_hello, "ChannelProto" },
	{ "HELLO twice", hello_twice, "ChannelProto" },
	{ "oversized DATA", oversized, "ChannelProto" },
	{ "NCSYN of 4 GiB", huge, "ChannelProto" },
	{ "unknown type", unknown_type, "ChannelProto" },
	{ "unknown flag", unknown_flag, "ChannelProto" },
	{ "sequence wraps", wrapping, "ChannelProto" },
	{ "NCSYN of zeroes", bad_syn, "ChannelProto" },
	{ "urgent data", urgent, "ChannelProto" },
	{ "foreign tokens", foreign_tokens, NULL },
	{ "a token without its set", theft, "EchoRstSent" },
	{ "NCSYN flood", syn_flood, "RefusedSent" },
	{ "fuzzed frames", fuzz, NULL },
	{ "half-open", half_open, "ChannelRefused" },
};

/* The stream that must not notice: goes round and round until killed. */
static int victim(int stop)
{
	int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_VIRTUAL_SOCK);
	int fd, child;
	char buf[20000];
	uint64_t pos = 0;
	union nc_addr a;
	socklen_t len = nc_addr(&a, AF_INET, NULL, 0);

	if (bind(listener, &a.sa, len) || listen(listener, 1))
		return 1;
	nc_set_port(&a, nc_port(listener));
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_VIRTUAL_SOCK);
	if (connect(fd, &a.sa, len))
		return 2;
	child = accept(listener, NULL, NULL);
	if (child < 0 || write(stop, "x", 1) != 1)
		return 3;
	while (!nc_poll(stop, POLLIN, 0)) {
		nc_pattern_fill(buf, 1, pos, sizeof(buf));
		if (nc_send_all(fd, buf, sizeof(buf)) ||
		    nc_recv_all(child, buf, sizeof(buf)))
			return 4;
		if (nc_pattern_check(buf, 1, pos, sizeof(buf)) != sizeof(buf))
			return 5;
		pos += sizeof(buf);
		nc_sleep_ms(1);
	}
	close(fd);
	return recv(child, buf, 1, 0) == 0 ? 0 : 6;
}

static bool attack(unsigned int i)
{
	int stop[2], status;
	int64_t before = 0, after = 0;
	bool good;
	pid_t pid;
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, stop))
		return false;
	pid = fork();
	if (!pid) {
		close(stop[0]);
		_exit(victim(stop[1]));
	}
	close(stop[1]);
	if (read(stop[0], &c, 1) != 1)
		ksft_exit_fail_msg("no virtual stream\n");
	if (attacks[i].counter)
		before = nc_stat(attacks[i].counter);
	good = attacks[i].run();
	if (!good)
		ksft_print_msg("did not end as it must\n");
	if (attacks[i].counter)
		after = nc_stat(attacks[i].counter);
	if (attacks[i].counter && after <= before) {
		ksft_print_msg("%s did not rise\n", attacks[i].counter);
		good = false;
	}
	nc_sleep_ms(20);
	if (write(stop[0], "x", 1) != 1)
		good = false;
	waitpid(pid, &status, 0);
	close(stop[0]);
	if (status) {
		ksft_print_msg("the other stream noticed: status %x\n",
			       status);
		good = false;
	}
	return good;
}

int main(void)
{
	const char *env = getenv("NC_SLOW");
	char text[32];
	unsigned int i;
	int status;

	if (env && atoi(env) > 0)
		slow = atoi(env);
	signal(SIGPIPE, SIG_IGN);
	ksft_print_header();
	if (!nc_available()) {
		if (getenv("NC_EXPECT_ALL"))
			ksft_exit_fail_msg("no virtual sockets\n");
		ksft_exit_skip("no virtual sockets here\n");
	}
	ksft_set_plan(ARRAY_SIZE(attacks));
	for (i = 0; i < ARRAY_SIZE(attacks); i++) {
		/* a namespace each: errors are remembered by address */
		fflush(stdout);
		if (!fork()) {
			if (nc_new_netns() ||
			    nc_read_file(NC_SYSCTL "port", text,
					 sizeof(text)) < 0)
				_exit(1);
			port = atoi(text);
			_exit(!attack(i));
		}
		wait(&status);
		ksft_test_result(!status, "%s\n", attacks[i].name);
	}
	ksft_finished();
}
