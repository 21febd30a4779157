// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever reaches the channel port may send anything. Each attack is a
 * connection of its own; meanwhile a virtual stream to the same listener goes
 * on and must not notice. What must happen to the attacker: its channel is
 * closed (or nothing, for those who say nothing), and that is counted.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "pattern.h"
#include "raw.h"
#include "util.h"

/* The attacks. True: it ended as it must. */

static bool garbage(void)
{
	uint8_t buf[5000];
	size_t i;
	int fd = raw_open();

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = nc_rand(&raw_rng);
	buf[0] = 77;
	raw_put(fd, buf, sizeof(buf));
	return raw_ends(fd, 10000);
}

static bool http(void)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
				  "and so on, for as long as a header is";
	int fd = raw_open();

	raw_put(fd, get, sizeof(get));
	return raw_ends(fd, 10000);
}

/* Says nothing: closed when the time for a HELLO is over. */
static bool silent(void)
{
	return raw_ends(raw_open(), 15000);
}

static bool half_hello(void)
{
	struct raw_frame f = raw_frame(RAW_HELLO, RAW_HELLO_LEN);
	int fd = raw_open();

	raw_put(fd, &f, sizeof(f) / 2);
	return raw_ends(fd, 15000);
}

static bool wrong_hello(void)
{
	uint8_t buf[RAW_HDR + RAW_HELLO_LEN] = { 0 };
	struct raw_frame f = raw_frame(RAW_HELLO, RAW_HELLO_LEN);
	int fd = raw_open();

	memcpy(buf, &f, RAW_HDR);
	memset(buf + RAW_HDR, 0x55, RAW_HELLO_LEN);
	raw_put(fd, buf, sizeof(buf));
	return raw_ends(fd, 10000);
}

static bool wrong_version(void)
{
	struct raw_frame f = raw_frame(RAW_HELLO, RAW_HELLO_LEN);
	int fd = raw_open();

	f.version = 2;
	raw_put(fd, &f, sizeof(f));
	return raw_ends(fd, 10000);
}

static bool no_hello(void)
{
	struct raw_frame f = raw_frame(RAW_DATA, 100);
	char payload[100] = { 0 };
	int fd = raw_open();

	f.token = 1;
	f.seq = htobe64(1);
	raw_put(fd, &f, sizeof(f));
	raw_put(fd, payload, sizeof(payload));
	return raw_ends(fd, 10000);
}

static bool hello_twice(void)
{
	struct raw_frame f = raw_frame(RAW_HELLO, RAW_HELLO_LEN);
	char payload[RAW_HELLO_LEN] = { 0 };
	int fd = raw_hello();

	raw_put(fd, &f, sizeof(f));
	raw_put(fd, payload, sizeof(payload));
	return raw_ends(fd, 10000);
}

/* One wrong field of a header behind a good HELLO. */
static bool bad_frame(struct raw_frame f)
{
	char payload[100] = { 0 };
	int fd = raw_hello();

	raw_put(fd, &f, sizeof(f));
	raw_put(fd, payload, sizeof(payload));
	return raw_ends(fd, 10000);
}

static bool oversized(void)
{
	struct raw_frame f = raw_frame(RAW_DATA, 65537);

	f.token = 1;
	f.seq = htobe64(1);
	return bad_frame(f);
}

static bool huge(void)
{
	struct raw_frame f = raw_frame(RAW_SYN, 0xffffffff);

	return bad_frame(f);
}

static bool unknown_type(void)
{
	return bad_frame(raw_frame(99, 0));
}

static bool unknown_flag(void)
{
	struct raw_frame f = raw_frame(RAW_DATA, 1);

	f.flags = 0xffff;
	f.token = 1;
	f.seq = htobe64(1);
	return bad_frame(f);
}

static bool wrapping(void)
{
	struct raw_frame f = raw_frame(RAW_DATA, 100);

	f.token = 1;
	f.seq = htobe64(UINT64_MAX - 50);
	return bad_frame(f);
}

static bool bad_syn(void)
{
	return bad_frame(raw_frame(RAW_SYN, 24));
}

/* TCP's urgent data would stop tcp_read_sock() for ever. */
static bool urgent(void)
{
	int fd = raw_hello();

	send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL);
	return raw_ends(fd, 10000);
}

/* Frames for connections that are not ours: an answer, at most, each. */
static bool foreign_tokens(void)
{
	struct raw_frame f = raw_frame(RAW_DATA, 10);
	char payload[10] = { 0 };
	int fd = raw_hello(), i;

	for (i = 0; i < 2000; i++) {
		f.token = nc_rand(&raw_rng) | 1;
		f.seq = htobe64(1 + nc_rand_below(&raw_rng, 100000));
		f.src = nc_rand(&raw_rng);
		raw_put(fd, &f, sizeof(f));
		raw_put(fd, payload, sizeof(payload));
	}
	f = raw_frame(RAW_RST, 0);
	for (i = 0; i < 2000; i++) {
		f.token = nc_rand(&raw_rng) | 1;
		raw_put(fd, &f, sizeof(f));
	}
	return !raw_closed(fd, 300) && !close(fd);
}

/* The token of a DATA frame of the victim's, seen on the wire; 0: none came. */
static uint64_t sniff_token(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	uint64_t end = nc_now() + 5000ULL * raw_slow, token = 0;
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
		if (n >= (ssize_t)off + RAW_HDR && buf[off] == 1 &&
		    buf[off + 1] == RAW_DATA && !buf[off + 4])
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
	struct raw_frame f = raw_frame(RAW_DATA, 10);
	char payload[10] = { 0 };
	int fd = raw_hello(), i;

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
		raw_put(fd, &f, sizeof(f));
		raw_put(fd, payload, sizeof(payload));
	}
	f = raw_frame(RAW_DATA, 0);
	f.token = sniff_token();
	f.flags = htobe16(1);		/* FIN */
	f.seq = htobe64(1);
	raw_put(fd, &f, sizeof(f));
	f = raw_frame(RAW_RST, 0);
	f.token = sniff_token();
	raw_put(fd, &f, sizeof(f));
	return !raw_closed(fd, 300) && !close(fd);
}

/* NCSYNs to ports where nobody listens, with no one waiting for answers. */
static bool syn_flood(void)
{
	int fd = raw_hello(), i;

	for (i = 0; i < 3000; i++)
		raw_put_syn(fd, 1 + i % 250, i | 1024, 0xfe01, 0);
	return !raw_closed(fd, 300) && !close(fd);
}

static bool rises(const char *counter, int64_t before)
{
	uint64_t end = nc_now() + 5000ULL * raw_slow;

	while (nc_stat(counter) == before && nc_now() < end)
		nc_sleep_ms(5);
	return nc_stat(counter) == before + 1;
}

/* One that only asks for its connection makes none. */
static bool asking_syn(void)
{
	int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_VIRTUAL_SOCK);
	int64_t opens, busy, dup;
	int fd = raw_hello(), to;
	union nc_addr a;
	bool good;

	if (bind(listener, &a.sa, nc_addr(&a, AF_INET, NULL, 0)) ||
	    listen(listener, 8))
		return false;
	to = nc_port(listener);
	opens = nc_stat("PassiveOpens");
	busy = nc_stat("BusySent");
	dup = nc_stat("SynDup");
	raw_put_syn(fd, 7, 1024, to, RAW_ACKREQ);
	good = rises("BusySent", busy) && nc_stat("PassiveOpens") == opens &&
	       !nc_poll(listener, POLLIN, 100);
	raw_put_syn(fd, 7, 1024, to, 0);
	good &= rises("PassiveOpens", opens) &&
		nc_poll(listener, POLLIN, 5000 * raw_slow) == POLLIN;
	raw_put_syn(fd, 7, 1024, to, RAW_ACKREQ);
	good &= rises("SynDup", dup) && nc_stat("PassiveOpens") == opens + 1;
	close(listener);
	return good && !raw_closed(fd, 300) && !close(fd);
}

/* Valid headers with random contents behind a good HELLO. */
static bool fuzz(void)
{
	uint8_t buf[RAW_HDR + 64];
	int i, k, fd;

	for (i = 0; i < 300; i++) {
		fd = i % 4 ? raw_open() : raw_hello();
		for (k = 0; k < (int)sizeof(buf); k++)
			buf[k] = nc_rand(&raw_rng);
		buf[0] = 1;
		buf[1] = 1 + nc_rand_below(&raw_rng, 8);
		buf[2] = 0;
		buf[3] &= 15;
		memset(buf + 4, 0, 3);
		buf[7] &= 63;
		raw_put(fd, buf, nc_rand_below(&raw_rng, sizeof(buf) + 1));
		close(fd);
	}
	return true;
}

/* More than may be waiting without a HELLO. */
static bool half_open(void)
{
	int fd[300], i, reset = 0;

	for (i = 0; i < 300; i++)
		fd[i] = raw_try();
	nc_sleep_ms(300 * raw_slow);
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
	{ "NCSYN that asks", asking_syn, "SynDup" },
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
		raw_slow = atoi(env);
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
			raw_port = atoi(text);
			_exit(!attack(i));
		}
		wait(&status);
		ksft_test_result(!status, "%s\n", attacks[i].name);
	}
	ksft_finished();
}
