/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_state.c - see pipeline_state.h. */
#include <stdlib.h>
#include "tenant/pipeline_state.h"

static struct pipeline_state *state_alloc(struct spool *spool, struct err *err)
{
	struct pipeline_state *state = calloc(1, sizeof(*state));

	if (!state) {
		err_set(err, "out of memory");
		return NULL;
	}
	state->refs = 1;
	pthread_mutex_init(&state->streams.lock, NULL);
	recent_init(&state->own_recent);
	state->recent = &state->own_recent;
	/* A pipeline that was renamed writes where the old one still does. */
	state->streams.last = spool_last_stream(spool);
	return state;
}

static struct pipeline_state *open_dir(struct pipeline_state *state, struct spool *spool,
				       const char *name, struct now now, struct err *err)
{
	state->dir = spool_dir_open(spool, name, &state->stats, now, err);
	if (state->dir)
		return state;
	pipeline_state_unref(state);
	return NULL;
}

struct pipeline_state *pipeline_state_new(struct spool *spool, const char *name,
					  struct now now, struct err *err)
{
	struct pipeline_state *state = state_alloc(spool, err);

	return state ? open_dir(state, spool, name, now, err) : NULL;
}

struct pipeline_state *pipeline_state_new_shard(struct pipeline_state *whole,
						struct spool *spool, const char *name,
						struct now now, struct err *err)
{
	struct pipeline_state *state = state_alloc(spool, err);

	if (!state)
		return NULL;
	state->whole = pipeline_state_ref(whole);
	state->recent = whole->recent;
	spool_empty(spool, name);
	state = open_dir(state, spool, name, now, err);
	if (state)
		spool_set_buffer(state->dir);
	return state;
}

struct pipeline_state *pipeline_state_ref(struct pipeline_state *state)
{
	atomic_fetch_add(&state->refs, 1);
	return state;
}

void pipeline_state_set_ended(struct pipeline_state *state, bool has_ended)
{
	pthread_mutex_lock(&state->streams.lock);
	state->streams.has_ended = has_ended;
	state->streams.alone = 0;
	pthread_mutex_unlock(&state->streams.lock);
}

bool pipeline_state_is_shared(struct pipeline_state *state)
{
	return atomic_load(&state->refs) > 1;
}

void pipeline_state_unref(struct pipeline_state *state)
{
	if (!state || atomic_fetch_sub(&state->refs, 1) > 1)
		return;
	spool_dir_close(state->dir);
	pipeline_state_unref(state->whole);
	recent_fini(&state->own_recent);
	pthread_mutex_destroy(&state->streams.lock);
	free(state);
}
