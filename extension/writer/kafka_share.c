/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_share.c - see kafka_share.h. */
#include "writer/kafka_share.h"

#define SLOW 50	 /* messages a millisecond: more are handed over at a time */
#define FAST 200 /* fewer are */

void kafka_share_add(struct kafka_share *share, size_t bytes)
{
	share->sent++;
	share->bytes += (int64_t)bytes;
}

/* Messages have about the same length. */
static bool is_over(const struct kafka_share *share, size_t unreported)
{
	int64_t mean = share->sent ? share->bytes / share->sent : 0;

	return unreported >= share->most ||
	       (int64_t)unreported * mean >= KAFKA_SHARE_BYTES;
}

/* All of it is written, after so long. */
static void adapt(struct kafka_share *share, int64_t took_ms)
{
	int64_t most = (int64_t)share->most;

	if (most < SLOW * took_ms)
		most *= 2;
	else if (most > FAST * took_ms)
		most /= 2;
	share->most = most < KAFKA_SHARE_LEAST	? KAFKA_SHARE_LEAST
		      : most > KAFKA_SHARE_MOST ? KAFKA_SHARE_MOST
						: (size_t)most;
}

bool kafka_share_has_room(struct kafka_share *share, size_t unreported, int64_t now_ms)
{
	if (!share->most)
		share->most = KAFKA_SHARE_LEAST;
	if (share->is_full && !unreported)
		adapt(share, now_ms - share->full_ms);
	if (share->is_full) {
		share->is_full = unreported != 0;
	} else if (is_over(share, unreported)) {
		share->is_full = true;
		share->full_ms = now_ms;
	}
	return !share->is_full;
}
