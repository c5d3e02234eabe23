/* SPDX-License-Identifier: Apache-2.0 */
/* spare.c - see spare.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "spool/spare.h"
#include "sys/io.h"

#define PATH_BYTES  4096
#define SPARES_MAX  64
#define SPARE_BYTES 1

struct spares {
	char *directory;
	pthread_mutex_t lock;
	uint64_t last_id;
	uint64_t id[SPARES_MAX]; /* of those that are ready */
	size_t count;
	size_t coming; /* not ready yet */
};

struct spares *spares_open(const char *directory)
{
	struct spares *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->directory = strdup(directory);
	if (!s->directory) {
		free(s);
		return NULL;
	}
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

int spares_take(struct spares *s, const char *path)
{
	char from[PATH_BYTES];
	uint64_t id;

	if (spare_pop(s, &id)) {
		put_path(s, id, from);
		if (renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
			return io_open(path, O_RDWR, 0);
		unlink(from);
	}
	return io_open(path, O_RDWR | O_CREAT | O_EXCL, 0640);
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
