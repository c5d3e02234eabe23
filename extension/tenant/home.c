/* SPDX-License-Identifier: Apache-2.0 */
/* home.c - see home.h. */
#include <stdlib.h>
#include "tenant/home.h"

struct home *home_new(struct spool *spool, const char *name, struct now now,
		      struct err *err)
{
	struct home *home = calloc(1, sizeof(*home));

	if (!home) {
		err_set(err, "out of memory");
		return NULL;
	}
	home->refs = 1;
	pthread_mutex_init(&home->streams.lock, NULL);
	/* A pipeline that was renamed writes where the old one still does. */
	home->streams.last = spool_last_stream(spool);
	home->dir = spool_dir_open(spool, name, &home->stats, now, err);
	if (home->dir)
		return home;
	home_unref(home);
	return NULL;
}

struct home *home_ref(struct home *home)
{
	atomic_fetch_add(&home->refs, 1);
	return home;
}

void home_set_ended(struct home *home, bool has_ended)
{
	pthread_mutex_lock(&home->streams.lock);
	home->streams.has_ended = has_ended;
	home->streams.alone = 0;
	pthread_mutex_unlock(&home->streams.lock);
}

bool home_is_shared(struct home *home)
{
	return atomic_load(&home->refs) > 1;
}

void home_unref(struct home *home)
{
	if (!home || atomic_fetch_sub(&home->refs, 1) > 1)
		return;
	spool_dir_close(home->dir);
	pthread_mutex_destroy(&home->streams.lock);
	free(home);
}
