/* SPDX-License-Identifier: Apache-2.0 */
/* seal_in_place.c - an open file that is its object, but for the envelope. See
 * in_place.h.
 *
 * Whenever it is killed, the file is an open one with its seal frame, or the object.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/seal_private.h"

/* Bytes of the file, if it ends with its seal frame, and all before it is good. */
static int check_file(struct open_rows *rows, int64_t *size)
{
	struct stat status;
	int error;

	if (!rows->frames.begin || !object_spec_is_plain(&rows->spec))
		return -ENOTSUP;
	error = open_rows_feed(rows, NULL);
	if (error)
		return error == -EBADMSG ? -ENOTSUP : error;
	if (fstat(rows->reader.fd, &status) < 0)
		return -errno;
	*size = status.st_size;
	return status.st_size == rows->seal_end ? 0 : -ENOTSUP;
}

static int write_head(struct spool_dir *dir, uint64_t id, const struct open_rows *rows,
		      int64_t body)
{
	struct envelope envelope = { .size = body, .has_frames = true };
	int fd = spool_open_file(dir, SPOOL_OPEN, id, O_WRONLY), error;

	if (fd < 0)
		return fd;
	error = seal_write_envelope(fd, rows, &envelope);
	if (close(fd) < 0 && !error)
		error = -errno;
	return error;
}

int seal_in_place(struct spool_dir *dir, uint64_t id, struct open_rows *rows,
		  struct now now)
{
	struct ledger_sum sum = { .objects = 1, .records = rows->records };
	int64_t size = 0;
	uint64_t to;
	int error = check_file(rows, &size);

	if (error)
		return error;
	sum.bytes = size - ENVELOPE_SIZE;
	error = write_head(dir, id, rows, sum.bytes);
	if (!error)
		error = seal_commit(dir, SPOOL_OPEN, id, &sum, &to);
	if (!error)
		spool_add(dir, to, size, rows->records, now);
	return error;
}
