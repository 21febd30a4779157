/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Our symbols are in the namespace NETCHANNEL, whose name is a string since
 * 6.13 and was a word before: a macro cannot make one of the other.
 * Delete when the oldest kernel is >= 6.13.
 */
#ifndef NC_COMPAT_LINUX_EXPORT_H
#define NC_COMPAT_LINUX_EXPORT_H

#include_next <linux/export.h>

#ifdef NC_HAVE_EXPORT_NS_STRING
#define EXPORT_SYMBOL_NC(sym)	EXPORT_SYMBOL_NS_GPL(sym, "NETCHANNEL")
#else
#define EXPORT_SYMBOL_NC(sym)	EXPORT_SYMBOL_NS_GPL(sym, NETCHANNEL)
#endif

#endif /* NC_COMPAT_LINUX_EXPORT_H */
