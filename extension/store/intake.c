/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c - see intake.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "store/frame.h"
#include "store/intake.h"
#include "store/seal.h"
#include "sys/io.h"

#define RECIPE_MAX ((size_t)1 << 20)
#define RETRY_MS   1000

/* The open object of a tag. */
struct open_file {
	bool is_open; /* there is one */
	int fd;	      /* -1: closed to save descriptors */
	uint64_t id;
	int64_t size;
};

/* An object that is being made. */
struct seal_job {
	struct task task;
	struct seal_job *next;
	struct intake *intake;
	uint64_t id;
	int64_t size; /* of the open file */
	bool is_done;
};

struct intake {
	struct sink sink;
	struct intake_parts parts;
	struct open_file file[TAG_COUNT];
	struct buf recipe[TAG_COUNT];
	int fd_max;		 /* above it descriptors are not kept */
	int64_t recovery_stream; /* of recovered objects; 0: there are none */
	pthread_mutex_t lock;
	struct seal_job *jobs;
	size_t sealing;
};

static struct intake *of(struct sink *sink)
{
	return (struct intake *)sink;
}

static void reap_jobs(struct intake *in)
{
	struct seal_job **at = &in->jobs, *job, *done = NULL;

	pthread_mutex_lock(&in->lock);
	while ((job = *at)) {
		if (!job->is_done) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = done;
		done = job;
	}
	pthread_mutex_unlock(&in->lock);
	while ((job = done)) {
		done = job->next;
		workers_forget(in->parts.sealers, &job->task);
		free(job);
	}
}

static void run_job(struct task *task, struct now now)
{
	struct seal_job *job = (struct seal_job *)task;
	struct intake *in = job->intake;
	int error = seal_object(in->parts.dir, job->id, in->parts.log, now);

	if (error && error != -EBADMSG) {
		log_write(in->parts.log, LOG_WARNING,
			  "tenant=%s spool=unwritable cannot "
			  "finish an object: %s; trying again",
			  spool_dir_name(in->parts.dir), strerror(-error));
		workers_wake_at(in->parts.sealers, &job->task, now.mono_ms + RETRY_MS);
		return;
	}
	spool_charge(spool_of(in->parts.dir), -job->size);
	pthread_mutex_lock(&in->lock);
	job->is_done = true;
	in->sealing--;
	pthread_mutex_unlock(&in->lock);
	in->parts.sealed(in->parts.context);
}

static struct seal_job *new_job(struct intake *in, uint64_t id, int64_t size)
{
	struct seal_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	task_init(&job->task, run_job);
	job->intake = in;
	job->id = id;
	job->size = size;
	return job;
}

static void start_job(struct intake *in, struct seal_job *job)
{
	pthread_mutex_lock(&in->lock);
	job->next = in->jobs;
	in->jobs = job;
	in->sealing++;
	pthread_mutex_unlock(&in->lock);
	workers_wake(in->parts.sealers, &job->task);
}

/* The tag's open file, made if there is none. A descriptor, or -errno. */
static int open_file(struct intake *in, enum tag tag)
{
	struct open_file *file = &in->file[tag];
	struct frame frame = { .kind = FRAME_RECIPE };
	struct str recipe = buf_str(&in->recipe[tag]);
	char path[SPOOL_PATH_MAX];
	int error;

	if (file->is_open && file->fd >= 0)
		return file->fd;
	if (!file->is_open)
		file->id = spool_next_id(in->parts.dir);
	spool_path(in->parts.dir, SPOOL_OPEN, file->id, path);
	file->fd = io_open(path, O_RDWR | (file->is_open ? 0 : O_CREAT | O_EXCL), 0640);
	if (file->fd < 0 || file->is_open)
		return file->fd;
	error = buf_error(&in->recipe[tag]);
	if (!error)
		error = frame_append(file->fd, 0, &frame, recipe);
	if (error) {
		close(file->fd);
		file->fd = -1;
		unlink(path);
		return error;
	}
	file->is_open = true;
	file->size = FRAME_HEAD + (int64_t)recipe.len;
	spool_charge(spool_of(in->parts.dir), file->size);
	return file->fd;
}

static void save_descriptor(struct intake *in, struct open_file *file)
{
	if (file->fd <= in->fd_max)
		return;
	close(file->fd);
	file->fd = -1;
}

static int intake_append(struct sink *sink, enum tag tag, const struct rows *rows)
{
	struct intake *in = of(sink);
	struct open_file *file = &in->file[tag];
	struct frame frame = {
		.kind = FRAME_ROWS,
		.records = (uint32_t)rows->count,
		.first_ms = rows->first_ms,
		.last_ms = rows->last_ms,
	};
	int fd = open_file(in, tag), error;

	if (fd < 0)
		return fd;
	error = frame_append(fd, file->size, &frame, rows->bytes);
	if (!error) {
		file->size += FRAME_HEAD + (int64_t)rows->bytes.len;
		spool_charge(spool_of(in->parts.dir),
			     FRAME_HEAD + (int64_t)rows->bytes.len);
	}
	save_descriptor(in, file);
	return error;
}

static int intake_seal(struct sink *sink, enum tag tag, const struct object *object)
{
	struct intake *in = of(sink);
	struct open_file *file = &in->file[tag];
	struct seal_job *job = new_job(in, file->id, file->size);
	int fd = open_file(in, tag);
	int error = !job ? -ENOMEM : fd < 0 ? fd : seal_mark(fd, file->size, object);

	if (error) {
		free(job);
		return error;
	}
	close(fd);
	*file = (struct open_file){ .fd = -1 };
	reap_jobs(in);
	start_job(in, job);
	return 0;
}

/* The stream of recovered objects is theirs alone: both count from 0. */
static int64_t intake_stream(struct sink *sink, int64_t wanted)
{
	struct intake *in = of(sink);
	struct streams *streams = in->parts.streams;
	struct spool *spool = spool_of(in->parts.dir);
	int64_t id;

	if (wanted <= in->recovery_stream)
		wanted = in->recovery_stream + 1;
	if (!streams)
		return spool_stream(spool, wanted);
	pthread_mutex_lock(&streams->lock);
	/* The tags of one share a stream; what another has had is not for us. */
	if (wanted <= streams->last)
		wanted = streams->user == in ? streams->last : streams->last + 1;
	if (!streams->has_ended)
		id = spool_stream(spool, wanted);
	else if (streams->user == in && streams->alone >= wanted)
		id = streams->alone;
	else
		id = streams->alone = spool_stream_alone(spool, wanted);
	if (id > streams->last)
		streams->last = id;
	if (id > 0)
		streams->user = in;
	pthread_mutex_unlock(&streams->lock);
	return id;
}

static bool intake_hold(struct sink *sink, int64_t bytes)
{
	return spool_hold(spool_of(of(sink)->parts.dir), bytes);
}

struct intake *intake_new(const struct intake_parts *parts)
{
	struct intake *in = calloc(1, sizeof(*in));
	struct rlimit limit;
	int tag;

	if (!in)
		return NULL;
	in->sink = (struct sink){ intake_append, intake_seal, intake_stream,
				  intake_hold };
	in->parts = *parts;
	pthread_mutex_init(&in->lock, NULL);
	in->fd_max = 512;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)INT32_MAX)
		in->fd_max = (int)(limit.rlim_cur / 4 * 3);
	for (tag = 0; tag < TAG_COUNT; tag++) {
		in->file[tag].fd = -1;
		in->recipe[tag] = (struct buf)BUF_INIT(RECIPE_MAX);
		in->parts.place.tag = (enum tag)tag;
		recipe_write(parts->stages, &in->parts.place, &in->recipe[tag]);
	}
	return in;
}

/* Another one may come to live at our address. */
static void forget_streams(struct intake *in)
{
	struct streams *streams = in->parts.streams;

	if (!streams)
		return;
	pthread_mutex_lock(&streams->lock);
	if (streams->user == in)
		streams->user = NULL;
	pthread_mutex_unlock(&streams->lock);
}

void intake_free(struct intake *in)
{
	struct seal_job *job;
	int tag;

	if (!in)
		return;
	forget_streams(in);
	while ((job = in->jobs)) {
		in->jobs = job->next;
		workers_forget(in->parts.sealers, &job->task);
		free(job);
	}
	for (tag = 0; tag < TAG_COUNT; tag++) {
		if (in->file[tag].fd >= 0)
			close(in->file[tag].fd);
		buf_fini(&in->recipe[tag]);
	}
	pthread_mutex_destroy(&in->lock);
	free(in);
}

struct sink *intake_sink(struct intake *in)
{
	return &in->sink;
}

size_t intake_sealing(struct intake *in)
{
	size_t sealing;

	pthread_mutex_lock(&in->lock);
	sealing = in->sealing;
	pthread_mutex_unlock(&in->lock);
	return sealing;
}

/* Streams of recovered objects: one per tag, of this start. */
struct recovery {
	struct now now;
	int64_t stream;
	int64_t sequence[TAG_COUNT];
};

/* An open file without key gets one of its own. */
static int mark_left(struct intake *in, uint64_t id, struct seal_state *state,
		     struct recovery *r)
{
	struct arena arena = ARENA_INIT(RECIPE_MAX);
	struct buf key = BUF_INIT(4096);
	struct recipe recipe = { 0 };
	struct err err = ERR_INIT;
	struct object object = {
		.first_ms = state->first_ms,
		.last_ms = state->last_ms,
		.records = state->records,
	};
	char path[SPOOL_PATH_MAX];
	int fd, error;

	error = recipe_read(buf_str(&state->recipe), &arena, &recipe, &err);
	if (error) {
		spool_quarantine(in->parts.dir, SPOOL_OPEN, id, err.text);
		goto out;
	}
	if (!r->stream)
		r->stream = intake_stream(&in->sink, r->now.wall_ms / 1000);
	object_key(&key, recipe.place.prefix, recipe.place.tag, r->stream,
		   r->sequence[recipe.place.tag]);
	object.key = buf_str(&key);
	spool_path(in->parts.dir, SPOOL_OPEN, id, path);
	fd = r->stream < 0 ? (int)r->stream : io_open(path, O_RDWR, 0);
	error = fd < 0				 ? fd
		: ftruncate(fd, state->good) < 0 ? -errno
						 : seal_mark(fd, state->good, &object);
	if (fd >= 0)
		close(fd);
	if (!error)
		r->sequence[recipe.place.tag]++;
out:
	recipe_fini(&recipe);
	buf_fini(&key);
	arena_fini(&arena);
	return error;
}

static void recover_one(struct intake *in, uint64_t id, struct recovery *r)
{
	struct seal_state state;
	struct seal_job *job;
	char path[SPOOL_PATH_MAX];
	int error = seal_inspect(in->parts.dir, id, &state);

	spool_path(in->parts.dir, SPOOL_OPEN, id, path);
	if (error == -ENODATA) {
		spool_quarantine(in->parts.dir, SPOOL_OPEN, id, "its recipe is damaged");
	} else if (!error && !state.records) {
		unlink(path); /* it was only just made */
		error = -ENODATA;
	} else if (!error && !state.is_marked) {
		error = mark_left(in, id, &state, r);
	}
	buf_fini(&state.recipe);
	if (error) {
		if (error != -ENODATA && error != -EINVAL)
			log_write(
				in->parts.log, LOG_ERROR,
				"tenant=%s spool=open/%016" PRIu64
				" cannot be finished now: %s; the next start tries again",
				spool_dir_name(in->parts.dir), id, strerror(-error));
		return;
	}
	stats_add(in->parts.stats, STAT_RECORDS_RECOVERED, state.records);
	stats_add(in->parts.stats, STAT_RECORDS_SPOOLED, state.records);
	job = new_job(in, id, state.good);
	if (job) {
		spool_charge(spool_of(in->parts.dir), state.good);
		start_job(in, job);
	}
}

void intake_recover(struct intake *in, struct now now)
{
	struct recovery recovery = { .now = now };
	const uint64_t *ids;
	size_t count = spool_left_open(in->parts.dir, &ids), i;

	for (i = 0; i < count; i++)
		recover_one(in, ids[i], &recovery);
	in->recovery_stream = recovery.stream;
	if (count)
		log_write(in->parts.log, LOG_INFO,
			  "tenant=%s recovered=%zu unfinished objects of an earlier run",
			  spool_dir_name(in->parts.dir), count);
}
