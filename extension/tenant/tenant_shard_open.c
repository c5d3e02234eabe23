/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_shard_open.c - a shard of a pipeline, opened and closed, on the source's thread.
 * See tenant_shard.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "format/time_text.h"
#include "stage/stage_set.h"
#include "sys/clock.h"
#include "tenant/tenant_shard.h"

#define ARENA_MAX	((size_t)4 << 20)
#define FOLDER_NAME_MAX 1024
#define KEY_PART_MAX	1024

static struct tenant_shard *shard_of(struct shard_part *part)
{
	return (struct tenant_shard *)part;
}

static void join_whole(struct tenant_shard *s)
{
	pthread_mutex_lock(&s->whole->shards_lock);
	s->next = s->whole->shards;
	s->whole->shards = s;
	pthread_mutex_unlock(&s->whole->shards_lock);
}

/* Who looks at the pipeline sees it no more. */
static void leave_whole(struct tenant_shard *s)
{
	struct tenant_shard **at;

	pthread_mutex_lock(&s->whole->shards_lock);
	for (at = &s->whole->shards; *at && *at != s; at = &(*at)->next)
		;
	if (*at)
		*at = s->next;
	pthread_mutex_unlock(&s->whole->shards_lock);
}

/* The pipeline may go when it is the last. */
static void shard_free(struct tenant_shard *s)
{
	struct tenant *whole = s->whole;
	char folder[64];

	tenant_free(s->tenant);
	snprintf(folder, sizeof(folder), TENANT_SHARD_BEGIN "%d", (int)s->partition);
	spool_adopt_bad(whole->state->dir, folder);
	stage_set_fini(&s->stages);
	pipeline_settings_unref(s->settings);
	pipeline_settings_unref(s->writer);
	pthread_mutex_destroy(&s->lock);
	buf_fini(&s->origin);
	buf_fini(&s->stream);
	arena_fini(&s->arena);
	free(s->boundary);
	free(s);
	atomic_fetch_sub(&whole->open_shards, 1);
}

static void shard_close_part(struct shard_part *part)
{
	leave_whole(shard_of(part));
	shard_free(shard_of(part));
}

/* Its own states of the stages that its pipeline has. */
static int read_stages(struct tenant_shard *s, struct err *err)
{
	struct problems problems = PROBLEMS_INIT;

	stage_set_read_as(&s->stages, s->settings->config,
			  s->settings->stages.encode->stage.name, &s->arena, &problems);
	if (problems.count)
		err_set(err, "out of memory for the stages of a partition");
	problems_fini(&problems);
	return problems.count ? -EINVAL : 0;
}

static int open_tenant(struct tenant_shard *s, struct now now, struct err *err)
{
	struct tenant_surroundings around = s->whole->around;
	char name[FOLDER_NAME_MAX];
	struct tenant *t;

	around.keeps_all = true;
	t = tenant_alloc(s->settings, &around, err);
	if (!t)
		return -ENOMEM;
	s->tenant = t;
	t->shard = s;
	task_init(&t->task, tenant_shard_run);
	t->task.name = s->settings->name;
	snprintf(name, sizeof(name), "%s/" TENANT_SHARD_BEGIN "%d", s->settings->name,
		 (int)s->partition);
	t->state = pipeline_state_new_shard(s->whole->state, around.spool, name, now,
					    err);
	if (t->state)
		limits_init(&t->limits, &s->settings->limits, s->settings->name,
			    &t->state->stats, around.log);
	if (!t->state || tenant_open_pipeline(t, &s->stages, 0, &s->name, err) < 0)
		return -EINVAL;
	t->uploader = tenant_open_writer(t, &s->writer->writer, &t->writer, now, err);
	if (!t->uploader)
		return -EINVAL;
	spool_sink_begin(t->spool_sink);
	return 0;
}

static void put_origin(const struct shard_name *name, struct buf *b)
{
	buf_printf(b, STR_FMT "-%d", STR_ARG(name->topic), (int)name->partition);
	if (!name->begun_ms)
		return;
	buf_putc(b, '-');
	time_put_basic(b, name->begun_ms / 1000);
}

/* What it was begun with, or its own. */
static void find_rule(struct tenant_shard *s, const struct shard_rules *rules)
{
	const struct shard_rule *own = &s->settings->shard_rule;
	const struct shard_rule *rule = shard_rules_find(rules, own);

	if (!rule)
		rule = own;
	s->part.interval_ms = rule->interval_ms;
	s->flows_max = rule->flows;
}

static struct tenant_shard *shard_alloc(struct tenant *whole,
					const struct shard_name *name)
{
	struct tenant_shard *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->part = (struct shard_part){
		.receiver = { .offer = tenant_shard_offer, .lose = tenant_shard_lose },
		.cut = tenant_shard_cut,
		.look = tenant_shard_look,
		.release = tenant_shard_release,
		.close = shard_close_part,
	};
	s->whole = whole;
	atomic_fetch_add(&whole->open_shards, 1);
	pthread_mutex_lock(&whole->lock);
	s->settings = pipeline_settings_ref((void *)(uintptr_t)whole->settings);
	s->writer = pipeline_settings_ref((void *)(uintptr_t)whole->writer_settings);
	pthread_mutex_unlock(&whole->lock);
	find_rule(s, name->rules);
	s->partition = name->partition;
	s->clock_ms = name->from.clock_ms;
	s->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	s->origin = (struct buf)BUF_INIT(KEY_PART_MAX);
	s->stream = (struct buf)BUF_INIT(KEY_PART_MAX);
	pthread_mutex_init(&s->lock, NULL);
	put_origin(name, &s->origin);
	tenant_shard_name(s, name->from.offset);
	return s;
}

struct shard_part *tenant_open_shard(struct receiver *receiver,
				     const struct shard_name *name, struct err *err)
{
	struct tenant *whole = (struct tenant *)receiver;
	struct tenant_shard *s = shard_alloc(whole, name);

	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	if (read_stages(s, err) < 0 || open_tenant(s, clock_now(), err) < 0) {
		shard_free(s);
		return NULL;
	}
	join_whole(s);
	return &s->part;
}
