/* SPDX-License-Identifier: Apache-2.0 */
/* sealed.c - see sealed.h, and in_place.h for what has frames. */
#include <errno.h>
#include "spool/frame.h"
#include "spool/sealed.h"

/* Behind other frames. */
static int next_frame_of_rows(int fd, int64_t from, int64_t end, int64_t *at,
			      int64_t *size)
{
	struct frame_reader reader = FRAME_READER(fd, 0);
	struct frame frame = { 0 };
	int error = -EAGAIN;

	while (from < end && frame.kind != FRAME_SEAL) {
		error = frame_read_head(&reader, from, &frame);
		if (error || frame.kind == FRAME_ROWS)
			break;
		error = -EAGAIN;
		from += FRAME_HEAD + (int64_t)frame.bytes;
	}
	frame_reader_fini(&reader);
	if (!error && from + FRAME_HEAD + (int64_t)frame.bytes > end)
		error = -ENODATA;
	if (error)
		return error == -ENODATA ? -EINVAL : error;
	*at = from + FRAME_HEAD;
	*size = frame.bytes;
	return 0;
}

int sealed_next_rows(const struct sealed *sealed, int fd, int64_t from, int64_t *at,
		     int64_t *size)
{
	int64_t end = sealed->offset + sealed->size;

	if (from >= end)
		return -EAGAIN;
	if (sealed->has_frames)
		return next_frame_of_rows(fd, from, end, at, size);
	*at = from;
	*size = end - from;
	return 0;
}
