/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.c - see mirror.h: its life, its questions, and what is fetched for it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "mirror/mirror_private.h"
#include "sys/clock.h"

const char *const mirror_state_names[] = { "off", "connecting", "synced", "refused" };

struct mirror *mirror_new(const struct mirror_parts *parts)
{
	struct mirror *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->parts = *parts;
	pthread_mutex_init(&m->change, NULL);
	pthread_rwlock_init(&m->lock, NULL);
	if (stale_init(&m->stale) == 0)
		return m;
	mirror_free(m);
	return NULL;
}

/* Nothing is asked any more. */
static void mirror_forget(struct mirror *m)
{
	mirror_end(m);
	pthread_mutex_lock(&m->change);
	generation_free(m->next);
	m->next = NULL;
	mirror_set_present(m, NULL);
	pthread_mutex_unlock(&m->change);
}

int mirror_want(struct mirror *m, struct projection *wanted, struct err *err)
{
	struct generation *target;
	bool is_wanted = wanted != NULL;
	int error = 0;

	pthread_mutex_lock(&m->change);
	target = mirror_target(m);
	if (!is_wanted) {
		mirror_set_state(m, MIRROR_OFF);
		mirror_settle(m);
	} else if (target && projection_covers(target->projection, wanted)) {
		projection_free(wanted);
	} else {
		struct generation *made = generation_new(m, wanted);

		if (!made)
			error = err_set(err, "no memory for a mirror of the topology");
		else if (target)
			feed_follow(&made->feed, &target->feed);
		generation_free(m->next);
		m->next = made;
		sync_anew(&m->sync, &m->counters.resyncs_connect, clock_now().mono_ms);
		if (m->counters.state == MIRROR_OFF && m->parts.urls) {
			mirror_set_state(m, MIRROR_CONNECTING);
			atomic_store(&m->is_awaited, true);
		}
	}
	if (!error && is_wanted && m->parts.urls)
		error = subscription_start(m, err);
	pthread_mutex_unlock(&m->change);
	if (!is_wanted)
		mirror_forget(m);
	return error;
}

void mirror_halt(struct mirror *m)
{
	if (m)
		session_halt(m->session);
}

void mirror_end(struct mirror *m)
{
	if (!m)
		return;
	session_stop(m->session);
	m->session = NULL;
}

void mirror_free(struct mirror *m)
{
	if (!m)
		return;
	mirror_end(m);
	generation_free(m->next);
	generation_free(m->present);
	stale_fini(&m->stale);
	pthread_mutex_destroy(&m->change);
	pthread_rwlock_destroy(&m->lock);
	free(m);
}

bool mirror_is_awaited(const struct mirror *m)
{
	return atomic_load(&m->is_awaited);
}

const struct answer *mirror_answer(struct mirror *m, const struct question *question,
				   const struct str *values, int64_t at_ms,
				   struct arena *arena, struct graph_span *span)
{
	const struct answer *answer = NULL;

	pthread_rwlock_rdlock(&m->lock);
	if (m->present)
		answer = graph_answer(m->present->graph, question, values, at_ms, arena,
				      span);
	pthread_rwlock_unlock(&m->lock);
	return answer;
}

/* Each generation has numbers of its own. */
uint64_t mirror_version(struct mirror *m)
{
	uint64_t version = 0;

	pthread_rwlock_rdlock(&m->lock);
	if (m->present)
		version = (m->generations << 40) + graph_version(m->present->graph);
	pthread_rwlock_unlock(&m->lock);
	return version;
}

static int take_fetched(void *context, enum reply_list list, struct str json,
			struct err *err)
{
	struct graph *g = context;

	(void)list;
	return graph_put_node(g, json, clock_now().wall_ms, err);
}

/* Nobody says what has become of the nodes. A node that is gone is 400; who must log in
 * asks again. */
static void fetch_failed(struct mirror *m, int status)
{
	if (status == 400 || status == 401 || status == 405)
		return;
	pthread_mutex_lock(&m->change);
	sync_later(&m->sync, &m->counters.resyncs_stale, clock_now().mono_ms);
	pthread_mutex_unlock(&m->change);
}

/* A list of nodes, as a list of a reply. */
void mirror_fetched(struct mirror *m, int status, struct str body)
{
	static const struct str head = { "{\"Nodes\":", 9 };
	struct reply_splitter splitter;
	struct generation *target;
	struct err err = ERR_INIT;
	int error;

	if (status != 200) {
		fetch_failed(m, status);
		return;
	}
	reply_splitter_init(&splitter);
	pthread_mutex_lock(&m->change);
	target = mirror_target(m);
	if (target && graph_is_synced(target->graph)) {
		error = reply_splitter_feed(&splitter, head, take_fetched, target->graph,
					    &err);
		error = error ? error
			      : reply_splitter_feed(&splitter, body, take_fetched,
						    target->graph, &err);
		if (error == -ENOMEM)
			mirror_refuse(m, clock_now().mono_ms, MIRROR_TOO_LARGE);
	}
	pthread_mutex_unlock(&m->change);
	reply_splitter_fini(&splitter);
}

void mirror_play(struct mirror *m, struct str message, bool is_text, int64_t now_ms)
{
	struct generation *target;
	struct err err = ERR_INIT;
	uint64_t syncs;
	int error;

	pthread_mutex_lock(&m->change);
	target = mirror_target(m);
	if (target && !m->has_failed) {
		if (!feed_is_expecting(&target->feed))
			feed_expect(&target->feed, NULL);
		syncs = target->feed.events[FEED_SYNC];
		error = feed_hear(&target->feed, message, is_text, true, now_ms, &err);
		if (error == -ENOMEM)
			mirror_refuse(m, clock_now().mono_ms, MIRROR_TOO_LARGE);
		else if (!error && target->feed.events[FEED_SYNC] != syncs)
			mirror_advance(m);
		mirror_expire(m, now_ms);
	}
	pthread_mutex_unlock(&m->change);
}

void mirror_count(struct mirror *m, struct mirror_counters *counters)
{
	struct graph_counters graph = { 0 };
	int event;

	pthread_mutex_lock(&m->change);
	*counters = m->counters;
	counters->age_s = m->heard_ms ? (clock_now().mono_ms - m->heard_ms) / 1000 : -1;
	counters->resync_ms = m->parts.resync_ms;
	counters->is_synced = counters->state == MIRROR_SYNCED;
	if (m->present) {
		graph_count(m->present->graph, &graph);
		for (event = 0; event < FEED_EVENTS; event++)
			counters->events[event] = m->present->feed.events[event];
		counters->bad = m->present->feed.bad;
	}
	pthread_mutex_unlock(&m->change);
	counters->nodes = graph.nodes;
	counters->edges = graph.edges;
	counters->tombs = graph.tombs;
	counters->bytes = graph.bytes;
	counters->repaired = graph.repaired;
}
