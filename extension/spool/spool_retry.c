/* SPDX-License-Identifier: Apache-2.0 */
/* spool_retry.c - objects of bad/ that are to be sent again. See spool.h. */
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

static void marker_path(const char *spool, const char *tenant, char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/retry", spool, tenant);
}

int spool_ask_retry(const char *spool, const char *tenant)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	marker_path(spool, tenant, path);
	fd = io_open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0640);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

uint64_t *spool_bad_ids(struct spool_dir *dir, size_t *count)
{
	struct spool_entry *entry;
	uint64_t *id;
	size_t room = 0;

	*count = 0;
	pthread_mutex_lock(&dir->spool->lock);
	TAILQ_FOREACH (entry, &dir->bad, link)
		room++;
	id = calloc(room + 1, sizeof(*id));
	TAILQ_FOREACH (entry, &dir->bad, link)
		if (id)
			id[(*count)++] = entry->id;
	pthread_mutex_unlock(&dir->spool->lock);
	return id;
}

/* The file has moved, from bad/ to new/, where it has another id: so it stands at the
 * end, and an object that is refused again is refused behind the others. */
static void move_entry(struct spool_dir *dir, uint64_t id, struct spool_entry *entry)
{
	struct spool_entry *bad;

	pthread_mutex_lock(&dir->spool->lock);
	TAILQ_FOREACH (bad, &dir->bad, link)
		if (bad->id == id)
			break;
	if (bad)
		spool_forget(dir, SPOOL_BAD, bad);
	stats_add(dir->stats, STAT_RECORDS_RECOVERED, entry->records);
	stats_add(dir->stats, STAT_RECORDS_SPOOLED, entry->records);
	spool_append_entry(dir, entry);
	pthread_mutex_unlock(&dir->spool->lock);
}

/* Whether it is an object, and waits for the uploader now. */
static bool retry_one(struct spool_dir *dir, uint64_t id, struct now now)
{
	struct arena arena = ARENA_INIT(64 * 1024);
	struct spool_entry *entry = NULL;
	struct envelope envelope;
	struct err err = ERR_INIT;
	struct stat status;
	uint64_t to = spool_next_id(dir);
	bool is_object = !spool_check_sealed(dir, SPOOL_BAD, id, &envelope, &arena,
					     &status, &err);

	if (is_object)
		entry = spool_entry_new(to, status.st_size);
	if (entry && spool_move(dir, SPOOL_BAD, id, SPOOL_NEW, to) < 0) {
		free(entry);
		entry = NULL;
	}
	if (entry) {
		entry->records = envelope.records;
		entry->is_object = true;
		entry->sealed_ms = now.mono_ms;
		move_entry(dir, id, entry);
	}
	arena_fini(&arena);
	return entry != NULL;
}

size_t spool_retry(struct spool_dir *dir, struct now now)
{
	char marker[SPOOL_PATH_MAX];
	size_t count, retried = 0, i;
	uint64_t *id;

	marker_path(dir->spool->path, dir->name, marker);
	if (unlink(marker) < 0)
		return 0; /* nobody asked */
	id = spool_bad_ids(dir, &count);
	for (i = 0; i < count; i++)
		retried += retry_one(dir, id[i], now);
	free(id);
	log_write(dir->spool->log, LOG_INFO,
		  "tenant=%s spool=bad/ retry: %zu objects are sent again, %zu files are "
		  "no objects and stay",
		  dir->name, retried, count - retried);
	return retried;
}
