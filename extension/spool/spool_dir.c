/* SPDX-License-Identifier: Apache-2.0 */
/* spool_dir.c - one pipeline's directories. See spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/envelope.h"
#include "spool/spool_private.h"
#include "sys/io.h"

#define SYNC_AFTER_MS 5000
#define SYNC_MOST     64 /* of one tick */

static const char *const folder_names[SPOOL_FOLDERS] = {
	[SPOOL_OPEN] = "open",
	[SPOOL_TMP] = "tmp",
	[SPOOL_NEW] = "new",
	[SPOOL_BAD] = "bad",
};

void spool_folder_path(const struct spool_dir *dir, enum spool_folder folder,
		       char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/%s", dir->spool->path, dir->name,
		 folder_names[folder]);
}

void spool_path(const struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/%s/%016" PRIu64, dir->spool->path,
		 dir->name, folder_names[folder], id);
}

int spool_create(struct spool_dir *dir, enum spool_folder folder, uint64_t id)
{
	char path[SPOOL_PATH_MAX];

	spool_path(dir, folder, id, path);
	return spares_take(dir->spool->spares, path);
}

void spool_remove(struct spool_dir *dir, enum spool_folder folder, uint64_t id)
{
	char path[SPOOL_PATH_MAX];

	spool_path(dir, folder, id, path);
	spares_give(dir->spool->spares, path);
}

static void dir_charge(struct spool_dir *dir, int64_t bytes)
{
	if (dir->is_listed)
		dir->spool->bytes += bytes;
}

void spool_count_bad(struct spool_dir *dir, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;

	spool_path(dir, SPOOL_BAD, id, path);
	if (stat(path, &status) < 0)
		return;
	dir->bad_bytes += status.st_size;
	dir_charge(dir, status.st_size);
}

struct spool_entry *spool_insert(struct spool_dir *dir, uint64_t id, int64_t bytes,
				 int64_t records, int64_t sealed_ms)
{
	struct spool_entry *entry = calloc(1, sizeof(*entry)), *before;

	if (!entry)
		return NULL;
	*entry = (struct spool_entry){
		.id = id,
		.bytes = bytes,
		.records = records,
		.sealed_ms = sealed_ms,
	};
	TAILQ_FOREACH_REVERSE(before, &dir->waiting, spool_entries, link)
	if (before->id < id)
		break;
	if (before)
		TAILQ_INSERT_AFTER(&dir->waiting, before, entry, link);
	else
		TAILQ_INSERT_HEAD(&dir->waiting, entry, link);
	dir->objects++;
	dir->bytes += bytes;
	dir_charge(dir, bytes);
	stats_add(dir->stats, STAT_OBJECTS_SPOOLED, 1);
	return entry;
}

struct spool_dir *spool_dir_open(struct spool *spool, const char *name,
				 struct stats *stats, struct now now, struct err *err)
{
	struct spool_dir *dir = calloc(1, sizeof(*dir));
	int error = -ENOMEM;

	if (!dir)
		goto out;
	dir->spool = spool;
	dir->stats = stats;
	dir->next_id = 1;
	TAILQ_INIT(&dir->waiting);
	dir->name = strdup(name);
	if (dir->name)
		error = spool_scan(dir, now);
out:
	if (!error) {
		pthread_mutex_lock(&spool->lock);
		TAILQ_INSERT_TAIL(&spool->dirs, dir, link);
		dir->is_listed = true;
		dir_charge(dir, dir->bytes + dir->bad_bytes);
		pthread_mutex_unlock(&spool->lock);
		return dir;
	}
	err_set(err, "cannot use %s/%s: %s", spool->path, name, strerror(-error));
	spool_dir_close(dir);
	return NULL;
}

void spool_dir_close(struct spool_dir *dir)
{
	struct spool_entry *entry;

	if (!dir)
		return;
	pthread_mutex_lock(&dir->spool->lock);
	if (dir->is_listed)
		TAILQ_REMOVE(&dir->spool->dirs, dir, link);
	dir_charge(dir, -dir->bad_bytes);
	while ((entry = TAILQ_FIRST(&dir->waiting)))
		spool_forget(dir, entry, false);
	pthread_mutex_unlock(&dir->spool->lock);
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

uint64_t spool_next_id(struct spool_dir *dir)
{
	uint64_t id;

	pthread_mutex_lock(&dir->spool->lock);
	id = dir->next_id++;
	pthread_mutex_unlock(&dir->spool->lock);
	return id;
}

size_t spool_left_open(const struct spool_dir *dir, const uint64_t **ids)
{
	*ids = dir->left_open;
	return dir->left_open_count;
}

void spool_forget(struct spool_dir *dir, struct spool_entry *entry, bool remove_it)
{
	if (remove_it) {
		spool_remove(dir, SPOOL_NEW, entry->id);
		stats_add(dir->stats, STAT_RECORDS_SPOOLED, -entry->records);
		stats_add(dir->stats, STAT_OBJECTS_SPOOLED, -1);
	}
	TAILQ_REMOVE(&dir->waiting, entry, link);
	dir->objects--;
	dir->bytes -= entry->bytes;
	dir_charge(dir, -entry->bytes);
	free(entry);
}

void spool_add(struct spool_dir *dir, uint64_t id, int64_t bytes, int64_t records,
	       struct now now)
{
	pthread_mutex_lock(&dir->spool->lock);
	/* Without memory for the entry the file is found at the next start. */
	spool_insert(dir, id, bytes, records, now.mono_ms);
	stats_add(dir->stats, STAT_OBJECTS_SEALED, 1);
	spool_make_room(dir->spool);
	pthread_mutex_unlock(&dir->spool->lock);
}

bool spool_take(struct spool_dir *dir, uint64_t *id)
{
	return spool_take_after(dir, 0, id);
}

bool spool_take_after(struct spool_dir *dir, uint64_t after, uint64_t *id)
{
	struct spool_entry *entry;

	pthread_mutex_lock(&dir->spool->lock);
	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (!entry->is_taken && entry->id > after)
			break;
	if (entry) {
		entry->is_taken = true;
		*id = entry->id;
	}
	pthread_mutex_unlock(&dir->spool->lock);
	return entry != NULL;
}

/* false: it cannot be moved, and stays where it is. */
static bool move_to_bad(struct spool_dir *dir, enum spool_folder folder, uint64_t id)
{
	char from[SPOOL_PATH_MAX], to[SPOOL_PATH_MAX];

	spool_path(dir, folder, id, from);
	spool_path(dir, SPOOL_BAD, id, to);
	if (rename(from, to) < 0)
		return false;
	spool_count_bad(dir, id);
	stats_add(dir->stats, STAT_OBJECTS_QUARANTINED, 1);
	return true;
}

bool spool_done(struct spool_dir *dir, uint64_t id, enum spool_outcome outcome)
{
	struct spool_entry *entry;
	bool leaves = false;

	pthread_mutex_lock(&dir->spool->lock);
	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (entry->id == id)
			break;
	if (!entry)
		goto out;
	entry->is_taken = false;
	if (outcome == SPOOL_LATER)
		goto out;
	if (outcome == SPOOL_STORED) {
		stats_add(dir->stats, STAT_RECORDS_UPLOADED, entry->records);
		stats_add(dir->stats, STAT_OBJECTS_UPLOADED, 1);
		stats_add(dir->stats, STAT_BYTES_UPLOADED, entry->bytes - ENVELOPE_SIZE);
	} else if (move_to_bad(dir, SPOOL_NEW, id)) {
		stats_add(dir->stats, STAT_RECORDS_QUARANTINED, entry->records);
	} else {
		goto out;
	}
	spool_forget(dir, entry, true);
	leaves = true;
out:
	pthread_mutex_unlock(&dir->spool->lock);
	return leaves;
}

void spool_quarantine(struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		      const char *why)
{
	log_write(dir->spool->log, LOG_ERROR,
		  "tenant=%s spool=%s/%016" PRIu64 " moved to bad/: %s", dir->name,
		  folder_names[folder], id, why);
	pthread_mutex_lock(&dir->spool->lock);
	move_to_bad(dir, folder, id);
	pthread_mutex_unlock(&dir->spool->lock);
}

void spool_keep_bad(struct spool_dir *dir, uint64_t id)
{
	pthread_mutex_lock(&dir->spool->lock);
	spool_count_bad(dir, id);
	stats_add(dir->stats, STAT_OBJECTS_QUARANTINED, 1);
	pthread_mutex_unlock(&dir->spool->lock);
}

void spool_damaged(struct spool_dir *dir, int64_t records)
{
	stats_add(dir->stats, STAT_RECORDS_SPOOLED, -records);
	stats_add(dir->stats, STAT_RECORDS_QUARANTINED, records);
}

void spool_backlog(struct spool_dir *dir, struct spool_backlog *backlog)
{
	const struct spool_entry *oldest;

	pthread_mutex_lock(&dir->spool->lock);
	oldest = TAILQ_FIRST(&dir->waiting);
	*backlog = (struct spool_backlog){
		dir->objects,
		dir->bytes,
		oldest ? oldest->sealed_ms : NEVER_MS,
	};
	pthread_mutex_unlock(&dir->spool->lock);
}

static void drop_old(struct spool_dir *dir, struct now now)
{
	struct spool_entry *entry, *next;

	for (entry = TAILQ_FIRST(&dir->waiting); entry; entry = next) {
		next = TAILQ_NEXT(entry, link);
		if (now.mono_ms - entry->sealed_ms <= dir->spool->options.max_age)
			break;
		if (entry->is_taken)
			continue;
		log_write(dir->spool->log, LOG_WARNING,
			  "tenant=%s spool=old an object is "
			  "dropped: records=%" PRId64 "; see spool.max_age",
			  dir->name, entry->records);
		stats_add(dir->stats, STAT_RECORDS_EVICTED, entry->records);
		stats_add(dir->stats, STAT_OBJECTS_EVICTED, 1);
		spool_forget(dir, entry, true);
	}
}

void spool_tick(struct spool_dir *dir, struct now now)
{
	uint64_t ids[SYNC_MOST];
	struct spool_entry *entry;
	char path[SPOOL_PATH_MAX];
	size_t count = 0, i;

	pthread_mutex_lock(&dir->spool->lock);
	drop_old(dir, now);
	TAILQ_FOREACH (entry, &dir->waiting, link) {
		if (count == SYNC_MOST || now.mono_ms - entry->sealed_ms < SYNC_AFTER_MS)
			break;
		if (entry->is_synced)
			continue;
		entry->is_synced = true;
		ids[count++] = entry->id;
	}
	pthread_mutex_unlock(&dir->spool->lock);
	for (i = 0; i < count; i++) {
		int fd;

		spool_path(dir, SPOOL_NEW, ids[i], path);
		fd = io_open(path, O_RDONLY, 0);
		if (fd < 0)
			continue;
		if (fdatasync(fd) < 0)
			log_write(dir->spool->log, LOG_ERROR,
				  "tenant=%s spool=new/%016" PRIu64
				  " cannot be synced to the disk: %s; check the disk",
				  dir->name, ids[i], strerror(errno));
		close(fd);
	}
	spool_folder_path(dir, SPOOL_NEW, path);
	if (count)
		io_sync_dir(path);
}
