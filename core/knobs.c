// SPDX-License-Identifier: GPL-2.0
/*
 * Files below /sys/kernel/netchannel/. What a knob means belongs to its layer.
 */
#include "core/knobs.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>

static struct kobject *nc_knobs_root;
/*
 * One store at a time: a layer's store() needs no lock for that, and a value
 * stays between those of two others.
 */
static DEFINE_MUTEX(nc_knobs_lock);

ssize_t nc_knobs_show(struct kobject *kobj, struct kobj_attribute *a, char *buf)
{
	const struct nc_knob *k = container_of(a, struct nc_knob, attr);

	if (k->show)
		return k->show(buf);
	return sysfs_emit(buf, "%u\n", READ_ONCE(*k->value));
}

ssize_t nc_knobs_store(struct kobject *kobj, struct kobj_attribute *a,
		       const char *buf, size_t n)
{
	const struct nc_knob *k = container_of(a, struct nc_knob, attr);
	unsigned int value;
	int err;

	if (k->store) {
		mutex_lock(&nc_knobs_lock);
		err = k->store(buf);
		mutex_unlock(&nc_knobs_lock);
		return err ?: n;
	}
	err = kstrtouint(buf, 0, &value);
	if (err)
		return err;
	if (value < k->min || value > k->max)
		return -ERANGE;
	mutex_lock(&nc_knobs_lock);
	if ((k->low && value < *k->low) || (k->high && value > *k->high))
		err = -ERANGE;
	else
		WRITE_ONCE(*k->value, value);
	mutex_unlock(&nc_knobs_lock);
	return err ?: n;
}

int nc_knobs_parse_mask(const char *buf, struct cpumask *mask)
{
	cpumask_var_t m;
	int err;

	if (!alloc_cpumask_var(&m, GFP_KERNEL))
		return -ENOMEM;
	err = cpulist_parse(buf, m);
	if (!err && (cpumask_empty(m) || !cpumask_subset(m, cpu_possible_mask)))
		err = -EINVAL;
	if (!err)
		cpumask_copy(mask, m);
	free_cpumask_var(m);
	return err;
}

struct kobject *nc_knobs_add(const char *layer, struct nc_knob *knobs,
			     unsigned int nr)
{
	struct kobject *dir;
	unsigned int i;
	int err;

	dir = kobject_create_and_add(layer, nc_knobs_root);
	if (!dir)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr; i++) {
		err = sysfs_create_file(dir, &knobs[i].attr.attr);
		if (err) {
			nc_knobs_del(dir, knobs, i);
			return ERR_PTR(err);
		}
	}
	return dir;
}

void nc_knobs_del(struct kobject *dir, struct nc_knob *knobs, unsigned int nr)
{
	while (nr--)
		sysfs_remove_file(dir, &knobs[nr].attr.attr);
	kobject_put(dir);
}

int nc_knobs_init(void)
{
	nc_knobs_root = kobject_create_and_add("netchannel", kernel_kobj);
	return nc_knobs_root ? 0 : -ENOMEM;
}

void nc_knobs_exit(void)
{
	kobject_put(nc_knobs_root);
}
