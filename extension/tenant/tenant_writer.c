/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_writer.c - who uploads what a tenant makes: its writer, another one
 * after a reload, or its heir's.
 */
#include <errno.h>
#include "tenant/tenant_inside.h"

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

struct uploader *tenant_open_writer(struct tenant *t, struct writer *writer,
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

int tenant_replace_writer(struct tenant *t, struct tenant *from, struct now now,
			  struct err *err)
{
	struct writer writer = from->config.writer, old_writer = t->writer;
	struct uploader *uploader, *old = t->uploader;

	from->config.writer = (struct writer){ 0 };
	uploader = tenant_open_writer(t, &writer, now, err);
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

void tenant_hand_over(struct tenant *t, struct tenant *heir)
{
	struct uploader *uploader;

	pthread_mutex_lock(&t->lock);
	uploader = t->uploader;
	t->uploader = NULL;
	t->heir = heir;
	pthread_mutex_unlock(&t->lock);
	uploader_free(uploader);
}

void tenant_wake_uploader(void *context)
{
	struct tenant *t = context, *heir;

	pthread_mutex_lock(&t->lock);
	if (t->uploader)
		uploader_wake(t->uploader);
	heir = t->heir;
	pthread_mutex_unlock(&t->lock);
	if (heir)
		tenant_wake_uploader(heir);
}

struct tenant *tenant_heir(struct tenant *t)
{
	struct tenant *heir;

	pthread_mutex_lock(&t->lock);
	heir = t->heir;
	pthread_mutex_unlock(&t->lock);
	return heir;
}
