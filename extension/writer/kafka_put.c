/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_put.c - the puts of the writer kafka: each row of an object becomes a message.
 *
 * A put is a job of the cluster's thread, which reads the rows as there is room for
 * them, and ends when all have been reported. Brokers refuse whole batches as too large;
 * so rows that were refused are sent again, one by one, and what is refused then is put
 * aside (into bad/), while the object counts as stored.
 *
 * A put that was cancelled goes on for a moment, if it has begun. What it leaves undone
 * the next put of the object does, see kafka_is_sent().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "sys/clock.h"
#include "writer/kafka_names.h"
#include "writer/kafka_private.h"
#include "writer/kafka_rows.h"
#include "writer/kafka_share.h"
#include "writer/row_numbers.h"

#define ROWS_A_TURN 500
#define FINISH_MS   2000
#define IN_VAIN_MAX 2 /* transactions of which nothing was learned */

enum phase {
	PHASE_ALL,   /* every row */
	PHASE_ALONE, /* those that were too large, each by itself */
	PHASE_ASIDE, /* those that are too large even so */
	PHASE_OVER,
};

struct kafka_put {
	struct kafka_job job;
	struct kafka_writer *writer;
	struct put *put;
	struct kafka_names names;
	struct kafka_rows rows;
	enum phase phase;
	struct row_numbers suspects, refused;
	struct kafka_share share;
	int64_t turn_ms; /* monotonic */
	int64_t written; /* messages that are not to be sent again */
	bool has_failed;
	bool is_again; /* suspects and refused are sorted, and not sent with others */
	size_t known;  /* numbers, at the beginning of this transaction */
	unsigned in_vain;
	char spoilt[256];	      /* why it fails, if it must */
	bool must_restart;	      /* the transaction is spoilt */
	_Atomic int64_t cancelled_ms; /* monotonic; 0: it is not */
};

static int put_failed(struct kafka_put *p, const char *why)
{
	if (!p->has_failed)
		snprintf(p->put->error, sizeof(p->put->error), "%s", why);
	p->has_failed = true;
	return -EIO;
}

static int note_number(struct kafka_put *p, struct row_numbers *numbers, int64_t number)
{
	if (row_numbers_add(numbers, number) < 0)
		return put_failed(p, "out of memory");
	if (p->is_again)
		row_numbers_sort(numbers);
	return 0;
}

static void begin_phase(struct kafka_put *p, enum phase phase,
			struct row_numbers *numbers)
{
	row_numbers_sort(numbers);
	kafka_rows_rewind(&p->rows);
	p->phase = phase;
}

/* A transaction with a message that failed can only be aborted, and the others fail with
 * it. Another one begins, without what is known to be too large. The next one may fail for
 * nothing: after a message that was refused librdkafka 2.0.2 counts its messages wrongly,
 * until it notices. */
static enum kafka_step restart(struct kafka_put *p)
{
	size_t known = p->suspects.count + 2 * p->refused.count;

	p->in_vain = known == p->known ? p->in_vain + 1 : 0;
	if (p->in_vain > IN_VAIN_MAX) {
		put_failed(p, p->spoilt);
		return KAFKA_OVER;
	}
	row_numbers_sort(&p->refused);
	row_numbers_subtract(&p->suspects, &p->refused);
	p->known = p->suspects.count + 2 * p->refused.count;
	p->must_restart = false;
	p->written = 0;
	begin_phase(p, PHASE_ALL, &p->suspects);
	p->is_again = true;
	return KAFKA_AGAIN;
}

static void put_spoilt(struct kafka_put *p, const char *why)
{
	if (!p->job.group) {
		put_failed(p, why);
		return;
	}
	if (!p->must_restart)
		snprintf(p->spoilt, sizeof(p->spoilt), "%s", why);
	p->must_restart = true;
}

/* Whether the phase sends the row at hand. */
static bool is_of_phase(const struct kafka_put *p, const struct row_numbers *numbers)
{
	if (p->phase != PHASE_ALL)
		return p->rows.number == numbers->item[numbers->at];
	if (kafka_is_sent(&p->job, p->rows.number))
		return false;
	return !p->is_again || (!row_numbers_have(&p->suspects, p->rows.number) &&
				!row_numbers_have(&p->refused, p->rows.number));
}

/* The next row of the phase; those between are passed over. As kafka_rows_get(). */
static int phase_row(struct kafka_put *p, struct row_label *label, struct str *text)
{
	const struct row_numbers *numbers = p->phase == PHASE_ALONE ? &p->suspects
								    : &p->refused;
	int error;

	if (p->phase != PHASE_ALL && numbers->at == numbers->count)
		return -EAGAIN;
	for (;;) {
		error = kafka_rows_get(&p->rows, label, text);
		if (error || is_of_phase(p, numbers))
			return error;
		kafka_rows_next(&p->rows, *text);
	}
}

static struct str key_of(const struct kafka_put *p, const struct row_label *label)
{
	if (p->writer->key == KAFKA_KEY_TENANT)
		return p->writer->tenant;
	return label->key.len ? label->key : (struct str){ NULL, 0 };
}

/* 0: it is on its way, or noted as refused; -EAGAIN: there is no room; other -errno. */
static int send_row(struct kafka_put *p, const struct row_label *label)
{
	struct err err = ERR_INIT;
	struct kafka_message message = {
		.key = key_of(p, label),
		.value = label->row,
		.headers = &p->names.headers,
		.time_ms = label->time_ms,
		.at = p->rows.number,
	};
	int error = 0;

	if (kafka_names_row(&p->names, p->rows.number) < 0)
		error = put_failed(p, "out of memory");
	if (p->names.rows_are_lines && message.value.len &&
	    message.value.ptr[message.value.len - 1] == '\n')
		message.value.len--;
	if (!error)
		error = kafka_produce(&p->job, &message, &err);
	if (error == -EMSGSIZE)
		return note_number(p, &p->refused, p->rows.number);
	if (error && error != -EAGAIN)
		put_spoilt(p, err.text);
	return error;
}

static int put_aside(struct kafka_put *p, struct str text)
{
	int error = p->put->aside ? p->put->aside(p->put, text,
						  p->names.first_row + p->rows.number)
				  : -ENOSYS;
	char why[160];

	if (!error)
		return kafka_note_sent(&p->job, p->rows.number) < 0
			       ? put_failed(p, "out of memory")
			       : 0;
	snprintf(why, sizeof(why),
		 "a record is larger than the topic takes, and cannot be put into bad/: "
		 "%s",
		 strerror(-error));
	return put_failed(p, why);
}

/* A suspect goes alone. */
static bool has_room(struct kafka_put *p)
{
	if (p->phase != PHASE_ALL)
		return !p->job.unreported;
	return kafka_share_has_room(&p->share, p->job.unreported, p->turn_ms);
}

/* 0; -EAGAIN: there is no more; -EBUSY: not now; other -errno, and it has failed. */
static int take_row(struct kafka_put *p)
{
	struct row_label label;
	struct str text;
	int error;

	if (!has_room(p))
		return -EBUSY;
	error = phase_row(p, &label, &text);
	if (error == -EAGAIN)
		return error;
	if (error)
		return put_failed(p, error == -EINVAL ? "its rows are damaged"
						      : strerror(-error));
	error = p->phase == PHASE_ASIDE ? put_aside(p, text) : send_row(p, &label);
	if (error)
		return error == -EAGAIN ? -EBUSY : error;
	p->suspects.at += p->phase == PHASE_ALONE;
	p->refused.at += p->phase == PHASE_ASIDE;
	kafka_share_add(&p->share, text.len);
	kafka_rows_next(&p->rows, text);
	return 0;
}

/* All rows of the phase are on their way, or done. Where all were put aside nothing is
 * committed: a row that comes back from bad/ has the name that it had. */
static enum kafka_step end_phase(struct kafka_put *p)
{
	if (p->job.unreported)
		return KAFKA_WAIT;
	if (p->phase == PHASE_ALL && p->suspects.count)
		begin_phase(p, PHASE_ALONE, &p->suspects);
	else if (p->phase < PHASE_ASIDE && p->refused.count)
		begin_phase(p, PHASE_ASIDE, &p->refused);
	else
		p->phase = PHASE_OVER;
	if (p->phase != PHASE_OVER)
		return KAFKA_MORE;
	return p->written || !p->job.group ? KAFKA_COMPLETE : KAFKA_OVER;
}

static enum kafka_step take_rows(struct kafka_put *p)
{
	unsigned i;
	int error = 0;

	p->turn_ms = clock_now().mono_ms;
	for (i = 0; !error && i < ROWS_A_TURN; i++)
		error = take_row(p);
	if (error == -EAGAIN)
		return end_phase(p);
	return error ? KAFKA_WAIT : KAFKA_MORE;
}

/* What was cancelled before it began, or has not ended in time. */
static bool is_given_up(struct kafka_put *p)
{
	int64_t cancelled_ms = atomic_load(&p->cancelled_ms);
	bool has_begun = p->share.sent || p->job.unreported;

	if (atomic_load(&p->writer->gives_up)) {
		put_failed(p, "a file with a password or certificates has changed");
		return true;
	}
	if (!cancelled_ms ||
	    (has_begun && clock_now().mono_ms - cancelled_ms < FINISH_MS))
		return false;
	put_failed(p, "cancelled");
	return true;
}

static enum kafka_step put_feed(struct kafka_job *job)
{
	struct kafka_put *p = (struct kafka_put *)job;

	if (is_given_up(p))
		return KAFKA_OVER;
	if (p->has_failed)
		return job->unreported ? KAFKA_WAIT : KAFKA_OVER;
	if (p->must_restart)
		return job->unreported ? KAFKA_WAIT : restart(p);
	return take_rows(p);
}

static void put_reported(struct kafka_job *job, const struct kafka_report *report)
{
	struct kafka_put *p = (struct kafka_put *)job;

	atomic_store(&p->writer->progress_ms, report->mono_ms);
	p->written += report->fate == KAFKA_WRITTEN;
	if (report->fate == KAFKA_TOO_LARGE)
		note_number(p, p->phase == PHASE_ALL ? &p->suspects : &p->refused,
			    report->at);
	if (report->fate == KAFKA_FAILED ||
	    (report->fate == KAFKA_TOO_LARGE && job->group))
		put_spoilt(p, report->why);
}

static void put_not_committed(struct kafka_job *job, const char *why)
{
	put_failed((struct kafka_put *)job, why);
}

static bool put_is_given_up(struct kafka_job *job)
{
	return is_given_up((struct kafka_put *)job);
}

static void put_free(struct kafka_put *p)
{
	kafka_names_fini(&p->names);
	kafka_rows_fini(&p->rows);
	row_numbers_fini(&p->suspects);
	row_numbers_fini(&p->refused);
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

static struct kafka_put *put_new(struct kafka_writer *w, struct put *put)
{
	struct kafka_put *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->writer = w;
	p->put = put;
	kafka_rows_init(&p->rows, put->fd, put->object);
	if (kafka_names_init(&p->names, w, put->object) < 0) {
		put_free(p);
		return NULL;
	}
	p->job = (struct kafka_job){
		.topic = buf_str(&p->names.topic).ptr,
		.name = buf_str(&p->names.object).ptr,
		.feed = put_feed,
		.reported = put_reported,
		.failed = put_not_committed,
		.is_given_up = put_is_given_up,
		.ended = put_ended,
	};
	if (w->delivery == KAFKA_EXACTLY_ONCE) {
		p->job.group = buf_str(&p->names.group).ptr;
		p->job.name = buf_str(&p->names.name_in_group).ptr;
	}
	return p;
}

void kafka_writer_put(void *self, struct put *put)
{
	struct err err = { .text = "out of memory" };
	struct kafka_writer *w = self;
	struct kafka_put *p = NULL;

	put->retry_after_ms = 0;
	put->error[0] = '\0';
	if (!kafka_writer_is_stale(w) || kafka_writer_open(w, &err) == 0)
		p = put_new(w, put);
	put->private = p;
	if (p) {
		atomic_store(&w->gives_up, false);
		atomic_store(&w->progress_ms, clock_now().mono_ms);
		kafka_start(w->cluster, &p->job);
		return;
	}
	put->result = PUT_FAILED;
	snprintf(put->error, sizeof(put->error), "%s", err.text);
	put->done(put);
}

void kafka_writer_cancel(void *self, struct put *put)
{
	struct kafka_writer *w = self;
	struct kafka_put *p;
	int64_t not_yet = 0;

	pthread_mutex_lock(&w->lock);
	p = put->private;
	if (p)
		atomic_compare_exchange_strong(&p->cancelled_ms, &not_yet,
					       clock_now().mono_ms);
	pthread_mutex_unlock(&w->lock);
	if (p)
		kafka_wake(w->cluster);
}
