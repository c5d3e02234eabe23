/* SPDX-License-Identifier: Apache-2.0 */
/* inbox_room.c - see inbox_room.h. */
#include "base/share.h"
#include "tenant/inbox_room.h"

#define STALE_MS   50
#define STALE_PART 64 /* of the limit */
#define OVER_PART  4  /* likewise: by so much it is exceeded at most */

void inbox_room_init(struct inbox_room *room, const struct batch_account *batches,
		     int64_t bytes_max)
{
	*room = (struct inbox_room){ .batches = batches, .bytes_max = bytes_max };
	pthread_mutex_init(&room->lock, NULL);
	LIST_INIT(&room->owners);
}

void inbox_room_fini(struct inbox_room *room)
{
	pthread_mutex_destroy(&room->lock);
}

void inbox_room_join(struct inbox_room *room, struct inbox_owner *owner)
{
	pthread_mutex_lock(&room->lock);
	LIST_INSERT_HEAD(&room->owners, owner, link);
	pthread_mutex_unlock(&room->lock);
}

void inbox_room_leave(struct inbox_room *room, struct inbox_owner *owner)
{
	pthread_mutex_lock(&room->lock);
	LIST_REMOVE(owner, link);
	pthread_mutex_unlock(&room->lock);
}

/* A byte that several own counts as often in what they may own together. */
static int64_t times_shared(const struct inbox_room *room, int64_t part, int64_t bytes)
{
	const struct inbox_owner *owner;
	int64_t owned = 0;

	LIST_FOREACH (owner, &room->owners, link)
		owned += atomic_load(&owner->bytes);
	if (owned <= bytes)
		return part;
	return (int64_t)((double)part * ((double)owned / (double)bytes));
}

static int64_t make_shares(const struct inbox_room *room, int64_t part, int64_t bytes)
{
	const struct inbox_owner *owner;
	struct share share;

	share_begin(&share, times_shared(room, part, bytes));
	do
		LIST_FOREACH (owner, &room->owners, link)
			share_add(&share, atomic_load(&owner->bytes));
	while (share_again(&share));
	return share.level;
}

static bool is_stale(const struct inbox_room *room, const struct inbox_level *level,
		     int64_t bytes, int64_t now_ms)
{
	int64_t change = bytes - level->bytes, most = room->bytes_max / STALE_PART;

	return !level->at_ms || now_ms - level->at_ms >= STALE_MS || change > most ||
	       change < -most;
}

/* Whether it owns no more than its share of a part of the limit. */
static bool is_within(struct inbox_room *room, struct inbox_level *level, int64_t part,
		      const struct inbox_owner *owner, int64_t bytes, int64_t now_ms)
{
	int64_t share;

	pthread_mutex_lock(&room->lock);
	if (is_stale(room, level, bytes, now_ms))
		*level = (struct inbox_level){ make_shares(room, part, bytes), now_ms,
					       bytes };
	share = level->level;
	pthread_mutex_unlock(&room->lock);
	return atomic_load(&owner->bytes) <= share;
}

bool inbox_may_have(struct inbox_room *room, const struct inbox_owner *owner,
		    int64_t now_ms)
{
	int64_t bytes = atomic_load(&room->batches->bytes), max = room->bytes_max;

	if (bytes <= max || atomic_load(&owner->bytes) == 0)
		return true;
	return bytes <= max + max / OVER_PART &&
	       is_within(room, &room->all, max, owner, bytes, now_ms);
}

bool inbox_may_wait(struct inbox_room *room, const struct inbox_owner *owner,
		    int64_t now_ms)
{
	int64_t bytes = atomic_load(&room->batches->bytes);
	int64_t part = room->bytes_max / 4 * 3;

	return bytes < part ||
	       is_within(room, &room->three_quarters, part, owner, bytes, now_ms);
}
