/* SPDX-License-Identifier: Apache-2.0 */
/* shard_borders.c - see shard_borders.h. */
#include <string.h>
#include "source/shard_borders.h"

void shard_borders_init(struct shard_borders *b, int64_t interval_ms,
			const struct shard_place *place)
{
	*b = (struct shard_borders){
		.interval_ms = interval_ms,
		.clock_ms = place->from.clock_ms,
		.count = place->count,
	};
	memcpy(b->ahead, place->announced, place->count * sizeof(*b->ahead));
}

static void move_clock(struct shard_borders *b, int64_t time_ms)
{
	if (time_ms > b->clock_ms)
		b->clock_ms = time_ms;
}

/* false: there is nothing to cut off. */
static bool cut_at(struct shard_borders *b, int64_t offset, struct shard_cut *cut)
{
	bool has_taken = b->has_taken;

	*cut = (struct shard_cut){ offset, b->clock_ms };
	b->has_taken = false;
	return has_taken;
}

/* Which multiple of the interval comes before a time. */
static int64_t interval_of(const struct shard_borders *b, int64_t time_ms)
{
	int64_t rest = time_ms % b->interval_ms;

	return time_ms / b->interval_ms - (rest < 0);
}

static bool is_over(const struct shard_borders *b, int64_t time_ms)
{
	return b->clock_ms != SHARD_NO_CLOCK && time_ms > b->clock_ms &&
	       interval_of(b, time_ms) > interval_of(b, b->clock_ms);
}

bool shard_borders_next(struct shard_borders *b, int64_t offset, int64_t time_ms,
			struct shard_cut *cut)
{
	while (b->next < b->count && b->ahead[b->next].offset <= offset) {
		const struct shard_cut *announced = &b->ahead[b->next++];

		move_clock(b, announced->clock_ms);
		if (cut_at(b, announced->offset, cut))
			return true;
	}
	return is_over(b, time_ms) && cut_at(b, offset, cut);
}

void shard_borders_take(struct shard_borders *b, int64_t time_ms)
{
	move_clock(b, time_ms);
	b->has_taken = true;
}

bool shard_borders_end(struct shard_borders *b, int64_t offset, struct shard_cut *cut)
{
	return cut_at(b, offset, cut);
}
