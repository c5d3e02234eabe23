/* SPDX-License-Identifier: Apache-2.0 */
/* in_place.c - see in_place.h. */
#include <errno.h>
#include <string.h>
#include "spool/envelope.h"
#include "spool/frame.h"
#include "spool/in_place.h"
#include "sys/io.h"

/* As envelopes begin; the length of a frame is never that of these letters. */
#define BEGINNING   "{\"format\":"
#define ROWS_AHEAD  ((size_t)64 * 1024)
#define PLACEHOLDER BEGINNING "2}"

int in_place_begin(int fd)
{
	char head[ENVELOPE_SIZE];

	text_head_write(STR(PLACEHOLDER), head);
	return io_write_at(fd, (struct str){ head, sizeof(head) }, 0);
}

int64_t in_place_frames_at(int fd)
{
	char first[sizeof(BEGINNING) - 1];

	if (io_read_at(fd, first, sizeof(first), 0) == 0 &&
	    memcmp(first, BEGINNING, sizeof(first)) == 0)
		return ENVELOPE_SIZE;
	return 0;
}

int in_place_check_body(int fd, int64_t size, int64_t records)
{
	struct frame_reader reader = FRAME_READER(fd, ROWS_AHEAD);
	int64_t at = ENVELOPE_SIZE;
	struct frame frame = { 0 };
	struct str payload;
	int error = 0;

	while (!error && frame.kind != FRAME_SEAL && at < ENVELOPE_SIZE + size) {
		error = frame_read_head(&reader, at, &frame);
		if (!error)
			error = frame_read_payload(&reader, at, &frame, &payload);
		if (frame.kind == FRAME_ROWS)
			records -= frame.records;
		at += FRAME_HEAD + frame.bytes;
	}
	frame_reader_fini(&reader);
	if (!error && (frame.kind != FRAME_SEAL || records || at != ENVELOPE_SIZE + size))
		error = -ENODATA;
	return error;
}
