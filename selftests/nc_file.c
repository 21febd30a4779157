// SPDX-License-Identifier: GPL-2.0
/*
 * Sends a file over one socket. The sender stops its clock when the receiver
 * has written the last byte and closed: "SECONDS BYTES" on stdout, progress
 * on stderr. The receiver goes to the background when it listens.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

#define CHUNK (256 * 1024)

static char buf[CHUNK];
static int protocol = IPPROTO_VIRTUAL_SOCK;
static int family = AF_INET;
static int port = 7000;

static void progress(uint64_t done, uint64_t all, uint64_t since)
{
	static uint64_t last;
	uint64_t now = nc_now();

	if (done < all && now - last < 500)
		return;
	last = now;
	fprintf(stderr, "\r  %5.1f %%  %4" PRIu64 " of %" PRIu64
		" MB  %6.1f MB/s ", all ? 100.0 * done / all : 100.0,
		done / 1000000, all / 1000000,
		done / 1000.0 / (now - since ? now - since : 1));
	if (done == all)
		fputc('\n', stderr);
}

static void receive(const char *path)
{
	int one = 1, fd, conn, out;
	union nc_addr a;
	socklen_t len = nc_addr(&a, family, NULL, port);
	ssize_t n;

	memset(&a.v4.sin_addr, 0, sizeof(a.v4.sin_addr));
	if (family == AF_INET6)
		a.v6.sin6_addr = in6addr_any;
	fd = socket(family, SOCK_STREAM, protocol);
	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a.sa, len) || listen(fd, 1))
		err(1, "listen");
	/* Whoever started this may connect as soon as it returns. */
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		break;
	default:
		exit(0);
	}
	conn = accept(fd, NULL, NULL);
	if (conn < 0)
		err(1, "accept");
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (out < 0)
		err(1, "%s", path);
	while ((n = recv(conn, buf, sizeof(buf), 0)) > 0) {
		if (write(out, buf, n) != n)
			err(1, "%s", path);
	}
	if (n < 0)
		err(1, "recv");
	close(out);
	close(conn);
	close(fd);
}

static void send_file(const char *host, const char *path)
{
	union nc_addr a;
	socklen_t len = nc_addr(&a, family, host, port);
	uint64_t start, end, done = 0;
	struct stat st;
	int fd, in;
	ssize_t n;

	in = open(path, O_RDONLY);
	if (in < 0 || fstat(in, &st))
		err(1, "%s", path);
	fd = socket(family, SOCK_STREAM, protocol);
	if (fd < 0)
		err(1, "socket");
	if (connect(fd, &a.sa, len))
		err(1, "connect");
	start = nc_now();
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		if (nc_send_all(fd, buf, n))
			err(1, "send");
		done += n;
		progress(done, st.st_size, start);
	}
	if (n < 0)
		err(1, "%s", path);
	shutdown(fd, SHUT_WR);
	n = recv(fd, buf, 1, 0);
	if (n)
		err(1, "the receiver did not close cleanly");
	end = nc_now();
	printf("%.3f %" PRIu64 "\n", (end - start) / 1000.0, done);
	close(fd);
	close(in);
}

int main(int argc, char **argv)
{
	const char *host = NULL;
	int c;

	while ((c = getopt(argc, argv, "c:p:P:6")) != -1) {
		switch (c) {
		case 'c':
			host = optarg;
			break;
		case 'p':
			port = atoi(optarg);
			break;
		case 'P':
			protocol = atoi(optarg);
			break;
		case '6':
			family = AF_INET6;
			break;
		default:
			optind = argc;
		}
	}
	if (optind + 1 != argc) {
		fprintf(stderr,
			"usage: %s [-6] [-P PROTOCOL] [-p PORT] [-c HOST] FILE\n"
			"  without -c: receives FILE\n", argv[0]);
		return 2;
	}
	if (host)
		send_file(host, argv[optind]);
	else
		receive(argv[optind]);
	return 0;
}
