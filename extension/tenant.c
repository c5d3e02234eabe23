/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.c - see tenant.h. */
#include <errno.h>
#include <stdlib.h>
#include "pipeline/pipeline.h"
#include "store/intake.h"
#include "sys/queue.h"
#include "tenant.h"
#include "tenant_config.h"

#define INBOX_MAX	4096		/* parcels; bytes are bounded for all tenants */
#define PASSES_MAX	8

struct tenant {
	struct receiver receiver;
	struct task task;
	char *name;
	struct tenant_config config;
	struct tenant_surroundings around;
	struct stats stats;
	struct queue inbox;
	atomic_bool is_finishing, is_finished;

	/* Open. */
	bool is_open;
	bool has_writer;		/* the writer was initialized */
	struct spool_dir *dir;
	struct intake *intake;
	struct uploader *uploader;
	struct pipeline *pipeline;
	struct asker asker;
	struct queries queries;

	/* The batch at hand. */
	const struct parcel *parcel;
	int64_t deadline_ms;		/* of its lookups, monotonic */
	unsigned passes;
	atomic_bool is_answered;	/* what the last pass asked */
};

struct tenant *tenant_new(const char *name, const struct config *config,
			  struct log *log, struct problems *problems)
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
	const struct field *place = shape_find(tc->store->state, STR("endpoint"));

	if (!place)
		place = shape_find(tc->store->state, STR("directory"));
	buf_printf(b, "%s ", tc->store->name);
	if (place)
		buf_put(b, *(const struct str *)((const char *)tc->store_state +
						 place->offset));
	buf_puts(b, " ");
	object_key_clean(tc->limits.dirname, b);
	buf_puts(b, " ");
	object_key_clean(tc->limits.bucket.prefix, b);
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
	pipeline_commit(t->pipeline, now);
	queries_reset(&t->queries);
	stats_add(&t->stats, STAT_LOOKUPS_REFUSED, (int64_t)t->queries.refused);
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
	pipeline_accept(t->pipeline, t->parcel->batch, t->parcel->index, t->parcel->count);
}

static void finish(struct tenant *t, struct now now)
{
	pipeline_flush(t->pipeline, now);
	atomic_store(&t->is_finished, true);
}

static void run(struct task *task, struct now now)
{
	struct tenant *t = (struct tenant *)((char *)task - offsetof(struct tenant, task));
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

static void offer(struct receiver *receiver, const struct parcel *parcel)
{
	struct tenant *t = (struct tenant *)receiver;

	stats_add(&t->stats, STAT_FLOWS_RECEIVED, (int64_t)parcel->count);
	batch_ref(parcel->batch);
	if (!has_room(t) || !queue_push(&t->inbox, (void *)(uintptr_t)parcel)) {
		stats_add(&t->stats, STAT_FLOWS_DROPPED_INBOX, (int64_t)parcel->count);
		log_write(t->around.log, LOG_WARNING, "tenant=%s inbox=full flows are "
			  "dropped", t->name);
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

static void wake_uploader(void *context)
{
	struct tenant *t = context;

	uploader_wake(t->uploader);
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

static int open_store(struct tenant *t, struct now now, struct err *err)
{
	const struct tenant_config *tc = &t->config;
	struct uploader_parts parts = {
		.store = tc->store, .state = tc->store_state, .dir = t->dir,
		.workers = tc->store->blocks ? t->around.writers : t->around.workers,
		.stats = &t->stats, .log = t->around.log, .seed = seed_of(t->name, now),
		.stored = account_for, .context = t,
	};
	int error = tc->store->init ?
		    tc->store->init(tc->store_state, t->around.http, err) : 0;

	t->has_writer = true;
	if (error)
		return error;
	t->uploader = uploader_new(&parts);
	return t->uploader ? 0 : err_set(err, "out of memory");
}

static int open_pipeline(struct tenant *t, double part, struct err *err)
{
	struct tenant_config *tc = &t->config;
	struct intake_parts intake = {
		.dir = t->dir, .stages = &tc->stages, .workers = t->around.workers,
		.stats = &t->stats, .log = t->around.log,
		.sealed = wake_uploader, .context = t,
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
		t->pipeline = pipeline_new(&parts, intake_sink(t->intake), &t->stats);
	if (!t->pipeline || queries_init(&t->queries, &t->asker.answers) < 0)
		return err_set(err, "out of memory");
	return 0;
}

int tenant_open(struct tenant *t, const struct tenant_surroundings *around, double part,
		struct now now, struct err *err)
{
	int error;

	t->around = *around;
	t->receiver.offer = offer;
	task_init(&t->task, run);
	if (around->output.len && tenant_config_redirect(&t->config, around->output) < 0)
		return err_set(err, "out of memory");
	error = queue_init(&t->inbox, INBOX_MAX);
	if (error)
		return err_set(err, "%s", strerror(-error));
	asker_init(&t->asker, around->topology, wake, t);
	t->is_open = true;
	t->dir = spool_dir_open(around->spool, t->name, &t->stats, now, err);
	if (!t->dir || open_store(t, now, err) < 0 || open_pipeline(t, part, err) < 0) {
		tenant_close(t);
		return -EINVAL;
	}
	intake_recover(t->intake, now);
	uploader_wake(t->uploader);
	return 0;
}

struct receiver *tenant_receiver(struct tenant *t)
{
	return &t->receiver;
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

size_t tenant_backlog(struct tenant *t)
{
	struct spool_backlog backlog;

	spool_backlog(t->dir, &backlog);
	return backlog.objects + intake_sealing(t->intake);
}

bool tenant_is_degraded(struct tenant *t)
{
	struct uploader_status status;

	uploader_status(t->uploader, &status);
	return status.is_degraded;
}

const struct stats *tenant_stats(const struct tenant *t)
{
	return &t->stats;
}

static void empty_inbox(struct tenant *t)
{
	const struct parcel *parcel;

	if (t->parcel)
		batch_unref(t->parcel->batch);
	t->parcel = NULL;
	while ((parcel = queue_pop(&t->inbox))) {
		stats_add(&t->stats, STAT_FLOWS_DROPPED_INBOX, (int64_t)parcel->count);
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
	if (t->has_writer && t->config.store->fini)
		t->config.store->fini(t->config.store_state);
	spool_dir_close(t->dir);
	empty_inbox(t);
	queue_fini(&t->inbox);
	t->pipeline = NULL;
	t->intake = NULL;
	t->uploader = NULL;
	t->dir = NULL;
	t->is_open = t->has_writer = false;
}

size_t tenant_sections(struct config_section *sections, size_t max)
{
	return tenant_config_sections(sections, max);
}
