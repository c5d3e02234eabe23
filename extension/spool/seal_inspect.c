/* SPDX-License-Identifier: Apache-2.0 */
/* seal_inspect.c - what a killed run left in an open file. See seal.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "spool/open_frames.h"
#include "spool/seal.h"

#define ROWS_AHEAD ((size_t)64 * 1024)

/* Rows follow only when the whole spec was written: a file without any frame holds nothing.
 * Without its spec an earlier version's file looks like one of ours. */
static bool is_begun(const struct open_frames *frames)
{
	struct open_frames earlier = { frames->fd, frames->begin, 0 };

	return open_frames_end(frames, frames->begin) == frames->begin &&
	       open_frames_end(&earlier, frames->begin) == frames->begin;
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

/* Until the seal frame, or what is none of its frames: why. */
static int read_frames(struct frame_reader *reader, const struct open_frames *frames,
		       uint64_t id, struct seal_state *state)
{
	struct frame frame;
	struct str payload;
	int error = 0;

	while (!state->is_marked) {
		bool is_first = state->good == frames->begin;

		error = frame_read_head(reader, state->good, &frame);
		if (!error)
			error = frame_read_payload(reader, state->good, &frame, &payload);
		if (error || frame.kind == FRAME_END ||
		    is_first != open_frames_is_spec(&frame, id))
			break;
		note_frame(state, &frame, payload);
	}
	return error;
}

int seal_inspect(const struct spool_dir *dir, uint64_t id, struct seal_state *state)
{
	struct frame_reader reader = FRAME_READER(-1, ROWS_AHEAD);
	struct open_frames frames;
	int error;

	*state = (struct seal_state){ .spec = BUF_INIT(OBJECT_SPEC_MAX) };
	reader.fd = spool_open_file(dir, SPOOL_OPEN, id, O_RDONLY);
	if (reader.fd < 0)
		return reader.fd;
	error = open_frames_find(&frames, reader.fd, id);
	if (!error) {
		state->good = frames.begin;
		state->seed = reader.seed = frames.seed;
		error = read_frames(&reader, &frames, id, state);
		state->is_begun = !state->spec.len && is_begun(&frames);
	}
	frame_reader_fini(&reader);
	close(reader.fd);
	if (error == -ENODATA || !error)
		error = state->spec.len || state->is_begun ? 0 : -ENODATA;
	return error;
}
