/* SPDX-License-Identifier: Apache-2.0 */
/* mangle_logstatus.c - says of every Security Advisor record that it is OK, and
 * adds records for what is missing:
 *
 *	SKIPDATA	of a flow, when its counters rose by more than its reports
 *			tell: one was missed
 *	NODATA		of a link without a flow for the time of an object
 *
 * A last report that repeats the previous one, as analyzers send it of ARP and
 * DNS flows, misses nothing. compat: the Go flow exporter's rules, which add a
 * SKIPDATA for nearly every repeated flow and a NODATA per message for every
 * link that is not in it.
 */
#include <stdlib.h>
#include "base/map.h"
#include "base/saturate.h"
#include "stage/registry.h"
#include "stage/secadvisor.h"

#define FORGET_MS   ((int64_t)600000)
#define FLOWS_MAX   200000
#define LINKS_MAX   4096
#define FLOWS_BYTES ((size_t)FLOWS_MAX * 256) /* their UUIDs as well */

struct link {
	int64_t id;
	int64_t seen_ms;  /* monotonic */
	int64_t quiet_ms; /* since then there was neither flow nor NODATA */
	enum tag tag;	  /* where it was seen */
};

/* What a flow's last report said. */
struct report {
	bool has_metric;
	struct flow_metric metric;
};

struct logstatus {
	bool compat;

	struct map *reports; /* by UUID */
	struct link *link;   /* by rising id */
	size_t links;
};

static const struct shape logstatus_shape = {
	.name = "logstatus",
	.size = sizeof(struct logstatus),
	.fields =
		(const struct field[]){
			OPTION(struct logstatus, compat, "compat", 0,
			       "add SKIPDATA and NODATA by the Go exporter's rules"),
			{ 0 },
		},
};

static int logstatus_init(void *state, struct err *err)
{
	struct logstatus *self = state;

	self->reports = map_new(FLOWS_MAX, FLOWS_BYTES, free);
	self->link = calloc(LINKS_MAX, sizeof(*self->link));
	return self->reports && self->link ? 0 : err_set(err, "out of memory");
}

static void logstatus_fini(void *state)
{
	struct logstatus *self = state;

	map_free(self->reports);
	free(self->link);
}

static void mark_link(struct logstatus *self, int64_t id, enum tag tag, struct now now)
{
	size_t i = 0;

	while (i < self->links && self->link[i].id < id)
		i++;
	if (i == self->links || self->link[i].id != id) {
		if (self->links == LINKS_MAX)
			return;
		memmove(&self->link[i + 1], &self->link[i],
			(self->links - i) * sizeof(*self->link));
		self->links++;
	}
	self->link[i] = (struct link){ id, now.mono_ms, now.mono_ms, tag };
}

static void logstatus_remember(struct logstatus *self, const struct secadvisor *record,
			       struct now now)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report)
		return;
	report->has_metric = record->metric != NULL;
	if (record->metric)
		report->metric = *record->metric;
	map_put(self->reports, record->uuid, report, sizeof(*report),
		now.mono_ms + FORGET_MS);
}

static void add_no_data(struct records *records, int64_t link_id, struct now now)
{
	struct secadvisor *record = records_add(records, now.wall_ms);

	if (!record)
		return;
	record->link_id = link_id;
	record->start = record->last = now.wall_ms;
	record->log_status = STR("NODATA");
}

static void add_skip_data(struct records *records, const struct secadvisor *of,
			  struct now now)
{
	struct secadvisor *record = records_add(records, now.wall_ms);

	if (!record)
		return;
	record->uuid = of->uuid;
	record->link_id = of->link_id;
	record->network = of->network;
	record->l3_tracking_id = of->l3_tracking_id;
	record->start = record->last = now.wall_ms;
	record->log_status = STR("SKIPDATA");
}

static bool is_missed(const struct report *old, const struct secadvisor *record)
{
	const struct flow_metric *all = record->metric, *delta = record->last_update;
	int64_t ab_packets, ab_bytes, ba_packets, ba_bytes;

	if (!old->has_metric || !all || !delta)
		return false;
	ab_packets = saturate_sub(all->ab_packets, old->metric.ab_packets);
	ab_bytes = saturate_sub(all->ab_bytes, old->metric.ab_bytes);
	ba_packets = saturate_sub(all->ba_packets, old->metric.ba_packets);
	ba_bytes = saturate_sub(all->ba_bytes, old->metric.ba_bytes);
	if (!ab_packets && !ab_bytes && !ba_packets && !ba_bytes)
		return false;
	return ab_packets != delta->ab_packets || ab_bytes != delta->ab_bytes ||
	       ba_packets != delta->ba_packets || ba_bytes != delta->ba_bytes;
}

static bool is_in(const struct records *records, size_t count, int64_t link_id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (((const struct secadvisor *)records->item[i])->link_id == link_id)
			return true;
	return false;
}

/* Message by message, as in Go: first all that is missing, then what is new. */
static void apply_compat(struct logstatus *self, enum tag tag, struct records *records,
			 struct now now)
{
	size_t count = records->count, i;

	for (i = 0; i < self->links; i++)
		if (!is_in(records, count, self->link[i].id))
			add_no_data(records, self->link[i].id, now);
	for (i = 0; i < count; i++) {
		const struct secadvisor *record = records->item[i];
		const struct report *old = map_get(self->reports, record->uuid,
						   now.mono_ms);

		if (old && (record->last_update || old->has_metric))
			add_skip_data(records, record, now);
	}
	for (i = 0; i < count; i++) {
		const struct secadvisor *record = records->item[i];

		mark_link(self, record->link_id, tag, now);
		logstatus_remember(self, record, now);
	}
}

static void logstatus_apply(void *state, enum tag tag, struct records *records,
			    struct now now)
{
	struct logstatus *self = state;
	size_t count = records->count, i;

	for (i = 0; i < count; i++)
		((struct secadvisor *)records->item[i])->log_status = STR("OK");
	if (self->compat) {
		apply_compat(self, tag, records, now);
		return;
	}
	for (i = 0; i < count; i++) {
		const struct secadvisor *record = records->item[i];
		const struct report *old = map_get(self->reports, record->uuid,
						   now.mono_ms);

		if (old && is_missed(old, record))
			add_skip_data(records, record, now);
		mark_link(self, record->link_id, tag, now);
		logstatus_remember(self, record, now);
	}
}

static int64_t logstatus_tick(void *state, enum tag tag, struct records *records,
			      struct now now)
{
	struct logstatus *self = state;
	int64_t due_ms = NEVER_MS;
	size_t i, n = 0;

	if (self->compat || !records->window_ms ||
	    records->window_ms > NEVER_MS - now.mono_ms)
		return NEVER_MS;
	for (i = 0; i < self->links; i++) {
		struct link link = self->link[i];

		bool was_missed = link.quiet_ms > link.seen_ms;

		if (link.tag == tag && was_missed &&
		    now.mono_ms - link.seen_ms > FORGET_MS)
			continue;
		if (link.tag == tag &&
		    now.mono_ms - link.quiet_ms >= records->window_ms) {
			add_no_data(records, link.id, now);
			link.quiet_ms = now.mono_ms;
		}
		if (link.tag == tag && link.quiet_ms + records->window_ms < due_ms)
			due_ms = link.quiet_ms + records->window_ms;
		self->link[n++] = link;
	}
	self->links = n;
	return due_ms;
}

const struct mangle mangle_logstatus = {
	.stage = { .name = "logstatus",
		   .section = "pipeline.mangle.logstatus",
		   .state = &logstatus_shape,
		   .init = logstatus_init,
		   .fini = logstatus_fini },
	.record = &secadvisor_shape,
	.apply = logstatus_apply,
	.tick = logstatus_tick,
};
