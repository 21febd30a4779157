// SPDX-License-Identifier: GPL-2.0
/*
 * Cuts a byte stream into frames, however it arrives: headers and control
 * payloads are gathered, DATA payload is only counted and stays where it is.
 */
#include "netdriver/frame.h"

/* nc_wire_get_hdr() lets no longer control payload pass */
static_assert(NC_WIRE_HELLO_LEN >= NC_WIRE_AUTH_LEN);
static_assert(NC_WIRE_HELLO_LEN >= NC_WIRE_SYN_LEN);

void nc_frame_init(struct nc_frame *f)
{
	memset(f, 0, sizeof(*f));
	nc_frame_next(f);
}

int nc_frame_fill(struct nc_frame *f, u32 n)
{
	int ret;

	f->have += n;
	if (f->have < f->want)
		return 0;
	if (f->want > NC_WIRE_HDR_LEN)
		return NC_FRAME_READY;

	ret = nc_wire_get_hdr(f->buf, &f->hdr);
	if (ret)
		return ret;
	if (f->hdr.type == NC_DATA)
		f->payload = f->hdr.len;
	else
		f->want += f->hdr.len;
	return f->have < f->want ? 0 : NC_FRAME_READY;
}

void nc_frame_pass(struct nc_frame *f, u32 n)
{
	f->done += n;
	if (f->done == f->hdr.len)
		nc_frame_next(f);
}

void nc_frame_next(struct nc_frame *f)
{
	f->have = 0;
	f->want = NC_WIRE_HDR_LEN;
	f->done = 0;
	f->payload = false;
}
