/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files below /proc/net/netchannel/: "stat" with all counters, and the lists
 * that the layers add.
 */
#ifndef NC_CORE_INFO_H
#define NC_CORE_INFO_H

#include <linux/types.h>

struct net;
struct seq_file;

int nc_info_init(struct net *net);
void nc_info_exit(struct net *net);

/**
 * nc_info_add - make a file of a layer, in every netns
 * @name: of the file; const
 * @show: prints all of it; seq_file_single_net() tells the netns. Process
 *	context, may sleep; called again when the text outgrew its buffer
 *
 * Context: process; the layer's pernet_operations are registered.
 * Return: 0 or -errno.
 */
int nc_info_add(const char *name, int (*show)(struct seq_file *m, void *v));
/* waits for readers */
void nc_info_del(const char *name);

/**
 * nc_info_gauge_add - add a line to "stat" of every netns
 * @name: its name, const
 * @read: its value; process context, may sleep
 *
 * Return: 0 or -ENOSPC.
 */
int nc_info_gauge_add(const char *name, u64 (*read)(const struct net *net));
/* waits for readers */
void nc_info_gauge_del(const char *name);

#endif /* NC_CORE_INFO_H */
