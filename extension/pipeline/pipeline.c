/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c - records of flows: accept and enrich. See pipeline.h; what follows them is
 * in pipeline_commit.c. */
#include <stdlib.h>
#include "base/grow.h"
#include "pipeline/pipeline_private.h"

/* Records of one batch; a message of 64 MiB is the largest there is. */
#define RECORDS_ARENA_MAX ((size_t)256 << 20)

static const enum stat_id drop_stat[] = {
	[DROP_NO_TRANSPORT] = STAT_FLOWS_DROPPED_NO_TRANSPORT,
	[DROP_NO_NETWORK] = STAT_FLOWS_DROPPED_NO_NETWORK,
	[DROP_NO_METRIC] = STAT_FLOWS_DROPPED_NO_METRIC,
	[EXCLUDE] = STAT_FLOWS_EXCLUDED,
	[DROP_NO_TRAFFIC] = STAT_FLOWS_DROPPED_NO_TRAFFIC,
	[DROP_NOT_LOGGED] = STAT_FLOWS_DROPPED_NOT_LOGGED,
};

struct pipeline *pipeline_new(const struct pipeline_parts *parts, struct sink *sink,
			      struct stats *stats)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	int tag;

	if (!p)
		return NULL;
	p->parts = *parts;
	p->stats = stats;
	p->arena = (struct arena)ARENA_INIT(RECORDS_ARENA_MAX);
	for (tag = 0; tag < TAG_COUNT; tag++)
		bucket_init(&p->bucket[tag], (enum tag)tag, &p->parts.limits, sink,
			    stats);
	return p;
}

void pipeline_free(struct pipeline *p)
{
	int tag;

	if (!p)
		return;
	for (tag = 0; tag < TAG_COUNT; tag++) {
		bucket_fini(&p->bucket[tag]);
		free(p->tag[tag].item);
	}
	arena_fini(&p->arena);
	free(p);
}

static struct item *add_item(struct items *items)
{
	if (!grow(items->item, items->room, items->count + 1))
		return NULL;
	return &items->item[items->count++];
}

/* A zeroed record of the flow, the last of its tag; NULL: no memory. */
static struct item *add_record(struct pipeline *p, enum tag tag, const struct flow *flow)
{
	struct item *item = add_item(&p->tag[tag]);

	if (!item)
		return NULL;
	item->flow = flow;
	item->record = arena_alloc(&p->arena, p->parts.stages.record->size);
	item->is_pending = p->parts.stages.transform->enrich != NULL;
	if (item->record)
		return item;
	p->tag[tag].count--;
	return NULL;
}

static void trace_item(const struct pipeline *p, const struct item *item)
{
	if (p->parts.trace && !item->is_pending)
		p->parts.trace->completed(p->parts.trace, item->record);
}

static void add_more(struct pipeline *p, enum tag tag, const struct flow *flow)
{
	const struct transform *transform = p->parts.stages.transform;
	struct item *item;

	while ((item = add_record(p, tag, flow))) {
		if (!transform->more(p->parts.stages.transform_state, flow,
				     item->record)) {
			p->tag[tag].count--;
			return;
		}
		stats_add(p->stats, STAT_RECORDS_ADDED, 1);
		trace_item(p, item);
	}
	stats_add(p->stats, STAT_RECORDS_ADDED, 1);
	stats_add(p->stats, STAT_RECORDS_DROPPED_TOO_LONG, 1);
}

static void make_records(struct pipeline *p, enum tag tag, const struct flow *flow,
			 struct now now)
{
	const struct transform *transform = p->parts.stages.transform;
	struct item *item = add_record(p, tag, flow);
	enum verdict verdict;

	if (!item) {
		stats_add(p->stats, STAT_FLOWS_DROPPED_MEMORY, 1);
		return;
	}
	verdict = transform->make(p->parts.stages.transform_state, tag, flow, now,
				  item->record);
	if (p->parts.trace)
		p->parts.trace->made(p->parts.trace, verdict);
	if (verdict != KEEP) {
		p->tag[tag].count--;
		stats_add(p->stats, drop_stat[verdict], 1);
		return;
	}
	stats_add(p->stats, STAT_FLOWS_TRANSFORMED, 1);
	trace_item(p, item);
	if (transform->more)
		add_more(p, tag, flow);
}

/* For the balance, a record that was merged with those before it. */
static void add_to_series(struct pipeline *p, const struct flow *flow, struct now now)
{
	enum verdict verdict = series_take(p->parts.series, flow, now);

	if (verdict != KEEP) {
		stats_add(p->stats, drop_stat[verdict], 1);
		return;
	}
	stats_add(p->stats, STAT_FLOWS_TRANSFORMED, 1);
	stats_add(p->stats, STAT_RECORDS_MERGED, 1);
}

static void accept_flow(struct pipeline *p, const struct flow *flow, struct now now)
{
	const struct stage_set *stages = &p->parts.stages;
	struct pipeline_trace *trace = p->parts.trace;
	bool bad_address = false, is_kept;
	enum tag tag;

	tag = stages->classify->tag(stages->classify_state, flow, &bad_address);
	if (bad_address)
		stats_add(p->stats, STAT_FLOWS_BAD_ADDRESS, 1);
	is_kept = stages->filter->keeps(stages->filter_state, tag);
	if (trace) {
		trace->tagged(trace, tag, bad_address);
		trace->filtered(trace, is_kept);
	}
	if (!is_kept)
		stats_add(p->stats, STAT_FLOWS_EXCLUDED, 1);
	else if (p->parts.series)
		add_to_series(p, flow, now);
	else
		make_records(p, tag, flow, now);
}

static const struct flow *flow_at(const struct batch *batch, const uint32_t *index,
				  size_t i)
{
	return &batch->flows[index ? index[i] : i];
}

void pipeline_accept(struct pipeline *p, const struct batch *batch, const uint32_t *index,
		     size_t count, struct now now)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (i + 1 < count)
			flow_prefetch(flow_at(batch, index, i + 1));
		accept_flow(p, flow_at(batch, index, i), now);
	}
}

static const struct cidr_set *pipeline_cluster(const struct pipeline *p)
{
	const struct classify *classify = p->parts.stages.classify;

	return classify && classify->cluster
		       ? classify->cluster(p->parts.stages.classify_state)
		       : NULL;
}

size_t pipeline_enrich(struct pipeline *p, struct queries *queries)
{
	const struct transform *transform = p->parts.stages.transform;
	size_t pending = 0, i;
	int tag;

	if (!transform->enrich)
		return 0;
	queries->cluster = pipeline_cluster(p);
	for (tag = 0; tag < TAG_COUNT; tag++) {
		for (i = 0; i < p->tag[tag].count; i++) {
			struct item *item = &p->tag[tag].item[i];

			if (!item->is_pending)
				continue;
			queries->at_ms = item->flow->last;
			item->is_pending = transform->enrich(p->parts.stages
								     .transform_state,
							     item->flow, queries,
							     item->record) == PENDING;
			pending += item->is_pending;
			trace_item(p, item);
		}
	}
	queries->at_ms = 0;
	return pending;
}

void pipeline_lost(struct pipeline *p, int64_t flows)
{
	int tag;

	if (flows && p->parts.stages.transform->lost)
		p->parts.stages.transform->lost(p->parts.stages.transform_state, flows);
	for (tag = 0; tag < TAG_COUNT; tag++)
		p->bucket[tag].lost_flows += flows;
}

size_t pipeline_waiting(const struct pipeline *p)
{
	size_t count = 0;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++)
		count += p->tag[tag].count + p->bucket[tag].rows.count;
	return count;
}
