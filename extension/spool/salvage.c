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

/* As a disk leaves what was never written to it, and no write of rows does. */
static int find_zeros(void *context, struct str bytes)
{
	static const char zeros[64];

	(void)context;
	return memmem(bytes.ptr, bytes.len, zeros, sizeof(zeros)) ? 1 : 0;
}

/* Where the frame ends that is said to be here. */
static int64_t frame_end(const struct open_frames *frames, int64_t from, int64_t size)
{
	struct frame_reader reader = FRAME_READER(frames->fd, 0);
	struct frame frame;
	int64_t end = size;

	if (frame_read_head(&reader, from, &frame) == 0)
		end = from + FRAME_HEAD + (int64_t)frame.bytes;
	frame_reader_fini(&reader);
	return end;
}

/* No good frame is behind it: whether there is only the beginning of one, and perhaps what
 * stood there before. */
static bool is_unfinished(const struct open_frames *frames, int64_t from, int64_t size)
{
	if (size - from < FRAME_HEAD || frame_end(frames, from, size) > size)
		return true;
	return frames->seed && read_part(frames->fd, from, size, find_zeros, NULL) == 0;
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

static int keep_damaged(struct spool_dir *dir, uint64_t id, int fd, int64_t from,
			int64_t end, struct log *log)
{
	uint64_t bad = spool_next_id(dir);
	int error = copy_to_bad(dir, bad, fd, from, end);

	if (error) {
		log_write(log, LOG_ERROR,
			  "tenant=%s spool=open/%016" PRIu64 " is damaged at byte "
			  "%" PRId64 "; what is behind it cannot be moved to bad/: %s",
			  spool_dir_name(dir), id, from, strerror(-error));
		return error;
	}
	log_write(log, LOG_ERROR,
		  "tenant=%s spool=open/%016" PRIu64 " is damaged at byte %" PRId64
		  "; what is behind it was moved to bad/%016" PRIu64,
		  spool_dir_name(dir), id, from, bad);
	spool_keep_bad(dir, bad);
	return 0;
}

int salvage(struct spool_dir *dir, uint64_t id, const struct open_frames *frames,
	    int64_t from, struct log *log)
{
	struct stat status;
	int64_t end;

	if (fstat(frames->fd, &status) < 0)
		return -errno;
	if (status.st_size <= from)
		return 0;
	end = open_frames_end(frames, from);
	if (end < 0)
		return (int)end;
	if (frames->seed && end == from + FRAME_HEAD)
		return 0;
	if (end == from && is_unfinished(frames, from, status.st_size)) {
		end = frame_end(frames, from, status.st_size);
		log_write(log, LOG_INFO,
			  "tenant=%s spool=open/%016" PRIu64 " ends within a write, "
			  "which is dropped: bytes=%" PRId64,
			  spool_dir_name(dir), id,
			  (end < status.st_size ? end : status.st_size) - from);
		return 0;
	}
	if (end == from || !frames->seed)
		end = status.st_size;
	return keep_damaged(dir, id, frames->fd, from, end, log);
}
