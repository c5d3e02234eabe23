/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink_jobs.c - objects are made of open files, and made again when that failed.
 * See spool_sink.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include "spool/seal.h"
#include "spool/spool_sink_private.h"

#define RETRY_MS      1000
#define RETRY_DOUBLES 6 /* to about a minute */
#define READ_TRIES    5

static void reap_jobs(struct spool_sink *in)
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

/* A file that cannot be read is tried some times, then it goes to bad/; others have
 * nothing to do with it. -EBADMSG: it is there. */
static int job_unreadable(struct seal_job *job)
{
	struct spool_dir *dir = job->spool_sink->parts.dir;
	int error;

	if (job->unreadable++ == 0)
		log_write(job->spool_sink->parts.log, LOG_ERROR,
			  "tenant=%s spool=open/%016" PRIu64
			  " cannot be read; it is tried again, and then moved to bad/",
			  spool_dir_name(dir), job->id);
	if (job->unreadable < READ_TRIES)
		return -ENOTRECOVERABLE;
	error = spool_quarantine(dir, SPOOL_OPEN, job->id, "it cannot be read");
	if (error)
		return error;
	spool_damaged(dir, job->records);
	return -EBADMSG;
}

/* What cannot be made because there is no room concerns all; what is wrong with this
 * file only itself. */
static void job_wait(struct seal_job *job, int error, struct now now)
{
	unsigned doubles = job->failures < RETRY_DOUBLES ? job->failures : RETRY_DOUBLES;
	bool fails = error != -ENOTRECOVERABLE;

	spool_sink_tell_of_job(job->spool_sink, fails - job->has_failed, error);
	job->has_failed = fails;
	job->failures++;
	if (fails)
		spool_keep_less(spool_of(job->spool_sink->parts.dir));
	workers_wake_at(job->spool_sink->parts.sealers, &job->task,
			now.mono_ms + ((int64_t)RETRY_MS << doubles));
}

/* The lock is held. The oldest that is not done; NULL: there is none, or it must wait. */
static struct seal_job *sink_next_job(const struct spool_sink *in)
{
	struct seal_job *job, *found = NULL;

	for (job = in->awaited ? NULL : in->jobs; job; job = job->next)
		if (!job->is_done)
			found = job;
	return found;
}

static void run_job(struct task *task, struct now now)
{
	struct seal_job *job = (struct seal_job *)task;
	struct spool_sink *in = job->spool_sink;
	struct seal_job *next;
	int error = seal_object(in->parts.dir, job->id, job->size, in->parts.log, now);

	if (error == -ENOTRECOVERABLE)
		error = job_unreadable(job);
	if (error == -ENOENT)
		spool_open_gone(in->parts.dir, job->id, job->records);
	else if (error && error != -EBADMSG) {
		job_wait(job, error, now);
		return;
	}
	spool_sink_tell_of_job(in, -(int)job->has_failed, 0);
	spool_charge(in->parts.dir, SPOOL_OPEN, -job->size);
	spool_keep_limit(in->parts.dir);
	spool_make_room(spool_of(in->parts.dir), now);
	pthread_mutex_lock(&in->lock);
	job->is_done = true;
	in->sealing--;
	next = in->parts.in_order ? sink_next_job(in) : NULL;
	if (next)
		workers_wake(in->parts.sealers, &next->task);
	pthread_mutex_unlock(&in->lock);
	in->parts.sealed(in->parts.context);
}

struct seal_job *spool_sink_new_job(struct spool_sink *in, uint64_t id, int64_t size,
				    int64_t records)
{
	struct seal_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	task_init(&job->task, run_job);
	job->task.name = spool_dir_name(in->parts.dir);
	job->spool_sink = in;
	job->id = id;
	job->size = size;
	job->records = records;
	return job;
}

void spool_sink_start_job(struct spool_sink *in, struct seal_job *job)
{
	reap_jobs(in);
	pthread_mutex_lock(&in->lock);
	job->next = in->jobs;
	in->jobs = job;
	in->sealing++;
	if (!in->parts.in_order || sink_next_job(in) == job)
		workers_wake(in->parts.sealers, &job->task);
	pthread_mutex_unlock(&in->lock);
}

void spool_sink_await(struct spool_sink *in)
{
	pthread_mutex_lock(&in->lock);
	in->awaited++;
	pthread_mutex_unlock(&in->lock);
}

void spool_sink_go_on(struct spool_sink *in)
{
	struct seal_job *next;

	pthread_mutex_lock(&in->lock);
	in->awaited--;
	next = in->parts.in_order ? sink_next_job(in) : NULL;
	if (next)
		workers_wake(in->parts.sealers, &next->task);
	pthread_mutex_unlock(&in->lock);
}

void spool_sink_free_jobs(struct spool_sink *in)
{
	struct seal_job *job;

	while ((job = in->jobs)) {
		in->jobs = job->next;
		workers_forget(in->parts.sealers, &job->task);
		free(job);
	}
}

size_t spool_sink_sealing(struct spool_sink *in)
{
	size_t sealing;

	pthread_mutex_lock(&in->lock);
	sealing = in->sealing;
	pthread_mutex_unlock(&in->lock);
	return sealing;
}

uint64_t spool_sink_first(struct spool_sink *in)
{
	const struct seal_job *job;
	uint64_t first = UINT64_MAX;

	pthread_mutex_lock(&in->lock);
	for (job = in->jobs; job; job = job->next)
		if (!job->is_done && job->id < first)
			first = job->id;
	pthread_mutex_unlock(&in->lock);
	return first;
}
