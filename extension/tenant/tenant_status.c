/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_status.c - what others may know of a tenant. See tenant.h. */
#include "tenant/tenant_private.h"

const char *tenant_name(const struct tenant *t)
{
	return t->settings->name;
}

bool tenant_is_finished(struct tenant *t)
{
	return atomic_load(&t->is_finished) && !atomic_load(&t->open_shards) &&
	       spool_sink_sealing(t->spool_sink) == 0;
}

size_t tenant_backlog(struct tenant *t)
{
	struct spool_backlog backlog;

	spool_backlog(t->state->dir, &backlog);
	return backlog.objects + spool_sink_sealing(t->spool_sink);
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

void tenant_status(struct tenant *t, struct tenant_status *status)
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
	};
	limits_get(&t->limits, &status->limits);
	memcpy(status->error, uploads.error, sizeof(status->error));
}

bool tenant_is_degraded(struct tenant *t)
{
	struct uploader_status uploads;

	look_at_uploads(t, &uploads);
	return uploads.degraded_ms != 0;
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
