/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_pace.c - a source kafka pauses partitions while the workers are behind. See
 * shard_pace.h.
 */
#include <poll.h>
#include "source/kafka_private.h"
#include "source/shard_pace.h"

#define MOMENT_MS 5

static int64_t waiting_of(void *context, size_t partition)
{
	struct shard *s = ((struct kafka_source *)context)->shard[partition];

	return s ? shard_waiting(s) : -1;
}

static bool is_short(void *context)
{
	const struct kafka_source *k = context;
	const struct batch_account *account = k->parts.shards->account;

	return account->bytes_max &&
	       atomic_load(&account->bytes) > account->bytes_max / 2;
}

static void wait_moment(void *context)
{
	(void)context;
	poll(NULL, 0, MOMENT_MS);
}

static void pause_one(void *context, size_t partition, bool is_paused)
{
	struct kafka_source *k = context;

	kafka_consumer_pause(k->consumer, (int32_t)partition, is_paused);
}

void kafka_source_pace(struct kafka_source *k)
{
	const struct shard_pace_host host = {
		.waiting = waiting_of,
		.is_short = is_short,
		.wait = wait_moment,
		.pause = pause_one,
		.context = k,
	};

	shard_pace_turn(k->paused, k->partitions, &host);
}
