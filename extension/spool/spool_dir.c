/* SPDX-License-Identifier: Apache-2.0 */
/* spool_dir.c - one pipeline's directories, opened and closed. See spool.h. */
#include <errno.h>
#include <stdlib.h>
#include "spool/ledger_private.h"

struct spool_dir *spool_dir_open(struct spool *spool, const char *name,
				 struct stats *stats, struct now now, struct err *err)
{
	struct spool_dir *dir = calloc(1, sizeof(*dir));
	int error = -ENOMEM, folder;

	if (!dir)
		goto out;
	dir->spool = spool;
	dir->stats = stats;
	dir->next_id = 1;
	dir->now_ms = now.mono_ms;
	dir->max_bytes = INT64_MAX;
	dir->taken_below = UINT64_MAX;
	TAILQ_INIT(&dir->waiting);
	TAILQ_INIT(&dir->bad);
	pthread_mutex_init(&dir->ledger.lock, NULL);
	dir->ledger.fd = -1;
	pthread_mutex_init(&dir->stored.lock, NULL);
	dir->name = strdup(name);
	if (dir->name)
		error = spool_scan(dir, now);
	if (!error)
		ledger_settle(dir, now);
out:
	if (!error) {
		pthread_mutex_lock(&spool->lock);
		TAILQ_INSERT_TAIL(&spool->dirs, dir, link);
		dir->is_listed = true;
		for (folder = 0; folder < SPOOL_FOLDERS; folder++)
			atomic_fetch_add(&spool->bytes, dir->owned[folder]);
		pthread_mutex_unlock(&spool->lock);
		spool_retry(dir, now);
		return dir;
	}
	err_set(err, "cannot use %s/%s: %s", spool->path, name, strerror(-error));
	spool_dir_close(dir);
	return NULL;
}

void spool_dir_close(struct spool_dir *dir)
{
	struct spool_entry *entry;
	int folder;

	if (!dir)
		return;
	pthread_mutex_lock(&dir->spool->lock);
	if (dir->is_listed)
		TAILQ_REMOVE(&dir->spool->dirs, dir, link);
	while (dir->users)
		pthread_cond_wait(&dir->spool->left, &dir->spool->lock);
	pthread_mutex_unlock(&dir->spool->lock);
	ledger_close(dir);
	spares_drop_rows(dir->spool->spares, dir);
	pthread_mutex_lock(&dir->spool->lock);
	spool_tell_losses(dir, NEVER_MS);
	while ((entry = TAILQ_FIRST(&dir->waiting)))
		spool_forget(dir, SPOOL_NEW, entry);
	while ((entry = TAILQ_FIRST(&dir->bad)))
		spool_forget(dir, SPOOL_BAD, entry);
	for (folder = 0; folder < SPOOL_FOLDERS; folder++)
		spool_own(dir, (enum spool_folder)folder, -dir->owned[folder]);
	pthread_mutex_unlock(&dir->spool->lock);
	pthread_mutex_destroy(&dir->stored.lock);
	free(dir->stored.place);
	free(dir->left_open);
	free(dir->name);
	free(dir);
}

const char *spool_dir_name(const struct spool_dir *dir)
{
	return dir->name;
}

struct spool *spool_of(const struct spool_dir *dir)
{
	return dir->spool;
}

size_t spool_left_open(const struct spool_dir *dir, const uint64_t **ids)
{
	*ids = dir->left_open;
	return dir->left_open_count;
}
