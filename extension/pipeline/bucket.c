/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.c - see bucket.h. */
#include <errno.h>
#include "pipeline/bucket.h"

#define OBJECT_MAX     ((int64_t)1 << 30) /* rows of an object */
#define RETRY_MS       1000
#define RETRY_LEAST_MS 50

void bucket_init(struct bucket *b, enum tag tag, const struct bucket_limits *limits,
		 struct sink *sink, struct stats *stats)
{
	*b = (struct bucket){
		.tag = tag,
		.limits = limits,
		.sink = sink,
		.stats = stats,
		.age_limit_ms = limits->first_age_ms,
	};
	row_list_init(&b->rows);
}

void bucket_fini(struct bucket *b)
{
	if (b->held_bytes)
		b->sink->hold(b->sink, -b->held_bytes);
	if (b->rows.count && !b->limits->name)
		stats_add(b->stats, STAT_RECORDS_DROPPED_HELD, (int64_t)b->rows.count);
	row_list_fini(&b->rows);
	*b = (struct bucket){ 0 };
}

struct buf *bucket_row(struct bucket *b)
{
	return &b->rows.bytes;
}

void bucket_row_done(struct bucket *b, int64_t time_ms)
{
	if (row_list_end_row(&b->rows, time_ms))
		return;
	stats_add(b->stats, STAT_RECORDS_DROPPED_TOO_LONG, 1);
	b->lost_flows++;
}

static int64_t slot_of(const struct bucket *b, struct now now)
{
	return layout_slot(&b->limits->layout, now.wall_ms);
}

/* The slot before the present one is still open. */
static bool takes_late(const struct bucket *b, struct now now)
{
	return now.wall_ms - slot_of(b, now) < b->limits->max_late_ms;
}

static bool bucket_is_over(const struct bucket *b, const struct open_object *o,
			   struct now now)
{
	int64_t slot = slot_of(b, now);

	if (!o->records || o->slot_ms == slot)
		return false;
	return o->slot_ms != slot - b->limits->layout.slot_ms || !takes_late(b, now);
}

/* The object of a slot; nothing is in it yet. */
static void bucket_begin(const struct bucket *b, struct open_object *o, int64_t slot_ms,
			 struct now now)
{
	*o = (struct open_object){
		.slot_ms = slot_ms,
		.since = b->sealed_at,
		.lost_before = b->lost_sealed,
	};
	if (slot_ms > o->since.wall_ms && slot_ms <= now.wall_ms)
		o->since = (struct now){
			.mono_ms = now.mono_ms - (now.wall_ms - slot_ms),
			.wall_ms = slot_ms,
		};
}

static void count_late(const struct bucket *b, const struct open_object *o, size_t rows)
{
	int64_t late = 0;
	size_t i;

	for (i = 0; b->limits->max_late_ms && i < rows; i++)
		late += b->rows.row[i].time_ms < o->slot_ms;
	stats_add(b->stats, STAT_RECORDS_LATE, late);
}

/* Appends so many of the oldest rows; fewer when there is no room for all. 0 or
 * -errno. */
static int bucket_append(struct bucket *b, struct open_object *o, size_t wanted,
			 struct now now)
{
	struct object_place place = { b->tag, o->slot_ms };
	size_t count, bytes = 0;
	int error = 0;

	for (count = wanted; count; count /= 2) {
		struct rows rows = {
			.bytes = { b->rows.bytes.ptr, row_list_bytes(&b->rows, count) },
			.count = count,
			.first_ms = o->since.wall_ms,
			.last_ms = now.wall_ms,
		};

		bytes = rows.bytes.len;
		error = b->sink->append(b->sink, place, &rows);
		if (error != -ENOSPC)
			break;
	}
	if (!count || error)
		return error;
	stats_add(b->stats, STAT_RECORDS_ENCODED, (int64_t)count);
	stats_add(b->stats, STAT_RECORDS_SPOOLED, (int64_t)count);
	count_late(b, o, count);
	o->records += (int64_t)count;
	o->bytes += (int64_t)bytes;
	row_list_forget(&b->rows, count);
	return count < wanted ? -ENOSPC : 0;
}

/* false: no stream's id is to be had. */
static bool put_key(struct bucket *b, const struct open_object *o, struct now now,
		    struct key_stream *stream, struct buf *key)
{
	const struct bucket_limits *limits = b->limits;
	struct key_parts parts = {
		.prefix = limits->prefix,
		.tag = b->tag,
		.time_ms = o->slot_ms,
	};

	if (limits->name) {
		parts.stream_text = limits->name->stream;
		parts.sequence = limits->name->sequence;
		layout_key(&limits->layout, &parts, key);
		return true;
	}
	if (!key_sequence_next(&b->keys, &limits->layout, o->slot_ms,
			       limits->max_stream_ms, b->sink, now, stream))
		return false;
	parts.stream = stream->id;
	parts.sequence = stream->sequence;
	layout_key(&limits->layout, &parts, key);
	return true;
}

static bool bucket_seal(struct bucket *b, struct open_object *o, struct now now)
{
	struct buf key = BUF_INIT(4096);
	struct object_place place = { b->tag, o->slot_ms };
	struct object object = {
		.first_ms = o->since.wall_ms,
		.last_ms = now.wall_ms,
		.records = o->records,
		.lost_flows = b->lost_flows - o->lost_before,
	};
	struct key_stream stream = { 0 };
	bool ok;

	if (!o->records)
		return true;
	ok = put_key(b, o, now, &stream, &key) && !buf_error(&key);
	object.key = buf_str(&key);
	ok = ok && b->sink->seal(b->sink, place, &object) == 0;
	buf_fini(&key);
	if (!ok)
		return false;
	if (!b->limits->name)
		key_sequence_use(&b->keys, &b->limits->layout, &stream);
	*o = (struct open_object){ 0 };
	b->sealed_at = now;
	b->lost_sealed = b->lost_flows;
	b->age_limit_ms = b->limits->max_age_ms;
	return true;
}

static bool must_end(const struct bucket *b, const struct open_object *o)
{
	struct object_place place = { b->tag, o->slot_ms };

	return b->sink->must_end && o->records && b->sink->must_end(b->sink, place);
}

/* With so many rows more that are waiting for it. */
static bool is_due(const struct bucket *b, const struct open_object *o, size_t rows,
		   struct now now)
{
	if (b->limits->name)
		return false;
	return bucket_is_over(b, o, now) ||
	       o->records + (int64_t)rows >= b->limits->max_records ||
	       o->bytes >= OBJECT_MAX ||
	       now.mono_ms - o->since.mono_ms >= b->age_limit_ms || must_end(b, o);
}

/* Whether all rows may wait in memory; the sink then knows of them. */
static bool bucket_may_wait(struct bucket *b)
{
	int64_t change = (int64_t)b->rows.used - b->held_bytes;

	if ((int64_t)b->rows.count > b->limits->max_held ||
	    !b->sink->hold(b->sink, change))
		return false;
	b->held_bytes = (int64_t)b->rows.used;
	return true;
}

/* Rows that the sink did not take: within the limits they wait. */
static void bucket_hold(struct bucket *b)
{
	size_t extra = 0, bytes = 0;

	if ((int64_t)b->rows.count > b->limits->max_held)
		extra = b->rows.count - (size_t)b->limits->max_held;
	if (extra)
		row_list_forget(&b->rows, extra);
	if (!bucket_may_wait(b)) {
		size_t excess = b->rows.used - (size_t)b->held_bytes, rows = 0;

		while (bytes < excess)
			bytes += b->rows.row[rows++].bytes;
		row_list_forget(&b->rows, rows);
		extra += rows;
		bucket_may_wait(b);
	}
	stats_add(b->stats, STAT_RECORDS_DROPPED_HELD, (int64_t)extra);
	b->lost_flows += (int64_t)extra;
}

/* So many of the oldest rows to the sink, and their object if it is due. One that
 * has no room for more is sealed early: made, it takes less than its rows do.
 * false: not all could go. */
static bool bucket_hand_over(struct bucket *b, int64_t slot_ms, size_t count,
			     struct now now, bool everything)
{
	struct open_object *o = &b->open[layout_parity(&b->limits->layout, slot_ms)];

	for (;;) {
		size_t before = b->rows.count;
		bool due, is_full;
		int64_t most;
		int error;

		if (!o->records)
			bucket_begin(b, o, slot_ms, now);
		due = o->records + (int64_t)count &&
		      (everything || is_due(b, o, count, now));
		most = b->limits->max_records - (due ? o->records : 0);
		error = bucket_append(b, o, (int64_t)count < most ? count : (size_t)most,
				      now);
		count -= before - b->rows.count;
		is_full = error == -ENOSPC && o->records && !b->limits->name;
		if (error && !is_full)
			return false;
		if (!due && !is_full)
			return true;
		if (!bucket_seal(b, o, now))
			return false;
	}
}

/* What is over makes room for the present slot. */
static bool seal_over(struct bucket *b, struct now now)
{
	bool ok = true;
	int i;

	for (i = 0; i < OPEN_MAX; i++)
		if (bucket_is_over(b, &b->open[i], now))
			ok = bucket_seal(b, &b->open[i], now) && ok;
	return ok;
}

static bool hand_over_all(struct bucket *b, struct now now, bool everything)
{
	int64_t slot = slot_of(b, now), before = slot - b->limits->layout.slot_ms;
	size_t late;

	if (takes_late(b, now)) {
		late = row_list_bring_forward(&b->rows, before, slot);
		if (!bucket_hand_over(b, before, late, now, everything))
			return false;
	}
	return bucket_hand_over(b, slot, b->rows.count, now, everything);
}

static void bucket_store(struct bucket *b, struct now now, bool everything)
{
	bool ok = seal_over(b, now) && hand_over_all(b, now, everything);

	b->retry_ms = ok ? 0 : now.mono_ms + RETRY_MS;
	if (!b->limits->name && (b->rows.count || b->held_bytes))
		bucket_hold(b);
}

/* Whether the sink, which failed, is left alone for now. Before rows are dropped
 * it is asked once more, unless that was just now. */
static bool bucket_waits(struct bucket *b, struct now now)
{
	if (b->limits->name || b->retry_ms <= now.mono_ms)
		return false;
	if (bucket_may_wait(b))
		return true;
	if (b->retry_ms - now.mono_ms <= RETRY_MS - RETRY_LEAST_MS)
		return false;
	bucket_hold(b);
	return true;
}

void bucket_commit(struct bucket *b, struct now now)
{
	if (b->rows.count && !b->is_known) {
		b->is_known = true;
		b->sealed_at = now;
	}
	if (b->is_known && !bucket_waits(b, now))
		bucket_store(b, now, false);
}

/* When the object is too old, or its slot over: monotonic. */
static int64_t object_due(const struct bucket *b, const struct open_object *o,
			  struct now now)
{
	int64_t due = NEVER_MS, slot_ms = b->limits->layout.slot_ms, end;

	if (b->age_limit_ms < NEVER_MS - o->since.mono_ms)
		due = o->since.mono_ms + b->age_limit_ms;
	if (!slot_ms)
		return due;
	end = now.mono_ms + o->slot_ms + slot_ms + b->limits->max_late_ms - now.wall_ms;
	return end < due ? end : due;
}

/* When the first of the open objects is due. */
static int64_t next_due(const struct bucket *b, struct now now)
{
	int64_t first = NEVER_MS;
	int i;

	for (i = 0; i < OPEN_MAX; i++) {
		const struct open_object *o = &b->open[i];
		int64_t due = o->records ? object_due(b, o, now) : NEVER_MS;

		if (due < first)
			first = due;
	}
	return first;
}

static bool is_any_due(const struct bucket *b, struct now now)
{
	bool is_any = false;
	int i;

	for (i = 0; i < OPEN_MAX; i++)
		is_any |= b->open[i].records && is_due(b, &b->open[i], 0, now);
	return is_any;
}

bool bucket_is_empty(const struct bucket *b)
{
	int64_t records = (int64_t)b->rows.count;
	int i;

	for (i = 0; i < OPEN_MAX; i++)
		records += b->open[i].records;
	return records == 0;
}

int64_t bucket_tick(struct bucket *b, struct now now)
{
	if (bucket_is_empty(b))
		return NEVER_MS;
	if (b->retry_ms ? b->retry_ms <= now.mono_ms : is_any_due(b, now))
		bucket_store(b, now, false);
	return b->retry_ms ? b->retry_ms : next_due(b, now);
}

void bucket_flush(struct bucket *b, struct now now)
{
	bucket_store(b, now, true);
}
