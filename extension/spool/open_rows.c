/* SPDX-License-Identifier: Apache-2.0 */
/* open_rows.c - see open_rows.h, and seal.h for what writes the seal frame. */
#include <errno.h>
#include "format/json_read.h"
#include "format/json_write.h"
#include "spool/open_rows.h"
#include "spool/seal.h"

#define ARENA_MAX  ((size_t)4 << 20)
#define MARK_MAX   ((size_t)1 << 20)
#define ROWS_AHEAD (64 * 1024)

/* The payload of a seal frame; the rest of the object stands in the frame's head. */
struct seal_frame {
	struct str key;
	int64_t lost_flows;
};

static const struct shape seal_frame_shape = {
	.name = "seal_frame",
	.size = sizeof(struct seal_frame),
	.fields =
		(const struct field[]){
			FIELD(struct seal_frame, key, "key", 0),
			FIELD(struct seal_frame, lost_flows, "lost_flows",
			      FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

int seal_frame_append(int fd, uint32_t seed, int64_t size, const struct object *object)
{
	struct frame frame = {
		.kind = FRAME_SEAL,
		.records = (uint32_t)object->records,
		.first_ms = object->first_ms,
		.last_ms = object->last_ms,
	};
	struct seal_frame seal = { object->key, object->lost_flows };
	struct buf payload = BUF_INIT(MARK_MAX);
	int error;

	json_put_record(&payload, &seal_frame_shape, &seal, (struct json_style){ 0 });
	error = buf_error(&payload);
	if (!error)
		error = frame_append(fd, seed, size, &frame, buf_str(&payload));
	buf_fini(&payload);
	return error;
}

void open_rows_init(struct open_rows *rows, int fd, uint64_t id)
{
	*rows = (struct open_rows){
		.id = id,
		.reader = FRAME_READER(fd, ROWS_AHEAD),
		.arena = ARENA_INIT(ARENA_MAX),
	};
}

void open_rows_fini(struct open_rows *rows)
{
	frame_reader_fini(&rows->reader);
	object_spec_fini(&rows->spec);
	arena_fini(&rows->arena);
}

/* A read that fails says so: -ENODATA only means that the file is damaged. */
static int note_read(struct open_rows *rows, int error)
{
	if (error && error != -ENODATA && error != -ENOMEM)
		rows->is_unreadable = true;
	return error;
}

/* A frame that must be of this kind; its payload is copied to the arena. */
static int read_frame(struct open_rows *rows, int64_t at, enum frame_kind kind,
		      struct frame *frame, struct str *payload)
{
	int error = note_read(rows, frame_read_head(&rows->reader, at, frame));

	if (!error && frame->kind != kind)
		error = -ENODATA;
	if (!error)
		error = note_read(rows,
				  frame_read_payload(&rows->reader, at, frame, payload));
	if (!error)
		*payload = arena_str(&rows->arena, *payload);
	return error ? error : arena_error(&rows->arena);
}

static int read_seal_frame(struct open_rows *rows, int64_t seal_at)
{
	struct seal_frame seal = { .key = STR("") };
	struct json_reader r;
	struct frame frame;
	struct str payload;
	int error = read_frame(rows, seal_at, FRAME_SEAL, &frame, &payload);

	if (error)
		return error;
	json_reader_init(&r, payload, &rows->arena);
	if (!json_read_object(&r, &seal_frame_shape, &seal))
		return -ENODATA;
	rows->object = (struct object){
		.key = seal.key,
		.first_ms = frame.first_ms,
		.last_ms = frame.last_ms,
		.records = frame.records,
		.lost_flows = seal.lost_flows,
	};
	rows->end = seal_at;
	rows->records = frame.records;
	rows->seal_end = seal_at + FRAME_HEAD + (int64_t)frame.bytes;
	return 0;
}

static int read_object_spec(struct open_rows *rows, struct err *err)
{
	struct frame frame;
	struct str text;
	int error = read_frame(rows, rows->frames.begin, FRAME_OBJECT_SPEC, &frame,
			       &text);

	if (!error && !open_frames_is_spec(&frame, rows->id))
		error = -ENODATA;
	if (error)
		err_set(err, "the spec of its object is damaged");
	else if (object_spec_read(text, &rows->arena, &rows->spec, err) < 0)
		error = -ENODATA;
	return error;
}

int open_rows_read(struct open_rows *rows, int64_t seal_at, struct err *err)
{
	int fd = rows->reader.fd;
	int error = note_read(rows, open_frames_find(&rows->frames, fd, rows->id));

	rows->reader.seed = rows->frames.seed;
	if (!error)
		error = read_seal_frame(rows, seal_at);
	return error ? error : read_object_spec(rows, err);
}

int open_rows_expect(struct open_rows *rows, struct object_builder *builder)
{
	struct frame_reader heads = FRAME_READER(rows->reader.fd, 0);
	struct frame frame = { 0 };
	int64_t at, bytes = 0;
	int error = 0;

	if (!rows->spec.compress->expect)
		return 0;
	for (at = rows->frames.begin; at < rows->end && !error;
	     at += FRAME_HEAD + frame.bytes) {
		error = note_read(rows, frame_read_head(&heads, at, &frame));
		if (!error && frame.kind == FRAME_ROWS)
			bytes += frame.bytes;
	}
	frame_reader_fini(&heads);
	if (error == -ENODATA)
		return 0;
	return error ? error : object_builder_expect(builder, bytes);
}

int open_rows_feed(struct open_rows *rows, struct object_builder *builder)
{
	struct frame frame = { 0 };
	struct str payload;
	int64_t at, records = 0;
	int error;

	for (at = rows->frames.begin; at < rows->end; at += FRAME_HEAD + frame.bytes) {
		error = note_read(rows, frame_read_head(&rows->reader, at, &frame));
		if (!error)
			error = note_read(rows, frame_read_payload(&rows->reader, at,
								   &frame, &payload));
		if (error == -ENODATA) {
			rows->end = at;
			rows->records = records;
			return -EBADMSG;
		}
		if (!error && frame.kind == FRAME_ROWS) {
			if (builder)
				error = object_builder_rows(builder, payload);
			records += frame.records;
		}
		if (error)
			return error;
	}
	if (records == rows->records)
		return 0;
	rows->records = records;
	return -EBADMSG;
}
