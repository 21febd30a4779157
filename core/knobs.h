/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to the host and can be set at run time: files below
 * /sys/kernel/netchannel/<layer>/. A layer describes its knobs in a table.
 */
#ifndef NC_CORE_KNOBS_H
#define NC_CORE_KNOBS_H

#include <linux/cpumask.h>
#include <linux/kobject.h>
#include <linux/types.h>

/**
 * struct nc_knob - one file, one value
 * @attr: const: the file; its name
 * @value: racy-ok: read with READ_ONCE() by the data path
 * @min: const: smallest value taken, else ERANGE
 * @max: const: largest
 * @low: const: another knob's value, not above this one's; or NULL
 * @high: const: another knob's value, not below this one's; or NULL
 * @show: const: instead of a number in @value; or NULL
 * @store: const: instead of a number in @value; or NULL. 0 or -errno, then
 *	the old value stays
 */
struct nc_knob {
	struct kobj_attribute	attr;
	unsigned int		*value;
	unsigned int		min;
	unsigned int		max;
	unsigned int		*low;
	unsigned int		*high;
	ssize_t			(*show)(char *buf);
	int			(*store)(const char *buf);
};

#define NC_KNOB(_name, _value, _min, _max)				\
	{ .attr = __ATTR(_name, 0644, nc_knobs_show, nc_knobs_store),	\
	  .value = (_value), .min = (_min), .max = (_max) }
/* one that is between two others */
#define NC_KNOB_IN(_name, _value, _min, _max, _low, _high)		\
	{ .attr = __ATTR(_name, 0644, nc_knobs_show, nc_knobs_store),	\
	  .value = (_value), .min = (_min), .max = (_max),		\
	  .low = (_low), .high = (_high) }
#define NC_KNOB_FN(_name, _show, _store)				\
	{ .attr = __ATTR(_name, 0644, nc_knobs_show, nc_knobs_store),	\
	  .show = (_show), .store = (_store) }

ssize_t nc_knobs_show(struct kobject *kobj, struct kobj_attribute *a,
		      char *buf);
ssize_t nc_knobs_store(struct kobject *kobj, struct kobj_attribute *a,
		       const char *buf, size_t n);

int nc_knobs_init(void);	/* makes /sys/kernel/netchannel */
void nc_knobs_exit(void);

/**
 * nc_knobs_add - make the directory of a layer with its files
 * @layer: name of the directory
 * @knobs: the files
 * @nr: how many
 *
 * Return: the directory, for nc_knobs_del(), or ERR_PTR().
 */
struct kobject *nc_knobs_add(const char *layer, struct nc_knob *knobs,
			     unsigned int nr);
/* parse a list of processors into @mask; 0 or -errno, then it stays */
int nc_knobs_parse_mask(const char *buf, struct cpumask *mask);
void nc_knobs_del(struct kobject *dir, struct nc_knob *knobs, unsigned int nr);

#endif /* NC_CORE_KNOBS_H */
