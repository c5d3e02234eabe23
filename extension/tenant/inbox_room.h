/* SPDX-License-Identifier: Apache-2.0 */
/* inbox_room.h - who may have more batches when memory for them is short.
 *
 * Each tenant owns the bytes of the batches that it holds: those in its inbox and those of
 * its turn. While all batches together fit (limits.batch_bytes) everybody gets what comes.
 * When they do not, what there is is shared max-min (base/share.h): who owns more than its
 * share loses the newest, and who owns less loses nothing, so one that is slow pays for
 * itself. Likewise it is the first that no longer waits for answers.
 *
 * Tenants hold the same batches when they want the same flows, so what they own is more
 * than there is; shares are made of as much more. Above a quarter over the limit only who
 * owns nothing gets the newest, so that there is a bound.
 *
 * Shares are made anew some twenty times a second, and when memory has changed by a part
 * that matters, but only while it is short.
 */
#ifndef TENANT_INBOX_ROOM_H
#define TENANT_INBOX_ROOM_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>
#include "flow/batch.h"

struct inbox_owner {
	LIST_ENTRY(inbox_owner) link;
	_Atomic int64_t bytes;
};

/* What each may own so that all take no more than a part of the limit. */
struct inbox_level {
	int64_t level, at_ms, bytes; /* as it was found then; at_ms 0: never */
};

struct inbox_room {
	const struct batch_account *batches;
	int64_t bytes_max;
	pthread_mutex_t lock;
	LIST_HEAD(inbox_owners, inbox_owner) owners;
	struct inbox_level all, three_quarters;
};

/* The account is borrowed. */
void inbox_room_init(struct inbox_room *, const struct batch_account *,
		     int64_t bytes_max);
void inbox_room_fini(struct inbox_room *); /* nobody is in it */

void inbox_room_join(struct inbox_room *, struct inbox_owner *);
void inbox_room_leave(struct inbox_room *, struct inbox_owner *);

/* It holds so many bytes more; negative: less. Any thread, as what follows. */
static inline void inbox_own(struct inbox_owner *owner, int64_t bytes)
{
	atomic_fetch_add_explicit(&owner->bytes, bytes, memory_order_relaxed);
}

/* Whether it may have one more batch. */
bool inbox_may_have(struct inbox_room *, const struct inbox_owner *, int64_t now_ms);
/* Whether it may still wait, with what it has. */
bool inbox_may_wait(struct inbox_room *, const struct inbox_owner *, int64_t now_ms);

#endif
