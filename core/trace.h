/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what a developer may ask while it happens. Arguments are
 * scalars, so that no layer's structs are needed here and bpftrace needs no
 * type information of the module (6.1 has none).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM netchannel

#if !defined(NC_CORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NC_CORE_TRACE_H

#include <linux/tracepoint.h>

/* a channel changed its state; err says why it died */
TRACE_EVENT(nc_chan_state,
	TP_PROTO(u32 id, u8 class, u8 index, u8 old, u8 new, int err),
	TP_ARGS(id, class, index, old, new, err),

	TP_STRUCT__entry(
		__field(u32, id)
		__field(u8, class)
		__field(u8, index)
		__field(u8, old)
		__field(u8, new)
		__field(int, err)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->class = class;
		__entry->index = index;
		__entry->old = old;
		__entry->new = new;
		__entry->err = err;
	),

	TP_printk("id=%u class=%u index=%u state=%u->%u err=%d",
		  __entry->id, __entry->class, __entry->index, __entry->old,
		  __entry->new, __entry->err)
);

/* a virtual socket changed its state (TCP_ESTABLISHED and so on) */
TRACE_EVENT(nc_sock_state,
	TP_PROTO(u64 token, u16 lport, u16 rport, u8 old, u8 new),
	TP_ARGS(token, lport, rport, old, new),

	TP_STRUCT__entry(
		__field(u64, token)
		__field(u16, lport)
		__field(u16, rport)
		__field(u8, old)
		__field(u8, new)
	),

	TP_fast_assign(
		__entry->token = token;
		__entry->lport = lport;
		__entry->rport = rport;
		__entry->old = old;
		__entry->new = new;
	),

	TP_printk("token=%016llx lport=%u rport=%u state=%u->%u",
		  __entry->token, __entry->lport, __entry->rport, __entry->old,
		  __entry->new)
);

/* a policy chose a lane for the next run of a flow's segments */
TRACE_EVENT(nc_lane_pick,
	TP_PROTO(u32 flow, u8 class, u8 index, u32 len),
	TP_ARGS(flow, class, index, len),

	TP_STRUCT__entry(
		__field(u32, flow)
		__field(u8, class)
		__field(u8, index)
		__field(u32, len)
	),

	TP_fast_assign(
		__entry->flow = flow;
		__entry->class = class;
		__entry->index = index;
		__entry->len = len;
	),

	TP_printk("flow=%08x class=%u index=%u len=%u",
		  __entry->flow, __entry->class, __entry->index, __entry->len)
);

/* a segment goes out again because lane lost_id is gone */
TRACE_EVENT(nc_seg_retrans,
	TP_PROTO(u64 seq, u32 len, u32 lost_id),
	TP_ARGS(seq, len, lost_id),

	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u32, len)
		__field(u32, lost_id)
	),

	TP_fast_assign(
		__entry->seq = seq;
		__entry->len = len;
		__entry->lost_id = lost_id;
	),

	TP_printk("seq=%llu len=%u lost_lane=%u",
		  __entry->seq, __entry->len, __entry->lost_id)
);

/* a flow waits, because each of its lanes is full or none is up */
TRACE_EVENT(nc_park,
	TP_PROTO(u32 flow, u8 class, u8 lanes),
	TP_ARGS(flow, class, lanes),

	TP_STRUCT__entry(
		__field(u32, flow)
		__field(u8, class)
		__field(u8, lanes)
	),

	TP_fast_assign(
		__entry->flow = flow;
		__entry->class = class;
		__entry->lanes = lanes;
	),

	TP_printk("flow=%08x class=%u lanes=%u",
		  __entry->flow, __entry->class, __entry->lanes)
);

#endif /* NC_CORE_TRACE_H */

/* found by the -I of the tree's root */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
