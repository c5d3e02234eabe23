/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_status.c - what others may know of a tenant. See tenant.h. */
#include "tenant/tenant_shard.h"

const char *tenant_name(const struct tenant *t)
{
	return t->settings->name;
}

bool tenant_is_finished(struct tenant *t)
{
	return atomic_load(&t->is_finished) && !atomic_load(&t->open_shards) &&
	       spool_sink_sealing(t->spool_sink) == 0;
}

void tenant_each_shard(struct tenant *t, void (*visit)(struct tenant *shard, void *to),
		       void *to)
{
	struct tenant_shard *s;

	pthread_mutex_lock(&t->shards_lock);
	for (s = t->shards; s; s = s->next)
		visit(s->tenant, to);
	pthread_mutex_unlock(&t->shards_lock);
}

static void add_backlog(struct tenant *t, void *to)
{
	struct spool_backlog backlog;

	spool_backlog(t->state->dir, &backlog);
	*(size_t *)to += backlog.objects + spool_sink_sealing(t->spool_sink);
}

size_t tenant_backlog(struct tenant *t)
{
	size_t objects = 0;

	add_backlog(t, &objects);
	tenant_each_shard(t, add_backlog, &objects);
	return objects;
}

static void look_at_uploads(struct tenant *t, struct uploader_status *uploads)
{
	*uploads = (struct uploader_status){ .sent_ms = NEVER_MS };
	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_status(t->uploader, uploads);
	pthread_mutex_unlock(&t->lock);
	/* A port is what this tenant writes to. */
	if (t->exposition && !uploads->degraded_ms)
		uploads->degraded_ms = exposition_error(t->exposition, uploads->error,
							sizeof(uploads->error));
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void tenant_look(struct tenant *t, struct tenant_status *status)
{
	struct uploader_status uploads;
	struct spool_backlog backlog;

	look_at_uploads(t, &uploads);
	spool_backlog(t->state->dir, &backlog);
	*status = (struct tenant_status){
		.degraded_ms = uploads.degraded_ms,
		.stored_ms = recent_stored_ms(t->state->recent),
		.sent_ms = uploads.sent_ms,
		.objects = backlog.objects + spool_sink_sealing(t->spool_sink),
		.bytes = backlog.bytes,
		.oldest_ms = backlog.oldest_ms,
		.waits_ms = NEVER_MS,
	};
	limits_get(&t->limits, &status->limits);
	memcpy(status->error, uploads.error, sizeof(status->error));
}

/* A pipeline is as badly off as its worst shard. */
static void add_status(struct tenant *shard, void *to)
{
	struct tenant_status *status = to, of_shard;
	int64_t waits_ms = atomic_load(&shard->shard->part.waits_ms);

	tenant_look(shard, &of_shard);
	status->has_shards = true;
	if (waits_ms)
		status->waits_ms = sooner(status->waits_ms, waits_ms);
	status->objects += of_shard.objects;
	status->bytes += of_shard.bytes;
	status->oldest_ms = sooner(status->oldest_ms, of_shard.oldest_ms);
	status->sent_ms = sooner(status->sent_ms, of_shard.sent_ms);
	if (!of_shard.degraded_ms ||
	    (status->degraded_ms && status->degraded_ms <= of_shard.degraded_ms))
		return;
	status->degraded_ms = of_shard.degraded_ms;
	memcpy(status->error, of_shard.error, sizeof(status->error));
}

void tenant_status(struct tenant *t, struct tenant_status *status)
{
	tenant_look(t, status);
	tenant_each_shard(t, add_status, status);
}

static void add_degraded(struct tenant *t, void *to)
{
	struct uploader_status uploads;

	look_at_uploads(t, &uploads);
	*(bool *)to |= uploads.degraded_ms != 0;
}

bool tenant_is_degraded(struct tenant *t)
{
	bool is_degraded = false;

	add_degraded(t, &is_degraded);
	tenant_each_shard(t, add_degraded, &is_degraded);
	return is_degraded;
}

struct recent *tenant_recent(struct tenant *t)
{
	return t->state->recent;
}

const struct stats *tenant_stats(const struct tenant *t)
{
	return &t->state->stats;
}

void tenant_ledger(struct tenant *t, struct ledger_totals *totals)
{
	spool_ledger(t->state->dir, totals);
}
