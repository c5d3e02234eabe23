/* SPDX-License-Identifier: Apache-2.0 */
/* spool_objects.c - finished objects: they wait, are taken, and leave. See spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/envelope.h"
#include "spool/ledger_private.h"
#include "sys/io.h"

#define SYNC_AFTER_MS 5000
#define TICK_MOST     64 /* files of one tick */
#define READ_TRIES    5

void spool_add(struct spool_dir *dir, uint64_t id, int64_t bytes, int64_t records,
	       struct now now)
{
	/* Without memory for the entry the file is found at the next start. */
	struct spool_entry *entry = spool_entry_new(id, bytes);

	stats_add(dir->stats, STAT_OBJECTS_SEALED, 1);
	if (!entry) {
		spool_note_lost(dir);
		return;
	}
	entry->records = records;
	entry->is_object = true;
	entry->sealed_ms = now.mono_ms;
	pthread_mutex_lock(&dir->spool->lock);
	spool_append_entry(dir, entry);
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
		if (!entry->is_taken && !entry->is_refused &&
		    entry->retry_ms <= dir->now_ms && entry->id > after &&
		    entry->id < dir->taken_below)
			break;
	if (entry) {
		entry->is_taken = true;
		*id = entry->id;
	}
	pthread_mutex_unlock(&dir->spool->lock);
	return entry != NULL;
}

/* of: the object that it is; NULL: it is none. */
static void keep_bad(struct spool_dir *dir, uint64_t id, const struct spool_entry *of)
{
	char path[SPOOL_PATH_MAX];
	struct spool_entry *entry;
	struct stat status;

	stats_add(dir->stats, STAT_OBJECTS_QUARANTINED, 1);
	spool_path(dir, SPOOL_BAD, id, path);
	if (lstat(path, &status) < 0 || !(entry = spool_entry_new(id, status.st_size)))
		return;
	entry->is_object = of && of->is_object;
	entry->records = of ? of->records : 0;
	pthread_mutex_lock(&dir->spool->lock);
	spool_count_bad(dir, entry);
	pthread_mutex_unlock(&dir->spool->lock);
}

void spool_keep_bad(struct spool_dir *dir, uint64_t id)
{
	keep_bad(dir, id, NULL);
}

/* One line when files begin to stay where they are, one when they do no more. */
static void note_bad(struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		     int error)
{
	bool was = dir->bad_failures > 0;

	if (error == -ENOENT)
		return;
	pthread_mutex_lock(&dir->spool->lock);
	dir->bad_retry_ms = error ? dir->now_ms + spool_back_off_ms(dir->bad_failures)
				  : 0;
	dir->bad_failures = error ? dir->bad_failures + 1 : 0;
	pthread_mutex_unlock(&dir->spool->lock);
	if (error && !was)
		log_write(dir->spool->log, LOG_ERROR,
			  "tenant=%s spool=%s/%016" PRIu64
			  " cannot be moved to bad/: %s; it stays, as do others, and is "
			  "tried again: make bad/ writable",
			  dir->name, spool_folder_name(folder), id, strerror(-error));
	else if (!error && was)
		log_write(dir->spool->log, LOG_INFO, "tenant=%s spool=bad/ ok",
			  dir->name);
}

int spool_move_to_bad(struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		      const struct spool_entry *of)
{
	uint64_t to = id;
	int error = spool_move(dir, folder, id, SPOOL_BAD, to);

	if (error == -EEXIST) {
		to = spool_next_id(dir);
		error = spool_move(dir, folder, id, SPOOL_BAD, to);
	}
	if (!error)
		keep_bad(dir, to, of);
	note_bad(dir, folder, id, error);
	return error;
}

/* No lock is held: the file of an object is gone, or goes now. */
static void count_lost(struct spool_dir *dir, uint64_t id, const struct ledger_sum *sum)
{
	char path[SPOOL_PATH_MAX];

	spool_path(dir, SPOOL_NEW, id, path);
	ledger_begin(dir, LEDGER_EVICT, id, 0, sum);
	unlink(path);
	ledger_end(dir, true);
}

/* The lock is held, and is not for the while of the move: it is taken, so that nobody
 * else touches it. */
static int put_away(struct spool_dir *dir, struct spool_entry *entry)
{
	struct ledger_sum sum = spool_entry_sum(entry);
	int error;

	pthread_mutex_unlock(&dir->spool->lock);
	error = spool_move_to_bad(dir, SPOOL_NEW, entry->id, entry);
	if (error == -ENOENT)
		count_lost(dir, entry->id, &sum);
	pthread_mutex_lock(&dir->spool->lock);
	if (error == -ENOENT) {
		spool_lose(dir, SPOOL_NEW, entry, LOSS_GONE, dir->now_ms);
	} else if (error) {
		dir->refused += !entry->is_refused;
		entry->is_refused = true;
		entry->is_taken = false;
	} else {
		stats_add(dir->stats, STAT_RECORDS_QUARANTINED, entry->records);
		stats_add(dir->stats, STAT_RECORDS_SPOOLED, -entry->records);
		stats_add(dir->stats, STAT_OBJECTS_SPOOLED, -1);
		spool_forget(dir, SPOOL_NEW, entry);
	}
	return error;
}

static int wait_longer(struct spool_dir *dir, struct spool_entry *entry)
{
	if (entry->failures + 1 >= READ_TRIES)
		return put_away(dir, entry);
	entry->retry_ms = dir->now_ms + spool_back_off_ms(entry->failures++);
	entry->is_taken = false;
	return -EAGAIN;
}

static void count_stored(struct spool_dir *dir, struct spool_entry *entry)
{
	stats_add(dir->stats, STAT_RECORDS_UPLOADED, entry->records);
	stats_add(dir->stats, STAT_OBJECTS_UPLOADED, 1);
	stats_add(dir->stats, STAT_BYTES_UPLOADED, entry->bytes - ENVELOPE_SIZE);
	stats_add(dir->stats, STAT_RECORDS_SPOOLED, -entry->records);
	stats_add(dir->stats, STAT_OBJECTS_SPOOLED, -1);
	spool_forget(dir, SPOOL_NEW, entry);
}

/* The lock is held. */
static int end_entry(struct spool_dir *dir, struct spool_entry *entry,
		     enum spool_outcome outcome)
{
	switch (outcome) {
	case SPOOL_STORED:
		count_stored(dir, entry);
		return 0;
	case SPOOL_REFUSED:
		return put_away(dir, entry);
	case SPOOL_UNREADABLE:
		return wait_longer(dir, entry);
	case SPOOL_GONE:
		spool_lose(dir, SPOOL_NEW, entry, LOSS_GONE, dir->now_ms);
		return -ENOENT;
	case SPOOL_LATER:
		break;
	}
	entry->is_taken = false;
	return -EAGAIN;
}

static int remove_stored(struct spool_dir *dir, uint64_t id, const struct ledger_sum *sum)
{
	bool is_gone;

	ledger_begin(dir, LEDGER_STORE, id, 0, sum);
	is_gone = spool_remove(dir, SPOOL_NEW, id);
	ledger_end(dir, true);
	return is_gone ? 0 : -EBUSY;
}

int spool_done(struct spool_dir *dir, uint64_t id, enum spool_outcome outcome)
{
	struct spool_entry *entry;
	struct ledger_sum sum;
	int error;

	pthread_mutex_lock(&dir->spool->lock);
	entry = spool_find_entry(dir, id);
	if (!entry) {
		pthread_mutex_unlock(&dir->spool->lock);
		return -ENOENT;
	}
	sum = spool_entry_sum(entry);
	error = end_entry(dir, entry, outcome);
	pthread_mutex_unlock(&dir->spool->lock);
	if (outcome == SPOOL_STORED)
		error = remove_stored(dir, id, &sum);
	else if (outcome == SPOOL_GONE)
		count_lost(dir, id, &sum);
	return error;
}

int spool_quarantine(struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		     const char *why)
{
	int error = spool_move_to_bad(dir, folder, id, NULL);

	if (!error)
		log_write(dir->spool->log, LOG_ERROR,
			  "tenant=%s spool=%s/%016" PRIu64 " moved to bad/: %s",
			  dir->name, spool_folder_name(folder), id, why);
	return error;
}

void spool_damaged(struct spool_dir *dir, int64_t records)
{
	stats_add(dir->stats, STAT_RECORDS_SPOOLED, -records);
	stats_add(dir->stats, STAT_RECORDS_QUARANTINED, records);
}

void spool_open_gone(struct spool_dir *dir, uint64_t id, int64_t records)
{
	spool_note_lost(dir);
	log_write(dir->spool->log, LOG_ERROR,
		  "tenant=%s spool=open/%016" PRIu64
		  " was removed by somebody else: records=%" PRId64 " are lost",
		  dir->name, id, records);
	stats_add(dir->stats, STAT_RECORDS_SPOOLED, -records);
	stats_add(dir->stats, STAT_RECORDS_EVICTED, records);
	stats_add(dir->stats, STAT_OBJECTS_EVICTED, 1);
}

void spool_backlog(struct spool_dir *dir, struct spool_backlog *backlog)
{
	const struct spool_entry *oldest;

	pthread_mutex_lock(&dir->spool->lock);
	oldest = TAILQ_FIRST(&dir->waiting);
	*backlog = (struct spool_backlog){
		dir->objects,
		dir->owned[SPOOL_NEW],
		oldest ? oldest->sealed_ms : NEVER_MS,
	};
	pthread_mutex_unlock(&dir->spool->lock);
}

/* The lock is held: one that is too old and not under way, or NULL. */
static struct spool_entry *find_old(struct spool_dir *dir, int64_t now_ms)
{
	struct spool_entry *entry;

	TAILQ_FOREACH (entry, &dir->waiting, link) {
		if (dir->is_buffer ||
		    now_ms - entry->sealed_ms <= dir->spool->options.max_age)
			return NULL;
		if (!entry->is_taken)
			return entry;
	}
	return NULL;
}

static void drop_old(struct spool_dir *dir, int64_t now_ms)
{
	struct spool_entry *entry;

	do {
		struct ledger_sum sum;
		uint64_t id = 0;

		pthread_mutex_lock(&dir->spool->lock);
		entry = find_old(dir, now_ms);
		if (entry) {
			id = entry->id;
			sum = spool_entry_sum(entry);
			spool_lose(dir, SPOOL_NEW, entry, LOSS_OLD, now_ms);
		}
		pthread_mutex_unlock(&dir->spool->lock);
		if (id)
			count_lost(dir, id, &sum);
	} while (entry);
}

/* The lock is held. */
static struct spool_entry *find_refused(struct spool_dir *dir)
{
	struct spool_entry *entry = NULL;

	if (dir->refused && dir->bad_retry_ms <= dir->now_ms)
		TAILQ_FOREACH (entry, &dir->waiting, link)
			if (entry->is_refused && !entry->is_taken)
				break;
	return entry;
}

static void move_refused(struct spool_dir *dir)
{
	struct spool_entry *entry;
	int error, i;

	pthread_mutex_lock(&dir->spool->lock);
	for (i = error = 0; i < TICK_MOST && (!error || error == -ENOENT); i++) {
		entry = find_refused(dir);
		if (!entry)
			break;
		entry->is_taken = true;
		error = put_away(dir, entry);
	}
	pthread_mutex_unlock(&dir->spool->lock);
}

static void sync_one(struct spool_dir *dir, uint64_t id)
{
	int fd = spool_open_file(dir, SPOOL_NEW, id, O_RDONLY);

	if (fd < 0)
		return;
	if (fdatasync(fd) < 0)
		log_write(dir->spool->log, LOG_ERROR,
			  "tenant=%s spool=new/%016" PRIu64
			  " cannot be synced to the disk: %s; check the disk",
			  dir->name, id, strerror(errno));
	close(fd);
}

static void sync_waiting(struct spool_dir *dir, int64_t now_ms)
{
	struct spool_entry *entry;
	uint64_t ids[TICK_MOST];
	char path[SPOOL_PATH_MAX];
	size_t count = 0, i;

	pthread_mutex_lock(&dir->spool->lock);
	for (entry = dir->unsynced; entry; entry = TAILQ_NEXT(entry, link)) {
		if (count == TICK_MOST || now_ms - entry->sealed_ms < SYNC_AFTER_MS)
			break;
		if (entry->is_synced)
			continue;
		entry->is_synced = true;
		ids[count++] = entry->id;
	}
	dir->unsynced = entry;
	pthread_mutex_unlock(&dir->spool->lock);
	for (i = 0; i < count; i++)
		sync_one(dir, ids[i]);
	spool_folder_path(dir, SPOOL_NEW, path);
	if (count) {
		io_sync_dir(path);
		ledger_file_sync(dir);
	}
}

void spool_tick(struct spool_dir *dir, struct now now)
{
	pthread_mutex_lock(&dir->spool->lock);
	dir->now_ms = now.mono_ms;
	spool_tell_losses(dir, now.mono_ms);
	pthread_mutex_unlock(&dir->spool->lock);
	drop_old(dir, now.mono_ms);
	move_refused(dir);
	sync_waiting(dir, now.mono_ms);
	spool_keep_limit(dir);
	spool_look_for_room(dir->spool, now);
}
