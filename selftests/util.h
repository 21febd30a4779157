/* SPDX-License-Identifier: GPL-2.0 */
/* What every test program here needs: addresses, namespaces, knobs, time. */
#ifndef NC_UTIL_H
#define NC_UTIL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <linux/netchannel.h>

#define NC_PROC "/proc/net/netchannel/"
#define NC_SYSCTL "/proc/sys/net/netchannel/"

union nc_addr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage ss;
};

/* Milliseconds of the monotonic clock. */
uint64_t nc_now(void);
void nc_sleep_ms(unsigned int ms);

/* Fills @a from a numeric host; NULL means loopback. Returns its length. */
socklen_t nc_addr(union nc_addr *a, int family, const char *host, int port);
int nc_port(int fd);
void nc_set_port(union nc_addr *a, int port);

/* "64K", "4M", "1G" */
uint64_t nc_size(const char *text);

int nc_set_int(int fd, int level, int name, int value);
int nc_get_int(int fd, int level, int name);
int nc_set_nonblock(int fd, bool on);

/* poll() for @events; returns revents, 0 on timeout. */
int nc_poll(int fd, int events, int timeout_ms);

/* Whole buffers over blocking sockets; 0 or -1 (errno; EPIPE at end). */
int nc_send_all(int fd, const void *buf, size_t len);
int nc_recv_all(int fd, void *buf, size_t len);

/* Files of one value. */
int nc_write_file(const char *path, const char *text);
int nc_read_file(const char *path, char *buf, size_t size);

/* The module's counters of this namespace; -1 if there is no such name. */
int64_t nc_stat(const char *name);

/* True if virtual sockets exist; loads $NC_MODULE if it must. */
bool nc_available(void);

/* A new network namespace with loopback up; -1 with errno. */
int nc_new_netns(void);

/* Prints every line of a file as a TAP comment. */
void nc_dump_file(const char *path);

#endif /* NC_UTIL_H */
