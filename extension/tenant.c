/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.c - see tenant.h. */
#include <errno.h>
#include <stdlib.h>
#include "home.h"
#include "pipeline/pipeline.h"
#include "store/intake.h"
#include "sys/queue.h"
#include "tenant.h"
#include "tenant_config.h"

#define INBOX_MAX  4096 /* parcels; bytes are bounded for all tenants */
#define PASSES_MAX 8

struct tenant {
	struct receiver receiver;
	struct task task;
	char *name;
	struct tenant_config config;
	struct tenant_surroundings around;
	struct queue inbox;
	atomic_bool is_finishing, is_finished;
	_Atomic int64_t lost_flows; /* that no object has told of yet */

	/* Open. */
	bool is_open;
	struct home *home;
	struct intake *intake;
	pthread_mutex_t lock; /* of the uploader, which may change */
	struct uploader *uploader;
	struct writer writer; /* the uploader's */
	struct tenant *heir;  /* took over; its uploader sends our objects */
	struct pipeline *pipeline;
	struct asker asker;
	struct queries queries;

	/* The batch at hand. */
	const struct parcel *parcel;
	int64_t deadline_ms; /* of its lookups, monotonic */
	unsigned passes;
	atomic_bool is_answered; /* what the last pass asked */
};

struct tenant *tenant_new(const char *name, const struct config *config, struct log *log,
			  struct problems *problems)
{
	struct tenant *t = calloc(1, sizeof(*t));
	size_t before = problems->count;

	if (!t || !(t->name = strdup(name))) {
		problems_add(problems, "%s: out of memory", name);
		free(t);
		return NULL;
	}
	tenant_config_read(&t->config, config, log, problems);
	if (problems->count == before)
		return t;
	tenant_free(t);
	return NULL;
}

void tenant_free(struct tenant *t)
{
	if (!t)
		return;
	tenant_close(t);
	tenant_config_fini(&t->config);
	free(t->name);
	free(t);
}

const char *tenant_name(const struct tenant *t)
{
	return t->name;
}

struct str tenant_capture_id(const struct tenant *t)
{
	return t->config.capture_id;
}

void tenant_destination(const struct tenant *t, struct buf *b)
{
	const struct tenant_config *tc = &t->config;
	writer_put_place(&tc->writer, b);
	buf_puts(b, " ");
	object_key_clean(tc->limits.dirname, b);
	buf_puts(b, " ");
	object_key_clean(tc->limits.bucket.prefix, b);
}

int tenant_probe(struct tenant *t, struct http *http, struct err *err)
{
	return writer_probe(&t->config.writer, t->config.limits.dirname,
			    t->config.limits.bucket.prefix, http, err);
}

/* How long the batch at hand may still wait for answers. */
static bool may_wait(struct tenant *t, struct now now)
{
	return !atomic_load(&t->is_finishing) && t->passes < PASSES_MAX &&
	       now.mono_ms < t->deadline_ms && queue_count(&t->inbox) < INBOX_MAX / 2 &&
	       atomic_load(&t->around.batches->bytes) < t->around.batch_bytes_max / 2;
}

/* Completes the records. false: parked until answers come or time is up. */
static bool enrich(struct tenant *t, struct now now)
{
	if (t->passes && !atomic_load(&t->is_answered) && may_wait(t, now))
		return false;
	atomic_store(&t->is_answered, false);
	queries_pass(&t->queries);
	t->passes++;
	if (pipeline_enrich(t->pipeline, &t->queries) == 0)
		return true;
	if (may_wait(t, now))
		return false;
	asker_give_up(&t->asker, true);
	queries_pass(&t->queries);
	pipeline_enrich(t->pipeline, &t->queries);
	asker_give_up(&t->asker, false);
	return true;
}

static void finish_batch(struct tenant *t, struct now now)
{
	pipeline_lost(t->pipeline, atomic_exchange(&t->lost_flows, 0));
	pipeline_commit(t->pipeline, now);
	queries_reset(&t->queries);
	stats_add(&t->home->stats, STAT_LOOKUPS_REFUSED, (int64_t)t->queries.refused);
	t->queries.refused = 0;
	batch_unref(t->parcel->batch);
	t->parcel = NULL;
}

static void start_batch(struct tenant *t, struct now now)
{
	t->parcel = queue_pop(&t->inbox);
	if (!t->parcel)
		return;
	t->deadline_ms = now.mono_ms + t->around.lookup_timeout_ms;
	t->passes = 0;
	pipeline_accept(t->pipeline, t->parcel->batch, t->parcel->index,
			t->parcel->count);
}

static void finish(struct tenant *t, struct now now)
{
	pipeline_flush(t->pipeline, now);
	atomic_store(&t->is_finished, true);
}

static void run(struct task *task, struct now now)
{
	struct tenant *t = (struct tenant *)((char *)task -
					     offsetof(struct tenant, task));
	bool is_finishing = atomic_load(&t->is_finishing);
	int64_t due_ms;

	if (!t->parcel)
		start_batch(t, now);
	if (t->parcel && enrich(t, now))
		finish_batch(t, now);
	due_ms = pipeline_tick(t->pipeline, now);
	if (t->parcel && t->deadline_ms < due_ms)
		due_ms = t->deadline_ms;
	workers_wake_at(t->around.workers, &t->task, due_ms);
	if (!t->parcel && queue_count(&t->inbox))
		workers_wake(t->around.workers, &t->task);
	else if (!t->parcel && is_finishing && !atomic_load(&t->is_finished))
		finish(t, now);
}

static bool has_room(struct tenant *t)
{
	if (t->around.keeps_all)
		return true;
	/* Who keeps up may have the newest batch even when memory is short. */
	return atomic_load(&t->around.batches->bytes) <= t->around.batch_bytes_max ||
	       queue_count(&t->inbox) == 0;
}

static void lose(struct receiver *receiver, int64_t flows)
{
	struct tenant *t = (struct tenant *)receiver;

	atomic_fetch_add(&t->lost_flows, flows);
}

static void offer(struct receiver *receiver, const struct parcel *parcel)
{
	struct tenant *t = (struct tenant *)receiver;

	stats_add(&t->home->stats, STAT_FLOWS_RECEIVED, (int64_t)parcel->count);
	batch_ref(parcel->batch);
	if (!has_room(t) || !queue_push(&t->inbox, (void *)(uintptr_t)parcel)) {
		stats_add(&t->home->stats, STAT_FLOWS_DROPPED_INBOX,
			  (int64_t)parcel->count);
		log_write(t->around.log, LOG_WARNING,
			  "tenant=%s inbox=full flows are "
			  "dropped",
			  t->name);
		lose(receiver, (int64_t)parcel->count);
		batch_unref(parcel->batch);
		return;
	}
	workers_wake(t->around.workers, &t->task);
}

static void wake(void *context)
{
	struct tenant *t = context;

	atomic_store(&t->is_answered, true);
	workers_wake(t->around.workers, &t->task);
}

/* An object is ready: whoever uploads for this pipeline now is told. */
static void wake_uploader(void *context)
{
	struct tenant *t = context, *heir;

	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_wake(t->uploader);
	heir = t->heir;
	pthread_mutex_unlock(&t->lock);
	if (heir)
		wake_uploader(heir);
}

static void account_for(void *context, int64_t bytes, struct now now)
{
	struct tenant *t = context;

	if (t->config.account)
		account_add(t->config.account, bytes, now);
}

static uint64_t seed_of(const char *name, struct now now)
{
	uint64_t hash = (uint64_t)now.wall_ms;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 1099511628211u;
	return hash;
}

/* Prepares a writer and the uploader that uses it. */
static struct uploader *open_writer(struct tenant *t, struct writer *writer,
				    struct now now, struct err *err)
{
	struct uploader_parts parts = {
		.store = writer->store,
		.state = writer->state,
		.dir = t->home->dir,
		.workers = writer->store->blocks ? t->around.writers : t->around.workers,
		.stats = &t->home->stats,
		.log = t->around.log,
		.seed = seed_of(t->name, now),
		.stored = account_for,
		.context = t,
	};
	struct uploader *uploader;

	if (writer_init(writer, t->around.http, err) < 0)
		return NULL;
	uploader = uploader_new(&parts);
	if (!uploader)
		err_set(err, "out of memory");
	return uploader;
}

/* From here on the heir uploads; the objects that we still make are its too. */
static void hand_over(struct tenant *t, struct tenant *heir)
{
	struct uploader *uploader;

	pthread_mutex_lock(&t->lock);
	uploader = t->uploader;
	t->uploader = NULL;
	t->heir = heir;
	pthread_mutex_unlock(&t->lock);
	uploader_free(uploader);
}

static int open_pipeline(struct tenant *t, double part, struct err *err)
{
	struct tenant_config *tc = &t->config;
	struct intake_parts intake = {
		.dir = t->home->dir, .stages = &tc->stages, .sealers = t->around.sealers,
		.stats = &t->home->stats, .streams = &t->home->streams,
		.log = t->around.log, .sealed = wake_uploader, .context = t,
		.place = {
			.dirname = tc->limits.dirname,
			.prefix = tc->limits.bucket.prefix,
			.content_encoding = tc->limits.content_encoding,
		},
	};
	struct pipeline_parts parts = { .limits = tc->limits.bucket };

	parts.limits.first_age_ms -= (int64_t)(part * (double)parts.limits.first_age_ms);
	stage_set_parts(&tc->stages, &parts);
	t->intake = intake_new(&intake);
	if (t->intake)
		t->pipeline = pipeline_new(&parts, intake_sink(t->intake),
					   &t->home->stats);
	if (!t->pipeline || queries_init(&t->queries, &t->asker.answers) < 0)
		return err_set(err, "out of memory");
	return 0;
}

int tenant_open(struct tenant *t, const struct tenant_surroundings *around,
		struct tenant *predecessor, double part, struct now now, struct err *err)
{
	int error;

	t->around = *around;
	t->receiver.offer = offer;
	t->receiver.lose = lose;
	task_init(&t->task, run);
	if (around->output.len && tenant_config_redirect(&t->config, around->output) < 0)
		return err_set(err, "out of memory");
	error = queue_init(&t->inbox, INBOX_MAX);
	if (error)
		return err_set(err, "%s", strerror(-error));
	pthread_mutex_init(&t->lock, NULL);
	asker_init(&t->asker, around->topology, wake, t);
	t->is_open = true;
	t->writer = t->config.writer;
	t->config.writer = (struct writer){ 0 };
	if (predecessor) {
		t->home = home_ref(predecessor->home);
		home_set_ended(t->home, false);
	} else {
		t->home = home_new(around->spool, t->name, now, err);
	}
	if (t->home && open_pipeline(t, part, err) == 0)
		t->uploader = open_writer(t, &t->writer, now, err);
	if (!t->uploader) {
		tenant_close(t);
		return -EINVAL;
	}
	if (predecessor)
		hand_over(predecessor, t);
	else
		intake_recover(t->intake, now);
	uploader_wake(t->uploader);
	return 0;
}

int tenant_replace_writer(struct tenant *t, struct tenant *from, struct now now,
			  struct err *err)
{
	struct writer writer = from->config.writer, old_writer = t->writer;
	struct uploader *uploader, *old = t->uploader;

	from->config.writer = (struct writer){ 0 };
	uploader = open_writer(t, &writer, now, err);
	if (!uploader) {
		writer_fini(&writer);
		return -EINVAL;
	}
	pthread_mutex_lock(&t->lock);
	t->uploader = uploader;
	t->writer = writer;
	pthread_mutex_unlock(&t->lock);
	uploader_free(old);
	writer_fini(&old_writer);
	uploader_wake(uploader);
	return 0;
}

struct receiver *tenant_receiver(struct tenant *t)
{
	return &t->receiver;
}

void tenant_end(struct tenant *t)
{
	home_set_ended(t->home, true);
}

void tenant_finish(struct tenant *t)
{
	atomic_store(&t->is_finishing, true);
	workers_wake(t->around.workers, &t->task);
}

bool tenant_is_finished(struct tenant *t)
{
	return atomic_load(&t->is_finished) && intake_sealing(t->intake) == 0;
}

struct tenant *tenant_heir(struct tenant *t)
{
	struct tenant *heir;

	pthread_mutex_lock(&t->lock);
	heir = t->heir;
	pthread_mutex_unlock(&t->lock);
	return heir;
}

size_t tenant_backlog(struct tenant *t)
{
	struct spool_backlog backlog;

	spool_backlog(t->home->dir, &backlog);
	return backlog.objects + intake_sealing(t->intake);
}

void tenant_status(struct tenant *t, struct tenant_status *status)
{
	struct uploader_status uploads = { 0 };
	struct spool_backlog backlog;

	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_status(t->uploader, &uploads);
	pthread_mutex_unlock(&t->lock);
	spool_backlog(t->home->dir, &backlog);
	*status = (struct tenant_status){
		.is_degraded = uploads.is_degraded,
		.objects = backlog.objects + intake_sealing(t->intake),
		.bytes = backlog.bytes,
		.oldest_ms = backlog.oldest_ms,
	};
	memcpy(status->error, uploads.error, sizeof(status->error));
}

bool tenant_is_degraded(struct tenant *t)
{
	struct uploader_status status = { 0 };

	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_status(t->uploader, &status);
	pthread_mutex_unlock(&t->lock);
	return status.is_degraded;
}

const struct stats *tenant_stats(const struct tenant *t)
{
	return &t->home->stats;
}

static void empty_inbox(struct tenant *t)
{
	const struct parcel *parcel;

	if (t->parcel)
		batch_unref(t->parcel->batch);
	t->parcel = NULL;
	while ((parcel = queue_pop(&t->inbox))) {
		if (t->home)
			stats_add(&t->home->stats, STAT_FLOWS_DROPPED_INBOX,
				  (int64_t)parcel->count);
		batch_unref(parcel->batch);
	}
}

void tenant_close(struct tenant *t)
{
	if (!t->is_open)
		return;
	workers_forget(t->around.workers, &t->task);
	asker_fini(&t->asker);
	workers_forget(t->around.workers, &t->task);
	queries_fini(&t->queries);
	pipeline_free(t->pipeline);
	intake_free(t->intake);
	uploader_free(t->uploader);
	writer_fini(&t->writer);
	empty_inbox(t);
	queue_fini(&t->inbox);
	home_unref(t->home);
	pthread_mutex_destroy(&t->lock);
	t->pipeline = NULL;
	t->intake = NULL;
	t->uploader = NULL;
	t->home = NULL;
	t->is_open = false;
}

void tenant_text(const struct config *config, bool writer, struct buf *text)
{
	tenant_config_text(config, writer, text);
}

size_t tenant_sections(struct config_section *sections, size_t max)
{
	return tenant_config_sections(sections, max);
}
