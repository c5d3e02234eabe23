/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c - see snapshot.h. The pages are in snapshot_metrics.c and
 * snapshot_json.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/grow.h"
#include "monitor/snapshot.h"
#include "base/version.h"

#define DISABLED_MAX ((size_t)1 << 20)

struct taking {
	struct snapshot *snapshot;
	struct history *history;
	struct now now;
};

static void take_limits(struct tenant_figures *to, struct now now)
{
	int64_t since_ms;
	int limit;

	for (limit = 0; limit < LIMITS; limit++) {
		since_ms = to->status.limits.since_ms[limit];
		to->limited_s[limit] = since_ms == NEVER_MS ? -1
							    : (now.wall_ms -
							       (now.mono_ms - since_ms)) /
								      1000;
	}
}

static int64_t commit_age_of(const struct tenant_status *status, struct now now)
{
	if (!status->has_shards)
		return -1;
	return status->waits_ms == NEVER_MS ? 0 : (now.mono_ms - status->waits_ms) / 1000;
}

static void take_tenant(void *context, struct tenant *t)
{
	struct taking *taking = context;
	struct snapshot *s = taking->snapshot;
	struct tenant_figures *to;
	int id;

	s->is_short |= !grow(s->tenant, s->tenants_room, s->tenants + 1);
	if (s->is_short)
		return;
	to = &s->tenant[s->tenants++];
	to->trouble = NULL;
	snprintf(to->name, sizeof(to->name), "%s", tenant_name(t));
	for (id = 0; id < STAT_COUNT; id++)
		to->value[id] = stats_get(tenant_stats(t), (enum stat_id)id);
	tenant_status(t, &to->status);
	tenant_ledger(t, &to->ledger);
	to->past = taking->history
			   ? history_find(taking->history, to->name, taking->now.mono_ms)
			   : NULL;
	to->flows_per_second = to->past ? rate_get(&to->past->flows) : 0;
	to->records_per_second = to->past ? rate_get(&to->past->records) : 0;
	to->oldest_s = -1;
	if (to->status.oldest_ms != NEVER_MS)
		to->oldest_s = (taking->now.mono_ms - to->status.oldest_ms) / 1000;
	to->commit_s = commit_age_of(&to->status, taking->now);
	to->is_degraded = to->status.degraded_ms != 0;
	to->degraded_s = to->is_degraded ? to->status.degraded_ms / 1000 : -1;
	to->stored_s = to->status.stored_ms ? to->status.stored_ms / 1000 : -1;
	take_limits(to, taking->now);
}

/* Two that differ only in what is not shown are told apart by their number. */
static void name_source(const struct snapshot *s, struct source_figures *source,
			struct str url)
{
	size_t size = sizeof(source->url), number = 1, i;

	if (url.len > size / 2)
		url.len = size / 2;
	for (i = 0; i < s->sources; i++)
		number += str_equal((struct str){ s->source[i].url,
						  s->source[i].url_len },
				    url);
	source->url_len = url.len;
	snprintf(source->url, size, STR_FMT, STR_ARG(url));
	if (number > 1)
		snprintf(source->url + url.len, size - url.len, " (%zu)", number);
}

static void take_source(void *context, struct source_instance *subscription)
{
	struct taking *taking = context;
	struct snapshot *s = taking->snapshot;
	struct source_figures *to;

	s->is_short |= !grow(s->source, s->sources_room, s->sources + 1);
	if (s->is_short)
		return;
	to = &s->source[s->sources];
	name_source(s, to, source_instance_url(subscription));
	source_instance_status(subscription, &to->status);
	s->sources++;
}

static void take_losses(struct snapshot *s, const struct minutes *all)
{
	s->lost_flows = minutes_sum(all, HISTORY_LOST_FLOWS, s->now.mono_ms);
	s->lost_records = minutes_sum(all, HISTORY_LOST_RECORDS, s->now.mono_ms);
}

void snapshot_take(struct snapshot *s, struct exporter *e, struct history *history,
		   struct now now)
{
	struct taking taking = { s, history, now };

	*s = (struct snapshot){ .version = VERSION,
				.now = now,
				.disabled = BUF_INIT(DISABLED_MAX) };
	gethostname(s->host, sizeof(s->host) - 1);
	exporter_count(e, &s->exporter);
	s->uptime_s = (now.mono_ms - s->exporter.started.mono_ms) / 1000;
	if (history)
		take_losses(s, &history->of_all);
	s->started_s = s->exporter.started.wall_ms / 1000;
	exporter_each_tenant(e, take_tenant, &taking);
	exporter_each_source(e, take_source, &taking);
	exporter_put_disabled(e, &s->disabled);
	troubles_find(s);
}

void snapshot_fini(struct snapshot *s)
{
	free(s->tenant);
	free(s->source);
	free(s->trouble);
	buf_fini(&s->disabled);
}
