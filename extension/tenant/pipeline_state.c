/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_state.c - see pipeline_state.h. */
#include <stdlib.h>
#include "tenant/pipeline_state.h"

struct pipeline_state *pipeline_state_new(struct spool *spool, const char *name,
					  struct now now, struct err *err)
{
	struct pipeline_state *state = calloc(1, sizeof(*state));

	if (!state) {
		err_set(err, "out of memory");
		return NULL;
	}
	state->refs = 1;
	pthread_mutex_init(&state->streams.lock, NULL);
	recent_init(&state->recent);
	/* A pipeline that was renamed writes where the old one still does. */
	state->streams.last = spool_last_stream(spool);
	state->dir = spool_dir_open(spool, name, &state->stats, now, err);
	if (state->dir)
		return state;
	pipeline_state_unref(state);
	return NULL;
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
	recent_fini(&state->recent);
	pthread_mutex_destroy(&state->streams.lock);
	free(state);
}
