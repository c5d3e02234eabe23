/* SPDX-License-Identifier: Apache-2.0 */
/* spare.c - see spare.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/spare.h"
#include "sys/io.h"

#define PATH_BYTES  4096
#define SPARES_MAX  64
#define SPARE_BYTES 1
#define ROWS_MAX    16

struct spare_rows {
	uint64_t id;
	const void *owner;
	int64_t bytes;
};

struct spares {
	char *directory;
	pthread_mutex_t lock;
	uint64_t last_id;
	uint64_t id[SPARES_MAX]; /* of those that are ready */
	size_t count;
	size_t coming;			  /* not ready yet */
	struct spare_rows rows[ROWS_MAX]; /* the oldest first */
	size_t rows_count, rows_coming;
	int64_t rows_bytes, max_bytes; /* with those that come */
};

struct spares *spares_open(const char *directory, int64_t max_bytes)
{
	struct spares *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->directory = strdup(directory);
	if (!s->directory) {
		free(s);
		return NULL;
	}
	s->max_bytes = max_bytes;
	pthread_mutex_init(&s->lock, NULL);
	io_remove_tree(s->directory);
	io_make_dirs(s->directory, 0750);
	return s;
}

void spares_close(struct spares *s)
{
	if (!s)
		return;
	io_remove_tree(s->directory);
	pthread_mutex_destroy(&s->lock);
	free(s->directory);
	free(s);
}

static void put_path(const struct spares *s, uint64_t id, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%016" PRIu64, s->directory, id);
}

static bool spare_pop(struct spares *s, uint64_t *id)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = s->count > 0;
	if (ok)
		*id = s->id[--s->count];
	pthread_mutex_unlock(&s->lock);
	return ok;
}

/* Whether one more may come; the number it gets. */
static bool spare_admit(struct spares *s, uint64_t *id)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = s->count + s->coming < SPARES_MAX;
	if (ok) {
		s->coming++;
		*id = ++s->last_id;
	}
	pthread_mutex_unlock(&s->lock);
	return ok;
}

static void spare_settle(struct spares *s, uint64_t id, bool is_ready)
{
	pthread_mutex_lock(&s->lock);
	s->coming--;
	if (is_ready)
		s->id[s->count++] = id;
	pthread_mutex_unlock(&s->lock);
}

/* Makes it the file of this name. As spares_take(); -ENOENT: it cannot be, and is gone. */
static int spare_use(struct spares *s, uint64_t id, const char *path)
{
	char from[PATH_BYTES];

	put_path(s, id, from);
	if (renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return io_open(path, O_RDWR, 0);
	unlink(from);
	return -ENOENT;
}

int spares_take(struct spares *s, const char *path)
{
	uint64_t id;
	int fd = spare_pop(s, &id) ? spare_use(s, id, path) : -ENOENT;

	return fd != -ENOENT ? fd : io_open(path, O_RDWR | O_CREAT | O_EXCL, 0640);
}

/* It is cut after it is renamed: as long as it has its name it is whole. A file
 * that was cut to nothing ext4 would write to the disk as soon as it is closed
 * (auto_da_alloc); most of ours are gone before anything does. */
void spares_give(struct spares *s, const char *path)
{
	char to[PATH_BYTES];
	bool is_ready = false;
	uint64_t id;

	if (!spare_admit(s, &id)) {
		unlink(path);
		return;
	}
	put_path(s, id, to);
	if (renameat(AT_FDCWD, path, AT_FDCWD, to) < 0)
		unlink(path);
	else if (truncate(to, SPARE_BYTES) < 0)
		unlink(to);
	else
		is_ready = true;
	spare_settle(s, id, is_ready);
}

/* The lock is held. */
static uint64_t rows_remove(struct spares *s, size_t i)
{
	uint64_t id = s->rows[i].id;

	s->rows_bytes -= s->rows[i].bytes;
	s->rows_count--;
	memmove(&s->rows[i], &s->rows[i + 1], (s->rows_count - i) * sizeof(*s->rows));
	return id;
}

/* The newest that this owner gave; NULL: the oldest of all. */
static bool rows_pop(struct spares *s, const void *owner, uint64_t *id)
{
	size_t i;

	pthread_mutex_lock(&s->lock);
	i = owner || !s->rows_count ? s->rows_count : 1;
	while (i && owner && s->rows[i - 1].owner != owner)
		i--;
	if (i)
		*id = rows_remove(s, i - 1);
	pthread_mutex_unlock(&s->lock);
	return i > 0;
}

/* Whether so many bytes more may come; the number they get. */
static bool rows_admit(struct spares *s, struct spare_rows *rows)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = s->rows_count + s->rows_coming < ROWS_MAX &&
	     s->rows_bytes + rows->bytes <= s->max_bytes;
	if (ok) {
		s->rows_coming++;
		s->rows_bytes += rows->bytes;
		rows->id = ++s->last_id;
	}
	pthread_mutex_unlock(&s->lock);
	return ok;
}

/* The same, for which what was not used for longest is emptied. */
static bool rows_make_room(struct spares *s, struct spare_rows *rows)
{
	char path[PATH_BYTES];
	uint64_t id;

	if (rows->bytes > s->max_bytes)
		return false;
	while (!rows_admit(s, rows)) {
		if (!rows_pop(s, NULL, &id))
			return false;
		put_path(s, id, path);
		spares_give(s, path);
	}
	return true;
}

static void rows_settle(struct spares *s, const struct spare_rows *rows, bool is_ready)
{
	pthread_mutex_lock(&s->lock);
	s->rows_coming--;
	if (is_ready)
		s->rows[s->rows_count++] = *rows;
	else
		s->rows_bytes -= rows->bytes;
	pthread_mutex_unlock(&s->lock);
}

int spares_take_rows(struct spares *s, const void *owner, const char *path)
{
	uint64_t id;
	int fd = rows_pop(s, owner, &id) ? spare_use(s, id, path) : -ENOENT;

	return fd != -ENOENT ? fd : spares_take(s, path);
}

void spares_give_rows(struct spares *s, const void *owner, const char *path)
{
	struct spare_rows rows = { .owner = owner };
	char to[PATH_BYTES];
	struct stat status;
	bool is_ready;

	rows.bytes = lstat(path, &status) < 0 ? INT64_MAX : status.st_size;
	if (!rows_make_room(s, &rows)) {
		spares_give(s, path);
		return;
	}
	put_path(s, rows.id, to);
	is_ready = renameat(AT_FDCWD, path, AT_FDCWD, to) == 0;
	if (!is_ready)
		unlink(path);
	rows_settle(s, &rows, is_ready);
}

void spares_drop_rows(struct spares *s, const void *owner)
{
	char path[PATH_BYTES];
	uint64_t id;

	while (rows_pop(s, owner, &id)) {
		put_path(s, id, path);
		unlink(path);
	}
}
