// SPDX-License-Identifier: GPL-2.0
/*
 * The script of faults of a netns: loop.h says what can be written.
 */
#include "netdriver/loop/loop.h"
#include "netdriver/loop/pipe.h"

#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "core/lane.h"

#define NC_LOOP_DELAY_MAX	60000	/* ms */

enum {
	NC_LOOP_NCSYN,
	NC_LOOP_NCSYN_ACK,
	NC_LOOP_DATA,
	NC_LOOP_ACK,
	NC_LOOP_BLOCKED,
	NC_LOOP_FIN,
	NC_LOOP_RST,
	NC_LOOP_MIDFRAME,
	NC_LOOP_POINTS,
	NC_LOOP_DELAY = NC_LOOP_POINTS,
};

static const char * const nc_loop_points[NC_LOOP_POINTS] = {
	"ncsyn", "ncsyn_ack", "data", "ack", "blocked", "fin", "rst",
	"midframe",
};

/* the place is the set of sides that send */
static const char * const nc_loop_dirs[] = { "", "c2s", "s2c", "any" };
static const char * const nc_loop_hows[] = { "deliver", "lose" };

static int nc_loop_script_kill(struct nc_loop_rule *r, int argc, char **argv)
{
	int point, dir, how;

	if (argc != 4 && argc != 5)
		return -EINVAL;
	point = match_string(nc_loop_points, NC_LOOP_POINTS, argv[1]);
	dir = match_string(nc_loop_dirs, ARRAY_SIZE(nc_loop_dirs), argv[2]);
	how = match_string(nc_loop_hows, ARRAY_SIZE(nc_loop_hows), argv[3]);
	if (point < 0 || dir <= 0 || how < 0)
		return -EINVAL;
	r->point = point;
	r->dir = dir;
	r->lose = how;
	r->n = 1;
	if (argc == 5 && (kstrtou32(argv[4], 10, &r->n) || !r->n))
		return -EINVAL;
	return 0;
}

static int nc_loop_script_rule(struct nc_loop_rule *r, int argc, char **argv)
{
	if (!strcmp(argv[0], "kill"))
		return nc_loop_script_kill(r, argc, argv);
	if (strcmp(argv[0], "delay") || argc != 3)
		return -EINVAL;
	r->point = NC_LOOP_DELAY;
	if (kstrtou8(argv[1], 10, &r->index) || r->index >= NC_LANES_MAX)
		return -EINVAL;
	if (kstrtou32(argv[2], 10, &r->n) || r->n > NC_LOOP_DELAY_MAX)
		return -EINVAL;
	return 0;
}

/* returns the number of rules */
static int nc_loop_script_parse(struct nc_loop_rule *rule, char *line)
{
	char *part, **argv;
	int argc, ret;
	int nr = 0;

	while ((part = strsep(&line, ";"))) {
		argv = argv_split(GFP_KERNEL, part, &argc);
		if (!argv)
			return -ENOMEM;
		ret = 0;
		if (argc && nr == NC_LOOP_RULES)
			ret = -EINVAL;
		else if (argc)
			ret = nc_loop_script_rule(&rule[nr++], argc, argv);
		argv_free(argv);
		if (ret)
			return ret;
	}
	return nr;
}

int nc_loop_script_set(struct net *net, const char *line)
{
	struct nc_loop_rule rule[NC_LOOP_RULES] = {};
	struct nc_loop_net *ln = nc_loop_net(net);
	char *copy;
	int nr;

	might_sleep();
	if (!ln)
		return -EINVAL;
	copy = kstrdup(line, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	nr = nc_loop_script_parse(rule, copy);
	kfree(copy);
	if (nr < 0)
		return nr;

	spin_lock_bh(&ln->lock);
	memcpy(ln->rule, rule, sizeof(rule));
	WRITE_ONCE(ln->nr, nr);
	spin_unlock_bh(&ln->lock);
	return 0;
}

static int nc_loop_script_print(const struct nc_loop_rule *r, char *buf,
				size_t n)
{
	if (r->point == NC_LOOP_DELAY)
		return scnprintf(buf, n, "delay %u %u", r->index, r->n);
	return scnprintf(buf, n, "kill %s %s %s %u", nc_loop_points[r->point],
			 nc_loop_dirs[r->dir], nc_loop_hows[r->lose], r->n);
}

int nc_loop_script_show(struct net *net, char *buf, size_t n)
{
	struct nc_loop_net *ln = nc_loop_net(net);
	unsigned int i;
	int len = 0;

	if (n)
		buf[0] = '\0';
	if (!ln)
		return 0;
	spin_lock_bh(&ln->lock);
	for (i = 0; i < ln->nr; i++) {
		if (i)
			len += scnprintf(buf + len, n - len, "; ");
		len += nc_loop_script_print(&ln->rule[i], buf + len, n - len);
	}
	spin_unlock_bh(&ln->lock);
	return len;
}

static bool nc_loop_script_at(u8 point, const struct nc_hdr *h)
{
	bool data = h->type == NC_DATA;

	switch (point) {
	case NC_LOOP_NCSYN:
		return h->type == NC_SYN;
	case NC_LOOP_NCSYN_ACK:
		return h->type == NC_SYN_ACK;
	case NC_LOOP_DATA:
		return data && h->len;
	case NC_LOOP_ACK:
		return h->type == NC_ACK;
	case NC_LOOP_BLOCKED:
		return h->flags & NC_F_BLOCKED;
	case NC_LOOP_FIN:
		return data && (h->flags & NC_F_FIN);
	case NC_LOOP_RST:
		return h->type == NC_RST;
	case NC_LOOP_MIDFRAME:
		return data && h->len > 1;
	default:
		return false;
	}
}

/* xmit of @side has a frame; a rule that fires is gone */
enum nc_loop_verdict nc_loop_script_frame(struct nc_loop_pipe *pipe, u8 side,
					  const struct nc_hdr *h)
{
	struct nc_loop_net *ln = nc_loop_net(pipe->net);
	enum nc_loop_verdict v = NC_LOOP_PASS;
	struct nc_loop_rule *r;
	unsigned int i;

	if (!READ_ONCE(ln->nr))
		return v;
	spin_lock_bh(&ln->lock);
	for (i = 0; i < ln->nr; i++) {
		r = &ln->rule[i];
		if (!(r->dir & BIT(side)) || !nc_loop_script_at(r->point, h) ||
		    --r->n)
			continue;
		if (r->point == NC_LOOP_MIDFRAME)
			v = r->lose ? NC_LOOP_KILL_HEAD : NC_LOOP_KILL_HALF;
		else
			v = r->lose ? NC_LOOP_KILL_BEFORE : NC_LOOP_KILL_AFTER;
		WRITE_ONCE(ln->nr, ln->nr - 1);
		memmove(r, r + 1, (ln->nr - i) * sizeof(*r));
		break;
	}
	spin_unlock_bh(&ln->lock);
	return v;
}

u32 nc_loop_script_delay(const struct nc_loop_pipe *pipe)
{
	struct nc_loop_net *ln = nc_loop_net(pipe->net);
	unsigned int i;
	u32 ms = 0;

	if (!READ_ONCE(ln->nr))
		return 0;
	spin_lock_bh(&ln->lock);
	for (i = 0; i < ln->nr; i++)
		if (ln->rule[i].point == NC_LOOP_DELAY &&
		    ln->rule[i].index == pipe->index)
			ms = ln->rule[i].n;
	spin_unlock_bh(&ln->lock);
	return ms;
}
