// SPDX-License-Identifier: GPL-2.0
/*
 * net.netchannel.*: the values that a network namespace sets for itself. They
 * are private to this file, everybody else uses the getters.
 */
#include "core/sysctl.h"

#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include "core/netns.h"

#define NC_SYSCTL_NAME	16		/* as NC_CHANNEL_NAME_MAX */
#define NC_SYSCTL_TEXT	PAGE_SIZE

enum {
	NC_SYSCTL_PORT,
	NC_SYSCTL_LISTEN_ALWAYS,
	NC_SYSCTL_PEER_TIMEOUT,
	NC_SYSCTL_ORPHAN_TIMEOUT,
	NC_SYSCTL_MAX_ORPHANS,
	NC_SYSCTL_SYN_RETRIES,
	NC_SYSCTL_MAX_UNACCEPTED,
	NC_SYSCTL_NUMBERS,		/* from here on: text */
	NC_SYSCTL_TRANSPORT = NC_SYSCTL_NUMBERS,
	NC_SYSCTL_LOOP_SCRIPT,
	NC_SYSCTL_NR
};

/**
 * struct nc_sysctl_number - what a number may be
 * @name: const: of the file
 * @def: const: at the birth of the netns
 * @min: const
 * @max: const
 */
struct nc_sysctl_number {
	const char	*name;
	unsigned int	def;
	unsigned int	min;
	unsigned int	max;
};

static const struct nc_sysctl_number nc_sysctl_numbers[NC_SYSCTL_NUMBERS] = {
	[NC_SYSCTL_PORT]	   = { "port", 6339, 1, 65535 },
	[NC_SYSCTL_LISTEN_ALWAYS]  = { "listen_always", 0, 0, 1 },
	[NC_SYSCTL_PEER_TIMEOUT]   = { "peer_timeout", 60, 1, 3600 },
	[NC_SYSCTL_ORPHAN_TIMEOUT] = { "orphan_timeout", 60, 1, 3600 },
	[NC_SYSCTL_MAX_ORPHANS]	   = { "max_orphans", 4096, 0, 1 << 20 },
	[NC_SYSCTL_SYN_RETRIES]	   = { "syn_retries", 6, 1, 127 },
	[NC_SYSCTL_MAX_UNACCEPTED] = { "max_unaccepted", 4096, 1, 1 << 20 },
};

/**
 * struct nc_sysctl - the values of one netns
 * @net: const
 * @number: racy-ok: each stands for itself
 * @lock: leaf, any context
 * @transport: lock: lock
 * @header: const
 * @table: const: one more than used, see compat/net/net_namespace.h
 */
struct nc_sysctl {
	struct net			*net;
	unsigned int			number[NC_SYSCTL_NUMBERS];
	spinlock_t			lock;	/* transport */
	char				transport[NC_SYSCTL_NAME];
	struct ctl_table_header		*header;
	struct ctl_table		table[NC_SYSCTL_NR + 1];
};

static const struct nc_sysctl_hooks *nc_sysctl_hooks;
static DEFINE_MUTEX(nc_sysctl_hooks_lock);

void nc_sysctl_set_hooks(const struct nc_sysctl_hooks *hooks)
{
	mutex_lock(&nc_sysctl_hooks_lock);
	nc_sysctl_hooks = hooks;
	mutex_unlock(&nc_sysctl_hooks_lock);
}

/*
 * One write is one line. It stands for itself wherever the file position is,
 * so that a program may write several lines through one descriptor.
 */
static int nc_sysctl_get_line(char *line, size_t size, void *buf, size_t *lenp,
			      loff_t *ppos)
{
	struct ctl_table t = { .data = line, .maxlen = size };
	loff_t pos = 0;
	int err;

	err = proc_dostring(&t, 1, buf, lenp, &pos);
	if (err)
		return err;
	if (strlen(line) == size - 1)
		return -EINVAL;		/* perhaps cut */
	*ppos += *lenp;
	return 0;
}

static int nc_sysctl_put_text(char *text, size_t size, void *buf, size_t *lenp,
			      loff_t *ppos)
{
	struct ctl_table t = { .data = text, .maxlen = size };

	return proc_dostring(&t, 0, buf, lenp, ppos);
}

static int nc_sysctl_do_transport(const struct ctl_table *t, int write,
				  void *buf, size_t *lenp, loff_t *ppos)
{
	struct nc_sysctl *s = t->data;
	char text[NC_SYSCTL_NAME + 1] = "";
	bool known;
	char *name;
	int err;

	if (!write) {
		nc_sysctl_transport(s->net, text);
		return nc_sysctl_put_text(text, NC_SYSCTL_NAME, buf, lenp,
					  ppos);
	}
	err = nc_sysctl_get_line(text, sizeof(text), buf, lenp, ppos);
	if (err)
		return err;
	name = strim(text);
	mutex_lock(&nc_sysctl_hooks_lock);
	known = nc_sysctl_hooks && nc_sysctl_hooks->transport_known(name);
	mutex_unlock(&nc_sysctl_hooks_lock);
	if (!known)
		return -EINVAL;
	spin_lock_bh(&s->lock);
	strscpy(s->transport, name, sizeof(s->transport));
	spin_unlock_bh(&s->lock);
	return 0;
}

static int nc_sysctl_do_script(const struct ctl_table *t, int write, void *buf,
			       size_t *lenp, loff_t *ppos)
{
	struct nc_sysctl *s = t->data;
	char *text;
	int err;

	text = kzalloc(NC_SYSCTL_TEXT, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (write) {
		err = nc_sysctl_get_line(text, NC_SYSCTL_TEXT, buf, lenp, ppos);
		if (err)
			goto free;
	}
	mutex_lock(&nc_sysctl_hooks_lock);
	if (!nc_sysctl_hooks)
		err = -ENODEV;
	else if (write)
		err = nc_sysctl_hooks->script_set(s->net, strim(text));
	else
		err = nc_sysctl_hooks->script_show(s->net, text,
						   NC_SYSCTL_TEXT);
	mutex_unlock(&nc_sysctl_hooks_lock);
	if (write || err < 0)
		goto free;
	/* proc_dostring() ends it with a newline */
	err = nc_sysctl_put_text(strim(text), NC_SYSCTL_TEXT, buf, lenp, ppos);
free:
	kfree(text);
	return err;
}

NC_PROC_HANDLER(nc_sysctl_do_transport)
NC_PROC_HANDLER(nc_sysctl_do_script)

static void nc_sysctl_fill_table(struct nc_sysctl *s)
{
	struct ctl_table *t;
	int i;

	for (i = 0; i < NC_SYSCTL_NUMBERS; i++) {
		const struct nc_sysctl_number *n = &nc_sysctl_numbers[i];

		s->number[i] = n->def;
		s->table[i] = (struct ctl_table) {
			.procname = n->name,
			.data = &s->number[i],
			.maxlen = sizeof(s->number[i]),
			.mode = 0644,
			.proc_handler = proc_douintvec_minmax,
			.extra1 = (void *)&n->min,
			.extra2 = (void *)&n->max,
		};
	}
	t = &s->table[NC_SYSCTL_TRANSPORT];
	t->procname = "transport";
	t->proc_handler = nc_sysctl_do_transport_cb;
	t->maxlen = NC_SYSCTL_NAME;
	t = &s->table[NC_SYSCTL_LOOP_SCRIPT];
	t->procname = "loop_script";
	t->proc_handler = nc_sysctl_do_script_cb;
	t->maxlen = NC_SYSCTL_TEXT;
	for (i = NC_SYSCTL_NUMBERS; i < NC_SYSCTL_NR; i++) {
		s->table[i].data = s;
		s->table[i].mode = 0644;
	}
}

int nc_sysctl_init(struct net *net)
{
	struct nc_sysctl *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->net = net;
	spin_lock_init(&s->lock);
	strscpy(s->transport, "tcp", sizeof(s->transport));
	nc_sysctl_fill_table(s);
	/* before the files: they use it */
	nc_netns(net)->sysctl = s;
	s->header = register_net_sysctl_sz(net, "net/netchannel", s->table,
					   NC_SYSCTL_NR);
	if (!s->header) {
		kfree(s);
		return -ENOMEM;
	}
	return 0;
}

void nc_sysctl_exit(struct net *net)
{
	struct nc_sysctl *s = nc_netns(net)->sysctl;

	unregister_net_sysctl_table(s->header);
	kfree(s);
}

static unsigned int nc_sysctl_number(const struct net *net, int i)
{
	return READ_ONCE(nc_netns(net)->sysctl->number[i]);
}

u16 nc_sysctl_port(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_PORT);
}

bool nc_sysctl_listen_always(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_LISTEN_ALWAYS);
}

void nc_sysctl_transport(const struct net *net, char *buf)
{
	struct nc_sysctl *s = nc_netns(net)->sysctl;

	spin_lock_bh(&s->lock);
	memcpy(buf, s->transport, sizeof(s->transport));
	spin_unlock_bh(&s->lock);
}

unsigned int nc_sysctl_peer_timeout(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_PEER_TIMEOUT);
}

unsigned int nc_sysctl_orphan_timeout(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_ORPHAN_TIMEOUT);
}

unsigned int nc_sysctl_max_orphans(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_MAX_ORPHANS);
}

unsigned int nc_sysctl_syn_retries(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_SYN_RETRIES);
}

unsigned int nc_sysctl_max_unaccepted(const struct net *net)
{
	return nc_sysctl_number(net, NC_SYSCTL_MAX_UNACCEPTED);
}
