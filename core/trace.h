/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints. Arguments are scalars and addresses: no layer's structs are
 * needed here, and bpftrace needs no types of the module (6.1 has none).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM netchannel

#if !defined(NC_CORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NC_CORE_TRACE_H

#include <linux/in6.h>
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

/* a flow's class was changed, by its policy (flight, len: why) or fixed */
TRACE_EVENT(nc_flow_class,
	TP_PROTO(u32 flow, u8 old, u8 new, bool fixed, u32 flight, u32 len),
	TP_ARGS(flow, old, new, fixed, flight, len),

	TP_STRUCT__entry(
		__field(u32, flow)
		__field(u8, old)
		__field(u8, new)
		__field(bool, fixed)
		__field(u32, flight)
		__field(u32, len)
	),

	TP_fast_assign(
		__entry->flow = flow;
		__entry->old = old;
		__entry->new = new;
		__entry->fixed = fixed;
		__entry->flight = flight;
		__entry->len = len;
	),

	TP_printk("flow=%08x class=%u->%u fixed=%u flight=%u len=%u",
		  __entry->flow, __entry->old, __entry->new, __entry->fixed,
		  __entry->flight, __entry->len)
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

/* another number of lanes to a peer is wanted */
TRACE_EVENT(nc_lanes,
	TP_PROTO(const struct in6_addr *raddr, u8 class, u32 old, u32 new,
		 u32 up, u32 busy, u32 load),
	TP_ARGS(raddr, class, old, new, up, busy, load),

	TP_STRUCT__entry(
		__array(u8, raddr, 16)
		__field(u8, class)
		__field(u32, old)
		__field(u32, new)
		__field(u32, up)
		__field(u32, busy)
		__field(u32, load)
	),

	TP_fast_assign(
		memcpy(__entry->raddr, raddr, 16);
		__entry->class = class;
		__entry->old = old;
		__entry->new = new;
		__entry->up = up;
		__entry->busy = busy;
		__entry->load = load;
	),

	TP_printk("raddr=%pI6c class=%u lanes=%u->%u up=%u busy=%u/1024 load=%u",
		  __entry->raddr, __entry->class, __entry->old, __entry->new,
		  __entry->up, __entry->busy, __entry->load)
);

#endif /* NC_CORE_TRACE_H */

/* found by the -I of the tree's root */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
