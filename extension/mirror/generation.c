/* SPDX-License-Identifier: Apache-2.0 */
/* generation.c - which graph of a mirror is filled, and which one answers. See
 * mirror_private.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include "mirror/mirror_private.h"
#include "sys/clock.h"

#define TOMBS_MS   (25 * INT64_C(60000)) /* records come up to 20 min after a flow ended */
#define REFUSED_MS (60 * INT64_C(60000))
#define EXPIRE_MS  10000

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

void generation_free(struct generation *g)
{
	if (!g)
		return;
	feed_fini(&g->feed);
	graph_free(g->graph);
	projection_free(g->projection);
	free(g);
}

/* Takes the projection, also on failure. */
struct generation *generation_new(struct mirror *m, struct projection *projection)
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

void mirror_set_present(struct mirror *m, struct generation *g)
{
	struct generation *before;

	pthread_rwlock_wrlock(&m->lock);
	before = m->present;
	m->present = g;
	m->generations++;
	pthread_rwlock_unlock(&m->lock);
	generation_free(before);
}

void mirror_settle(struct mirror *m)
{
	if (atomic_exchange(&m->is_awaited, false))
		m->parts.settled(m->parts.context);
}

void mirror_set_state(struct mirror *m, enum mirror_state state)
{
	if (m->counters.state == state)
		return;
	m->counters.state = state;
	m->counters.since_ms = clock_now().wall_ms;
}

void mirror_advance(struct mirror *m)
{
	struct generation *next = m->next;

	mirror_set_state(m, MIRROR_SYNCED);
	m->counters.error[0] = '\0';
	m->next = NULL;
	if (next)
		mirror_set_present(m, next);
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
	mirror_set_state(m, MIRROR_REFUSED);
	stale_clear(&m->stale);
	mirror_settle(m);
	if (!target)
		return;
	target->projection = NULL;
	empty = generation_new(m, projection);
	generation_free(m->next);
	m->next = empty;
	mirror_set_present(m, NULL);
}
