/* SPDX-License-Identifier: Apache-2.0 */
/* stored.c - see stored.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "spool/envelope.h"
#include "spool/spool_private.h"
#include "spool/stored.h"
#include "sys/io.h"

#define PART_OF_SPOOL 4096 /* of max_bytes, each of the two files */
#define FILE_LEAST    ((int64_t)64 << 10)
#define FILE_MOST     ((int64_t)8 << 20)
#define LINES_MAX     ((size_t)64 << 10) /* a place, and an object of the longest key */

static int64_t file_max(const struct spool *spool)
{
	int64_t bytes = spool->options.max_bytes / PART_OF_SPOOL;

	return bytes < FILE_LEAST ? FILE_LEAST : bytes > FILE_MOST ? FILE_MOST : bytes;
}

static void stored_path(const char *spool, const char *tenant, const char *name,
			char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/%s", spool, tenant, name);
}

/* A line that was cut ends here. */
static bool ends_within_line(int fd, int64_t size)
{
	char last = '\n';

	return size && io_read_at(fd, &last, 1, size - 1) == 0 && last != '\n';
}

/* What is to be appended to a file of this size. */
static void put_lines(struct stored *stored, int fd, int64_t size,
		      const struct stored_line *line, struct str place, struct buf *b)
{
	const struct stored_line at_place = { .at_ms = line->at_ms, .place = place };
	const struct stored_line missed = { .at_ms = line->at_ms,
					    .missed = stored->missed };

	if (ends_within_line(fd, size))
		buf_putc(b, '\n');
	if (!size || !stored->place || !str_equal(str_of(stored->place), place))
		stored_line_put(b, &at_place);
	if (stored->missed)
		stored_line_put(b, &missed);
	stored_line_put(b, line);
}

/* The file to append to, and its size; one that is full makes room before. */
static int open_file(const struct spool_dir *dir, int64_t *size)
{
	char path[SPOOL_PATH_MAX], old[SPOOL_PATH_MAX];
	struct stat status;
	int fd, tries;

	stored_path(dir->spool->path, dir->name, "stored", path);
	stored_path(dir->spool->path, dir->name, "stored.old", old);
	for (tries = 0; tries < 2; tries++) {
		fd = io_open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
			     0640);
		if (fd < 0)
			return fd;
		if (fstat(fd, &status) == 0 && status.st_size < file_max(dir->spool))
			break;
		if (tries || rename(path, old) < 0)
			break;
		close(fd);
	}
	*size = status.st_size;
	return fd;
}

static int append(struct spool_dir *dir, const struct stored_line *line, struct str place)
{
	struct buf b = BUF_INIT(LINES_MAX);
	int64_t size = 0;
	int fd = open_file(dir, &size), error;

	if (fd < 0)
		return fd;
	put_lines(&dir->stored, fd, size, line, place, &b);
	error = buf_error(&b) ? buf_error(&b) : io_write(fd, buf_str(&b));
	if (close(fd) < 0 && !error)
		error = -errno;
	buf_fini(&b);
	return error;
}

/* The lock is held. */
static void note_place(struct stored *stored, struct str place)
{
	if (stored->place && str_equal(str_of(stored->place), place))
		return;
	free(stored->place);
	stored->place = strndup(place.ptr, place.len);
}

static void tell(struct spool_dir *dir, bool had_failed, int error)
{
	if (error && !had_failed)
		log_write(dir->spool->log, LOG_WARNING,
			  "tenant=%s stored=unwritable error=\"%s\" what is stored "
			  "meanwhile cannot be audited; make its file in the spool "
			  "writable",
			  dir->name, LOG_QUOTED(strerror(-error)));
	else if (!error && had_failed)
		log_write(dir->spool->log, LOG_INFO, "tenant=%s stored=ok", dir->name);
}

/* Of an object that was taken, and so stays in the list. */
static struct ledger_sum sum_of(struct spool_dir *dir, uint64_t id)
{
	struct ledger_sum sum = { 0 };
	const struct spool_entry *entry;

	pthread_mutex_lock(&dir->spool->lock);
	entry = spool_find_entry(dir, id);
	if (entry)
		sum = spool_entry_sum(entry);
	pthread_mutex_unlock(&dir->spool->lock);
	return sum;
}

void spool_note_stored(struct spool_dir *dir, uint64_t id, struct str place,
		       struct str key, struct now now)
{
	struct stored *stored = &dir->stored;
	struct ledger_sum sum = sum_of(dir, id);
	const struct stored_line line = {
		.key = key,
		.at_ms = now.wall_ms,
		.records = sum.records,
		.bytes = sum.bytes,
	};
	bool had_failed;
	int error;

	pthread_mutex_lock(&stored->lock);
	error = append(dir, &line, place);
	if (!error)
		note_place(stored, place);
	had_failed = stored->missed > 0;
	stored->missed = error ? stored->missed + 1 : 0;
	pthread_mutex_unlock(&stored->lock);
	tell(dir, had_failed, error);
}

struct reading {
	int (*see)(void *context, const struct stored_line *);
	void *context;
	size_t *broken;
};

static int read_lines(const struct reading *reading, struct str text)
{
	struct stored_line line;
	int result = 0;

	while (!result && text.len) {
		struct arena arena = ARENA_INIT(LINES_MAX);
		struct str one = str_until(text, '\n');

		if (stored_line_read(one, &arena, &line))
			result = reading->see(reading->context, &line);
		else
			*reading->broken += one.len != 0;
		text = str_skip(text, one.len < text.len ? one.len + 1 : one.len);
		arena_fini(&arena);
	}
	return result;
}

static int read_one(const struct reading *reading, const char *path, struct err *err)
{
	struct buf text = BUF_INIT((size_t)FILE_MOST + LINES_MAX);
	int error = io_read_file(path, &text);

	if (!error)
		error = read_lines(reading, buf_str(&text));
	else if (error == -ENOENT)
		error = 0;
	else
		error = err_set(err, "%s: %s", path, strerror(-error));
	buf_fini(&text);
	return error;
}

int stored_read(const char *spool, const char *tenant,
		int (*see)(void *context, const struct stored_line *), void *context,
		size_t *broken, struct err *err)
{
	const struct reading reading = { see, context, broken };
	char path[SPOOL_PATH_MAX];
	int error;

	*broken = 0;
	stored_path(spool, tenant, "stored.old", path);
	error = read_one(&reading, path, err);
	stored_path(spool, tenant, "stored", path);
	return error ? error : read_one(&reading, path, err);
}
