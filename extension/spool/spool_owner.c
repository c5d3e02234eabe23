/* SPDX-License-Identifier: Apache-2.0 */
/* spool_owner.c - what a pipeline owns in the spool, what goes first of it, and how its
 * open objects become such that can go. See spool_private.h.
 */
#include <unistd.h>
#include "spool/ledger_private.h"

#define ASK_MS 1000

int64_t spool_owned(const struct spool_dir *dir)
{
	int64_t bytes = 0;
	int folder;

	for (folder = 0; folder < SPOOL_FOLDERS; folder++)
		bytes += dir->owned[folder];
	return bytes;
}

struct spool_entry *spool_victim(const struct spool_dir *dir, enum spool_folder *folder)
{
	struct spool_entry *entry = TAILQ_FIRST(&dir->bad);

	*folder = SPOOL_BAD;
	if (entry)
		return entry;
	*folder = SPOOL_NEW;
	if (dir->is_buffer)
		return NULL;
	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (!entry->is_taken)
			return entry;
	return NULL;
}

/* The directory has a user until the file is gone. */
void spool_evict(struct spool_dir *dir, enum spool_folder folder,
		 struct spool_entry *entry, enum spool_loss why, int64_t now_ms,
		 struct spool_evicted *evicted)
{
	*evicted = (struct spool_evicted){ dir, folder, entry->id, entry->bytes,
					   spool_entry_sum(entry) };
	dir->users++;
	spool_lose(dir, folder, entry, why, now_ms);
}

void spool_evict_file(const struct spool_evicted *evicted)
{
	bool is_bad = evicted->folder == SPOOL_BAD;
	struct spool_dir *dir = evicted->dir;
	char path[SPOOL_PATH_MAX];

	spool_path(dir, evicted->folder, evicted->id, path);
	ledger_begin(dir, is_bad ? LEDGER_EVICT_BAD : LEDGER_EVICT, evicted->id, 0,
		     &evicted->sum);
	unlink(path);
	ledger_end(dir, true);
	pthread_mutex_lock(&dir->spool->lock);
	dir->users--;
	pthread_cond_broadcast(&dir->spool->left);
	pthread_mutex_unlock(&dir->spool->lock);
}

void spool_ask_to_finish(struct spool_dir *dir, int64_t now_ms)
{
	if (dir->is_buffer || !dir->owned[SPOOL_OPEN] ||
	    (dir->asked_ms && now_ms - dir->asked_ms < ASK_MS))
		return;
	dir->asked_ms = now_ms;
	atomic_store(&dir->finish_below, dir->next_id);
	if (dir->finish)
		dir->finish(dir->finish_context);
}

void spool_on_finish(struct spool_dir *dir, void (*finish)(void *context), void *context)
{
	pthread_mutex_lock(&dir->spool->lock);
	if (finish || dir->finish_context == context) {
		dir->finish = finish;
		dir->finish_context = context;
	}
	pthread_mutex_unlock(&dir->spool->lock);
}

bool spool_must_finish(const struct spool_dir *dir, uint64_t id)
{
	return id < atomic_load(&dir->finish_below);
}
