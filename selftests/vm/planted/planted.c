// SPDX-License-Identifier: GPL-2.0
/* Faults on purpose: each must be reported by the debug kernels before their
 * silence about the real module means anything.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *kind = "";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "uaf, leak, abba or sleep");

static DEFINE_MUTEX(planted_a);
static DEFINE_MUTEX(planted_b);
static DEFINE_SPINLOCK(planted_lock);

static noinline void planted_uaf(void)
{
	u8 *p = kmalloc(100, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[42], 1);
}

static noinline void planted_leak(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		u8 *p = kmalloc(600, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
		if (p)
			memset(p, i, 600);
	}
}

static noinline void planted_abba(void)
{
	mutex_lock(&planted_a);
	mutex_lock(&planted_b);
	mutex_unlock(&planted_b);
	mutex_unlock(&planted_a);

	mutex_lock(&planted_b);
	mutex_lock(&planted_a);
	mutex_unlock(&planted_a);
	mutex_unlock(&planted_b);
}

static noinline void planted_sleep(void)
{
	spin_lock(&planted_lock);
	msleep(20);
	spin_unlock(&planted_lock);
}

static const struct {
	const char *name;
	void (*plant)(void);
} planted_kinds[] = {
	{ "uaf", planted_uaf },
	{ "leak", planted_leak },
	{ "abba", planted_abba },
	{ "sleep", planted_sleep },
};

static int __init planted_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(planted_kinds); i++) {
		if (!strcmp(kind, planted_kinds[i].name)) {
			planted_kinds[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Faults that the debug kernels must report");
MODULE_LICENSE("GPL");
