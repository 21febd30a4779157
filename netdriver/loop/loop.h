/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transport "loop": channels inside one netns, in memory, with scripted
 * faults. The only header of it that others may include: the script.
 */
#ifndef NC_NETDRIVER_LOOP_H
#define NC_NETDRIVER_LOOP_H

#include <linux/types.h>

struct net;

/**
 * nc_loop_script_set - replace the script of a netns
 * @net: netns
 * @line: rules separated by ';', empty for none:
 *	"kill POINT DIR HOW [NTH]": the NTH (1) frame at POINT (ncsyn,
 *	ncsyn_ack, data, ack, blocked, fin, rst, midframe) sent by the
 *	channel's opener (c2s), its acceptor (s2c) or either (any) kills its
 *	channel, after it was delivered or not (HOW: deliver, lose). A midframe
 *	is DATA cut inside its payload (deliver) or in front of it (lose).
 *	Fires once.
 *	"delay INDEX MS": everything on channels of that index arrives MS later
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL, then the old script stays.
 */
int nc_loop_script_set(struct net *net, const char *line);

/**
 * nc_loop_script_show - the rules that have not fired
 * @net: netns
 * @buf: for the line
 * @n: its size
 *
 * Return: length as of scnprintf().
 */
int nc_loop_script_show(struct net *net, char *buf, size_t n);

#endif /* NC_NETDRIVER_LOOP_H */
