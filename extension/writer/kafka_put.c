/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_put.c - the puts of the writer kafka: each row of an object becomes a message.
 *
 * A put is a job of the cluster's thread, which reads the rows as there is room for
 * them, and ends when all have been reported. One that was cancelled goes on for a
 * moment, if it has begun: what the brokers have already would be sent again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "sys/clock.h"
#include "sys/io.h"
#include "writer/kafka_private.h"

#define ROWS_A_TURN	 500
#define UNREPORTED_MAX	 25000		    /* of a put; librdkafka takes 50000 */
#define UNREPORTED_BYTES ((int64_t)8 << 20) /* of it, of 16 MiB */
#define PART_BYTES	 ((size_t)64 << 10)
#define PART_MAX	 ((size_t)64 << 20)
#define FINISH_MS	 2000
#define SILENCE_MS	 30000
#define FORMAT_VERSION	 "1"

enum { HEADER_TENANT, HEADER_TAG, HEADER_FORMAT, HEADER_ID, HEADERS };

struct kafka_put {
	struct kafka_job job;
	struct kafka_writer *writer;
	struct put *put;
	struct buf topic, format, id;
	size_t id_fixed; /* bytes of id without the number of the row */
	struct str name[HEADERS], value[HEADERS];
	struct map_of_str headers;

	struct buf part; /* of the body; rows before at are done */
	size_t at;
	int64_t read;	     /* bytes of the body */
	int64_t rows, bytes; /* produced */
	bool is_read, has_failed;
	_Atomic int64_t cancelled_ms; /* monotonic; 0: it is not */
};

static struct str metadata_of(const struct sealed *object, const char *name)
{
	size_t i;

	for (i = 0; i < object->metadata.count; i++)
		if (str_is(object->metadata.name[i], name))
			return object->metadata.value[i];
	return STR("");
}

static void put_failed(struct kafka_put *p, const char *why)
{
	if (p->has_failed)
		return;
	p->has_failed = true;
	snprintf(p->put->error, sizeof(p->put->error), "%s", why);
}

/* More of the body behind what is there. 0 or -errno. */
static int read_part(struct kafka_put *p, size_t needed)
{
	int64_t left = p->put->object->size - p->read;
	size_t have = p->part.len - p->at;
	size_t size = needed > PART_BYTES ? needed - have : PART_BYTES;
	char *room;
	int error;

	if (p->at && have)
		memmove(p->part.ptr, p->part.ptr + p->at, have);
	buf_cut(&p->part, have);
	p->at = 0;
	if ((int64_t)size > left)
		size = (size_t)left;
	room = buf_room(&p->part, size);
	if (!room)
		return buf_error(&p->part);
	error = io_read_at(p->put->fd, room, size, p->put->object->offset + p->read);
	if (error)
		return error;
	buf_added(&p->part, size);
	p->read += (int64_t)size;
	return 0;
}

/* 0; -EAGAIN: there are no more; other -errno. */
static int next_row(struct kafka_put *p, struct row_label *label, size_t *size)
{
	struct str rest;
	size_t needed;
	int error;

	for (;;) {
		rest = str_skip(buf_str(&p->part), p->at);
		*size = rest.len;
		error = row_label_read(&rest, label, &needed);
		*size -= rest.len;
		if (error != -EAGAIN || p->read == p->put->object->size)
			break;
		error = read_part(p, needed);
		if (error)
			return error;
	}
	return error == -EAGAIN && *size == 0 && rest.len ? -EINVAL : error;
}

static struct str key_of(const struct kafka_put *p, const struct row_label *label)
{
	if (p->writer->key == KAFKA_KEY_TENANT)
		return p->writer->tenant;
	return label->key.len ? label->key : (struct str){ NULL, 0 };
}

/* 0; -EAGAIN: there is no room; other -errno, and the put has failed. */
static int send_row(struct kafka_put *p, const struct row_label *label)
{
	struct err err = ERR_INIT;
	struct kafka_message message = {
		.key = key_of(p, label),
		.value = label->row,
		.headers = &p->headers,
		.time_ms = label->time_ms,
		.at = p->rows,
	};
	int error;

	if (message.value.len && message.value.ptr[message.value.len - 1] == '\n')
		message.value.len--;
	buf_cut(&p->id, p->id_fixed);
	buf_put_i64(&p->id, p->rows);
	if (buf_error(&p->id))
		return -ENOMEM;
	p->value[HEADER_ID] = buf_str(&p->id);
	error = kafka_produce(&p->job, &message, &err);
	if (error && error != -EAGAIN)
		put_failed(p, err.text);
	return error;
}

/* A put whose topic is stuck leaves room for others. */
static bool has_share(const struct kafka_put *p)
{
	int64_t mean = p->rows ? p->bytes / p->rows : 0;

	return p->job.unreported < UNREPORTED_MAX &&
	       (int64_t)p->job.unreported * mean < UNREPORTED_BYTES;
}

static enum kafka_step send_rows(struct kafka_put *p)
{
	struct row_label label;
	size_t size;
	unsigned i;
	int error;

	for (i = 0; i < ROWS_A_TURN; i++) {
		if (!has_share(p))
			return KAFKA_WAIT;
		error = next_row(p, &label, &size);
		if (error == -EAGAIN) {
			p->is_read = true;
			return KAFKA_WAIT;
		}
		if (error) {
			put_failed(p, error == -EINVAL ? "its rows are damaged"
						       : strerror(-error));
			return KAFKA_WAIT;
		}
		if (send_row(p, &label))
			return KAFKA_WAIT;
		p->at += size;
		p->rows++;
		p->bytes += (int64_t)size;
	}
	return KAFKA_MORE;
}

/* What was cancelled before it began, or has not ended in time. */
static bool is_given_up(struct kafka_put *p)
{
	int64_t cancelled_ms = atomic_load(&p->cancelled_ms);

	if (!cancelled_ms || (p->rows && clock_now().mono_ms - cancelled_ms < FINISH_MS))
		return false;
	put_failed(p, "cancelled");
	return true;
}

static enum kafka_step put_feed(struct kafka_job *job)
{
	struct kafka_put *p = (struct kafka_put *)job;
	enum kafka_step step = KAFKA_WAIT;

	if (is_given_up(p))
		return KAFKA_OVER;
	if (!p->is_read && !p->has_failed)
		step = send_rows(p);
	return (p->is_read || p->has_failed) && !job->unreported ? KAFKA_OVER : step;
}

static void put_reported(struct kafka_job *job, const struct kafka_report *report)
{
	struct kafka_put *p = (struct kafka_put *)job;

	atomic_store(&p->writer->progress_ms, clock_now().mono_ms);
	if (report->fate != KAFKA_WRITTEN)
		put_failed(p, report->why);
}

static void put_free(struct kafka_put *p)
{
	buf_fini(&p->topic);
	buf_fini(&p->format);
	buf_fini(&p->id);
	buf_fini(&p->part);
	free(p);
}

static void put_ended(struct kafka_job *job)
{
	struct kafka_put *p = (struct kafka_put *)job;
	struct put *put = p->put;

	pthread_mutex_lock(&p->writer->lock);
	put->private = NULL;
	pthread_mutex_unlock(&p->writer->lock);
	put->result = p->has_failed ? PUT_FAILED : PUT_STORED;
	put_free(p);
	put->done(put);
}

static void set_headers(struct kafka_put *p)
{
	struct str tag = metadata_of(p->put->object, "tag");

	p->name[HEADER_TENANT] = STR("tenant");
	p->value[HEADER_TENANT] = p->writer->tenant;
	p->name[HEADER_TAG] = STR("tag");
	p->value[HEADER_TAG] = tag;
	p->name[HEADER_FORMAT] = STR("format");
	p->value[HEADER_FORMAT] = buf_str(&p->format);
	p->name[HEADER_ID] = STR("id");
	p->headers = (struct map_of_str){ p->name, p->value, HEADERS };
}

static struct kafka_put *put_new(struct kafka_writer *w, struct put *put)
{
	struct kafka_put *p = calloc(1, sizeof(*p));
	const struct sealed *object = put->object;

	if (!p)
		return NULL;
	p->writer = w;
	p->put = put;
	p->topic = (struct buf)BUF_INIT(4096);
	p->format = (struct buf)BUF_INIT(256);
	p->id = (struct buf)BUF_INIT(8192);
	p->part = (struct buf)BUF_INIT(PART_MAX);
	kafka_topic_put(w->topic, w->tenant, metadata_of(object, "tag"), &p->topic);
	buf_printf(&p->format, STR_FMT "/" FORMAT_VERSION,
		   STR_ARG(metadata_of(object, "record")));
	buf_printf(&p->id, STR_FMT "/" STR_FMT "/" STR_FMT "/", STR_ARG(w->spool),
		   STR_ARG(w->tenant), STR_ARG(object->key));
	p->id_fixed = p->id.len;
	set_headers(p);
	p->job = (struct kafka_job){
		.topic = buf_str(&p->topic).ptr,
		.feed = put_feed,
		.reported = put_reported,
		.ended = put_ended,
	};
	if (!buf_error(&p->topic) && !buf_error(&p->format) && !buf_error(&p->id))
		return p;
	put_free(p);
	return NULL;
}

void kafka_writer_put(void *self, struct put *put)
{
	struct kafka_writer *w = self;
	struct kafka_put *p = put_new(w, put);

	put->private = p;
	put->retry_after_ms = 0;
	put->error[0] = '\0';
	if (p) {
		atomic_store(&w->progress_ms, clock_now().mono_ms);
		kafka_start(w->cluster, &p->job);
		return;
	}
	put->result = PUT_FAILED;
	snprintf(put->error, sizeof(put->error), "out of memory");
	put->done(put);
}

void kafka_writer_cancel(void *self, struct put *put)
{
	struct kafka_writer *w = self;
	struct kafka_put *p;

	pthread_mutex_lock(&w->lock);
	p = put->private;
	if (p)
		atomic_store(&p->cancelled_ms, clock_now().mono_ms);
	pthread_mutex_unlock(&w->lock);
	if (p)
		kafka_wake(w->cluster);
}

bool kafka_writer_trouble(void *self, char *why, size_t size)
{
	struct kafka_writer *w = self;
	int64_t silent_ms = clock_now().mono_ms - atomic_load(&w->progress_ms);

	if (kafka_trouble(w->cluster, why, size))
		return true;
	if (silent_ms < SILENCE_MS)
		return false;
	snprintf(why, size, "the brokers have not answered for more than %d s",
		 SILENCE_MS / 1000);
	return true;
}
