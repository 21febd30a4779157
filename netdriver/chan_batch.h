/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A batch: what one call of a transport sends. chan_batch.c builds it,
 * chan_tx.c sends it; struct nc_chan has one.
 */
#ifndef NC_NETDRIVER_CHAN_BATCH_H
#define NC_NETDRIVER_CHAN_BATCH_H

#include <linux/bvec.h>
#include <linux/types.h>

struct nc_chan;
struct nc_seg;

#define NC_CHAN_COPY	2048		/* longer payloads are spliced */
#define NC_CHAN_BV	64		/* pages of one call */
#define NC_CHAN_SEGS	32		/* segments of one call */
#define NC_CHAN_BATCH	(128 << 10)	/* bytes of one call */
#define NC_CHAN_HDRS	3072		/* header bytes of one call */

/**
 * struct nc_chan_batch - what one xmit call sends; kept until all was taken
 * @bv: headers and payload in order
 * @nr: entries used
 * @nseg: segments in @seg
 * @seg_done: segments that were taken whole
 * @splice: the pages are handed over, not copied
 * @len: bytes of @bv
 * @done: bytes taken
 * @seg: segments, each with the references of a queue
 * @seg_end: where each ends in the batch
 */
struct nc_chan_batch {
	struct bio_vec	bv[NC_CHAN_BV];
	u16		nr;
	u8		nseg;
	u8		seg_done;
	bool		splice;
	u32		len;
	u32		done;
	struct nc_seg	*seg[NC_CHAN_SEGS];
	u32		seg_end[NC_CHAN_SEGS];
};

/*
 * For the owner of the transmission, and for nc_chan_tx_drain().
 */

/* build the next one; false: nothing is to be sent, or there is no memory */
bool nc_chan_batch_fill(struct nc_chan *ch);
/* the next queued segment, or NULL; it stays queued */
struct nc_seg *nc_chan_batch_peek(struct nc_chan *ch);
/* a segment was taken, or will not be: give back its references */
void nc_chan_batch_done(struct nc_chan *ch, struct nc_seg *seg);

#endif /* NC_NETDRIVER_CHAN_BATCH_H */
