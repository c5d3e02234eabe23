/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_share.c - see kafka_share.h. */
#include "writer/kafka_share.h"

void kafka_share_add(struct kafka_share *share, size_t bytes)
{
	share->sent++;
	share->bytes += (int64_t)bytes;
}

/* Messages have about the same length. */
bool kafka_share_has_room(struct kafka_share *share, size_t unreported)
{
	int64_t mean = share->sent ? share->bytes / share->sent : 0;

	if (share->is_full)
		share->is_full = unreported != 0;
	else
		share->is_full = unreported >= KAFKA_SHARE_MESSAGES ||
				 (int64_t)unreported * mean >= KAFKA_SHARE_BYTES;
	return !share->is_full;
}
