// SPDX-License-Identifier: GPL-2.0
/*
 * Losing channels at the points where it hurts. The loop transport kills a
 * channel at a named frame, which was delivered or not; both directions of a
 * connection must still arrive exactly, and accept() must see it once.
 *
 * Every scenario runs in a process and a network namespace of its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "pattern.h"
#include "util.h"

#define KEY 0x6c6f6f7000000001ULL
#define SCRIPT NC_SYSCTL "loop_script"

enum when {
	AT_START,	/* before connect() */
	CONNECTED,
	BLOCKED,	/* the client's sender has no credit left */
	BEFORE_FIN,	/* all data is acknowledged */
	ON_RESET,	/* the client closes hard */
};

struct scenario {
	enum when when;
	const char *script;
};

#define BOTH_WAYS(w, point, nth)			\
	{ w, "kill " point " c2s deliver" nth },	\
	{ w, "kill " point " c2s lose" nth },		\
	{ w, "kill " point " s2c deliver" nth },	\
	{ w, "kill " point " s2c lose" nth }

static const struct scenario scenarios[] = {
	{ AT_START, "" },
	{ AT_START, "kill ncsyn c2s deliver" },
	{ AT_START, "kill ncsyn c2s lose" },
	{ AT_START, "kill ncsyn_ack s2c deliver" },
	{ AT_START, "kill ncsyn_ack s2c lose" },
	/* the answer comes late, data overtakes it */
	{ AT_START, "delay 0 300" },
	{ AT_START, "delay 1 300" },
	{ AT_START, "delay 0 50; kill ncsyn_ack s2c lose" },
	BOTH_WAYS(CONNECTED, "data", ""),
	BOTH_WAYS(CONNECTED, "data", " 5"),
	BOTH_WAYS(CONNECTED, "midframe", ""),
	BOTH_WAYS(CONNECTED, "midframe", " 3"),
	BOTH_WAYS(CONNECTED, "ack", ""),
	BOTH_WAYS(CONNECTED, "fin", ""),
	{ CONNECTED, "kill data c2s lose; kill data s2c lose;"
		     "kill data any lose 4" },
	{ CONNECTED, "kill data any lose 4; kill midframe any deliver 3;"
		     "kill ack any lose" },
	{ CONNECTED, "delay 0 20; kill data c2s deliver 2" },
	{ CONNECTED, "delay 1 20; kill data c2s lose 2" },
	{ BLOCKED, "kill ack s2c deliver" },
	{ BLOCKED, "kill ack s2c lose" },
	BOTH_WAYS(BEFORE_FIN, "fin", ""),
	{ BEFORE_FIN, "kill ack s2c deliver" },
	{ BEFORE_FIN, "kill ack s2c lose" },
	{ ON_RESET, "kill rst c2s deliver" },
	{ ON_RESET, "kill rst c2s lose" },
};

struct stream {
	const char *name;
	int from, to;
	size_t total;
	uint64_t key;
	const char *script;	/* to be set before the end of the stream */
	const struct stream *last;	/* ends before the script is set */
	_Atomic bool ended;
};

static const char *current;

static void fail(const char *fmt, ...)
{
	int err = errno;
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("# %s: %s (errno %d)\n", current, text, err);
	nc_dump_file(SCRIPT);
	nc_dump_file(NC_PROC "stat");
	nc_dump_file(NC_PROC "channels");
	nc_dump_file(NC_PROC "sockets");
	fflush(stdout);
	_exit(1);
}

static void set_script(const char *line)
{
	if (nc_write_file(SCRIPT, line))
		fail("writing the script");
}

static void on_alarm(int sig)
{
	(void)sig;
	fail("hangs");
}

/* Rules that have fired are gone; delays stay for ever. */
static bool all_fired(void)
{
	char text[256];

	if (nc_read_file(SCRIPT, text, sizeof(text)) < 0)
		return false;
	return !strstr(text, "kill");
}

/* The last frames leave, and a channel dies, behind the application's back. */
static void script_done(const struct scenario *sc)
{
	bool fired = false, died = false;
	int i;

	for (i = 0; i < 200 && !(fired && died); i++) {
		fired = all_fired();
		died = !strstr(sc->script, "kill") ||
		       nc_stat("ChannelDead") >= 1;
		if (!(fired && died))
			nc_sleep_ms(50);
	}
	if (!fired)
		fail("the script did not fire");
	if (!died)
		fail("no channel died");
}

static int unsent(int fd)
{
	int n = -1;

	ioctl(fd, SIOCOUTQ, &n);
	return n;
}

static void *sender(void *arg)
{
	struct stream *s = arg;
	size_t pos, n;
	char *buf = malloc(s->total);

	nc_pattern_fill(buf, s->key, 0, s->total);
	for (pos = 0; pos < s->total; pos += n) {
		n = pos < 20000 ? 1000 : 50000;
		if (n > s->total - pos)
			n = s->total - pos;
		if (nc_send_all(s->from, buf + pos, n))
			fail("%s: send at %zu", s->name, pos);
	}
	if (s->script) {
		/* else what is scripted may ride on the other's last frames */
		while (unsent(s->from) || !s->last->ended)
			nc_sleep_ms(5);
		set_script(s->script);
	}
	if (shutdown(s->from, SHUT_WR))
		fail("%s: shutdown", s->name);
	free(buf);
	return NULL;
}

static void *receiver(void *arg)
{
	struct stream *s = arg;
	static __thread char buf[65536];
	size_t pos = 0;
	ssize_t n;

	while ((n = recv(s->to, buf, sizeof(buf), 0)) > 0) {
		if (pos + n > s->total)
			fail("%s: too long", s->name);
		if (nc_pattern_check(buf, s->key, pos, n) != (size_t)n)
			fail("%s: wrong bytes at %zu", s->name, pos);
		pos += n;
	}
	if (n < 0)
		fail("%s: recv at %zu", s->name, pos);
	if (pos != s->total)
		fail("%s: ended at %zu of %zu", s->name, pos, s->total);
	s->ended = true;
	return NULL;
}

static void exchange(const struct scenario *sc, int client, int server)
{
	struct stream up = {
		.name = "c2s", .from = client, .to = server, .total = 400000,
		.key = KEY,
	};
	struct stream down = {
		.name = "s2c", .from = server, .to = client, .total = 300000,
		.key = ~KEY, .last = &up,
	};
	pthread_t t[3];

	up.last = &down;
	/* bare acks are sent by an end that has no data to carry them */
	if (sc->when == CONNECTED && strstr(sc->script, "ack c2s"))
		up.total = 1;
	if (sc->when == CONNECTED && strstr(sc->script, "ack s2c"))
		down.total = 1;
	if (sc->when == BEFORE_FIN) {
		if (strstr(sc->script, "fin s2c"))
			down.script = sc->script;
		else
			up.script = sc->script;
	}
	if (sc->when == BLOCKED) {
		nc_set_int(server, SOL_SOCKET, SO_RCVBUF, 65536);
		up.total = 4 << 20;
	}
	pthread_create(&t[0], NULL, sender, &up);
	if (sc->when == BLOCKED) {
		do	/* twice no room: it stands */
			nc_sleep_ms(100);
		while (nc_poll(client, POLLOUT, 200) & POLLOUT);
		set_script(sc->script);
	}
	pthread_create(&t[1], NULL, sender, &down);
	pthread_create(&t[2], NULL, receiver, &up);
	receiver(&down);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	pthread_join(t[2], NULL);
}

/* A reset that is lost is repeated when the other end says something. */
static void reset(const struct scenario *sc, int client, int server)
{
	struct linger hard = { .l_onoff = 1 };
	char c = 'x';

	if (nc_send_all(client, &c, 1) || nc_recv_all(server, &c, 1))
		fail("first byte");
	setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	set_script(sc->script);
	close(client);
	/* the first call after the reset has its error, as with TCP */
	if (send(server, &c, 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET)
		return;
	if (recv(server, &c, 1, 0) != -1 || errno != ECONNRESET)
		fail("no reset");
}

/* Both ends were closed well: nothing may linger but for its last words. */
static void nothing_left(int64_t sockets, int64_t segments)
{
	int i;

	for (i = 0; i < 200; i++) {
		if (nc_stat("Sockets") <= sockets && nc_stat("Segs") <= segments)
			return;
		nc_sleep_ms(50);
	}
	fail("%lld sockets and %lld segments are left",
	     (long long)(nc_stat("Sockets") - sockets),
	     (long long)(nc_stat("Segs") - segments));
}

static void run(const struct scenario *sc)
{
	int64_t sockets = nc_stat("Sockets"), segments = nc_stat("Segs");
	int listener, client, server;
	union nc_addr a;
	socklen_t len = nc_addr(&a, AF_INET, NULL, 0);
	const char *slow = getenv("NC_SLOW");

	signal(SIGALRM, on_alarm);
	alarm(30 * (slow ? atoi(slow) : 1));
	if (nc_new_netns() || nc_write_file(NC_SYSCTL "transport", "loop"))
		fail("no namespace with transport loop");
	listener = socket(AF_INET, SOCK_STREAM, IPPROTO_VIRTUAL_SOCK);
	if (bind(listener, &a.sa, len) || listen(listener, 8))
		fail("listen");
	nc_set_port(&a, nc_port(listener));
	if (sc->when == AT_START)
		set_script(sc->script);
	client = socket(AF_INET, SOCK_STREAM, IPPROTO_VIRTUAL_SOCK);
	if (connect(client, &a.sa, len))
		fail("connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		fail("accept");
	if (sc->when == CONNECTED)
		set_script(sc->script);
	if (sc->when == ON_RESET)
		reset(sc, client, server);
	else
		exchange(sc, client, server);
	script_done(sc);
	nc_set_nonblock(listener, true);
	if (nc_poll(listener, POLLIN, 200) || accept(listener, NULL, NULL) >= 0)
		fail("accepted twice");
	if (nc_get_int(server, SOL_SOCKET, SO_ERROR) > 0)
		fail("SO_ERROR");
	close(listener);
	close(server);
	if (sc->when != ON_RESET)
		close(client);
	nothing_left(sockets, segments);
}

int main(int argc, char **argv)
{
	static const char * const names[] = {
		"at start", "connected", "blocked", "before end", "on reset",
	};
	const char *only = argc > 1 ? argv[1] : "";
	char name[128];
	unsigned int i;
	int status;

	ksft_print_header();
	if (!nc_available()) {
		if (getenv("NC_EXPECT_ALL"))
			ksft_exit_fail_msg("no virtual sockets\n");
		ksft_exit_skip("no virtual sockets here\n");
	}
	ksft_set_plan(ARRAY_SIZE(scenarios));
	for (i = 0; i < ARRAY_SIZE(scenarios); i++) {
		snprintf(name, sizeof(name), "%s: %s",
			 names[scenarios[i].when],
			 scenarios[i].script[0] ? scenarios[i].script :
						  "no fault");
		if (!strstr(name, only)) {
			ksft_test_result_skip("%s\n", name);
			continue;
		}
		current = name;
		fflush(stdout);
		if (!fork()) {
			run(&scenarios[i]);
			_exit(0);
		}
		wait(&status);
		ksft_test_result(!status, "%s\n", name);
	}
	ksft_finished();
}
