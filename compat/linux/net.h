/* SPDX-License-Identifier: GPL-2.0 */
/*
 * proto_ops.splice_eof came with MSG_SPLICE_PAGES for all protocols; before it
 * the end of a file is as invisible to TCP as to us.
 *
 * proto_ops.sendmsg with MSG_SPLICE_PAGES where TCP takes pages only through
 * proto_ops.sendpage. 6.1 defines the flag and its TCP ignores it, that is:
 * copies; so Kbuild looks for the operation.
 * When the oldest kernel is >= 6.11, only the last three functions stay.
 */
#ifndef NC_COMPAT_LINUX_NET_H
#define NC_COMPAT_LINUX_NET_H

#include_next <linux/net.h>

#include <linux/skbuff.h>
#include <linux/socket.h>

#ifdef NC_HAVE_SENDPAGE
#include <linux/bvec.h>
#include <linux/uio.h>

static inline int nc_compat_sendmsg(struct socket *sock, struct msghdr *msg)
{
	struct iov_iter *it = &msg->msg_iter;
	int flags, ret, done = 0;
	size_t n;

	if (!(msg->msg_flags & MSG_SPLICE_PAGES))
		return sock->ops->sendmsg(sock, msg, msg_data_left(msg));

	while (iov_iter_count(it)) {
		n = min(iov_iter_count(it), it->bvec->bv_len - it->iov_offset);
		flags = msg->msg_flags & ~MSG_SPLICE_PAGES;
		if (n < iov_iter_count(it))
			flags |= MSG_MORE | MSG_SENDPAGE_NOTLAST;
		ret = kernel_sendpage(sock, it->bvec->bv_page,
				      it->bvec->bv_offset + it->iov_offset,
				      n, flags);
		if (ret <= 0)
			return done ?: ret;
		done += ret;
		iov_iter_advance(it, ret);
		if (ret < n)
			break;
	}
	return done;
}

struct nc_compat_pages {};

static inline void nc_compat_pages(struct msghdr *msg,
				   struct nc_compat_pages *pages,
				   int (*take)(struct sk_buff *skb,
					       struct iov_iter *from,
					       size_t len))
{
	msg->msg_flags |= MSG_SPLICE_PAGES | MSG_NO_SHARED_FRAGS;
}

#define NC_SPLICE_EOF(fn)
#else
#define NC_SPLICE_EOF(fn) .splice_eof = fn,

static inline int nc_compat_sendmsg(struct socket *sock, struct msghdr *msg)
{
	return READ_ONCE(sock->ops)->sendmsg(sock, msg, msg_data_left(msg));
}

struct nc_compat_pages {
	struct ubuf_info	ubuf;
};

/* nobody is told: the skbs hold the pages, and no other reference */
static inline void nc_compat_pages_done(struct sk_buff *skb,
					struct ubuf_info *ubuf, bool ok)
{
}

/* @take puts the pages of @msg into skbs; @pages lives as long as the call */
static inline void nc_compat_pages(struct msghdr *msg,
				   struct nc_compat_pages *pages,
				   int (*take)(struct sk_buff *skb,
					       struct iov_iter *from,
					       size_t len))
{
	static const struct ubuf_info_ops ops = {
		.complete = nc_compat_pages_done,
	};

	pages->ubuf.ops = &ops;
	refcount_set(&pages->ubuf.refcnt, 1);
	pages->ubuf.flags = 0;
	msg->msg_ubuf = &pages->ubuf;
	msg->sg_from_iter = take;
	msg->msg_flags |= MSG_ZEROCOPY;
}
#endif /* NC_HAVE_SENDPAGE */

#endif /* NC_COMPAT_LINUX_NET_H */
