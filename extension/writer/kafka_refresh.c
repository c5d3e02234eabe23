/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_refresh.c - the producer of a writer, and another one when a file with its
 * password or certificates has changed, which a producer reads only when it is made; and
 * whether it is in trouble. */
#include <errno.h>
#include <stdio.h>
#include "sys/clock.h"
#include "writer/kafka_private.h"

#define ARENA_MAX  (256 * 1024)
#define SILENCE_MS 30000

int kafka_writer_open(struct kafka_writer *w, struct err *err)
{
	struct kafka_cluster *old = w->cluster;

	arena_fini(&w->arena);
	w->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	w->stamp = kafka_security_stamp(&w->security);
	w->is_stale = false;
	w->cluster = NULL;
	if (kafka_writer_settings(w, err) == 0)
		w->cluster = kafka_open(w->kafka, &w->all, w->stamp, err);
	/* Who still shares it goes on with it. */
	kafka_close(old);
	return w->cluster ? 0 : -EINVAL;
}

bool kafka_writer_is_stale(struct kafka_writer *w)
{
	if (secret_refresh(&w->secret, clock_now().mono_ms))
		w->is_stale = true;
	if (kafka_security_stamp(&w->security) != w->stamp)
		w->is_stale = true;
	return w->is_stale || !w->cluster;
}

/* A put that waits in vain ends, so that another producer may try. */
static void give_up_stale(struct kafka_writer *w)
{
	if (!kafka_writer_is_stale(w))
		return;
	atomic_store(&w->gives_up, true);
	kafka_wake(w->cluster);
}

bool kafka_writer_trouble(void *self, char *why, size_t size)
{
	struct kafka_writer *w = self;
	int64_t silent_ms = clock_now().mono_ms - atomic_load(&w->progress_ms);

	if (!w->cluster)
		return false;
	if (kafka_trouble(w->cluster, why, size)) {
		give_up_stale(w);
		return true;
	}
	if (silent_ms < SILENCE_MS)
		return false;
	snprintf(why, size, "the brokers have not answered for more than %d s",
		 SILENCE_MS / 1000);
	return true;
}
