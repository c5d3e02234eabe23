/* SPDX-License-Identifier: Apache-2.0 */
/* spool_lists.c - what a pipeline has in new/ and bad/, and what it lost of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "spool/envelope.h"
#include "spool/spool_private.h"

#define TELL_MS 10000 /* between two lines about losses of one kind */

void spool_own(struct spool_dir *dir, enum spool_folder folder, int64_t bytes)
{
	dir->owned[folder] += bytes;
	if (dir->is_listed)
		atomic_fetch_add(&dir->spool->bytes, bytes);
}

struct spool_entry *spool_entry_new(uint64_t id, int64_t bytes)
{
	struct spool_entry *entry = calloc(1, sizeof(*entry));

	if (entry)
		*entry = (struct spool_entry){ .id = id, .bytes = bytes };
	return entry;
}

struct spool_entry *spool_find_entry(struct spool_dir *dir, uint64_t id)
{
	struct spool_entry *entry;

	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (entry->id == id)
			return entry;
	return NULL;
}

struct ledger_sum spool_entry_sum(const struct spool_entry *entry)
{
	if (!entry->is_object)
		return (struct ledger_sum){ 0 };
	return (struct ledger_sum){ 1, entry->records, entry->bytes - ENVELOPE_SIZE };
}

/* Ids are given when an object is begun, so one may come behind a later one. */
void spool_append_entry(struct spool_dir *dir, struct spool_entry *entry)
{
	struct spool_entry *before;

	TAILQ_FOREACH_REVERSE(before, &dir->waiting, spool_entries, link)
	if (before->id < entry->id)
		break;
	if (before)
		TAILQ_INSERT_AFTER(&dir->waiting, before, entry, link);
	else
		TAILQ_INSERT_HEAD(&dir->waiting, entry, link);
	if (!dir->unsynced || entry->id < dir->unsynced->id)
		dir->unsynced = entry;
	dir->objects++;
	spool_own(dir, SPOOL_NEW, entry->bytes);
	stats_add(dir->stats, STAT_OBJECTS_SPOOLED, 1);
}

void spool_count_bad(struct spool_dir *dir, struct spool_entry *entry)
{
	struct ledger_sum sum = spool_entry_sum(entry);

	ledger_sum_add(&dir->bad_sum, &sum);
	TAILQ_INSERT_TAIL(&dir->bad, entry, link);
	spool_own(dir, SPOOL_BAD, entry->bytes);
}

void spool_forget(struct spool_dir *dir, enum spool_folder folder,
		  struct spool_entry *entry)
{
	struct ledger_sum sum = spool_entry_sum(entry);

	if (folder == SPOOL_NEW) {
		if (dir->unsynced == entry)
			dir->unsynced = TAILQ_NEXT(entry, link);
		dir->refused -= entry->is_refused;
		TAILQ_REMOVE(&dir->waiting, entry, link);
		dir->objects--;
	} else {
		ledger_sum_subtract(&dir->bad_sum, &sum);
		TAILQ_REMOVE(&dir->bad, entry, link);
	}
	spool_own(dir, folder, -entry->bytes);
	free(entry);
}

static const struct {
	enum log_level level;
	const char *state, *what, *advice;
} loss_texts[LOSS_COUNT] = {
	[LOSS_FULL] = { LOG_WARNING, "full", "the oldest objects are dropped",
			"spool.max_bytes" },
	[LOSS_DISK] = { LOG_WARNING, "full", "the oldest objects are dropped",
			"spool.min_free" },
	/* Its limit is a matter of the tenant, which says that it is reached. */
	[LOSS_LIMIT] = { LOG_DEBUG, "limit", "the oldest objects are dropped",
			 "pipeline.limits.spool_bytes" },
	[LOSS_OLD] = { LOG_WARNING, "old", "objects are dropped", "spool.max_age" },
	[LOSS_GONE] = { LOG_ERROR, "gone", "files were removed by somebody else",
			"who cleans up in the spool's directory" },
};

static void tell_loss(struct spool_dir *dir, enum spool_loss why, int64_t now_ms)
{
	struct spool_lost *lost = &dir->lost[why];
	char room[80] = "";

	if (why == LOSS_FULL || why == LOSS_DISK)
		snprintf(room, sizeof(room), " share=%" PRId64 " bad_files=%" PRId64,
			 lost->share < 0 ? 0 : lost->share, lost->bad);
	log_write(dir->spool->log, loss_texts[why].level,
		  "tenant=%s spool=%s %s: objects=%" PRId64 " records=%" PRId64
		  " bytes=%" PRId64 "%s; see %s",
		  dir->name, loss_texts[why].state, loss_texts[why].what, lost->objects,
		  lost->records, lost->bytes, room, loss_texts[why].advice);
	*lost = (struct spool_lost){ .said_ms = now_ms };
}

void spool_tell_losses(struct spool_dir *dir, int64_t now_ms)
{
	int why;

	for (why = 0; why < LOSS_COUNT; why++) {
		const struct spool_lost *lost = &dir->lost[why];

		if ((lost->objects || lost->bad) &&
		    (!lost->said_ms || now_ms - lost->said_ms >= TELL_MS))
			tell_loss(dir, (enum spool_loss)why, now_ms);
	}
}

bool spool_has_lost(struct spool_dir *dir)
{
	return atomic_load(&dir->has_lost);
}

void spool_note_lost(struct spool_dir *dir)
{
	atomic_store(&dir->has_lost, true);
}

void spool_lose(struct spool_dir *dir, enum spool_folder folder,
		struct spool_entry *entry, enum spool_loss why, int64_t now_ms)
{
	struct spool_lost *lost = &dir->lost[why];

	lost->bytes += entry->bytes;
	if (why == LOSS_LIMIT)
		stats_add(dir->stats, STAT_LIMIT_SPOOL, 1);
	if (folder == SPOOL_BAD) {
		lost->bad++;
		stats_add(dir->stats, STAT_OBJECTS_BAD_EVICTED, 1);
	} else {
		spool_note_lost(dir);
		lost->objects++;
		lost->records += entry->records;
		stats_add(dir->stats, STAT_RECORDS_EVICTED, entry->records);
		stats_add(dir->stats, STAT_RECORDS_SPOOLED, -entry->records);
		stats_add(dir->stats, STAT_OBJECTS_EVICTED, 1);
		stats_add(dir->stats, STAT_OBJECTS_SPOOLED, -1);
	}
	spool_forget(dir, folder, entry);
	spool_tell_losses(dir, now_ms);
}
