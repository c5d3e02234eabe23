/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_file.c - a ledger's file, and what becomes of it at a start. See ledger.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "spool/ledger_private.h"
#include "sys/io.h"

static void ledger_path(const struct spool_dir *dir, const char *name,
			char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/%s", dir->spool->path, dir->name, name);
}

static int ledger_file_open(struct spool_dir *dir)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	ledger_path(dir, "ledger", path);
	fd = io_open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd >= 0)
		dir->ledger.fd = fd;
	return fd < 0 ? fd : 0;
}

int ledger_file_write(struct spool_dir *dir, const struct ledger_slot *slot)
{
	struct ledger *ledger = &dir->ledger;
	char bytes[LEDGER_SLOT];
	int error = ledger_slot_write(slot, bytes);

	if (!error && ledger->fd < 0)
		error = ledger_file_open(dir);
	if (error)
		return error;
	error = io_write_at(ledger->fd, (struct str){ bytes, sizeof(bytes) },
			    slot->sequence % LEDGER_SLOTS * LEDGER_SLOT);
	if (error)
		ledger_file_close(dir);
	return error;
}

int ledger_file_close(struct spool_dir *dir)
{
	int error = dir->ledger.fd >= 0 && close(dir->ledger.fd) < 0 ? -errno : 0;

	dir->ledger.fd = -1;
	return error;
}

void ledger_file_sync(const struct spool_dir *dir)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	ledger_path(dir, "ledger", path);
	fd = io_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (fdatasync(fd) < 0)
		log_write(dir->spool->log, LOG_ERROR,
			  "tenant=%s ledger cannot be synced to the disk: %s; check the "
			  "disk",
			  dir->name, strerror(errno));
	close(fd);
}

void ledger_tell(struct spool_dir *dir, int error)
{
	unsigned before = dir->ledger.failures;

	dir->ledger.failures = error ? before + 1 : 0;
	if (error && !before)
		log_write(dir->spool->log, LOG_WARNING,
			  "tenant=%s ledger=unwritable error=\"%s\" it is tried again, "
			  "nothing waits for it; make its file in the spool writable",
			  dir->name, LOG_QUOTED(strerror(-error)));
	else if (!error && before)
		log_write(dir->spool->log, LOG_INFO, "tenant=%s ledger=ok", dir->name);
}

/* The newer of the slots that are whole. -ENOENT: there is nothing. Otherwise -errno with
 * the reason. */
static int read_slots(int fd, struct ledger_slot *newest, struct err *err)
{
	char bytes[LEDGER_SLOTS * LEDGER_SLOT] = "";
	ssize_t size = io_read_up_to(fd, bytes, sizeof(bytes), 0);
	struct ledger_slot slot;
	int i, error = -ENODATA;

	if (size < 0)
		err_set(err, "%s", strerror((int)-size));
	if (size <= 0)
		return size < 0 ? (int)size : -ENOENT;
	for (i = 0; i < LEDGER_SLOTS; i++) {
		if (ledger_slot_read(bytes + i * LEDGER_SLOT, &slot, err) < 0)
			continue;
		if (error || slot.sequence > newest->sequence)
			*newest = slot;
		error = 0;
	}
	return error;
}

static int read_file(const char *path, struct ledger_slot *slot, struct err *err)
{
	int fd = io_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0), error;

	if (fd < 0) {
		err_set(err, "%s", strerror(-fd));
		return fd;
	}
	error = read_slots(fd, slot, err);
	close(fd);
	return error;
}

/* It may be looked at, and is in nobody's way. */
static void put_aside(struct spool_dir *dir, const char *path, const char *why)
{
	char bad[SPOOL_PATH_MAX];

	ledger_path(dir, "ledger.bad", bad);
	log_write(dir->spool->log, LOG_WARNING,
		  "tenant=%s ledger=damaged %s/%s/ledger cannot be used, and %s "
		  "ledger.bad: %s; its totals begin anew",
		  dir->name, dir->spool->path, dir->name,
		  rename(path, bad) == 0 ? "is now" : "cannot be moved to", why);
}

void ledger_load(struct spool_dir *dir)
{
	struct ledger_slot *slot = &dir->ledger.slot;
	struct err err = ERR_INIT;
	char path[SPOOL_PATH_MAX];
	int error;

	ledger_path(dir, "ledger", path);
	error = read_file(path, slot, &err);
	if (error && error != -ENOENT)
		put_aside(dir, path, err.text);
	if (error)
		*slot = (struct ledger_slot){ .sequence = 0 };
	if ((uint64_t)slot->next_id > dir->next_id)
		dir->next_id = (uint64_t)slot->next_id;
	memcpy(dir->ledger.before, slot->counters, sizeof(dir->ledger.before));
}

static bool is_there(const struct spool_dir *dir, enum spool_folder folder, int64_t id)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;

	spool_path(dir, folder, (uint64_t)id, path);
	return lstat(path, &status) == 0;
}

/* Whether the last step that was written was also done, as far as files tell. */
static bool has_happened(const struct spool_dir *dir, const struct ledger_slot *slot)
{
	switch (slot->step) {
	case LEDGER_SEAL:
		return is_there(dir, SPOOL_NEW, slot->to) ||
		       !is_there(dir, SPOOL_OPEN, slot->id);
	case LEDGER_STORE:
	case LEDGER_EVICT:
		return !is_there(dir, SPOOL_NEW, slot->id);
	case LEDGER_EVICT_BAD:
		return !is_there(dir, SPOOL_BAD, slot->id);
	}
	return true;
}

/* What is in the directories. */
static struct ledger_sum sum_found(const struct spool_dir *dir)
{
	struct ledger_sum sum = dir->bad_sum, one;
	const struct spool_entry *entry;

	TAILQ_FOREACH (entry, &dir->waiting, link) {
		one = spool_entry_sum(entry);
		ledger_sum_add(&sum, &one);
	}
	return sum;
}

/* Moves what the one has more than the other to a sum. */
static void make_up(int64_t difference, int64_t *more, int64_t *less)
{
	if (difference > 0)
		*more += difference;
	else
		*less -= difference;
}

static void tell_difference(const struct spool_dir *dir, const struct ledger_sum *found,
			    const struct ledger_sum *missing)
{
	if (missing->objects || missing->records)
		log_write(
			dir->spool->log, LOG_WARNING,
			"tenant=%s ledger=short objects=%" PRId64 " records=%" PRId64
			" that it tells of are not in the spool, or damaged; they count "
			"as evicted; see who cleans up in the spool's directory",
			dir->name, missing->objects, missing->records);
	if (found->objects || found->records)
		log_write(dir->spool->log, LOG_INFO,
			  "tenant=%s ledger=behind objects=%" PRId64 " records=%" PRId64
			  " that it does not tell of are in the spool; they count as "
			  "sealed",
			  dir->name, found->objects, found->records);
}

/* The files are the truth. */
static void settle_sums(struct spool_dir *dir, struct ledger_slot *slot)
{
	struct ledger_sum found = sum_found(dir), wanted = slot->sealed;
	struct ledger_sum more = { 0 }, less = { 0 };

	ledger_sum_subtract(&wanted, &slot->uploaded);
	ledger_sum_subtract(&wanted, &slot->evicted);
	ledger_sum_subtract(&found, &wanted);
	make_up(found.objects, &more.objects, &less.objects);
	make_up(found.records, &more.records, &less.records);
	make_up(found.bytes, &more.bytes, &less.bytes);
	ledger_sum_add(&slot->sealed, &more);
	ledger_sum_add(&slot->evicted, &less);
	tell_difference(dir, &more, &less);
}

static void begin_anew(struct spool_dir *dir, struct ledger_slot *slot, struct now now)
{
	slot->since_ms = now.wall_ms;
	slot->sealed = sum_found(dir);
	if (slot->sealed.objects)
		log_write(dir->spool->log, LOG_INFO,
			  "tenant=%s ledger=new begins with what is in the spool: "
			  "objects=%" PRId64 " records=%" PRId64,
			  dir->name, slot->sealed.objects, slot->sealed.records);
}

void ledger_settle(struct spool_dir *dir, struct now now)
{
	struct ledger_slot *slot = &dir->ledger.slot;

	if (!slot->sequence) {
		begin_anew(dir, slot, now);
	} else {
		if (!has_happened(dir, slot))
			ledger_slot_undo(slot);
		slot->step = LEDGER_REST;
		settle_sums(dir, slot);
	}
	slot->sequence++;
	slot->next_id = (int64_t)dir->next_id;
	ledger_tell(dir, ledger_file_write(dir, slot));
	dir->ledger.is_behind = dir->ledger.failures != 0;
	atomic_store(&dir->ledger.written_ms, now.mono_ms);
}
