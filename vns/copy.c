// SPDX-License-Identifier: GPL-2.0
/*
 * Copying between the caller's memory and the kernel's: the only two copies
 * that a byte sees. Both go through memory in runs as long as they can be,
 * because a call of the copy function costs as much as a hundred bytes.
 */
#include "vns/internal.h"

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

/**
 * struct nc_copy_run - bytes that lie behind each other in memory
 * @head: the (compound) page that they lie in; no run leaves it, because it is
 *	the object that the checks of user copies know
 * @start: first byte
 * @len: how many
 */
struct nc_copy_run {
	const struct page	*head;
	const u8		*start;
	u32			len;
};

/* false: the caller's memory ends here */
static bool nc_copy_flush(struct nc_copy_run *run, struct iov_iter *to)
{
	u32 n = run->len;

	run->len = 0;
	return copy_to_iter(run->start, n, to) == n;
}

static bool nc_copy_add(struct nc_copy_run *run, const skb_frag_t *frag,
			u32 off, u32 n, struct iov_iter *to)
{
	const u8 *start = (u8 *)skb_frag_address(frag) + off;
	const struct page *head = compound_head(skb_frag_page(frag));

	if (run->len) {
		if (head == run->head && run->start + run->len == start) {
			run->len += n;
			return true;
		}
		if (!nc_copy_flush(run, to))
			return false;
	}
	run->head = head;
	run->start = start;
	run->len = n;
	return true;
}

static bool nc_copy_frags(const struct sk_buff *skb, u32 off, u32 len,
			  struct iov_iter *to)
{
	const struct skb_shared_info *si = skb_shinfo(skb);
	struct nc_copy_run run = {};
	unsigned int i;
	u32 size, n;

	for (i = 0; len && i < si->nr_frags; i++) {
		size = skb_frag_size(&si->frags[i]);
		if (off >= size) {
			off -= size;
			continue;
		}
		n = min(size - off, len);
		/* device memory: nothing here can read it */
		if (!skb_frag_page(&si->frags[i]) ||
		    !nc_copy_add(&run, &si->frags[i], off, n, to))
			return false;
		off = 0;
		len -= n;
	}
	return !len && (!run.len || nc_copy_flush(&run, to));
}

/**
 * nc_copy_out - bytes of a received skb to the caller
 * @skb: linear, or with pages. TCP's own splicing makes pieces of a page of
 *	what its sender had in a larger one; here they are one run again
 * @off: first byte
 * @to: the caller's memory
 * @len: how many, all of them in @skb
 *
 * User memory faults, hence sleeps: no lock but ownership of the socket. Pages
 * do not.
 *
 * Return: 0, or -EFAULT, and then @to is as before.
 */
int nc_copy_out(const struct sk_buff *skb, u32 off, struct iov_iter *to,
		u32 len)
{
	size_t left = iov_iter_count(to);
	u32 n;

	if (skb_has_frag_list(skb))
		return skb_copy_datagram_iter(skb, off, to, len);
	n = skb_headlen(skb);
	n = off < n ? min(n - off, len) : 0;
	if (n && copy_to_iter(skb->data + off, n, to) != n)
		goto fault;
	off = off + n - skb_headlen(skb);
	if (n == len || nc_copy_frags(skb, off, len - n, to))
		return 0;
fault:
	iov_iter_revert(to, left - iov_iter_count(to));
	return -EFAULT;
}
