/* SPDX-License-Identifier: Apache-2.0 */
/* spool_scan.c - what an earlier run left in a pipeline's directories. */
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

/* What is found before the directory is listed is charged when it is. */
static int see_bad(void *context, const char *name)
{
	struct spool_dir *dir = context;
	uint64_t id;

	if (!parse_id(name, &id))
		return 0;
	see_id(dir, id);
	spool_count_bad(dir, id);
	return 0;
}

/* A sealed object of an earlier run. What is wrong with it, or NULL. */
static const char *check_sealed(const char *path, struct envelope *envelope,
				struct arena *arena, struct stat *status, struct err *err)
{
	char head[ENVELOPE_SIZE];
	int fd = io_open(path, O_RDONLY, 0);
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

struct scan {
	struct spool_dir *dir;
	struct now now;
	int error;
};

static int see_sealed(void *context, const char *name)
{
	struct scan *scan = context;
	struct arena arena = ARENA_INIT(64 * 1024);
	struct envelope envelope;
	struct err err = ERR_INIT;
	char path[SPOOL_PATH_MAX];
	struct stat status;
	const char *why;
	uint64_t id;

	if (!parse_id(name, &id))
		return 0;
	see_id(scan->dir, id);
	spool_path(scan->dir, SPOOL_NEW, id, path);
	why = check_sealed(path, &envelope, &arena, &status, &err);
	if (why) {
		spool_quarantine(scan->dir, SPOOL_NEW, id, why);
	} else {
		int64_t age_ms = scan->now.wall_ms - (int64_t)status.st_mtime * 1000;

		if (!spool_insert(scan->dir, id, status.st_size, envelope.records,
				  scan->now.mono_ms - (age_ms > 0 ? age_ms : 0)))
			scan->error = -ENOMEM;
		stats_add(scan->dir->stats, STAT_RECORDS_RECOVERED, envelope.records);
		stats_add(scan->dir->stats, STAT_RECORDS_SPOOLED, envelope.records);
	}
	arena_fini(&arena);
	return scan->error;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool is_sealed_too(const struct spool_dir *dir, uint64_t id)
{
	const struct spool_entry *entry;

	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (entry->id == id)
			return true;
	return false;
}

static int see_open(void *context, const char *name)
{
	struct spool_dir *dir = context;
	char path[SPOOL_PATH_MAX];
	uint64_t id, *more;

	if (!parse_id(name, &id))
		return 0;
	see_id(dir, id);
	if (is_sealed_too(dir, id)) {
		spool_path(dir, SPOOL_OPEN, id, path);
		unlink(path);
		return 0;
	}
	more = realloc(dir->left_open, (dir->left_open_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	dir->left_open = more;
	dir->left_open[dir->left_open_count++] = id;
	return 0;
}

int spool_scan(struct spool_dir *dir, struct now now)
{
	struct scan scan = { dir, now, 0 };
	char path[SPOOL_PATH_MAX];
	int folder, error;

	for (folder = 0; folder < SPOOL_FOLDERS; folder++) {
		spool_folder_path(dir, (enum spool_folder)folder, path);
		error = io_make_dirs(path, 0750);
		if (error)
			return error;
	}
	spool_folder_path(dir, SPOOL_TMP, path);
	error = io_list(path, scan_purge, dir);
	spool_folder_path(dir, SPOOL_BAD, path);
	if (!error)
		error = io_list(path, see_bad, dir);
	spool_folder_path(dir, SPOOL_NEW, path);
	if (!error)
		error = io_list(path, see_sealed, &scan);
	spool_folder_path(dir, SPOOL_OPEN, path);
	if (!error)
		error = io_list(path, see_open, dir);
	if (dir->left_open_count)
		qsort(dir->left_open, dir->left_open_count, sizeof(*dir->left_open),
		      by_id);
	return error;
}
