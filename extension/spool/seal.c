/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c - see seal.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "format/json_read.h"
#include "format/json_write.h"
#include "stage/object_builder.h"
#include "sys/digest.h"
#include "spool/envelope.h"
#include "spool/frame.h"
#include "spool/salvage.h"
#include "spool/seal.h"
#include "sys/io.h"

#define ARENA_MAX  ((size_t)4 << 20)
#define MARK_MAX   ((size_t)1 << 20)
#define ROWS_AHEAD (64 * 1024)

/* An open file that is to be an object. */
struct open_rows {
	struct frame_reader reader;
	struct arena arena; /* of strings */
	struct object_spec spec;
	struct object object; /* as its seal frame says */
	int64_t end;	      /* of the rows that go into it */
	int64_t records;      /* that they are */
	bool is_unreadable;   /* reading it failed, not writing what is made of it */
};

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

int seal_frame_append(int fd, int64_t size, const struct object *object)
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
		error = frame_append(fd, size, &frame, buf_str(&payload));
	buf_fini(&payload);
	return error;
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
	return 0;
}

static int read_object_spec(struct open_rows *rows, struct err *err)
{
	struct frame frame;
	struct str text;
	int error = read_frame(rows, 0, FRAME_OBJECT_SPEC, &frame, &text);

	if (error)
		err_set(err, "the spec of its object is damaged");
	else if (object_spec_read(text, &rows->arena, &rows->spec, err) < 0)
		error = -ENODATA;
	return error;
}

/* The finished object on its way to tmp/. */
struct body {
	struct byte_sink sink;
	struct spool_dir *dir;
	int fd;
	int64_t size;
	struct digest sha256, md5;
};

static int body_put(struct byte_sink *sink, struct str bytes)
{
	struct body *body = (struct body *)sink;
	int error = io_write_at(body->fd, bytes, ENVELOPE_SIZE + body->size);

	if (error)
		return error;
	body->size += (int64_t)bytes.len;
	spool_charge(body->dir, SPOOL_TMP, (int64_t)bytes.len);
	digest_add(&body->sha256, bytes);
	digest_add(&body->md5, bytes);
	return 0;
}

static int write_envelope(struct body *body, const struct object_spec *spec,
			  const struct object *object)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	char head[ENVELOPE_SIZE];
	struct envelope envelope = {
		.dirname = spec->place.dirname,
		.key = object->key,
		.content_type = spec->content_type,
		.content_encoding = spec->content_encoding,
		.records = object->records,
		.size = body->size,
		.sealed_ms = object->last_ms,
	};
	int error = digest_end(&body->sha256, envelope.sha256);

	if (!error)
		error = digest_end(&body->md5, envelope.md5);
	object_spec_metadata(spec, object, &arena, &envelope.metadata);
	if (!error)
		error = arena_error(&arena);
	if (!error)
		error = envelope_write(&envelope, head);
	arena_fini(&arena);
	return error ? error
		     : io_write_at(body->fd, (struct str){ head, sizeof(head) }, 0);
}

/* Feeds the rows. -EBADMSG: a frame is damaged, the rows end before it; or they are
 * not as many as was thought. */
static int make_rows(struct object_builder *builder, struct open_rows *rows)
{
	struct frame frame = { 0 };
	struct str payload;
	int64_t at, records = 0;
	int error;

	for (at = 0; at < rows->end; at += FRAME_HEAD + frame.bytes) {
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

/* Of all rows, for compressors that want to know before; damage is found later. */
static int expect_rows(struct object_builder *builder, struct open_rows *rows)
{
	struct frame frame = { 0 };
	int64_t at, bytes = 0;
	int error = 0;

	if (!rows->spec.compress->expect)
		return 0;
	for (at = 0; at < rows->end && !error; at += FRAME_HEAD + frame.bytes) {
		error = note_read(rows, frame_read_head(&rows->reader, at, &frame));
		if (!error && frame.kind == FRAME_ROWS)
			bytes += frame.bytes;
	}
	if (error == -ENODATA)
		return 0;
	return error ? error : object_builder_expect(builder, bytes);
}

static int make_body(struct body *body, struct open_rows *rows)
{
	struct object object = rows->object;
	struct object_builder builder;
	int error = digest_init(&body->sha256, DIGEST_SHA256);

	if (!error)
		error = digest_init(&body->md5, DIGEST_MD5);
	if (error)
		return error;
	object.records = rows->records;
	error = object_builder_start(&builder, &rows->spec, &object, &body->sink);
	if (error == -EFBIG)
		error = -ENODATA; /* the header would be as long the next time */
	if (!error)
		error = expect_rows(&builder, rows);
	if (!error)
		error = make_rows(&builder, rows);
	if (!error)
		error = object_builder_finish(&builder);
	object_builder_end(&builder);
	return error ? error : write_envelope(body, &rows->spec, &object);
}

static void remove_tmp(struct spool_dir *dir, uint64_t id, const struct body *body)
{
	spool_remove(dir, SPOOL_TMP, id);
	spool_charge(dir, SPOOL_TMP, -body->size);
}

/* What an attempt before could not remove is in the way. */
static int make_tmp(struct spool_dir *dir, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	int fd = spool_create(dir, SPOOL_TMP, id);

	if (fd != -EEXIST)
		return fd;
	spool_path(dir, SPOOL_TMP, id, path);
	return unlink(path) < 0 ? fd : spool_create(dir, SPOOL_TMP, id);
}

/* tmp/<id>, whole or not at all; it is charged as long as it is there. */
static int make_file(struct spool_dir *dir, uint64_t id, struct open_rows *rows,
		     struct body *body)
{
	int error;

	*body = (struct body){ .sink = { body_put }, .dir = dir };
	body->fd = make_tmp(dir, id);
	if (body->fd < 0)
		return body->fd;
	error = make_body(body, rows);
	digest_fini(&body->sha256);
	digest_fini(&body->md5);
	if (close(body->fd) < 0 && !error)
		error = -errno;
	if (error)
		remove_tmp(dir, id, body);
	return error;
}

/* The object is committed as new/<to>. Its id is free, unless somebody put a file there;
 * that one is not ours to replace. */
static int seal_commit(struct spool_dir *dir, uint64_t id, uint64_t *to)
{
	int error;

	*to = id;
	error = spool_move(dir, SPOOL_TMP, id, SPOOL_NEW, *to);
	if (error != -EEXIST)
		return error;
	*to = spool_next_id(dir);
	return spool_move(dir, SPOOL_TMP, id, SPOOL_NEW, *to);
}

static void replace_open(struct spool_dir *dir, uint64_t id, uint64_t to,
			 const struct body *body, const struct open_rows *rows,
			 struct now now)
{
	spool_remove(dir, SPOOL_OPEN, id);
	spool_charge(dir, SPOOL_TMP, -body->size);
	if (rows->records < rows->object.records)
		spool_damaged(dir, rows->object.records - rows->records);
	spool_add(dir, to, ENVELOPE_SIZE + body->size, rows->records, now);
}

/* As much of the file as is whole, once that is known. */
static int seal_make(struct spool_dir *dir, uint64_t id, struct open_rows *rows,
		     struct body *body)
{
	int error = -EBADMSG;

	while (error == -EBADMSG && rows->records)
		error = make_file(dir, id, rows, body);
	return error;
}

/* -EBADMSG or -ENODATA: nothing can be made of it. */
static int seal_rows(struct spool_dir *dir, uint64_t id, int64_t seal_at,
		     struct open_rows *rows, struct log *log, struct now now,
		     struct err *err)
{
	struct body body;
	uint64_t to;
	int error;

	err_set(err, "nothing in it can be used");
	error = read_seal_frame(rows, seal_at);
	if (!error)
		error = read_object_spec(rows, err);
	if (!error)
		error = seal_make(dir, id, rows, &body);
	if (error == -ENAMETOOLONG) {
		err_set(err, "its key and metadata are longer than an object store "
			     "takes");
		error = -EBADMSG;
	}
	if (error)
		return error;
	error = seal_commit(dir, id, &to);
	if (error) {
		remove_tmp(dir, id, &body);
		return error;
	}
	if (rows->end < seal_at)
		salvage(dir, id, rows->reader.fd, rows->end, log);
	replace_open(dir, id, to, &body, rows, now);
	return 0;
}

/* -EBADMSG when it is in bad/. */
static int put_away(struct spool_dir *dir, uint64_t id, const struct open_rows *rows,
		    const char *why)
{
	int error = spool_quarantine(dir, SPOOL_OPEN, id, why);

	if (error)
		return error;
	spool_damaged(dir, rows->object.records);
	return -EBADMSG;
}

/* Descriptors and memory come back; anything else is the file's own trouble. */
static int open_failed(int error)
{
	return error == -ENOENT || error == -EMFILE || error == -ENFILE ||
			       error == -ENOMEM
		       ? error
		       : -ENOTRECOVERABLE;
}

int seal_object(struct spool_dir *dir, uint64_t id, int64_t seal_at, struct log *log,
		struct now now)
{
	struct open_rows rows = {
		.reader = FRAME_READER(-1, ROWS_AHEAD),
		.arena = ARENA_INIT(ARENA_MAX),
	};
	struct err err = ERR_INIT;
	int error;

	rows.reader.fd = spool_open_file(dir, SPOOL_OPEN, id, O_RDONLY);
	if (rows.reader.fd < 0)
		return open_failed(rows.reader.fd);
	error = seal_rows(dir, id, seal_at, &rows, log, now, &err);
	close(rows.reader.fd);
	if (error == -EBADMSG || error == -ENODATA)
		error = put_away(dir, id, &rows, err.text);
	else if (error && rows.is_unreadable)
		error = -ENOTRECOVERABLE;
	frame_reader_fini(&rows.reader);
	object_spec_fini(&rows.spec);
	arena_fini(&rows.arena);
	return error;
}
