/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c - see seal.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "format/json_read.h"
#include "format/json_write.h"
#include "stage/recipe.h"
#include "store/digest.h"
#include "store/envelope.h"
#include "store/frame.h"
#include "store/salvage.h"
#include "store/seal.h"
#include "sys/io.h"

#define ARENA_MAX   ((size_t)1 << 20)
#define HEADS_AHEAD 8192 /* where payloads are stepped over */
#define ROWS_AHEAD  (64 * 1024)

/* What the heads of the frames say, up to a limit. */
struct outline {
	int64_t end; /* behind the last frame of rows */
	int64_t records, first_ms, last_ms;
	bool is_marked;
	struct object object; /* marked; its key lives in the arena */
	struct arena arena;
};

/* The payload of a mark; the rest of the object stands in the frame's head. */
struct mark {
	struct str key;
	int64_t lost_flows;
};

static const struct shape mark_shape = {
	.name = "mark",
	.size = sizeof(struct mark),
	.fields =
		(const struct field[]){
			FIELD(struct mark, key, "key", 0),
			FIELD(struct mark, lost_flows, "lost_flows", FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

int seal_mark(int fd, int64_t size, const struct object *object)
{
	struct frame frame = {
		.kind = FRAME_SEAL,
		.records = (uint32_t)object->records,
		.first_ms = object->first_ms,
		.last_ms = object->last_ms,
	};
	struct mark mark = { object->key, object->lost_flows };
	struct buf payload = BUF_INIT(ARENA_MAX);
	int error;

	json_put_record(&payload, &mark_shape, &mark, (struct json_style){ 0 });
	error = buf_error(&payload);
	if (!error)
		error = frame_append(fd, size, &frame, buf_str(&payload));
	buf_fini(&payload);
	return error;
}

static int read_mark(struct frame_reader *reader, int64_t at, const struct frame *frame,
		     struct outline *o)
{
	struct str payload;
	int error = frame_read_payload(reader, at, frame, &payload);
	struct mark mark = { .key = STR("") };
	struct json_reader r;

	if (error)
		return error;
	json_reader_init(&r, arena_str(&o->arena, payload), &o->arena);
	if (!json_read_object(&r, &mark_shape, &mark))
		return -ENODATA;
	o->is_marked = true;
	o->object = (struct object){
		.key = mark.key,
		.first_ms = frame->first_ms,
		.last_ms = frame->last_ms,
		.records = frame->records,
		.lost_flows = mark.lost_flows,
	};
	return 0;
}

/* Steps over the frames before limit. 0, -ENODATA: there is no recipe, or
 * -errno. */
static int step_over(struct frame_reader *reader, int64_t limit, struct outline *o)
{
	struct frame frame;
	int64_t at = 0;
	int error;

	o->records = 0;
	while (!(error = frame_read_head(reader, at, &frame))) {
		int64_t next = at + FRAME_HEAD + frame.bytes;

		if ((at == 0) != (frame.kind == FRAME_RECIPE))
			return at ? 0 : -ENODATA;
		if (frame.kind == FRAME_SEAL) {
			error = read_mark(reader, at, &frame, o);
			break;
		}
		if (next > limit) {
			at = next; /* damaged: only the mark is still wanted */
			continue;
		}
		if (frame.kind == FRAME_ROWS) {
			if (!o->records)
				o->first_ms = frame.first_ms;
			o->last_ms = frame.last_ms;
			o->records += frame.records;
		}
		o->end = at = next;
	}
	return error == -ENODATA && at ? 0 : error;
}

static int outline_read(int fd, int64_t limit, struct outline *o)
{
	struct frame_reader reader = FRAME_READER(fd, HEADS_AHEAD);
	int error = step_over(&reader, limit, o);

	frame_reader_fini(&reader);
	return error;
}

/* The finished object on its way to tmp/. */
struct body {
	struct byte_sink sink;
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
	digest_add(&body->sha256, bytes);
	digest_add(&body->md5, bytes);
	return 0;
}

static int write_envelope(struct body *body, const struct recipe *recipe,
			  const struct object *object)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	char head[ENVELOPE_SIZE];
	struct envelope envelope = {
		.dirname = recipe->place.dirname,
		.key = object->key,
		.content_type = recipe->content_type,
		.content_encoding = recipe->content_encoding,
		.records = object->records,
		.size = body->size,
	};
	int error = digest_end(&body->sha256, envelope.sha256);

	if (!error)
		error = digest_end(&body->md5, envelope.md5);
	recipe_metadata(recipe, object, &arena, &envelope.metadata);
	if (!error)
		error = arena_error(&arena);
	if (!error)
		error = envelope_write(&envelope, head);
	arena_fini(&arena);
	return error ? error
		     : io_write_at(body->fd, (struct str){ head, sizeof(head) }, 0);
}

/* Feeds the rows. -EBADMSG: the frame at *damaged is. */
static int make_rows(struct making *making, int fd, int64_t end, int64_t *damaged)
{
	struct frame_reader reader = FRAME_READER(fd, ROWS_AHEAD);
	struct frame frame;
	struct str payload;
	int64_t at = 0;
	int error = 0;

	while (!error && at < end) {
		error = frame_read_head(&reader, at, &frame);
		if (!error)
			error = frame_read_payload(&reader, at, &frame, &payload);
		if (!error && frame.kind == FRAME_ROWS)
			error = making_rows(making, payload);
		if (error == -ENODATA) {
			*damaged = at;
			error = -EBADMSG;
		}
		at += FRAME_HEAD + frame.bytes;
	}
	frame_reader_fini(&reader);
	return error;
}

static int make_body(struct body *body, int fd, const struct recipe *recipe,
		     const struct outline *o, int64_t *damaged)
{
	struct object object = o->object;
	struct making making;
	int error = digest_init(&body->sha256, DIGEST_SHA256);

	if (!error)
		error = digest_init(&body->md5, DIGEST_MD5);
	if (error)
		return error;
	object.records = o->records;
	error = making_start(&making, recipe, &object, &body->sink);
	if (error == -EFBIG)
		error = -ENODATA; /* the header would be as long the next time */
	if (!error)
		error = make_rows(&making, fd, o->end, damaged);
	if (!error)
		error = making_finish(&making);
	making_end(&making);
	return error ? error : write_envelope(body, recipe, &object);
}

/* tmp/<id>, whole or not at all. */
static int make_file(struct spool_dir *dir, uint64_t id, int fd,
		     const struct recipe *recipe, const struct outline *o,
		     struct body *body, int64_t *damaged)
{
	int error;

	*body = (struct body){ .sink = { body_put } };
	body->fd = spool_create(dir, SPOOL_TMP, id);
	if (body->fd < 0)
		return body->fd;
	error = make_body(body, fd, recipe, o, damaged);
	digest_fini(&body->sha256);
	digest_fini(&body->md5);
	if (close(body->fd) < 0 && !error)
		error = -errno;
	if (error)
		spool_remove(dir, SPOOL_TMP, id);
	return error;
}

static int read_recipe(int fd, struct arena *arena, struct recipe *recipe,
		       struct err *err)
{
	struct frame_reader reader = FRAME_READER(fd, HEADS_AHEAD);
	struct frame frame;
	struct str text;
	int error = frame_read_head(&reader, 0, &frame);

	if (!error)
		error = frame_read_payload(&reader, 0, &frame, &text);
	if (error)
		err_set(err, "its recipe is damaged");
	else if (recipe_read(arena_str(arena, text), arena, recipe, err) < 0)
		error = -ENODATA;
	frame_reader_fini(&reader);
	return error;
}

static int commit(const struct spool_dir *dir, uint64_t id)
{
	char from[SPOOL_PATH_MAX], to[SPOOL_PATH_MAX];

	spool_path(dir, SPOOL_TMP, id, from);
	spool_path(dir, SPOOL_NEW, id, to);
	return rename(from, to) < 0 ? -errno : 0;
}

static void replace_open(struct spool_dir *dir, uint64_t id, const struct body *body,
			 const struct outline *o, struct now now)
{
	spool_remove(dir, SPOOL_OPEN, id);
	if (o->records < o->object.records)
		spool_damaged(dir, o->object.records - o->records);
	spool_add(dir, id, ENVELOPE_SIZE + body->size, o->records, now);
}

/* As much of the file as is whole; *damaged is where that ends. */
static int make(struct spool_dir *dir, uint64_t id, int fd, const struct recipe *recipe,
		struct outline *o, struct body *body, int64_t *damaged)
{
	int error;

	for (*damaged = INT64_MAX;;) {
		error = outline_read(fd, *damaged, o);
		if (error || !o->is_marked || !o->records)
			return error == -ENODATA || !error ? -EBADMSG : error;
		error = make_file(dir, id, fd, recipe, o, body, damaged);
		if (error != -EBADMSG)
			return error;
	}
}

int seal_object(struct spool_dir *dir, uint64_t id, struct log *log, struct now now)
{
	struct outline outline = { .arena = ARENA_INIT(ARENA_MAX) };
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct recipe recipe = { 0 };
	struct err err = ERR_INIT;
	struct body body;
	char path[SPOOL_PATH_MAX];
	int64_t damaged;
	int fd, error;

	spool_path(dir, SPOOL_OPEN, id, path);
	fd = io_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	error = read_recipe(fd, &arena, &recipe, &err);
	if (!error) {
		err_set(&err, "nothing in it can be used");
		error = make(dir, id, fd, &recipe, &outline, &body, &damaged);
	}
	if (!error)
		error = commit(dir, id);
	if (!error && damaged < INT64_MAX)
		salvage(dir, id, fd, damaged, log);
	close(fd);
	if (!error)
		replace_open(dir, id, &body, &outline, now);
	if (error == -EBADMSG || error == -ENODATA || error == -ENAMETOOLONG) {
		if (error == -ENAMETOOLONG)
			err_set(&err, "its key and metadata are longer than an object "
				      "store takes");
		spool_quarantine(dir, SPOOL_OPEN, id, err.text);
		if (outline.is_marked)
			spool_damaged(dir, outline.object.records);
		error = -EBADMSG;
	}
	recipe_fini(&recipe);
	arena_fini(&outline.arena);
	arena_fini(&arena);
	return error;
}
