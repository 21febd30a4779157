// SPDX-License-Identifier: GPL-2.0
/*
 * Flow control: a reader that does not read stalls nobody else on the same
 * channels, loses nothing, and costs a bounded amount of memory, also when
 * its bytes came one by one. A small send buffer does not make a bulk stream
 * crawl. -P 6 runs it on TCP.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
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

#define KEY_APP1 0x666c6f7700000001ULL
#define KEY_APP2 0x666c6f7700000002ULL

static int protocol = IPPROTO_VIRTUAL_SOCK;
static int slow = 1;
static size_t bulk_bytes = 64 << 20;

static void die(const char *what)
{
	ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static void set_class(int fd, int proto)
{
	/* one class, one set of channels for all of this */
	if (proto == IPPROTO_VIRTUAL_SOCK &&
	    nc_set_int(fd, SOL_VIRTUAL_SOCK, SO_APP_TYPE, NC_APP_THROUGHPUT))
		die("SO_APP_TYPE");
}

/* fd[0] will send, fd[1] receive; buffer sizes of 0 are left alone */
static void connected(int proto, int sndbuf, int rcvbuf, int fd[2])
{
	int listener = socket(AF_INET, SOCK_STREAM, proto);
	union nc_addr a;
	socklen_t len = nc_addr(&a, AF_INET, NULL, 0);

	if (rcvbuf)
		nc_set_int(listener, SOL_SOCKET, SO_RCVBUF, rcvbuf);
	if (bind(listener, &a.sa, len) || listen(listener, 1))
		die("listen");
	nc_set_port(&a, nc_port(listener));
	fd[0] = socket(AF_INET, SOCK_STREAM, proto);
	set_class(fd[0], proto);
	if (sndbuf)
		nc_set_int(fd[0], SOL_SOCKET, SO_SNDBUF, sndbuf);
	if (connect(fd[0], &a.sa, len))
		die("connect");
	fd[1] = accept(listener, NULL, NULL);
	if (fd[1] < 0)
		die("accept");
	set_class(fd[1], proto);
	close(listener);
}

static void bulk_send(int fd, uint64_t key, size_t total, size_t call)
{
	char *buf = malloc(call);
	size_t pos, n;

	for (pos = 0; pos < total; pos += n) {
		n = total - pos < call ? total - pos : call;
		nc_pattern_fill(buf, key, pos, n);
		if (nc_send_all(fd, buf, n))
			_exit(1);
	}
	_exit(0);
}

/* Receives up to @total bytes from position @pos of the stream; new position */
static size_t bulk_recv(int fd, uint64_t key, size_t pos, size_t total)
{
	static char buf[262144];
	ssize_t n;

	while (pos < total) {
		if (!nc_poll(fd, POLLIN, 30000 * slow)) {
			ksft_print_msg("nothing came for %d s at %zu\n",
				       30 * slow, pos);
			nc_dump_file(NC_PROC "stat");
			nc_dump_file(NC_PROC "sockets");
			return pos;
		}
		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0 || nc_pattern_check(buf, key, pos, n) != (size_t)n) {
			ksft_print_msg("recv gave %zd at %zu\n", n, pos);
			return pos;
		}
		pos += n;
	}
	return pos;
}

/* One bulk stream; its time in ms, 0 on failure. */
static uint64_t bulk(int proto, int sndbuf, size_t total, size_t call)
{
	uint64_t begin;
	size_t got;
	int fd[2], status;
	pid_t pid;

	connected(proto, sndbuf, 0, fd);
	begin = nc_now();
	pid = fork();
	if (!pid) {
		close(fd[1]);
		bulk_send(fd[0], KEY_APP1, total, call);
	}
	close(fd[0]);
	got = bulk_recv(fd[1], KEY_APP1, 0, total);
	if (got != total)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(fd[1]);
	return got == total && !status ? nc_now() - begin + 1 : 0;
}

/* Sends messages until nothing more is taken; returns their bytes. */
static size_t fill(int fd, size_t message)
{
	char buf[65536];
	size_t pos = 0;
	ssize_t n;

	for (;;) {
		nc_pattern_fill(buf, KEY_APP2, pos, message);
		n = send(fd, buf, message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			pos += n;
		else if (errno != EAGAIN)
			die("send");
		else if (!(nc_poll(fd, POLLOUT, 500) & POLLOUT))
			return pos;
	}
}

/* Memory that cannot be used, in KiB: everything a stalled reader may pin. */
static long used_memory(void)
{
	char text[4096], *p;
	long total = 0, available = 0;

	if (nc_read_file("/proc/meminfo", text, sizeof(text)) > 0) {
		total = atol(text + strlen("MemTotal:"));
		p = strstr(text, "MemAvailable:");
		available = p ? atol(p + strlen("MemAvailable:")) : 0;
	}
	return total - available;
}

static bool stalled_reader(size_t message, int sndbuf, int rcvbuf,
			   long limit_kib)
{
	uint64_t alone, beside = 0;
	size_t filled, got;
	long before, held;
	int fd[2], i;

	alone = bulk(protocol, 0, bulk_bytes, 65536);
	if (!alone)
		return false;
	connected(protocol, sndbuf, rcvbuf, fd);
	before = used_memory();
	filled = fill(fd[0], message);
	held = used_memory() - before;
	ksft_print_msg("App2 took %zu bytes in messages of %zu, %ld KiB of memory held\n",
		       filled, message, held);
	for (i = 0; i < 3; i++) {
		beside = bulk(protocol, 0, bulk_bytes, 65536);
		if (!beside || beside < 2 * alone + 1000)
			break;
	}
	ksft_print_msg("App1: %llu ms alone, %llu ms beside it\n",
		       (unsigned long long)alone, (unsigned long long)beside);
	if (!beside || beside > 3 * alone + 2000)
		return false;
	if (held > limit_kib) {
		ksft_print_msg("more than %ld KiB\n", limit_kib);
		return false;
	}
	/* App2 wakes up: all is there, and it goes on */
	got = bulk_recv(fd[1], KEY_APP2, 0, filled);
	if (got != filled)
		return false;
	if (!fork())
		bulk_send(fd[0], ~KEY_APP2, 4 << 20, 65536);
	close(fd[0]);
	got = bulk_recv(fd[1], ~KEY_APP2, 0, 4 << 20);
	if (got != 4 << 20 || recv(fd[1], &got, 1, 0) != 0)
		return false;
	close(fd[1]);
	wait(NULL);
	return true;
}

/* Many readers stop at once; memory stays in proportion. */
static bool stalled_readers(void)
{
	enum { READERS = 20, BUFFER = 256 << 10 };
	long limit = READERS * 4 * 2 * 2 * (BUFFER >> 10) + 16384;
	size_t filled[READERS];
	long before = used_memory(), held;
	int fd[READERS][2], i;
	bool good;

	for (i = 0; i < READERS; i++) {
		connected(protocol, BUFFER, BUFFER, fd[i]);
		filled[i] = fill(fd[i][0], 2000);
	}
	held = used_memory() - before;
	ksft_print_msg("%d readers hold %ld KiB\n", READERS, held);
	good = held < limit && bulk(protocol, 0, bulk_bytes, 65536);
	for (i = 0; i < READERS; i++) {
		if (bulk_recv(fd[i][1], KEY_APP2, 0, filled[i]) != filled[i])
			good = false;
		close(fd[i][0]);
		close(fd[i][1]);
	}
	return good;
}

/*
 * Acknowledgements on a 40 ms timer would make this 0.2 MB/s (and do, for
 * TCP). Anything that is not a crawl passes; TCP is shown beside it.
 */
static bool small_sndbuf(int sndbuf)
{
	size_t bytes = bulk_bytes / 8;
	uint64_t tcp = bulk(IPPROTO_TCP, sndbuf, bytes, 65536);
	uint64_t ours = bulk(protocol, sndbuf, bytes, 65536);
	uint64_t limit = bytes / 500 * slow + 500;	/* 0.5 MB/s */

	ksft_print_msg("%zu bytes: TCP %llu ms, virtual %llu ms\n", bytes,
		       (unsigned long long)tcp, (unsigned long long)ours);
	return ours && ours < limit;
}

int main(int argc, char **argv)
{
	const char *env = getenv("NC_SLOW");
	int c;

	while ((c = getopt(argc, argv, "P:")) != -1) {
		if (c != 'P')
			return KSFT_FAIL;
		protocol = atoi(optarg);
	}
	if (env && atoi(env) > 0)
		slow = atoi(env);
	bulk_bytes /= slow;
	signal(SIGPIPE, SIG_IGN);
	ksft_print_header();
	if (protocol != IPPROTO_TCP && !nc_available()) {
		if (getenv("NC_EXPECT_ALL"))
			ksft_exit_fail_msg("no virtual sockets\n");
		ksft_exit_skip("no virtual sockets here\n");
	}
	ksft_set_plan(5);
	/* 4 times what the buffers allow, and what else the machine does */
	ksft_test_result(stalled_reader(65536, 0, 0, 4 * 16384 + 16384),
			 "a stalled reader\n");
	ksft_test_result(stalled_reader(1, 65536, 262144,
					4 * 2 * 320 + 16384),
			 "a stalled reader of one-byte messages\n");
	ksft_test_result(stalled_readers(), "twenty stalled readers\n");
	ksft_test_result(small_sndbuf(4096), "send buffer of 4 KiB\n");
	ksft_test_result(small_sndbuf(65536), "send buffer of 64 KiB\n");
	ksft_finished();
}
