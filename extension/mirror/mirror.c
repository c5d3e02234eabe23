/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.c - see mirror.h: its life, its questions, and which graph is the present one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "mirror/mirror_private.h"
#include "sys/clock.h"

#define TOMBS_MS   (25 * INT64_C(60000)) /* records come up to 20 min after a flow ended */
#define REFUSED_MS (60 * INT64_C(60000))
#define EXPIRE_MS  10000

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

static void generation_free(struct generation *g)
{
	if (!g)
		return;
	feed_fini(&g->feed);
	graph_free(g->graph);
	projection_free(g->projection);
	free(g);
}

/* Takes the projection, also on failure. */
static struct generation *generation_new(struct mirror *m, struct projection *projection)
{
	const struct graph_limits limits = { m->parts.bytes_max, TOMBS_MS };
	struct generation *g = calloc(1, sizeof(*g));

	if (!g) {
		projection_free(projection);
		return NULL;
	}
	g->projection = projection;
	g->graph = graph_new(projection, &limits);
	if (g->graph) {
		feed_init(&g->feed, g->graph, &mirror_feed_user, m);
		return g;
	}
	generation_free(g);
	return NULL;
}

struct generation *mirror_target(struct mirror *m)
{
	return m->next ? m->next : m->present;
}

static void set_present(struct mirror *m, struct generation *g)
{
	struct generation *before;

	pthread_rwlock_wrlock(&m->lock);
	before = m->present;
	m->present = g;
	pthread_rwlock_unlock(&m->lock);
	generation_free(before);
}

bool mirror_is_awaited(const struct mirror *m)
{
	return atomic_load(&m->is_awaited);
}

void mirror_settle(struct mirror *m)
{
	if (atomic_exchange(&m->is_awaited, false))
		m->parts.settled(m->parts.context);
}

void mirror_advance(struct mirror *m)
{
	struct generation *next = m->next;

	m->counters.state = MIRROR_SYNCED;
	m->counters.error[0] = '\0';
	m->next = NULL;
	if (next)
		set_present(m, next);
	mirror_settle(m);
}

void mirror_expire(struct mirror *m, int64_t wall_ms)
{
	if (!m->present || wall_ms < m->expire_ms)
		return;
	m->expire_ms = wall_ms + EXPIRE_MS;
	graph_expire(m->present->graph, wall_ms);
}

/* An empty one of the same kind, so that nothing is answered. */
void mirror_refuse(struct mirror *m, int64_t now_ms, const char *why)
{
	struct generation *target = mirror_target(m), *empty;
	struct projection *projection = target ? target->projection : NULL;

	m->has_failed = true;
	m->refused_until_ms = now_ms + REFUSED_MS;
	if (m->parts.log && m->counters.state != MIRROR_REFUSED)
		log_write(m->parts.log, LOG_WARNING,
			  "mirror=refused error=\"%s\" the analyzer is asked instead; it "
			  "is tried again in an hour",
			  LOG_QUOTED(why));
	snprintf(m->counters.error, sizeof(m->counters.error), "%s", why);
	m->counters.state = MIRROR_REFUSED;
	stale_clear(&m->stale);
	mirror_settle(m);
	if (!target)
		return;
	target->projection = NULL;
	empty = generation_new(m, projection);
	generation_free(m->next);
	m->next = empty;
	set_present(m, NULL);
}

/* Nothing is asked any more. */
static void mirror_forget(struct mirror *m)
{
	mirror_end(m);
	pthread_mutex_lock(&m->change);
	generation_free(m->next);
	m->next = NULL;
	set_present(m, NULL);
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
		m->counters.state = MIRROR_OFF;
		mirror_settle(m);
	} else if (target && projection_covers(target->projection, wanted)) {
		projection_free(wanted);
	} else {
		target = generation_new(m, wanted);
		if (!target)
			error = err_set(err, "no memory for a mirror of the topology");
		generation_free(m->next);
		m->next = target;
		sync_restart(&m->sync, &m->counters.resyncs_connect, clock_now().mono_ms);
		if (m->counters.state == MIRROR_OFF) {
			m->counters.state = MIRROR_CONNECTING;
			atomic_store(&m->is_awaited, m->parts.urls > 0);
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

const struct answer *mirror_answer(struct mirror *m, const struct question *question,
				   const struct str *values, int64_t at_ms,
				   struct arena *arena)
{
	const struct answer *answer = NULL;

	pthread_rwlock_rdlock(&m->lock);
	if (m->present)
		answer = graph_answer(m->present->graph, question, values, at_ms, arena);
	pthread_rwlock_unlock(&m->lock);
	return answer;
}

static void mirror_note_stale(void *context, struct str id)
{
	struct mirror *m = context;

	m->counters.stale++;
	stale_add(&m->stale, id, clock_now().mono_ms);
}

static void mirror_note_gap(void *context)
{
	struct mirror *m = context;

	sync_soon(&m->sync, &m->counters.resyncs_gap, clock_now().mono_ms);
}

const struct feed_user mirror_feed_user = {
	.stale = mirror_note_stale,
	.gap = mirror_note_gap,
};

static int take_fetched(void *context, enum reply_list list, struct str json,
			struct err *err)
{
	struct graph *g = context;

	(void)list;
	return graph_put_node(g, json, clock_now().wall_ms, err);
}

/* A list of nodes, as a list of a reply. */
void mirror_fetched(struct mirror *m, int status, struct str body)
{
	static const struct str head = { "{\"Nodes\":", 9 };
	struct reply_splitter splitter;
	struct generation *target;
	struct err err = ERR_INIT;
	int error;

	if (status != 200)
		return;
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
			mirror_refuse(m, clock_now().mono_ms,
				      "the topology is larger than "
				      "topology.mirror.max_bytes");
	}
	pthread_mutex_unlock(&m->change);
	reply_splitter_fini(&splitter);
}

void mirror_play(struct mirror *m, struct str message, bool is_text, int64_t now_ms)
{
	struct generation *target;
	struct err err = ERR_INIT;
	uint64_t syncs;

	pthread_mutex_lock(&m->change);
	target = mirror_target(m);
	if (target) {
		if (!feed_is_expecting(&target->feed))
			feed_expect(&target->feed, NULL);
		syncs = target->feed.events[FEED_SYNC];
		if (feed_hear(&target->feed, message, is_text, true, now_ms, &err) == 0 &&
		    target->feed.events[FEED_SYNC] != syncs)
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
