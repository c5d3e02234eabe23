/* SPDX-License-Identifier: Apache-2.0 */
/* spool_scan.c - what an earlier run left in a pipeline's directories. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/grow.h"
#include "spool/envelope.h"
#include "spool/ledger_private.h"
#include "sys/clock.h"
#include "sys/io.h"

#define CLOCK_IS_SET_MS INT64_C(1000000000000) /* in 2001; before, there was no clock */
#define GRACE_MS	3600000
#define AGE_UNKNOWN	(-1)

/* false: not a name that we give. */
static bool parse_id(const char *name, uint64_t *id)
{
	*id = strtoull(name, NULL, 10);
	return strspn(name, "0123456789") == 16 && name[16] == '\0' && *id;
}

static void see_id(struct spool_dir *dir, uint64_t id)
{
	if (id >= dir->next_id)
		dir->next_id = id + 1;
}

static int scan_purge(void *context, const char *name)
{
	struct spool_dir *dir = context;
	uint64_t id;
	char path[SPOOL_PATH_MAX];

	if (parse_id(name, &id)) {
		spool_path(dir, SPOOL_TMP, id, path);
		unlink(path);
		see_id(dir, id);
	}
	return 0;
}

/* What is found of a folder, to be put in order once. */
struct found {
	struct spool_dir *dir;
	struct now now;
	struct spool_entry **entry;
	size_t count, room;
};

static int found_add(struct found *found, struct spool_entry *entry)
{
	if (!entry || !grow(found->entry, found->room, found->count + 1)) {
		free(entry);
		return -ENOMEM;
	}
	found->entry[found->count++] = entry;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = (*(struct spool_entry *const *)a)->id;
	uint64_t y = (*(struct spool_entry *const *)b)->id;

	return (x > y) - (x < y);
}

/* Lists the files of a folder in found, by id. */
static int found_list(struct found *found, enum spool_folder folder,
		      int (*visit)(void *context, const char *name))
{
	char path[SPOOL_PATH_MAX];
	int error;

	spool_folder_path(found->dir, folder, path);
	error = io_list(path, visit, found);
	if (found->count)
		qsort(found->entry, found->count, sizeof(struct spool_entry *), by_id);
	return error;
}

/* Those that were not handed on go with it. */
static void found_fini(struct found *found, size_t handed_on)
{
	size_t i;

	for (i = handed_on; i < found->count; i++)
		free(found->entry[i]);
	free(found->entry);
	found->entry = NULL;
	found->count = found->room = 0;
}

static int64_t size_of(const struct spool_dir *dir, enum spool_folder folder, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;

	spool_path(dir, folder, id, path);
	return lstat(path, &status) < 0 ? 0 : status.st_size;
}

/* What it is worth, if it is an object. */
static void look_at_bad(const struct spool_dir *dir, struct spool_entry *entry)
{
	struct arena arena = ARENA_INIT(64 * 1024);
	struct envelope envelope;
	struct err ignored = ERR_INIT;
	struct stat status;

	entry->is_object = !spool_check_sealed(dir, SPOOL_BAD, entry->id, &envelope,
					       &arena, &status, &ignored);
	if (entry->is_object)
		entry->records = envelope.records;
	arena_fini(&arena);
}

static int see_bad(void *context, const char *name)
{
	struct found *found = context;
	struct spool_entry *entry;
	uint64_t id;

	if (!parse_id(name, &id))
		return 0;
	see_id(found->dir, id);
	entry = spool_entry_new(id, size_of(found->dir, SPOOL_BAD, id));
	if (entry)
		look_at_bad(found->dir, entry);
	return found_add(found, entry);
}

static int scan_bad(struct spool_dir *dir)
{
	struct found found = { .dir = dir };
	int error = found_list(&found, SPOOL_BAD, see_bad);
	size_t i;

	for (i = 0; !error && i < found.count; i++)
		spool_count_bad(dir, found.entry[i]);
	found_fini(&found, i);
	return error;
}

const char *spool_check_sealed(const struct spool_dir *dir, enum spool_folder folder,
			       uint64_t id, struct envelope *envelope,
			       struct arena *arena, struct stat *status, struct err *err)
{
	char head[ENVELOPE_SIZE];
	int fd = spool_open_file(dir, folder, id, O_RDONLY);
	int error = fd < 0 ? fd : io_read_at(fd, head, sizeof(head), 0);

	if (!error && fstat(fd, status) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	if (error)
		return error == -ENODATA ? "it is cut" : strerror(-error);
	if (envelope_read(head, arena, envelope, err) < 0)
		return err->text;
	if (status->st_size != ENVELOPE_SIZE + envelope->size)
		return "it is cut, or something was added";
	return NULL;
}

/* How long ago it was sealed, as its envelope tells; that of an earlier version does
 * not, but its file. AGE_UNKNOWN: there was no clock then. What is too old gets a while,
 * because it is perhaps the clock of now that is wrong, and the store that is back. */
static int64_t age_of(const struct found *found, const struct envelope *envelope,
		      const struct stat *status)
{
	int64_t sealed_ms = envelope->sealed_ms ? envelope->sealed_ms
						: clock_ms(status->st_mtim);
	int64_t most_ms = found->dir->spool->options.max_age;
	int64_t age_ms = found->now.wall_ms - sealed_ms;

	if (sealed_ms < CLOCK_IS_SET_MS)
		return AGE_UNKNOWN;
	if (age_ms > most_ms)
		return most_ms - (most_ms < GRACE_MS ? most_ms : GRACE_MS);
	return age_ms > 0 ? age_ms : 0;
}

/* It stays where it is, is nobody's object, and goes to bad/ when that works. */
static int keep_refused(struct found *found, uint64_t id)
{
	struct spool_entry *entry = spool_entry_new(id,
						    size_of(found->dir, SPOOL_NEW, id));

	if (entry) {
		entry->is_refused = true;
		entry->sealed_ms = AGE_UNKNOWN;
	}
	return found_add(found, entry);
}

static int see_sealed(void *context, const char *name)
{
	struct found *found = context;
	struct arena arena = ARENA_INIT(64 * 1024);
	struct spool_entry *entry;
	struct envelope envelope;
	struct err err = ERR_INIT;
	struct stat status;
	const char *why;
	uint64_t id;
	int error = 0;

	if (!parse_id(name, &id))
		return 0;
	see_id(found->dir, id);
	why = spool_check_sealed(found->dir, SPOOL_NEW, id, &envelope, &arena, &status,
				 &err);
	if (why) {
		error = spool_quarantine(found->dir, SPOOL_NEW, id, why);
		error = error && error != -ENOENT ? keep_refused(found, id) : 0;
	} else if ((entry = spool_entry_new(id, status.st_size))) {
		entry->records = envelope.records;
		entry->is_object = true;
		entry->sealed_ms = age_of(found, &envelope, &status);
		error = found_add(found, entry);
	} else {
		error = -ENOMEM;
	}
	arena_fini(&arena);
	return error;
}

/* One of unknown age is as old as that behind it. */
static void tell_ages(struct found *found)
{
	int64_t age_ms = 0;
	size_t i;

	for (i = found->count; i-- > 0;) {
		struct spool_entry *entry = found->entry[i];

		if (entry->sealed_ms != AGE_UNKNOWN)
			age_ms = entry->sealed_ms;
		entry->sealed_ms = found->now.mono_ms - age_ms;
	}
}

static int scan_sealed(struct found *found)
{
	struct spool_dir *dir = found->dir;
	int error = found_list(found, SPOOL_NEW, see_sealed);
	size_t i;

	tell_ages(found);
	for (i = 0; !error && i < found->count; i++) {
		struct spool_entry *entry = found->entry[i];

		dir->refused += entry->is_refused;
		stats_add(dir->stats, STAT_RECORDS_RECOVERED, entry->records);
		stats_add(dir->stats, STAT_RECORDS_SPOOLED, entry->records);
		spool_append_entry(dir, entry);
	}
	return error;
}

static bool is_sealed_too(const struct found *sealed, uint64_t id)
{
	const struct spool_entry wanted = { .id = id }, *key = &wanted;
	struct spool_entry *const *at;

	if (!sealed->count)
		return false;
	at = bsearch(&key, sealed->entry, sealed->count, sizeof(*sealed->entry), by_id);
	return at && !(*at)->is_refused;
}

static int see_open(void *context, const char *name)
{
	struct found *found = context;
	uint64_t id;

	if (!parse_id(name, &id))
		return 0;
	see_id(found->dir, id);
	return found_add(found, spool_entry_new(id, 0));
}

static int scan_open(struct spool_dir *dir, const struct found *sealed)
{
	struct found found = { .dir = dir };
	int error = found_list(&found, SPOOL_OPEN, see_open);
	char path[SPOOL_PATH_MAX];
	size_t i;

	if (!error && found.count) {
		dir->left_open = calloc(found.count, sizeof(*dir->left_open));
		error = dir->left_open ? 0 : -ENOMEM;
	}
	for (i = 0; !error && i < found.count; i++) {
		uint64_t id = found.entry[i]->id;

		if (!is_sealed_too(sealed, id)) {
			dir->left_open[dir->left_open_count++] = id;
			continue;
		}
		spool_path(dir, SPOOL_OPEN, id, path);
		unlink(path);
	}
	found_fini(&found, 0);
	return error;
}

int spool_scan(struct spool_dir *dir, struct now now)
{
	struct found sealed = { .dir = dir, .now = now };
	char path[SPOOL_PATH_MAX];
	int folder, error;

	for (folder = 0; folder < SPOOL_FOLDERS; folder++) {
		spool_folder_path(dir, (enum spool_folder)folder, path);
		error = io_make_dirs(path, 0750);
		if (error)
			return error;
	}
	ledger_load(dir);
	spool_folder_path(dir, SPOOL_TMP, path);
	error = io_list(path, scan_purge, dir);
	if (!error)
		error = scan_bad(dir);
	if (!error)
		error = scan_sealed(&sealed);
	if (!error)
		error = scan_open(dir, &sealed);
	found_fini(&sealed, dir->objects);
	return error;
}
