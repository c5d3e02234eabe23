/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_writer.c - who uploads what a tenant makes: its writer, another one
 * after a reload, or its successor's.
 */
#include <errno.h>
#include "tenant/tenant_private.h"

static void note_stored(void *context, const struct sealed *object, struct now now)
{
	struct tenant *t = context;

	account_add(&t->account, object->size, now);
	recent_note(t->state->recent, object, now);
}

static uint64_t seed_of(const char *name, struct now now)
{
	uint64_t hash = (uint64_t)now.wall_ms;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 1099511628211u;
	return hash;
}

struct uploader *tenant_open_writer(struct tenant *t,
				    const struct writer_options *options,
				    struct writer_instance *writer, struct now now,
				    struct err *err)
{
	const struct writer *type = options->writer;
	struct uploader_parts parts = {
		.writer = type,
		.dir = t->state->dir,
		.workers = type->blocks ? t->around.writers : t->around.workers,
		.stats = &t->state->stats,
		.log = t->around.log,
		.most = (unsigned)t->settings->limits.uploads_at_once,
		.seed = seed_of(tenant_name(t), now),
		.stored = note_stored,
		.context = t,
	};
	const struct writer_around around = {
		.http = t->around.http,
		.kafka = t->around.kafka,
		.tenant = tenant_name(t),
		.spool = type->labels ? spool_identity(t->around.spool, err) : "",
	};
	struct uploader *uploader;

	if (!around.spool || writer_instance_open(writer, options, &around, err) < 0)
		return NULL;
	parts.state = writer->state;
	uploader = uploader_new(&parts);
	if (uploader)
		return uploader;
	writer_instance_close(writer);
	err_set(err, "out of memory");
	return NULL;
}

int tenant_replace_writer(struct tenant *t, const struct pipeline_settings *from,
			  struct now now, struct err *err)
{
	struct writer_instance writer, old_writer = t->writer;
	struct uploader *uploader, *old = t->uploader;

	uploader = tenant_open_writer(t, &from->writer, &writer, now, err);
	if (!uploader)
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	t->uploader = uploader;
	t->writer = writer;
	t->writer_settings = from;
	t->receiver.version++;
	pthread_mutex_unlock(&t->lock);
	uploader_free(old);
	writer_instance_close(&old_writer);
	uploader_wake(uploader);
	return 0;
}

void tenant_hand_over(struct tenant *t, struct tenant *successor)
{
	struct uploader *uploader;

	pthread_mutex_lock(&t->lock);
	uploader = t->uploader;
	t->uploader = NULL;
	t->successor = successor;
	pthread_mutex_unlock(&t->lock);
	spool_sink_await(successor->spool_sink);
	uploader_free(uploader);
}

void tenant_end_handing_over(struct tenant *t)
{
	struct tenant *successor = tenant_successor(t);

	if (successor && !atomic_exchange(&t->has_handed_over, true))
		spool_sink_go_on(successor->spool_sink);
}

void tenant_wake_uploader(void *context)
{
	struct tenant *t = context, *successor;

	/* Its limit may have cost objects, and that is told. */
	if (t->settings->limits.spool_bytes)
		workers_wake(t->around.workers, &t->task);
	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_wake(t->uploader);
	successor = t->successor;
	pthread_mutex_unlock(&t->lock);
	if (!successor)
		return;
	if (tenant_is_finished(t))
		tenant_end_handing_over(t);
	tenant_wake_uploader(successor);
}

struct tenant *tenant_successor(struct tenant *t)
{
	struct tenant *successor;

	pthread_mutex_lock(&t->lock);
	successor = t->successor;
	pthread_mutex_unlock(&t->lock);
	return successor;
}
