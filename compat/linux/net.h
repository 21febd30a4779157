/* SPDX-License-Identifier: GPL-2.0 */
/*
 * proto_ops.splice_eof came with MSG_SPLICE_PAGES for all protocols; before it
 * the end of a file is as invisible to TCP as to us.
 *
 * proto_ops.sendmsg with MSG_SPLICE_PAGES where TCP takes pages only through
 * proto_ops.sendpage. 6.1 defines the flag and its TCP ignores it, that is:
 * copies; so Kbuild looks for the operation.
 * When the oldest kernel is >= 6.5, only the last function stays.
 */
#ifndef NC_COMPAT_LINUX_NET_H
#define NC_COMPAT_LINUX_NET_H

#include_next <linux/net.h>

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

#define NC_SPLICE_EOF(fn)
#else
#define NC_SPLICE_EOF(fn) .splice_eof = fn,

static inline int nc_compat_sendmsg(struct socket *sock, struct msghdr *msg)
{
	return READ_ONCE(sock->ops)->sendmsg(sock, msg, msg_data_left(msg));
}
#endif /* NC_HAVE_SENDPAGE */

#endif /* NC_COMPAT_LINUX_NET_H */
