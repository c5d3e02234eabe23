/* SPDX-License-Identifier: Apache-2.0 */
/* spool_limit.c - a pipeline's own limit in the spool: pipeline.limits.spool_bytes.
 *
 * Over it the pipeline loses what it would lose when the spool is full (spool_room.c),
 * whatever room others leave. It is looked at whenever the pipeline adds something; what
 * is being uploaded stays, so it may own a little more for that time.
 */
#include "spool/spool_private.h"
#include "sys/clock.h"

void spool_set_limit(struct spool_dir *dir, int64_t bytes)
{
	atomic_store(&dir->max_bytes, bytes > 0 ? bytes : INT64_MAX);
	spool_keep_limit(dir);
}

/* Removes one file. false: none has to go, or can. */
static bool limit_drop_one(struct spool_dir *dir, int64_t now_ms)
{
	struct spool_entry *entry = NULL;
	struct spool_evicted evicted;
	enum spool_folder folder;

	pthread_mutex_lock(&dir->spool->lock);
	if (spool_owned(dir) > atomic_load(&dir->max_bytes)) {
		entry = spool_victim(dir, &folder);
		if (entry)
			spool_evict(dir, folder, entry, LOSS_LIMIT, now_ms, &evicted);
		else
			spool_ask_to_finish(dir, now_ms);
	}
	pthread_mutex_unlock(&dir->spool->lock);
	if (entry)
		spool_evict_file(&evicted);
	return entry != NULL;
}

void spool_keep_limit(struct spool_dir *dir)
{
	int64_t now_ms;

	if (atomic_load(&dir->max_bytes) == INT64_MAX)
		return;
	now_ms = clock_now().mono_ms;
	while (limit_drop_one(dir, now_ms))
		;
}
