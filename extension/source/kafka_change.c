/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_change.c - partitions of a source kafka when settings change, and when it stops:
 * what may be stored of a cut that is not committed is ended as it was begun, so that
 * whoever goes on may have other settings. See shard_rules.h.
 */
#include <poll.h>
#include "source/kafka_private.h"
#include "sys/clock.h"
#include "sys/log.h"

#define LOOK_MS 5

static void end_shard(struct kafka_source *k, struct shard *s)
{
	log_write(k->parts.log, LOG_INFO,
		  "source=" STR_FMT " partition=%d settings=changed what was begun is "
		  "stored with the former ones first",
		  STR_ARG(k->parts.url.shown), (int)shard_partition(s));
	shard_end(s);
}

bool kafka_source_is_over(struct kafka_source *k, bool has_changed)
{
	bool is_over = has_changed, waits = false;
	size_t i;

	for (i = 0; i < k->partitions; i++) {
		struct shard *s = k->shard[i];

		if (!s)
			continue;
		if (has_changed && !shard_is_ending(s) && !shard_is_current(s))
			end_shard(k, s);
		is_over |= shard_is_ending(s);
		waits |= shard_is_ending(s) && !shard_is_over(s);
	}
	return is_over && !waits;
}

static void end_begun(struct kafka_source *k)
{
	size_t i;

	for (i = 0; i < k->partitions; i++) {
		struct shard *s = k->shard[i];

		if (!s || !shard_is_begun(s))
			continue;
		shard_end(s);
		shard_tick(s, clock_now().mono_ms);
	}
}

static bool any_is_pending(const struct kafka_source *k)
{
	size_t i;

	for (i = 0; i < k->partitions; i++)
		if (k->shard[i] && shard_is_pending(k->shard[i]))
			return true;
	return false;
}

void kafka_source_drain(struct kafka_source *k, int64_t until_ms)
{
	end_begun(k);
	while (any_is_pending(k) && clock_now().mono_ms < until_ms) {
		kafka_source_commit(k);
		poll(NULL, 0, LOOK_MS);
	}
}
