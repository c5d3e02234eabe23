/* SPDX-License-Identifier: Apache-2.0 */
/* spool_room.c - who loses when room is short.
 *
 * Each byte is owned by a pipeline. What there is is shared max-min: who owns less
 * than an equal share keeps all of it, and what it leaves is the others' to borrow. Who
 * owns more than its share so found loses, the largest first: files of bad/, then
 * finished objects, the oldest of each first. When it has none of these its open
 * objects are finished early, so that they can be dropped; it is nobody else's loss.
 * Who has a limit of its own never owns more than that, see spool_limit.c.
 *
 * Some file systems tell late of what was freed (btrfs with the next commit, NFS when
 * its attributes expire). So for min_free a small part goes at a time, no more than
 * what is missing, and then we wait until the file system has told of it.
 */
#include <inttypes.h>
#include <sys/statvfs.h>
#include "base/share.h"
#include "spool/spool_private.h"
#include "sys/clock.h"

#define STEP_PART 16 /* of all bytes, at a time */
#define SETTLE_MS 10000
#define LOOK_MS	  1000

/* The lock is held: what each may own so that all fits. */
static int64_t fair_share(const struct spool *spool, int64_t allowed)
{
	const struct spool_dir *dir;
	struct share share;

	share_begin(&share, allowed);
	do
		TAILQ_FOREACH (dir, &spool->dirs, link)
			share_add(&share, spool_owned(dir));
	while (share_again(&share));
	return share.level;
}

/* The largest of those who own more than their share and can lose something. */
static struct spool_dir *find_loser(const struct spool *spool, int64_t share)
{
	struct spool_dir *dir, *largest = NULL;
	enum spool_folder folder;

	TAILQ_FOREACH (dir, &spool->dirs, link)
		if (spool_owned(dir) > share && spool_victim(dir, &folder) &&
		    (!largest || spool_owned(dir) > spool_owned(largest)))
			largest = dir;
	return largest;
}

/* Removes one file; its bytes, or 0: there is none to remove. */
static int64_t drop_one(struct spool *spool, int64_t allowed, enum spool_loss why,
			int64_t now_ms)
{
	struct spool_evicted evicted;
	enum spool_folder folder;
	struct spool_dir *dir;
	int64_t share;

	pthread_mutex_lock(&spool->lock);
	share = fair_share(spool, allowed);
	dir = find_loser(spool, share);
	if (dir) {
		struct spool_entry *entry = spool_victim(dir, &folder);

		dir->lost[why].share = share;
		spool_evict(dir, folder, entry, why, now_ms, &evicted);
	}
	pthread_mutex_unlock(&spool->lock);
	if (!dir)
		return 0;
	spool_evict_file(&evicted);
	/* An empty file is one file less. */
	return evicted.bytes ? evicted.bytes : 1;
}

/* Who owns more than its share has its open objects finished. */
static void ask_to_finish(struct spool *spool, int64_t allowed, int64_t now_ms)
{
	enum spool_folder folder;
	struct spool_dir *dir;
	int64_t share;

	pthread_mutex_lock(&spool->lock);
	share = fair_share(spool, allowed);
	TAILQ_FOREACH (dir, &spool->dirs, link)
		if (spool_owned(dir) > share && !spool_victim(dir, &folder))
			spool_ask_to_finish(dir, now_ms);
	pthread_mutex_unlock(&spool->lock);
}

/* Removes files until no more than is allowed is left. What was freed. */
static int64_t drop_to(struct spool *spool, int64_t allowed, enum spool_loss why,
		       int64_t now_ms)
{
	int64_t freed = 0, bytes = 1;

	while (bytes && spool_bytes(spool) > allowed) {
		bytes = drop_one(spool, allowed, why, now_ms);
		freed += bytes;
	}
	if (!bytes)
		ask_to_finish(spool, allowed, now_ms);
	return freed;
}

/* Bytes that others miss on the file system, as far as it has told by now. */
static int64_t missing_on_disk(struct spool *spool, int64_t now_ms)
{
	struct spool_room *room = &spool->room;
	struct statvfs fs;
	int64_t bytes;

	if (spool->options.min_free == 0 || statvfs(spool->path, &fs) < 0)
		return 0;
	bytes = spool_free_bytes(&fs);
	if (bytes < room->lowest)
		room->lowest = bytes;
	if (room->promised && now_ms < room->settle_ms &&
	    bytes - room->lowest < room->promised / 2)
		return 0;
	room->promised = 0;
	room->lowest = bytes;
	return spool->options.min_free - bytes;
}

/* One step. false: there is nothing more to do now. */
static bool make_room_on_disk(struct spool *spool, int64_t now_ms)
{
	int64_t missing = missing_on_disk(spool, now_ms), bytes = spool_bytes(spool);
	int64_t step = bytes / STEP_PART + 1;

	if (missing <= 0)
		return false;
	spool->room.settle_ms = now_ms + SETTLE_MS;
	spool->room.promised = drop_to(spool, bytes - (missing < step ? missing : step),
				       LOSS_DISK, now_ms);
	return spool->room.promised > 0;
}

void spool_make_room(struct spool *spool, struct now now)
{
	struct spool_room *room = &spool->room;

	atomic_store(&room->is_wanted, true);
	while (atomic_load(&room->is_wanted) && pthread_mutex_trylock(&room->lock) == 0) {
		atomic_store(&room->is_wanted, false);
		drop_to(spool, spool->options.max_bytes, LOSS_FULL, now.mono_ms);
		while (make_room_on_disk(spool, now.mono_ms))
			;
		atomic_store(&room->looked_ms, now.mono_ms);
		pthread_mutex_unlock(&room->lock);
	}
}

/* The lock is not held. */
void spool_look_for_room(struct spool *spool, struct now now)
{
	if (now.mono_ms - atomic_load(&spool->room.looked_ms) >= LOOK_MS)
		spool_make_room(spool, now);
}

void spool_charge(struct spool_dir *dir, enum spool_folder folder, int64_t bytes)
{
	struct spool *spool = dir->spool;

	pthread_mutex_lock(&spool->lock);
	spool_own(dir, folder, bytes);
	pthread_mutex_unlock(&spool->lock);
	if (bytes <= 0)
		return;
	spool_keep_limit(dir);
	if (spool_bytes(spool) > spool->options.max_bytes)
		spool_make_room(spool, clock_now());
}
