/* SPDX-License-Identifier: Apache-2.0 */
/* open_frames.c - see open_frames.h. */
#include <errno.h>
#include <sys/stat.h>
#include "spool/in_place.h"
#include "spool/open_frames.h"

#define SPEC_AHEAD 4096
#define ROWS_AHEAD ((size_t)64 * 1024)
/* Each byte may be the first of a frame as long as the file, but not in one of ours. */
#define VAIN_BYTES ((int64_t)256 << 20)

bool open_frames_is_spec(const struct frame *frame, uint64_t id)
{
	return frame->kind == FRAME_OBJECT_SPEC &&
	       (!frame->first_ms || (uint64_t)frame->first_ms == id);
}

int open_frames_find(struct open_frames *frames, int fd, uint64_t id)
{
	struct frame_reader reader = FRAME_READER(fd, SPEC_AHEAD);
	struct frame frame;
	struct str payload;
	int error;

	*frames = (struct open_frames){ .fd = fd, .begin = in_place_frames_at(fd) };
	error = frame_read_head(&reader, frames->begin, &frame);
	if (!error)
		error = frame_read_payload(&reader, frames->begin, &frame, &payload);
	frame_reader_fini(&reader);
	if (!frames->begin &&
	    (error || !open_frames_is_spec(&frame, id) || frame.first_ms))
		frames->seed = frame_seed(id);
	return error == -ENODATA ? 0 : error;
}

/* A good frame that begins there. 0; -ENODATA: there is none, after looking at so many
 * bytes more in vain; -errno. */
static int find_frame(struct frame_reader *reader, int64_t at, int64_t size,
		      struct frame *frame, int64_t *vain)
{
	struct str payload;
	int error = frame_read_head(reader, at, frame);

	if (error)
		return error;
	if (frame->kind == FRAME_OBJECT_SPEC || at + FRAME_HEAD + frame->bytes > size)
		return -ENODATA;
	error = frame_read_payload(reader, at, frame, &payload);
	*vain += error ? frame->bytes : 0;
	return error;
}

int64_t open_frames_end(const struct open_frames *frames, int64_t from)
{
	struct frame_reader reader = FRAME_READER(frames->fd, ROWS_AHEAD);
	int64_t at = from, end = from, vain = 0;
	struct frame frame;
	struct stat status;
	int error = -ENODATA;

	if (fstat(frames->fd, &status) < 0)
		return -errno;
	reader.seed = frames->seed;
	while ((!error || error == -ENODATA) && at + FRAME_HEAD <= status.st_size) {
		error = find_frame(&reader, at, status.st_size, &frame, &vain);
		at += error ? 1 : FRAME_HEAD + (int64_t)frame.bytes;
		if (!error)
			end = at;
		if (vain > VAIN_BYTES)
			end = at = status.st_size;
	}
	frame_reader_fini(&reader);
	return error && error != -ENODATA ? error : end;
}
