/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c - see seal.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/crc32c.h"
#include "sys/digest.h"
#include "spool/salvage.h"
#include "spool/seal_private.h"
#include "sys/io.h"

/* The finished object on its way to tmp/. */
struct body {
	struct byte_sink sink;
	struct spool_dir *dir;
	int fd;
	int64_t size;
	struct digest sha256, md5;
	bool is_labelled; /* so no store asks for those */
	uint32_t crc32c;
};

static int body_put(struct byte_sink *sink, struct str bytes)
{
	struct body *body = (struct body *)sink;
	int error = io_write_at(body->fd, bytes, ENVELOPE_SIZE + body->size);

	if (error)
		return error;
	body->size += (int64_t)bytes.len;
	spool_charge(body->dir, SPOOL_TMP, (int64_t)bytes.len);
	if (body->is_labelled) {
		body->crc32c = crc32c(body->crc32c, bytes);
		return 0;
	}
	digest_add(&body->sha256, bytes);
	digest_add(&body->md5, bytes);
	return 0;
}

static int write_envelope(struct body *body, const struct open_rows *rows)
{
	struct envelope envelope = {
		.size = body->size,
		.has_crc32c = body->is_labelled,
		.crc32c = body->crc32c,
	};
	int error = digest_end(&body->sha256, envelope.sha256);

	if (!error)
		error = digest_end(&body->md5, envelope.md5);
	return error ? error : seal_write_envelope(body->fd, rows, &envelope);
}

/* Room that the compressor wants, of what all who make objects share. */
static int take_room(struct body *body, struct object_builder *builder,
		     struct mapping *room)
{
	int error = spool_take_memory(body->dir, builder->memory, room);

	if (error || !builder->memory)
		return error;
	mapping_populate(room, (size_t)builder->expected);
	object_builder_lend(builder, room->ptr);
	return 0;
}

static int make_body(struct body *body, struct open_rows *rows)
{
	struct object object = rows->object;
	struct object_builder builder;
	struct mapping room = { 0 };
	int error = digest_init(&body->sha256, DIGEST_SHA256);

	body->is_labelled = rows->spec.place.is_labelled;
	if (!error)
		error = digest_init(&body->md5, DIGEST_MD5);
	if (error)
		return error;
	object.records = rows->records;
	error = object_builder_start(&builder, &rows->spec, &object, &body->sink);
	if (error == -EFBIG)
		error = -ENODATA; /* the header would be as long the next time */
	if (!error)
		error = open_rows_expect(rows, &builder);
	if (!error)
		error = take_room(body, &builder, &room);
	if (!error)
		error = open_rows_feed(rows, &builder);
	if (!error)
		error = object_builder_finish(&builder);
	object_builder_end(&builder);
	if (room.ptr)
		spool_give_memory(body->dir, builder.memory, &room);
	return error ? error : write_envelope(body, rows);
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

static void replace_open(struct spool_dir *dir, uint64_t id, uint64_t to,
			 const struct body *body, const struct open_rows *rows,
			 struct now now)
{
	if (rows->frames.seed)
		spool_keep_rows(dir, id);
	else
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

/* A copy of its good rows, as a body. */
static int seal_copy(struct spool_dir *dir, uint64_t id, int64_t seal_at,
		     struct open_rows *rows, struct log *log, struct now now)
{
	struct ledger_sum sum = { .objects = 1 };
	struct body body;
	uint64_t to;
	int error = seal_make(dir, id, rows, &body);

	if (error)
		return error;
	sum.records = rows->records;
	sum.bytes = body.size;
	error = seal_commit(dir, SPOOL_TMP, id, &sum, &to);
	if (error) {
		remove_tmp(dir, id, &body);
		return error;
	}
	if (rows->end < seal_at)
		salvage(dir, id, &rows->frames, rows->end, log);
	replace_open(dir, id, to, &body, rows, now);
	return 0;
}

/* -EBADMSG or -ENODATA: nothing can be made of it. */
static int seal_rows(struct spool_dir *dir, uint64_t id, int64_t seal_at,
		     struct open_rows *rows, struct log *log, struct now now,
		     struct err *err)
{
	int error;

	err_set(err, "nothing in it can be used");
	error = open_rows_read(rows, seal_at, err);
	if (!error)
		error = seal_in_place(dir, id, rows, now);
	if (error == -ENOTSUP)
		error = seal_copy(dir, id, seal_at, rows, log, now);
	if (error != -ENAMETOOLONG)
		return error;
	err_set(err, "its key and metadata are longer than an object store takes");
	return -EBADMSG;
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
	int fd = spool_open_file(dir, SPOOL_OPEN, id, O_RDONLY), error;
	struct err err = ERR_INIT;
	struct open_rows rows;

	if (fd < 0)
		return open_failed(fd);
	open_rows_init(&rows, fd, id);
	error = seal_rows(dir, id, seal_at, &rows, log, now, &err);
	close(fd);
	if (error == -EBADMSG || error == -ENODATA)
		error = put_away(dir, id, &rows, err.text);
	else if (error && rows.is_unreadable)
		error = -ENOTRECOVERABLE;
	open_rows_fini(&rows);
	return error;
}
