/* SPDX-License-Identifier: Apache-2.0 */
/* shard_pace.h - which partitions are read on, while what they made waits for workers.
 *
 * All of a source share one limit. When it is reached workers are waited for, once a
 * turn, however many partitions there are: who reads must poll. Pausing throws away
 * what was fetched, so it comes after that, and only to those that have most: one that
 * stands still is not to stop the others.
 */
#ifndef SOURCE_SHARD_PACE_H
#define SOURCE_SHARD_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard_pace_host {
	/* Bytes that wait of a partition; -1: it is not ours. */
	int64_t (*waiting)(void *context, size_t partition);
	/* Memory of all pipelines is short, whoever has it. */
	bool (*is_short)(void *context);
	/* Gives the workers a moment. */
	void (*wait)(void *context);
	void (*pause)(void *context, size_t partition, bool is_paused);
	void *context;
};

/* A turn. paused: of each partition, what waited when it was paused; 0: it is read. */
void shard_pace_turn(int64_t *paused, size_t partitions, const struct shard_pace_host *);

#endif
