/* SPDX-License-Identifier: Apache-2.0 */
/* shard_borders.h - where the objects of a partition end, whoever reads it how often.
 *
 * A shard is a partition of a topic as all pipelines of a group store it. Its clock is
 * the highest timestamp of its messages so far, never the wall. It is cut before the
 * message that takes the clock over a multiple of the interval, and at offsets that were
 * announced: a partition that is quiet is cut where it ends, and whoever reads it later
 * cuts it there, too. So borders follow from the messages and from what was committed,
 * and nothing else. There is no cut where nothing was taken since the one before.
 *
 * No clock, no I/O. tests/lib/kafka/shards.py is the model of it.
 */
#ifndef SOURCE_SHARD_BORDERS_H
#define SOURCE_SHARD_BORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "source/shard_rules.h"

#define SHARD_NO_CLOCK	    INT64_MIN /* nothing was read yet */
#define SHARD_ANNOUNCED_MAX 32

struct shard_cut {
	int64_t offset;	  /* of the first message behind it */
	int64_t clock_ms; /* Unix; of the messages before it */
};

/* From where a shard is read again: the last cut before which all is stored, and the
 * announced ones behind it, ascending. Flows before "until" may be stored, in objects
 * that follow from the rules; those behind it are not. */
struct shard_place {
	struct shard_cut from;
	struct shard_cut announced[SHARD_ANNOUNCED_MAX];
	size_t count;
	int64_t begun_ms; /* time of the first message that was ever read of it, Unix; 0:
			   * none was, or it is not known */
	int64_t until;
	struct shard_rules rules;
};

struct shard_borders {
	int64_t interval_ms; /* at least 1 */
	int64_t clock_ms;
	bool has_taken; /* messages, since the last cut */
	struct shard_cut ahead[SHARD_ANNOUNCED_MAX];
	size_t count, next; /* of ahead */
};

void shard_borders_init(struct shard_borders *, int64_t interval_ms,
			const struct shard_place *);

/* A cut that comes before this message; to be called until it is false. */
bool shard_borders_next(struct shard_borders *, int64_t offset, int64_t time_ms,
			struct shard_cut *);
/* The message belongs to the present cut. */
void shard_borders_take(struct shard_borders *, int64_t time_ms);
/* A cut without a message, at the end of the partition; it must be announced before
 * anything that it ended is stored. false: nothing was taken since the last one. */
bool shard_borders_end(struct shard_borders *, int64_t offset, struct shard_cut *);

#endif
