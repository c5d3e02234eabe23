/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.c - see salvage.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/frame.h"
#include "spool/salvage.h"
#include "sys/io.h"

#define CHUNK 16384

/* Calls visit with the bytes of a part of the file, until it returns other
 * than 0, which is then returned. */
static int read_part(int fd, int64_t from, int64_t to,
		     int (*visit)(void *context, struct str), void *context)
{
	char chunk[CHUNK];
	int error = 0;

	while (!error && from < to) {
		size_t size = to - from < CHUNK ? (size_t)(to - from) : CHUNK;

		error = io_read_at(fd, chunk, size, from);
		if (!error)
			error = visit(context, (struct str){ chunk, size });
		from += (int64_t)size;
	}
	return error;
}

static int find_zero(void *context, struct str bytes)
{
	(void)context;
	return memchr(bytes.ptr, 0, bytes.len) ? 1 : 0;
}

/* Whether there is only the beginning of one frame. Every head has zero bytes
 * in it, so where there are none there is no other frame. */
static bool is_unfinished(int fd, int64_t from, int64_t end)
{
	struct frame_reader reader = FRAME_READER(fd, 0);
	struct frame frame;
	bool is_head;

	if (end - from < FRAME_HEAD)
		return true;
	is_head = frame_read_head(&reader, from, &frame) == 0;
	frame_reader_fini(&reader);
	return is_head && from + FRAME_HEAD + frame.bytes > end &&
	       read_part(fd, from + FRAME_HEAD, end, find_zero, NULL) == 0;
}

static int salvage_append(void *context, struct str bytes)
{
	const int *fd = context;

	return io_write(*fd, bytes);
}

static int copy_to_bad(struct spool_dir *dir, uint64_t id, int fd, int64_t from,
		       int64_t end)
{
	char path[SPOOL_PATH_MAX];
	int to, error;

	spool_path(dir, SPOOL_BAD, id, path);
	to = spool_create(dir, SPOOL_BAD, id);
	if (to < 0)
		return to;
	error = read_part(fd, from, end, salvage_append, &to);
	if (close(to) < 0 && !error)
		error = -errno;
	if (error)
		unlink(path);
	return error;
}

int salvage(struct spool_dir *dir, uint64_t id, int fd, int64_t from, struct log *log)
{
	const char *tenant = spool_dir_name(dir);
	struct stat status;
	uint64_t bad;
	int error;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size <= from)
		return 0;
	if (is_unfinished(fd, from, status.st_size)) {
		log_write(log, LOG_INFO,
			  "tenant=%s spool=open/%016" PRIu64 " ends within a write, "
			  "which is dropped: bytes=%" PRId64,
			  tenant, id, (int64_t)status.st_size - from);
		return 0;
	}
	bad = spool_next_id(dir);
	error = copy_to_bad(dir, bad, fd, from, status.st_size);
	if (error) {
		log_write(log, LOG_ERROR,
			  "tenant=%s spool=open/%016" PRIu64 " is damaged at byte "
			  "%" PRId64 "; what is behind it cannot be moved to bad/: %s",
			  tenant, id, from, strerror(-error));
		return error;
	}
	log_write(log, LOG_ERROR,
		  "tenant=%s spool=open/%016" PRIu64 " is damaged at byte %" PRId64
		  "; what is behind it was moved to bad/%016" PRIu64,
		  tenant, id, from, bad);
	spool_keep_bad(dir, bad);
	return 0;
}
