/* SPDX-License-Identifier: Apache-2.0 */
/* troubles.c - see troubles.h. */
#include <inttypes.h>
#include <stdlib.h>
#include "base/grow.h"
#include "format/time_text.h"
#include "monitor/snapshot.h"
#include "monitor/troubles.h"

#define WORKER_STUCK_MS 60000
#define SEALER_STUCK_MS 600000 /* an object of 1 GiB takes minutes */
#define UPLOAD_STUCK_MS 600000
#define MIRROR_LATE_MS	60000 /* and as long as a synchronization takes to be due */
#define LINES_MAX	20

#define TROUBLE_ROW(id, ...) [TROUBLE_##id] = { __VA_ARGS__ },
const struct trouble_meaning trouble_kinds[TROUBLES] = { TROUBLES_EACH(TROUBLE_ROW) };

static void add_of(struct snapshot *s, size_t tenant, enum trouble_kind kind,
		   const char *who, const char *detail, int64_t since_ms)
{
	s->trouble_count[kind]++;
	if (!grow(s->trouble, s->troubles_room, s->troubles + 1))
		s->is_short = true;
	else
		s->trouble[s->troubles++] = (struct trouble){ kind, who, detail, since_ms,
							      tenant };
}

static void add(struct snapshot *s, enum trouble_kind kind, const char *who,
		const char *detail, int64_t since_ms)
{
	add_of(s, NO_TENANT, kind, who, detail, since_ms);
}

static int64_t wall_of(struct now now, int64_t mono_ms)
{
	return now.wall_ms - (now.mono_ms - mono_ms);
}

static bool is_over(struct now now, int64_t since_mono_ms, int64_t limit_ms)
{
	return since_mono_ms != NEVER_MS && now.mono_ms - since_mono_ms >= limit_ms;
}

bool troubles_find_stuck(const struct exporter_busy *busy, struct now now,
			 struct trouble *trouble)
{
	if (!is_over(now, busy->worker_since_ms, WORKER_STUCK_MS))
		return false;
	*trouble = (struct trouble){ TROUBLE_WORKER, busy->worker, "",
				     wall_of(now, busy->worker_since_ms), NO_TENANT };
	return true;
}

static void look_at_program(struct snapshot *s)
{
	const struct topology_counters *topology = &s->exporter.topology;
	const struct exporter_busy *busy = &s->exporter.busy;
	const struct mirror_counters *mirror = &topology->mirror;
	int64_t age_ms = mirror->age_s * 1000;
	struct trouble stuck;

	if (troubles_find_stuck(busy, s->now, &stuck))
		add(s, stuck.kind, stuck.who, stuck.detail, stuck.since_ms);
	if (is_over(s->now, busy->sealer_since_ms, SEALER_STUCK_MS))
		add(s, TROUBLE_SEALER, busy->sealer, "",
		    wall_of(s->now, busy->sealer_since_ms));
	if (topology->down)
		add(s, TROUBLE_TOPOLOGY, "", topology->error, topology->down_since_ms);
	if (mirror->state == MIRROR_REFUSED)
		add(s, TROUBLE_MIRROR, "", mirror->error, mirror->since_ms);
	else if (mirror->is_synced && age_ms >= mirror->resync_ms + MIRROR_LATE_MS)
		add(s, TROUBLE_MIRROR, "", "", s->now.wall_ms - age_ms);
}

static enum trouble_kind kind_of(const struct source_status *status)
{
	if (status->partitions.are_there)
		return TROUBLE_UNREAD;
	return status->state == SOURCE_STARVED ? TROUBLE_STARVED : TROUBLE_CONNECTING;
}

static void look_at_source(struct snapshot *s, const struct source_figures *source)
{
	const struct source_status *status = &source->status;

	if (!status->is_ready)
		add(s, kind_of(status), source->url, status->error,
		    s->now.wall_ms - status->down_s * 1000);
	else if (status->half_silent_s)
		add(s, TROUBLE_HALF_SILENT, source->url, "",
		    s->now.wall_ms - status->half_silent_s * 1000);
}

/* The limit that has held it back for longest; LIMITS: none does. */
static int oldest_limit(const struct limits_status *limits)
{
	int64_t since_ms = NEVER_MS;
	int limit, found = LIMITS;

	for (limit = 0; limit < LIMITS; limit++)
		if (limits->since_ms[limit] < since_ms) {
			since_ms = limits->since_ms[limit];
			found = limit;
		}
	return found;
}

static void look_at_tenant(struct snapshot *s, size_t tenant)
{
	const struct tenant_figures *t = &s->tenant[tenant];
	const struct tenant_status *status = &t->status;
	int limit = oldest_limit(&status->limits);

	if (is_over(s->now, status->sent_ms, UPLOAD_STUCK_MS))
		add_of(s, tenant, TROUBLE_UPLOAD, t->name, status->error,
		       wall_of(s->now, status->sent_ms));
	else if (is_over(s->now, status->oldest_ms, s->exporter.pending_warning_ms))
		add_of(s, tenant, TROUBLE_PENDING, t->name, status->error,
		       wall_of(s->now, status->oldest_ms));
	else if (status->degraded_ms)
		add_of(s, tenant, TROUBLE_STORE, t->name, status->error,
		       status->degraded_ms);
	else if (limit != LIMITS)
		add_of(s, tenant, TROUBLE_LIMIT, t->name, limit_names[limit],
		       wall_of(s->now, status->limits.since_ms[limit]));
}

static int by_weight_and_age(const void *a, const void *b)
{
	const struct trouble *x = a, *y = b;
	enum trouble_weight of_x = trouble_kinds[x->kind].weight;
	enum trouble_weight of_y = trouble_kinds[y->kind].weight;

	if (of_x != of_y)
		return of_x < of_y ? 1 : -1;
	return (x->since_ms > y->since_ms) - (x->since_ms < y->since_ms);
}

void troubles_find(struct snapshot *s)
{
	size_t i;

	look_at_program(s);
	for (i = 0; i < s->sources; i++)
		look_at_source(s, &s->source[i]);
	for (i = 0; i < s->tenants; i++)
		look_at_tenant(s, i);
	if (s->troubles)
		qsort(s->trouble, s->troubles, sizeof(*s->trouble), by_weight_and_age);
	for (i = 0; i < s->troubles; i++)
		if (s->trouble[i].tenant != NO_TENANT)
			s->tenant[s->trouble[i].tenant].trouble = &s->trouble[i];
}

void trouble_put(const struct trouble *trouble, int64_t wall_ms, struct buf *b)
{
	const struct trouble_meaning *kind = &trouble_kinds[trouble->kind];
	char since[TIME_TEXT_SIZE];

	if (*trouble->who)
		buf_printf(b, "%s: ", trouble->who);
	time_text_rfc3339(since, trouble->since_ms / 1000);
	buf_printf(b, "%s since %s (%" PRId64 " s)%s%s; %s", kind->what, since,
		   (wall_ms - trouble->since_ms) / 1000, *trouble->detail ? ": " : "",
		   trouble->detail, kind->remedy);
}

size_t troubles_put(const struct snapshot *s, enum trouble_weight least, struct buf *b)
{
	size_t found = 0, i;

	for (i = 0; i < s->troubles; i++) {
		if (trouble_kinds[s->trouble[i].kind].weight < least)
			continue;
		if (found++ >= LINES_MAX)
			continue;
		trouble_put(&s->trouble[i], s->now.wall_ms, b);
		buf_putc(b, '\n');
	}
	if (found > LINES_MAX)
		buf_printf(b, "and %zu more: see /status\n", found - LINES_MAX);
	return found;
}
