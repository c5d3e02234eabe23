/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.c - see tenant.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include "tenant/tenant_private.h"
#include "tenant/tenant_shard.h"

#define QUESTIONS_SECONDS 10 /* in which the limit of questions holds */

static void tenant_wake(void *context)
{
	struct tenant *t = context;

	atomic_store(&t->is_answered, true);
	workers_wake(t->around.workers, &t->task);
}

/* The tick finds what its sink wants to be sealed. */
static void tenant_look_at_sink(void *context)
{
	struct tenant *t = context;

	workers_wake(t->around.workers, &t->task);
}

static void tenant_shard_rule(const struct receiver *receiver, struct shard_rule *rule)
{
	*rule = ((const struct tenant *)receiver)->settings->shard_rule;
}

int tenant_open_pipeline(struct tenant *t, const struct stage_set *stages, double part,
			 const struct object_name *name, struct err *err)
{
	const struct pipeline_settings *p = t->settings;
	struct row_labels labels = writer_options_labels(&p->writer);
	struct spool_sink_parts spool_sink = {
		.dir = t->state->dir, .stages = stages, .sealers = t->around.sealers,
		.stats = &t->state->stats, .streams = &t->state->streams,
		.log = t->around.log, .sealed = tenant_wake_uploader,
		.finish = tenant_look_at_sink, .context = t,
		.in_order = p->writer.writer->is_stream,
		.place = {
			.dirname = p->store.dirname,
			.prefix = p->store.bucket.prefix,
			.layout = p->store.bucket.layout,
			.content_encoding = p->store.content_encoding,
			.is_labelled = labels.are_wanted,
			.is_titled_by_tag = p->store.is_titled_by_tag,
		},
	};
	struct pipeline_parts parts = {
		.stages = *stages,
		.limits = p->store.bucket,
		.labels = labels,
	};

	if (name) {
		parts.limits.name = name;
		parts.limits.max_records = INT64_MAX;
	}
	parts.limits.first_age_ms -= (int64_t)(part * (double)parts.limits.first_age_ms);
	if (p->has_series) {
		t->exposition = exposition_new(&p->prom_sky_con, p->name, t->around.log);
		if (!t->exposition)
			return err_set(err, "out of memory");
		parts.series = exposition_series(t->exposition);
	}
	/* A mangle sees the records of a message, and so do objects of one. */
	t->gathers = !t->around.keeps_all && !parts.stages.mangle->apply &&
		     parts.limits.max_age_ms;
	t->spool_sink = spool_sink_new(&spool_sink);
	if (t->spool_sink)
		t->pipeline = pipeline_new(&parts, spool_sink_base(t->spool_sink),
					   &t->state->stats);
	if (!t->pipeline || queries_init(&t->queries, &t->asker.answers) < 0)
		return err_set(err, "out of memory");
	t->queries.peers_by = t->around.peers_by;
	return 0;
}

struct tenant *tenant_alloc(const struct pipeline_settings *settings,
			    const struct tenant_surroundings *around, struct err *err)
{
	struct tenant *t = calloc(1, sizeof(*t));
	int error = t ? queue_init(&t->inbox, TENANT_INBOX_MAX) : -ENOMEM;

	if (error) {
		err_set(err, "%s", strerror(-error));
		free(t);
		return NULL;
	}
	t->settings = t->writer_settings = settings;
	t->is_limited = !around->keeps_all && (settings->limits.flows_per_second ||
					       settings->limits.records_in_memory);
	t->around = *around;
	t->account = (struct account){ .options = &settings->account,
				       .log = around->log };
	t->receiver.offer = tenant_offer;
	t->receiver.lose = tenant_lose;
	t->receiver.open_shard = around->open_shard;
	t->receiver.shard_rule = tenant_shard_rule;
	t->receiver.title = settings->name;
	task_init(&t->task, tenant_run);
	t->task.name = settings->name;
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->shards_lock, NULL);
	asker_init(&t->asker, around->topology, tenant_wake, t);
	asker_limit(&t->asker, settings->limits.questions_per_second,
		    settings->limits.questions_per_second * QUESTIONS_SECONDS);
	atomic_fetch_add(&around->batches->readers, 1);
	inbox_room_join(around->room, &t->owner);
	return t;
}

static void tenant_adopt(struct tenant *t, struct tenant *predecessor, struct now now)
{
	spool_sink_keep_order(predecessor->spool_sink, now);
	pipeline_state_set_ended(t->state, false);
	tenant_hand_over(predecessor, t);
}

struct tenant *tenant_new(const struct pipeline_settings *settings,
			  const struct tenant_surroundings *around,
			  struct tenant *predecessor, double part, struct now now,
			  struct err *err)
{
	struct tenant *t = tenant_alloc(settings, around, err);

	if (!t)
		return NULL;
	t->state = predecessor
			   ? pipeline_state_ref(predecessor->state)
			   : pipeline_state_new(around->spool, settings->name, now, err);
	if (t->state)
		limits_init(&t->limits, &settings->limits, settings->name,
			    &t->state->stats, around->log);
	if (t->state && tenant_open_pipeline(t, &settings->stages, part, NULL, err) == 0)
		t->uploader = tenant_open_writer(t, &settings->writer, &t->writer, now,
						 err);
	if (!t->uploader) {
		tenant_free(t);
		return NULL;
	}
	/* Nothing was changed in the predecessor until here: it goes on if we cannot. */
	spool_set_limit(t->state->dir, settings->limits.spool_bytes);
	spool_sink_begin(t->spool_sink);
	if (predecessor)
		tenant_adopt(t, predecessor, now);
	else
		spool_sink_recover(t->spool_sink, now);
	if (!predecessor) {
		spool_adopt_bad(t->state->dir, TENANT_SHARD_BEGIN);
		spool_empty_each(around->spool, settings->name, TENANT_SHARD_BEGIN);
	}
	uploader_wake(t->uploader);
	workers_wake(around->workers, &t->task);
	return t;
}

struct receiver *tenant_receiver(struct tenant *t)
{
	return &t->receiver;
}

void tenant_retry(struct tenant *t, struct now now)
{
	spool_adopt_bad(t->state->dir, TENANT_SHARD_BEGIN);
	if (spool_retry(t->state->dir, now))
		tenant_wake_uploader(t);
}

void tenant_end(struct tenant *t)
{
	pipeline_state_set_ended(t->state, true);
}

void tenant_finish(struct tenant *t)
{
	atomic_store(&t->is_finishing, true);
	workers_wake(t->around.workers, &t->task);
}

/* Flows and records that nobody can account for are a mistake of ours. */
static void check_balance(struct tenant *t)
{
	struct err err = ERR_INIT;

	if (t->shard || !atomic_load(&t->is_finished) ||
	    pipeline_state_is_shared(t->state) ||
	    stats_balance(&t->state->stats, &err) == 0)
		return;
	log_write(t->around.log, LOG_ERROR, "tenant=%s counters=wrong error=\"%s\"",
		  tenant_name(t), LOG_QUOTED(err.text));
}

/* Rows that the spool has not taken go with it. */
static void free_pipeline(struct tenant *t)
{
	int64_t before, after;

	if (!t->pipeline)
		return;
	before = stats_get(&t->state->stats, STAT_RECORDS_DROPPED_HELD);
	pipeline_free(t->pipeline);
	after = stats_get(&t->state->stats, STAT_RECORDS_DROPPED_HELD);
	if (after > before)
		log_write(t->around.log, LOG_ERROR,
			  "tenant=%s spool=unwritable lost=%" PRId64
			  " records that were still in memory",
			  tenant_name(t), after - before);
}

void tenant_free(struct tenant *t)
{
	if (!t)
		return;
	workers_forget(t->around.workers, &t->task);
	asker_fini(&t->asker);
	workers_forget(t->around.workers, &t->task);
	queries_fini(&t->queries);
	free_pipeline(t);
	exposition_free(t->exposition);
	spool_sink_free(t->spool_sink);
	uploader_free(t->uploader);
	if (t->successor) {
		tenant_end_handing_over(t);
		tenant_wake_uploader(t->successor);
	}
	writer_instance_close(&t->writer);
	if (t->shard)
		tenant_shard_empty(t->shard);
	else
		tenant_empty_inbox(t);
	check_balance(t);
	queue_fini(&t->inbox);
	if (t->shard && t->state)
		tenant_shard_settle(t->shard);
	pipeline_state_unref(t->state);
	pthread_mutex_destroy(&t->lock);
	pthread_mutex_destroy(&t->shards_lock);
	atomic_fetch_sub(&t->around.batches->readers, 1);
	inbox_room_leave(t->around.room, &t->owner);
	free(t);
}
