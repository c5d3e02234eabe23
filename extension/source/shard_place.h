/* SPDX-License-Identifier: Apache-2.0 */
/* shard_place.h - what a shard commits, beside its offset, as the text of the commit's
 * metadata:
 *
 *	skydive-exporter/1 CLOCK [begun=TIME] [until=OFFSET] [RULES...] [OFFSET:CLOCK]...
 *
 * the clock of the cut that is committed, "-" if it has none; the time of the partition's
 * first message, which tells it from others of its name; until where flows may be
 * stored, and the rules that their objects follow from (shard_rules.h); and the announced
 * cuts behind it (shard_borders.h). Brokers take 4096 bytes (offset.metadata.max.bytes).
 */
#ifndef SOURCE_SHARD_PLACE_H
#define SOURCE_SHARD_PLACE_H

#include "base/buf.h"
#include "base/err.h"
#include "source/shard_borders.h"

void shard_place_write(const struct shard_place *, struct buf *);
/* -EINVAL with the reason: another program, or a tool, committed it. */
int shard_place_read(int64_t offset, struct str metadata, struct shard_place *,
		     struct err *);

#endif
