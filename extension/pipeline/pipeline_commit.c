/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_commit.c - rows of records, and objects that are due. See pipeline.h. */
#include "pipeline/pipeline_private.h"

static void encode_row(struct pipeline *p, const void *record, struct buf *row)
{
	const struct stage_set *stages = &p->parts.stages;
	size_t left_out = stages->encode->row(stages->encode_state, stages->record,
					      record, stages->header->is_header, row);

	if (left_out)
		stats_add(p->stats, STAT_LAYERS_DROPPED, (int64_t)left_out);
}

/* key: of its label, if it gets one. */
static void encode_one(struct pipeline *p, int tag, const void *record, struct str key,
		       int64_t time_ms)
{
	struct buf *row = bucket_row(&p->bucket[tag]);
	size_t begun;

	if (p->parts.labels.are_wanted) {
		begun = row_label_begin(row, key);
		encode_row(p, record, row);
		row_label_end(row, begun, key, time_ms);
	} else {
		encode_row(p, record, row);
	}
	bucket_row_done(&p->bucket[tag], time_ms);
}

/* When what the flow's records report ended. An analyzer's clock before 1970 is
 * none. Not asked for when rows go by arrival and have
 * no label. */
static int64_t time_of(const struct pipeline *p, const struct flow *flow, struct now now)
{
	int64_t time_ms;

	if (!p->parts.limits.max_late_ms && !p->parts.labels.are_wanted)
		return 0;
	time_ms = flow->last_update ? flow->last_update->last : flow->last;
	return time_ms > 0 ? time_ms : now.wall_ms;
}

static void encode_item(struct pipeline *p, int tag, const struct item *item,
			struct now now)
{
	encode_one(p, tag, item->record, row_key_of(p->parts.labels.key, item->flow),
		   time_of(p, item->flow, now));
}

/* What the mangle made of the records: it may have added or merged some. */
static void encode_records(struct pipeline *p, int tag, const struct records *records,
			   size_t before)
{
	const struct transform *transform = p->parts.stages.transform;
	enum row_key key = p->parts.labels.key;
	size_t i;

	if (records->count > before)
		stats_add(p->stats, STAT_RECORDS_ADDED,
			  (int64_t)(records->count - before));
	else
		stats_add(p->stats, STAT_RECORDS_MERGED,
			  (int64_t)(before - records->count));
	for (i = 0; i < records->count; i++)
		encode_one(p, tag, records->item[i],
			   transform->key ? transform->key(records->item[i], key)
					  : (struct str){ NULL, 0 },
			   records->time_ms[i]);
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

bool pipeline_is_sealed(const struct pipeline *p)
{
	bool is_sealed = true;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++)
		is_sealed = is_sealed && bucket_is_empty(&p->bucket[tag]);
	return is_sealed;
}

bool pipeline_is_spooled(const struct pipeline *p)
{
	bool is_spooled = true;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++)
		is_spooled = is_spooled && !p->bucket[tag].rows.count;
	return is_spooled;
}
