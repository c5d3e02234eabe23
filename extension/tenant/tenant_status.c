/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_status.c - what others may know of a tenant. See tenant.h. */
#include "tenant/tenant_private.h"

const char *tenant_name(const struct tenant *t)
{
	return t->settings->name;
}

bool tenant_is_finished(struct tenant *t)
{
	return atomic_load(&t->is_finished) && spool_sink_sealing(t->spool_sink) == 0;
}

size_t tenant_backlog(struct tenant *t)
{
	struct spool_backlog backlog;

	spool_backlog(t->state->dir, &backlog);
	return backlog.objects + spool_sink_sealing(t->spool_sink);
}

void tenant_status(struct tenant *t, struct tenant_status *status)
{
	struct uploader_status uploads = { 0 };
	struct spool_backlog backlog;

	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_status(t->uploader, &uploads);
	pthread_mutex_unlock(&t->lock);
	spool_backlog(t->state->dir, &backlog);
	*status = (struct tenant_status){
		.is_degraded = uploads.is_degraded,
		.objects = backlog.objects + spool_sink_sealing(t->spool_sink),
		.bytes = backlog.bytes,
		.oldest_ms = backlog.oldest_ms,
	};
	memcpy(status->error, uploads.error, sizeof(status->error));
	if (t->exposition &&
	    exposition_error(t->exposition, status->error, sizeof(status->error)))
		status->is_degraded = true;
}

bool tenant_is_degraded(struct tenant *t)
{
	struct uploader_status status = { 0 };

	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_status(t->uploader, &status);
	pthread_mutex_unlock(&t->lock);
	return status.is_degraded ||
	       (t->exposition &&
		exposition_error(t->exposition, status.error, sizeof(status.error)));
}

const struct stats *tenant_stats(const struct tenant *t)
{
	return &t->state->stats;
}
