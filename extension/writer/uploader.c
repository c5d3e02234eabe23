/* SPDX-License-Identifier: Apache-2.0 */
/* uploader.c - see uploader.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "sys/clock.h"
#include "writer/uploader_private.h"

#define TICK_MS	     5000
#define LONG_WAIT_MS 10000

static void put_ended(struct put *put)
{
	struct upload *upload = put->context;
	struct uploader *u = upload->uploader;

	/* Once the lock is released the uploader may be gone. */
	pthread_mutex_lock(&u->lock);
	upload->state = UPLOAD_ENDED;
	workers_wake(u->parts.workers, &u->task);
	pthread_cond_broadcast(&u->ended);
	pthread_mutex_unlock(&u->lock);
}

static int see_aside(void *upload, int64_t number)
{
	return row_numbers_add(&((struct upload *)upload)->aside, number);
}

/* What an attempt before, or a life before, has put aside. */
static int find_aside(struct upload *upload)
{
	int error = 0;

	if (!upload->knows_aside)
		error = spool_find_aside(upload->uploader->parts.dir, upload->id,
					 upload->put.object, see_aside, upload);
	if (error)
		return error;
	upload->knows_aside = true;
	row_numbers_sort(&upload->aside);
	return 0;
}

static void forget_aside(struct upload *upload)
{
	row_numbers_fini(&upload->aside);
	upload->aside = (struct row_numbers){ 0 };
	upload->knows_aside = false;
}

static int put_aside(struct put *put, struct str row, int64_t number)
{
	struct upload *upload = put->context;
	struct uploader *u = upload->uploader;
	int error = find_aside(upload);

	if (error || row_numbers_have(&upload->aside, number))
		return error;
	error = spool_put_aside(u->parts.dir, upload->id, put->object, row, number);
	if (!error)
		log_write(u->parts.log, LOG_ERROR,
			  "tenant=%s store=%s key=" STR_FMT " record=%" PRId64
			  " of %zu bytes refused, moved to bad: it is larger than the "
			  "store takes",
			  spool_dir_name(u->parts.dir), u->parts.writer->name,
			  STR_ARG(put->object->key), number, row.len);
	return error;
}

static void send_object(struct upload *upload, struct now now)
{
	struct uploader *u = upload->uploader;

	forget_aside(upload);
	upload->put = (struct put){
		.object = &upload->file.object,
		.fd = upload->file.fd,
		.done = put_ended,
		.aside = put_aside,
		.context = upload,
		.result = PUT_FAILED,
	};
	pthread_mutex_lock(&u->lock);
	upload->state = UPLOAD_SENT;
	upload->sent_ms = now.mono_ms;
	pthread_mutex_unlock(&u->lock);
	u->parts.writer->put(u->parts.state, &upload->put);
}

/* What will fail soon is said before it does. */
static void look_at_token(struct uploader *u)
{
	const struct writer *writer = u->parts.writer;
	char why[PUT_ERROR_MAX] = "";
	bool is_ending = writer->token &&
			 writer->token(u->parts.state, why, sizeof(why)) == TOKEN_ENDING;

	health_warn(&u->health, is_ending ? why : "");
}

/* Puts that wait for the store are under way, and not failed. */
static void look_at_store(struct uploader *u, unsigned under_way)
{
	const struct writer *writer = u->parts.writer;
	char why[PUT_ERROR_MAX] = "";

	if (under_way && writer->trouble &&
	    writer->trouble(u->parts.state, why, sizeof(why)))
		health_failed(&u->health, why, why);
}

/* Rows with labels are for a writer that sends them one by one, and for no other. */
static int check_rows(const struct uploader *u, const struct sealed *object,
		      struct err *err)
{
	bool has_labels = row_label_is_type(object->content_type);

	if (has_labels == (u->parts.writer->labels != NULL))
		return 0;
	return err_set(err,
		       "it was made for %s; with such a pipeline.write.type again the "
		       "command \"retry\" sends it",
		       has_labels ? "kafka" : "another writer than kafka");
}

/* Says what was done, not what was meant. */
static void put_away(struct uploader *u, uint64_t id, enum spool_outcome outcome,
		     const char *why)
{
	int error = spool_done(u->parts.dir, id, outcome);

	if (error != -ENOENT)
		log_write(u->parts.log, LOG_ERROR,
			  "tenant=%s spool=new/%016" PRIu64 " %s: %s",
			  spool_dir_name(u->parts.dir), id,
			  error ? "waits, others go on" : "moved to bad/", why);
}

/* The oldest that was not refused in this pass. Without one another pass begins, but
 * first what is under way shows whether the store takes anything. */
static bool take_next(struct uploader *u, unsigned under_way, uint64_t *id)
{
	if (spool_take_after(u->parts.dir, u->refusals.doubted_id, id))
		return true;
	if (!u->refusals.doubted_id || under_way)
		return false;
	u->refusals.doubted_id = 0;
	return spool_take(u->parts.dir, id);
}

/* Starts the oldest object that waits and is good. false: there is none, or not
 * now. */
static bool start_one(struct uploader *u, struct upload *upload, unsigned under_way,
		      struct now now)
{
	while (take_next(u, under_way, &upload->id)) {
		struct err err = ERR_INIT;
		int error = outgoing_open(&upload->file, u->parts.dir, upload->id,
					  u->parts.writer->keeps_keys, &err);

		if (!error)
			error = check_rows(u, &upload->file.object, &err);
		if (!error) {
			send_object(upload, now);
			return true;
		}
		outgoing_close(&upload->file);
		if (outgoing_outcome(error) != SPOOL_LATER) {
			put_away(u, upload->id, outgoing_outcome(error), err.text);
			continue;
		}
		spool_done(u->parts.dir, upload->id, SPOOL_LATER);
		pause_begin(&u->pause, 0, now);
		health_failed(&u->health, err.text, err.text);
		return false;
	}
	return false;
}

/* Ends what has ended; returns how many are still under way. */
static unsigned uploader_finish_ended(struct uploader *u, struct now now)
{
	unsigned under_way = 0, i;

	for (i = 0; i < u->parts.most; i++) {
		struct upload *upload = &u->upload[i];
		bool is_ended;

		pthread_mutex_lock(&u->lock);
		is_ended = upload->state == UPLOAD_ENDED;
		under_way += upload->state == UPLOAD_SENT;
		if (is_ended)
			upload->state = UPLOAD_FREE;
		pthread_mutex_unlock(&u->lock);
		if (is_ended)
			uploader_finish(u, upload, now);
	}
	return under_way;
}

static enum upload_state uploader_state_of(struct upload *upload)
{
	enum upload_state state;

	pthread_mutex_lock(&upload->uploader->lock);
	state = upload->state;
	pthread_mutex_unlock(&upload->uploader->lock);
	return state;
}

static unsigned uploader_most(const struct uploader *u)
{
	return u->pause.failures || u->parts.writer->is_stream ? 1 : u->parts.most;
}

/* Returns how many are under way then. */
static unsigned start_some(struct uploader *u, unsigned under_way, struct now now)
{
	unsigned most = uploader_most(u), i;

	for (i = 0; i < u->parts.most && under_way < most; i++) {
		if (uploader_state_of(&u->upload[i]) != UPLOAD_FREE)
			continue;
		if (!start_one(u, &u->upload[i], under_way, now))
			break;
		under_way++;
	}
	return under_way;
}

/* What comes faster than so many at once are stored. */
static void note_waiting(struct uploader *u, const struct spool_backlog *backlog,
			 unsigned under_way, struct now now)
{
	if (under_way == u->parts.most && backlog->objects > under_way &&
	    now.mono_ms - backlog->oldest_ms >= LONG_WAIT_MS)
		stats_add(u->parts.stats, STAT_LIMIT_UPLOADS, 1);
}

/* A stream would have what is left in the spool twice, after the next start; one such
 * object is known to exactly_once, many may not be. Other stores only write it again. */
static bool must_wait(struct uploader *u, struct now now)
{
	static const char why[] = "an object that is stored cannot be removed from the "
				  "spool; others wait, to be sent once";

	if (!u->left_id || !u->parts.writer->is_stream ||
	    spool_remove(u->parts.dir, SPOOL_NEW, u->left_id)) {
		u->left_id = 0;
		return false;
	}
	pause_begin(&u->pause, 0, now);
	health_failed(&u->health, why, why);
	return true;
}

static void uploader_run(struct task *task, struct now now)
{
	struct uploader *u = (struct uploader *)task;
	struct spool_backlog backlog;
	unsigned under_way;
	int64_t next;

	under_way = uploader_finish_ended(u, now);
	if (atomic_load(&u->is_stopping))
		return;
	look_at_token(u);
	look_at_store(u, under_way);
	spool_tick(u->parts.dir, now);
	if (u->pause.until_ms <= now.mono_ms && !must_wait(u, now))
		under_way = start_some(u, under_way, now);
	spool_backlog(u->parts.dir, &backlog);
	note_waiting(u, &backlog, under_way, now);
	next = backlog.objects ? now.mono_ms + TICK_MS : NEVER_MS;
	if (u->pause.until_ms > now.mono_ms && u->pause.until_ms < next)
		next = u->pause.until_ms;
	workers_wake_at(u->parts.workers, &u->task, next);
}

struct uploader *uploader_new(const struct uploader_parts *parts)
{
	struct uploader *u = calloc(1, sizeof(*u) + parts->most * sizeof(*u->upload));
	unsigned i;

	if (!u)
		return NULL;
	u->parts = *parts;
	u->pause.random = parts->seed | 1;
	task_init(&u->task, uploader_run);
	u->task.name = spool_dir_name(parts->dir);
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->ended, NULL);
	health_init(&u->health, spool_dir_name(parts->dir), parts->writer->name,
		    parts->log);
	for (i = 0; i < u->parts.most; i++) {
		u->upload[i].uploader = u;
		outgoing_init(&u->upload[i].file);
	}
	return u;
}

static void await_end(struct upload *upload)
{
	struct uploader *u = upload->uploader;

	pthread_mutex_lock(&u->lock);
	while (upload->state == UPLOAD_SENT)
		pthread_cond_wait(&u->ended, &u->lock);
	pthread_mutex_unlock(&u->lock);
}

static void cancel_all(struct uploader *u)
{
	unsigned i;

	for (i = 0; i < u->parts.most; i++)
		if (uploader_state_of(&u->upload[i]) == UPLOAD_SENT &&
		    u->parts.writer->cancel)
			u->parts.writer->cancel(u->parts.state, &u->upload[i].put);
}

void uploader_free(struct uploader *u)
{
	unsigned i;

	if (!u)
		return;
	atomic_store(&u->is_stopping, true);
	/* A writer that blocks holds the task until it is cancelled. */
	cancel_all(u);
	workers_forget(u->parts.workers, &u->task);
	/* What the task was just about to hand over was not there to be cancelled. */
	cancel_all(u);
	for (i = 0; i < u->parts.most; i++)
		await_end(&u->upload[i]);
	workers_forget(u->parts.workers, &u->task);
	uploader_finish_ended(u, clock_now());
	for (i = 0; i < u->parts.most; i++) {
		outgoing_close(&u->upload[i].file);
		forget_aside(&u->upload[i]);
	}
	health_fini(&u->health);
	pthread_cond_destroy(&u->ended);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

void uploader_wake(struct uploader *u)
{
	workers_wake(u->parts.workers, &u->task);
}

void uploader_status(struct uploader *u, struct uploader_status *status)
{
	unsigned i;

	*status = (struct uploader_status){ .sent_ms = NEVER_MS };
	status->degraded_ms = health_get(&u->health, status->error);
	pthread_mutex_lock(&u->lock);
	for (i = 0; i < u->parts.most; i++) {
		const struct upload *upload = &u->upload[i];

		if (upload->state != UPLOAD_SENT)
			continue;
		status->under_way++;
		if (upload->sent_ms < status->sent_ms)
			status->sent_ms = upload->sent_ms;
	}
	pthread_mutex_unlock(&u->lock);
}
