/* SPDX-License-Identifier: Apache-2.0 */
/* spool_buffer.c - directories whose content somebody else has, too: they are emptied
 * rather than recovered, and what is in them waits to be released. See spool.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/io.h"

#define LEDGER_NAME "ledger"

void spool_set_buffer(struct spool_dir *dir)
{
	pthread_mutex_lock(&dir->spool->lock);
	dir->is_buffer = true;
	dir->taken_below = 0;
	pthread_mutex_unlock(&dir->spool->lock);
}

void spool_release(struct spool_dir *dir, uint64_t below)
{
	pthread_mutex_lock(&dir->spool->lock);
	if (below > dir->taken_below)
		dir->taken_below = below;
	pthread_mutex_unlock(&dir->spool->lock);
}

uint64_t spool_first_waiting(struct spool_dir *dir)
{
	const struct spool_entry *first;
	uint64_t id;

	pthread_mutex_lock(&dir->spool->lock);
	first = TAILQ_FIRST(&dir->waiting);
	id = first ? first->id : UINT64_MAX;
	pthread_mutex_unlock(&dir->spool->lock);
	return id;
}

bool spool_is_full(struct spool_dir *dir, int64_t more)
{
	return dir->is_buffer &&
	       spool_bytes(dir->spool) + more > dir->spool->options.max_bytes;
}

static int remove_file(void *folder, const char *name)
{
	char path[SPOOL_PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", (const char *)folder, name) <
	    (int)sizeof(path))
		unlink(path);
	return 0;
}

void spool_empty(struct spool *spool, const char *name)
{
	static const enum spool_folder folders[] = { SPOOL_OPEN, SPOOL_TMP, SPOOL_NEW };
	char path[SPOOL_PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", spool->path, name,
			 spool_folder_name(folders[i]));
		io_list(path, remove_file, path);
	}
	snprintf(path, sizeof(path), "%s/%s", spool->path, name);
	remove_file(path, LEDGER_NAME);
}

struct emptying {
	struct spool *spool;
	const char *name, *begin;
};

static int empty_one(void *context, const char *name)
{
	const struct emptying *e = context;
	char inner[SPOOL_PATH_MAX];

	if (str_starts(str_of(name), str_of(e->begin)) &&
	    snprintf(inner, sizeof(inner), "%s/%s", e->name, name) < (int)sizeof(inner))
		spool_empty(e->spool, inner);
	return 0;
}

void spool_empty_each(struct spool *spool, const char *name, const char *begin)
{
	struct emptying e = { spool, name, begin };
	char path[SPOOL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", spool->path, name);
	io_list(path, empty_one, &e);
}

/* Files of a folder on their way to bad/ of a directory. */
struct adoption {
	struct spool_dir *dir;
	const char *begin;
	char folder[SPOOL_PATH_MAX];
};

static int adopt_file(void *context, const char *name)
{
	struct adoption *a = context;
	char from[SPOOL_PATH_MAX], to[SPOOL_PATH_MAX];
	struct spool_entry *entry;
	struct stat status;
	uint64_t id;

	if (snprintf(from, sizeof(from), "%s/%s", a->folder, name) >= (int)sizeof(from) ||
	    lstat(from, &status) < 0 || !S_ISREG(status.st_mode))
		return 0;
	id = spool_next_id(a->dir);
	spool_path(a->dir, SPOOL_BAD, id, to);
	entry = spool_entry_new(id, status.st_size);
	if (!entry || rename(from, to) < 0) {
		free(entry);
		return 0;
	}
	pthread_mutex_lock(&a->dir->spool->lock);
	spool_count_bad(a->dir, entry);
	pthread_mutex_unlock(&a->dir->spool->lock);
	return 0;
}

static int adopt_folder(void *context, const char *name)
{
	struct adoption *a = context;

	if (str_starts(str_of(name), str_of(a->begin)) &&
	    snprintf(a->folder, sizeof(a->folder), "%s/%s/%s/%s", a->dir->spool->path,
		     a->dir->name, name,
		     spool_folder_name(SPOOL_BAD)) < (int)sizeof(a->folder))
		io_list(a->folder, adopt_file, a);
	return 0;
}

void spool_adopt_bad(struct spool_dir *dir, const char *begin)
{
	struct adoption a = { .dir = dir, .begin = begin };
	char path[SPOOL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir->spool->path, dir->name);
	io_list(path, adopt_folder, &a);
}
