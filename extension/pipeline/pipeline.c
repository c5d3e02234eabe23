/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c - see pipeline.h. */
#include <stdlib.h>
#include "base/grow.h"
#include "pipeline/pipeline.h"

/* Records of one batch; a message of 64 MiB is the largest there is. */
#define RECORDS_ARENA_MAX ((size_t)256 << 20)

struct item {
	const struct flow *flow;
	void *record;
	bool is_pending;
};

/* The records of one tag, in order of arrival. */
struct items {
	struct item *item;
	size_t count, room;
};

struct pipeline {
	struct pipeline_parts parts;
	struct stats *stats;
	struct arena arena; /* records of the batch at hand */
	struct items tag[TAG_COUNT];
	struct bucket bucket[TAG_COUNT];
};

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
			item->is_pending = transform->enrich(p->parts.stages
								     .transform_state,
							     item->flow, queries,
							     item->record) == PENDING;
			pending += item->is_pending;
			trace_item(p, item);
		}
	}
	return pending;
}

static void encode_one(struct pipeline *p, int tag, const void *record, int64_t time_ms)
{
	struct buf *row = bucket_row(&p->bucket[tag]);

	p->parts.stages.encode->row(p->parts.stages.encode_state, p->parts.stages.record,
				    record, p->parts.stages.header->is_header, row);
	bucket_row_done(&p->bucket[tag], time_ms);
}

/* When what the flow's records report ended. An analyzer's clock before 1970 is
 * none. Not asked for when rows go by arrival. */
static int64_t time_of(const struct pipeline *p, const struct flow *flow, struct now now)
{
	int64_t time_ms;

	if (!p->parts.limits.max_late_ms)
		return 0;
	time_ms = flow->last_update ? flow->last_update->last : flow->last;
	return time_ms > 0 ? time_ms : now.wall_ms;
}

static void encode_item(struct pipeline *p, int tag, const struct item *item,
			struct now now)
{
	encode_one(p, tag, item->record, time_of(p, item->flow, now));
}

/* What the mangle made of the records: it may have added or merged some. */
static void encode_records(struct pipeline *p, int tag, const struct records *records,
			   size_t before)
{
	size_t i;

	if (records->count > before)
		stats_add(p->stats, STAT_RECORDS_ADDED,
			  (int64_t)(records->count - before));
	else
		stats_add(p->stats, STAT_RECORDS_MERGED,
			  (int64_t)(before - records->count));
	for (i = 0; i < records->count; i++)
		encode_one(p, tag, records->item[i], records->time_ms[i]);
}

static struct records no_records(struct pipeline *p)
{
	return (struct records){
		.shape = p->parts.stages.record,
		.arena = &p->arena,
		.window_ms = p->parts.limits.max_age_ms,
	};
}

static void apply_mangle(struct pipeline *p, enum tag tag, struct records *records,
			 struct now now)
{
	p->parts.stages.mangle->apply(p->parts.stages.mangle_state, tag, records, now);
	if (p->parts.trace)
		p->parts.trace->mangled(p->parts.trace, records);
}

static void mangle_tag(struct pipeline *p, int tag, struct now now)
{
	struct items *items = &p->tag[tag];
	struct records records = no_records(p);
	size_t i;

	records.item = arena_alloc(&p->arena, items->count * sizeof(void *));
	records.time_ms = arena_alloc(&p->arena, items->count * sizeof(int64_t));
	records.count = records.room = items->count;
	if (!records.item || !records.time_ms) {
		stats_add(p->stats, STAT_RECORDS_DROPPED_TOO_LONG, (int64_t)items->count);
		return;
	}
	for (i = 0; i < records.count; i++) {
		records.item[i] = items->item[i].record;
		records.time_ms[i] = time_of(p, items->item[i].flow, now);
	}
	if (records.count)
		apply_mangle(p, (enum tag)tag, &records, now);
	encode_records(p, tag, &records, items->count);
}

typedef int64_t records_tick(void *self, enum tag, struct records *, struct now);

/* The records that are due without flows; when the next will be. */
static int64_t add_due(struct pipeline *p, records_tick *tick, void *self, int tag,
		       struct now now, bool *is_any)
{
	struct records records = no_records(p);
	int64_t due = tick(self, (enum tag)tag, &records, now);

	encode_records(p, tag, &records, 0);
	*is_any = records.count > 0;
	return due;
}

static void add_due_of_transform(struct pipeline *p, int tag, struct now now)
{
	bool is_any;

	if (p->parts.stages.transform->tick)
		add_due(p, p->parts.stages.transform->tick,
			p->parts.stages.transform_state, tag, now, &is_any);
}

void pipeline_commit(struct pipeline *p, struct now now)
{
	size_t i;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++) {
		if (p->parts.stages.mangle->apply)
			mangle_tag(p, tag, now);
		else
			for (i = 0; i < p->tag[tag].count; i++)
				encode_item(p, tag, &p->tag[tag].item[i], now);
		p->tag[tag].count = 0;
		add_due_of_transform(p, tag, now);
		bucket_commit(&p->bucket[tag], now);
	}
	arena_reset(&p->arena);
}

void pipeline_lost(struct pipeline *p, int64_t flows)
{
	int tag;

	if (flows && p->parts.stages.transform->lost)
		p->parts.stages.transform->lost(p->parts.stages.transform_state, flows);
	for (tag = 0; tag < TAG_COUNT; tag++)
		p->bucket[tag].lost_flows += flows;
}

static void pipeline_sooner(int64_t *due, int64_t next)
{
	if (next < *due)
		*due = next;
}

/* The records of a parked batch stay in the arena, these behind them. */
static int64_t tick_records(struct pipeline *p, records_tick *tick, void *self,
			    struct now now)
{
	int64_t due = NEVER_MS;
	bool is_idle = true, is_any;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++) {
		pipeline_sooner(&due, add_due(p, tick, self, tag, now, &is_any));
		if (is_any)
			bucket_commit(&p->bucket[tag], now);
		is_idle = is_idle && !p->tag[tag].count;
	}
	if (is_idle)
		arena_reset(&p->arena);
	return due;
}

static int64_t tick_series(struct pipeline *p, struct queries *queries, struct now now)
{
	int64_t due = series_tick(p->parts.series, queries, now);

	stats_add(p->stats, STAT_SERIES_EVICTED,
		  (int64_t)series_take_evicted(p->parts.series));
	return due;
}

int64_t pipeline_tick(struct pipeline *p, struct queries *queries, struct now now)
{
	int64_t due = NEVER_MS;
	int tag;

	if (p->parts.stages.classify->refresh)
		pipeline_sooner(&due, p->parts.stages.classify
					      ->refresh(p->parts.stages.classify_state,
							queries, now));
	if (p->parts.series)
		pipeline_sooner(&due, tick_series(p, queries, now));
	if (p->parts.stages.transform->tick)
		pipeline_sooner(&due, tick_records(p, p->parts.stages.transform->tick,
						   p->parts.stages.transform_state, now));
	if (p->parts.stages.mangle->tick)
		pipeline_sooner(&due, tick_records(p, p->parts.stages.mangle->tick,
						   p->parts.stages.mangle_state, now));
	for (tag = 0; tag < TAG_COUNT; tag++)
		pipeline_sooner(&due, bucket_tick(&p->bucket[tag], now));
	return due;
}

void pipeline_flush(struct pipeline *p, struct now now)
{
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++) {
		add_due_of_transform(p, tag, now);
		bucket_flush(&p->bucket[tag], now);
	}
}
