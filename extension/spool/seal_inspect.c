/* SPDX-License-Identifier: Apache-2.0 */
/* seal_inspect.c - what a killed run left in an open file. See seal.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/frame.h"
#include "spool/in_place.h"
#include "spool/seal.h"
#include "sys/io.h"

#define ROWS_AHEAD ((size_t)64 * 1024)

/* Rows follow only when the whole spec was written: a file that ends before
 * it does holds nothing, whatever cut it. */
static bool is_begun(struct frame_reader *reader, int64_t begin)
{
	struct stat status;
	struct frame frame;

	if (fstat(reader->fd, &status) < 0)
		return false;
	if (status.st_size < begin + FRAME_HEAD)
		return true;
	return frame_read_head(reader, begin, &frame) == 0 &&
	       frame.kind == FRAME_OBJECT_SPEC &&
	       status.st_size < begin + FRAME_HEAD + (int64_t)frame.bytes;
}

/* Adds a good frame to what is known. */
static void note_frame(struct seal_state *state, const struct frame *frame,
		       struct str payload)
{
	if (frame->kind == FRAME_OBJECT_SPEC)
		buf_put(&state->spec, payload);
	state->is_marked = frame->kind == FRAME_SEAL;
	if (frame->kind == FRAME_ROWS) {
		if (!state->records) {
			state->first_ms = frame->first_ms;
			state->began_ms = frame->last_ms;
		}
		state->last_ms = frame->last_ms;
		state->records += frame->records;
	}
	if (!state->is_marked)
		state->good += FRAME_HEAD + frame->bytes;
}

int seal_inspect(const struct spool_dir *dir, uint64_t id, struct seal_state *state)
{
	struct frame_reader reader = FRAME_READER(-1, ROWS_AHEAD);
	struct frame frame;
	struct str payload;
	int64_t begin;
	int error = 0;

	*state = (struct seal_state){ .spec = BUF_INIT(OBJECT_SPEC_MAX) };
	reader.fd = spool_open_file(dir, SPOOL_OPEN, id, O_RDONLY);
	if (reader.fd < 0)
		return reader.fd;
	state->good = begin = in_place_frames_at(reader.fd);
	while (!state->is_marked) {
		error = frame_read_head(&reader, state->good, &frame);
		if (!error)
			error = frame_read_payload(&reader, state->good, &frame,
						   &payload);
		if (error || (state->good == begin) != (frame.kind == FRAME_OBJECT_SPEC))
			break;
		note_frame(state, &frame, payload);
	}
	state->is_begun = !state->spec.len && is_begun(&reader, begin);
	frame_reader_fini(&reader);
	close(reader.fd);
	if (error == -ENODATA || !error)
		error = state->spec.len || state->is_begun ? 0 : -ENODATA;
	return error;
}
