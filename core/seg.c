// SPDX-License-Identifier: GPL-2.0
/*
 * Segments: making, cutting and freeing them. Who owns one is in seg.h.
 */
#include "core/seg.h"

#include <linux/mm.h>
#include <linux/slab.h>
#include "core/mib.h"
#include "netdriver/wire.h"

static struct kmem_cache *nc_seg_cache;

struct nc_seg *nc_seg_alloc(struct nc_flow *flow, u8 type, u64 seq, gfp_t gfp)
{
	struct nc_seg *seg = kmem_cache_zalloc(nc_seg_cache, gfp);

	if (!seg)
		return NULL;
	INIT_LIST_HEAD(&seg->rtx);
	refcount_set(&seg->ref, 1);
	seg->flow = flow;
	seg->type = type;
	seg->seq = seq;
	nc_obj_new(SEG);
	return seg;
}

/* give the pages from byte @n on to @tail, sharing the one that is cut */
static void nc_seg_move_frags(struct nc_seg *seg, struct nc_seg *tail, u32 n)
{
	u8 keep = 0;
	u8 i;

	for (i = 0; i < seg->nr; i++) {
		struct bio_vec *bv = &seg->frag[i];
		u32 head = min(n, bv->bv_len);

		n -= head;
		if (head < bv->bv_len) {
			if (head)
				get_page(bv->bv_page);
			bvec_set_page(&tail->frag[tail->nr++], bv->bv_page,
				      bv->bv_len - head, bv->bv_offset + head);
		}
		if (head) {
			bv->bv_len = head;
			keep++;
		}
	}
	seg->nr = keep;
}

struct nc_seg *nc_seg_split(struct nc_seg *seg, u32 n, gfp_t gfp)
{
	struct nc_seg *tail;
	u32 size;

	if (WARN_ON_ONCE(!n || n >= seg->len || seg->type != NC_DATA))
		return NULL;
	tail = nc_seg_alloc(seg->flow, seg->type, seg->seq + n, gfp);
	if (!tail)
		return NULL;

	nc_seg_move_frags(seg, tail, n);
	size = (u64)seg->truesize * n / seg->len;
	tail->truesize = seg->truesize - size;
	seg->truesize = size;
	tail->len = seg->len - n;
	seg->len = n;
	tail->flags = seg->flags;
	seg->flags &= ~NC_F_FIN;
	return tail;
}

void nc_seg_put(struct nc_seg *seg)
{
	u8 i;

	if (!refcount_dec_and_test(&seg->ref))
		return;
	for (i = 0; i < seg->nr; i++)
		put_page(seg->frag[i].bv_page);
	nc_obj_del(SEG);
	kmem_cache_free(nc_seg_cache, seg);
}

u64 nc_seg_end(const struct nc_seg *seg)
{
	switch (seg->type) {
	case NC_SYN:
	case NC_SYN_ACK:
		return seg->seq + 1;
	case NC_DATA:
		return seg->seq + seg->len + !!(seg->flags & NC_F_FIN);
	default:
		return seg->seq;
	}
}

int nc_seg_init(void)
{
	nc_seg_cache = KMEM_CACHE(nc_seg, SLAB_HWCACHE_ALIGN);
	return nc_seg_cache ? 0 : -ENOMEM;
}

void nc_seg_exit(void)
{
	kmem_cache_destroy(nc_seg_cache);
}
