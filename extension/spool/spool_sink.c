/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink.c - see spool_sink.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "spool/envelope.h"
#include "spool/frame.h"
#include "spool/in_place.h"
#include "spool/spool_sink_private.h"
#include "spool/seal.h"
#include "sys/io.h"

#define ROOM_BYTES (64 * 1024)

static struct spool_sink *sink_of(struct sink *sink)
{
	return (struct spool_sink *)sink;
}

/* The file of the place, or one that is free. NULL: more are open than may be. */
static struct open_file *find_file(struct spool_sink *in, struct object_place place)
{
	struct open_file *free_one = NULL;
	int i;

	for (i = 0; i < OPEN_MAX; i++) {
		struct open_file *file = &in->file[place.tag][i];

		if (file->is_open && file->slot_ms == place.slot_ms)
			return file;
		if (!file->is_open && !free_one)
			free_one = file;
	}
	if (free_one)
		free_one->slot_ms = place.slot_ms;
	return free_one;
}

/* The beginning of a new file. Returns its size, or -errno. */
static int64_t write_object_spec(struct spool_sink *in, const struct open_file *file,
				 enum tag tag)
{
	struct object_spec_place place = in->parts.place;
	struct buf spec = BUF_INIT(OBJECT_SPEC_MAX);
	struct frame frame = {
		.kind = FRAME_OBJECT_SPEC,
		.first_ms = file->seed ? (int64_t)file->id : 0,
	};
	int64_t size = place.is_labelled ? ENVELOPE_SIZE : 0;
	int error;

	place.tag = tag;
	place.slot_ms = file->slot_ms;
	object_spec_write(in->parts.stages, &place, &spec);
	error = buf_error(&spec);
	if (!error && place.is_labelled)
		error = in_place_begin(file->fd);
	if (!error)
		error = frame_append(file->fd, file->seed, size, &frame, buf_str(&spec));
	size += FRAME_HEAD + (int64_t)spec.len;
	buf_fini(&spec);
	return error ? error : size;
}

/* A new file of the place. A descriptor, or -errno. */
static int sink_begin_file(struct spool_sink *in, struct open_file *file, enum tag tag)
{
	int64_t size;

	file->id = spool_sink_next_id(in);
	file->seed = in->parts.place.is_labelled ? 0 : frame_seed(file->id);
	file->fd = file->seed ? spool_create_rows(in->parts.dir, file->id)
			      : spool_create(in->parts.dir, SPOOL_OPEN, file->id);
	if (file->fd < 0)
		return file->fd;
	size = write_object_spec(in, file, tag);
	if (size < 0) {
		close(file->fd);
		file->fd = -1;
		spool_remove(in->parts.dir, SPOOL_OPEN, file->id);
		return (int)size;
	}
	file->is_open = true;
	file->size = size;
	spool_charge(in->parts.dir, SPOOL_OPEN, file->size);
	return file->fd;
}

/* It was removed by somebody else. What was in it is found missing, and counted, when
 * the object is made of what still comes. */
static void sink_lose_file(struct spool_sink *in, struct open_file *file)
{
	log_write(in->parts.log, LOG_ERROR,
		  "tenant=%s spool=open/%016" PRIu64
		  " was removed by somebody else: what was in it is lost",
		  spool_dir_name(in->parts.dir), file->id);
	spool_note_lost(in->parts.dir);
	spool_charge(in->parts.dir, SPOOL_OPEN, -file->size);
	file->is_open = false;
}

/* The file is made if it is not there. A descriptor, or -errno. */
static int sink_open_file(struct spool_sink *in, struct open_file *file, enum tag tag)
{
	if (file->is_open && file->fd < 0)
		file->fd = spool_open_file(in->parts.dir, SPOOL_OPEN, file->id, O_RDWR);
	if (file->is_open && file->fd == -ENOENT)
		sink_lose_file(in, file);
	return file->is_open ? file->fd : sink_begin_file(in, file, tag);
}

/* Whether these rows leave enough of the disk to make the object, even one that
 * compression does not make smaller: what cannot be finished would stay for ever. */
static bool sink_has_room(const struct spool_sink *in, int fd,
			  const struct open_file *file, size_t bytes)
{
	if (spool_is_full(in->parts.dir, 2 * (int64_t)bytes))
		return false;
	return spool_has_room(spool_of(in->parts.dir), fd,
			      file->size + 2 * (int64_t)bytes + ROOM_BYTES);
}

static void save_descriptor(struct spool_sink *in, struct open_file *file)
{
	if (file->fd <= in->fd_max)
		return;
	close(file->fd);
	file->fd = -1;
}

static int spool_sink_append(struct sink *sink, struct object_place place,
			     const struct rows *rows)
{
	struct spool_sink *in = sink_of(sink);
	struct open_file *file = find_file(in, place);
	struct frame frame = {
		.kind = FRAME_ROWS,
		.records = (uint32_t)rows->count,
		.first_ms = rows->first_ms,
		.last_ms = rows->last_ms,
	};
	int fd = file ? sink_open_file(in, file, place.tag) : -EBUSY, error;

	if (fd < 0)
		error = fd;
	else if (!sink_has_room(in, fd, file, rows->bytes.len))
		error = -ENOSPC;
	else
		error = frame_append(fd, file->seed, file->size, &frame, rows->bytes);
	if (!error) {
		file->size += FRAME_HEAD + (int64_t)rows->bytes.len;
		spool_charge(in->parts.dir, SPOOL_OPEN,
			     FRAME_HEAD + (int64_t)rows->bytes.len);
	} else {
		spool_keep_less(spool_of(in->parts.dir));
	}
	if (file)
		save_descriptor(in, file);
	in->error = error;
	return error;
}

static int spool_sink_seal(struct sink *sink, struct object_place place,
			   const struct object *object)
{
	struct spool_sink *in = sink_of(sink);
	struct open_file *file = find_file(in, place);
	struct seal_job *job = file ? spool_sink_new_job(in, file->id, file->size,
							 object->records)
				    : NULL;
	int fd = file ? sink_open_file(in, file, place.tag) : -EBUSY;
	int error = fd < 0 ? fd
		    : !job ? -ENOMEM
			   : seal_frame_append(fd, file->seed, file->size, object);

	if (error) {
		in->error = error;
		spool_keep_less(spool_of(in->parts.dir));
		free(job);
		return error;
	}
	close(fd);
	*file = (struct open_file){ .fd = -1 };
	spool_sink_start_job(in, job);
	return 0;
}

static bool spool_sink_must_end(struct sink *sink, struct object_place place)
{
	const struct spool_sink *in = sink_of(sink);
	int i;

	for (i = 0; i < OPEN_MAX; i++) {
		const struct open_file *file = &in->file[place.tag][i];

		if (file->is_open && file->slot_ms == place.slot_ms)
			return spool_must_finish(in->parts.dir, file->id);
	}
	return false;
}

static bool spool_sink_hold(struct sink *sink, int64_t bytes)
{
	struct spool_sink *in = sink_of(sink);
	bool ok = spool_hold(spool_of(in->parts.dir), bytes), was, is;

	pthread_mutex_lock(&in->lock);
	was = spool_sink_is_unwritable(in);
	in->held += ok ? bytes : 0;
	in->is_refused = !ok;
	is = spool_sink_is_unwritable(in);
	pthread_mutex_unlock(&in->lock);
	if (is || !in->error) /* at the end what is held is lost, not written */
		spool_sink_tell(in, was, is, in->error);
	return ok;
}

struct spool_sink *spool_sink_new(const struct spool_sink_parts *parts)
{
	struct spool_sink *in = calloc(1, sizeof(*in));
	struct rlimit limit;
	int i;

	if (!in)
		return NULL;
	in->sink = (struct sink){
		.append = spool_sink_append,
		.seal = spool_sink_seal,
		.stream = spool_sink_stream,
		.hold = spool_sink_hold,
		.must_end = spool_sink_must_end,
	};
	in->parts = *parts;
	pthread_mutex_init(&in->lock, NULL);
	in->fd_max = 512;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)INT32_MAX)
		in->fd_max = (int)(limit.rlim_cur / 4 * 3);
	for (i = 0; i < TAG_COUNT * OPEN_MAX; i++)
		in->file[i / OPEN_MAX][i % OPEN_MAX].fd = -1;
	return in;
}

void spool_sink_begin(struct spool_sink *in)
{
	if (in->parts.finish)
		spool_on_finish(in->parts.dir, in->parts.finish, in->parts.context);
}

/* Another one may come to live at our address. */
void spool_sink_free(struct spool_sink *in)
{
	int i;

	if (!in)
		return;
	spool_on_finish(in->parts.dir, NULL, in->parts.context);
	spool_sink_forget_streams(in);
	spool_sink_free_jobs(in);
	for (i = 0; i < TAG_COUNT * OPEN_MAX; i++)
		if (in->file[i / OPEN_MAX][i % OPEN_MAX].fd >= 0)
			close(in->file[i / OPEN_MAX][i % OPEN_MAX].fd);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

struct sink *spool_sink_base(struct spool_sink *in)
{
	return &in->sink;
}
