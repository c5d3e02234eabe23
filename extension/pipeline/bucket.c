/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.c - see bucket.h. */
#include <errno.h>
#include <stdlib.h>
#include "pipeline/bucket.h"

#define ROW_MAX	       ((size_t)1 << 20)
#define OBJECT_MAX     ((int64_t)1 << 30)  /* rows of an object */
#define ROWS_MAX       ((size_t)256 << 20) /* of a batch; the sink bounds the rest */
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
		.rows = BUF_INIT(ROWS_MAX),
		.age_limit_ms = limits->first_age_ms,
	};
}

void bucket_fini(struct bucket *b)
{
	if (b->held_bytes)
		b->sink->hold(b->sink, -b->held_bytes);
	if (b->count)
		stats_add(b->stats, STAT_RECORDS_DROPPED_HELD, (int64_t)b->count);
	buf_fini(&b->rows);
	free(b->length);
	*b = (struct bucket){ 0 };
}

struct buf *bucket_row(struct bucket *b)
{
	return &b->rows;
}

static bool has_room(struct bucket *b)
{
	size_t room = b->room ? b->room * 2 : 128;
	uint32_t *more;

	if (b->count < b->room)
		return true;
	more = realloc(b->length, room * sizeof(*more));
	if (!more)
		return false;
	b->length = more;
	b->room = room;
	return true;
}

void bucket_row_done(struct bucket *b)
{
	size_t len = b->rows.len - b->used;

	if (buf_error(&b->rows) || len > ROW_MAX || !has_room(b)) {
		stats_add(b->stats, STAT_RECORDS_DROPPED_TOO_LONG, 1);
		b->lost_flows++;
		b->rows.error = 0;
		buf_cut(&b->rows, b->used);
		return;
	}
	b->length[b->count++] = (uint32_t)len;
	b->used = b->rows.len;
}

static size_t length_of(const struct bucket *b, size_t rows)
{
	size_t sum = 0, i;

	if (rows == b->count)
		return b->used;
	for (i = 0; i < rows; i++)
		sum += b->length[i];
	return sum;
}

/* Forgets the oldest rows. */
static void forget(struct bucket *b, size_t rows)
{
	size_t bytes = length_of(b, rows);

	if (rows == b->count) {
		b->count = b->used = 0;
		buf_reset(&b->rows);
		return;
	}
	memmove(b->rows.ptr, b->rows.ptr + bytes, b->used - bytes);
	memmove(b->length, b->length + rows, (b->count - rows) * sizeof(*b->length));
	b->count -= rows;
	b->used -= bytes;
	buf_cut(&b->rows, b->used);
}

/* Appends the oldest rows, so many at most; fewer when there is no room for all.
 * 0 or -errno. */
static int append(struct bucket *b, int64_t most, struct now now)
{
	size_t wanted = (int64_t)b->count < most ? b->count : (size_t)most;
	size_t count, bytes = 0;
	int error = 0;

	for (count = wanted; count; count /= 2) {
		struct rows rows = {
			.bytes = { b->rows.ptr, length_of(b, count) },
			.count = count,
			.first_ms = b->sealed_at.wall_ms,
			.last_ms = now.wall_ms,
		};

		bytes = rows.bytes.len;
		error = b->sink->append(b->sink, b->tag, &rows);
		if (error != -ENOSPC)
			break;
	}
	if (!count || error)
		return error;
	stats_add(b->stats, STAT_RECORDS_ENCODED, (int64_t)count);
	stats_add(b->stats, STAT_RECORDS_SPOOLED, (int64_t)count);
	if (!b->records)
		b->began_ms = now.wall_ms;
	b->records += (int64_t)count;
	b->bytes += (int64_t)bytes;
	forget(b, count);
	return count < wanted ? -ENOSPC : 0;
}

static int64_t slot_of(const struct bucket *b, int64_t wall_ms)
{
	return layout_slot(&b->limits->layout, wall_ms);
}

static bool stream_goes_on(const struct bucket *b, struct now now)
{
	if (b->limits->layout.renumbers && slot_of(b, b->began_ms) != b->stream_slot_ms)
		return false;
	return b->stream && now.mono_ms - b->stream_began_ms < b->limits->max_stream_ms;
}

/* The stream and sequence of the next object; false: no id to be had. */
static bool next_place(struct bucket *b, struct now now, int64_t *stream,
		       int64_t *sequence)
{
	int64_t wanted = now.wall_ms / 1000;

	*stream = b->stream;
	*sequence = b->sequence;
	if (stream_goes_on(b, now))
		return true;
	if (wanted <= b->stream)
		wanted = b->stream + 1;
	*stream = b->sink->stream(b->sink, wanted);
	*sequence = 0;
	return *stream > 0;
}

static void put_key(struct bucket *b, int64_t stream, int64_t sequence, struct buf *key)
{
	struct key_parts parts = {
		.prefix = b->limits->prefix,
		.tag = b->tag,
		.stream = stream,
		.sequence = sequence,
		.began_ms = b->began_ms,
	};

	layout_key(&b->limits->layout, &parts, key);
}

static bool seal(struct bucket *b, struct now now)
{
	struct buf key = BUF_INIT(4096);
	struct object object = {
		.first_ms = b->sealed_at.wall_ms,
		.last_ms = now.wall_ms,
		.records = b->records,
		.lost_flows = b->lost_flows,
	};
	int64_t stream = 0, sequence = 0;
	bool ok;

	if (!b->records)
		return true;
	if (b->limits->key_is_tag)
		buf_puts(&key, tag_names[b->tag]);
	else if (next_place(b, now, &stream, &sequence))
		put_key(b, stream, sequence, &key);
	object.key = buf_str(&key);
	ok = key.len && !buf_error(&key) && b->sink->seal(b->sink, b->tag, &object) == 0;
	buf_fini(&key);
	if (!ok)
		return false;
	if (stream != b->stream) {
		b->stream_began_ms = now.mono_ms;
		b->stream_slot_ms = slot_of(b, b->began_ms);
	}
	b->stream = stream;
	b->sequence = sequence + 1;
	b->records = b->bytes = b->lost_flows = 0;
	b->sealed_at = now;
	b->age_limit_ms = b->limits->max_age_ms;
	return true;
}

/* The open object's slot is over, or the clock went back before it. */
static bool is_late(const struct bucket *b, struct now now)
{
	return b->records && slot_of(b, b->began_ms) != slot_of(b, now.wall_ms);
}

static bool is_due(const struct bucket *b, struct now now)
{
	return is_late(b, now) ||
	       b->records + (int64_t)b->count >= b->limits->max_records ||
	       b->bytes >= OBJECT_MAX ||
	       now.mono_ms - b->sealed_at.mono_ms >= b->age_limit_ms;
}

/* Whether all rows may wait in memory; the sink then knows of them. */
static bool may_wait(struct bucket *b)
{
	int64_t change = (int64_t)b->used - b->held_bytes;

	if ((int64_t)b->count > b->limits->max_held || !b->sink->hold(b->sink, change))
		return false;
	b->held_bytes = (int64_t)b->used;
	return true;
}

/* Rows that the sink did not take: within the limits they wait. */
static void hold(struct bucket *b)
{
	size_t extra = 0, bytes = 0;

	if ((int64_t)b->count > b->limits->max_held)
		extra = b->count - (size_t)b->limits->max_held;
	if (extra)
		forget(b, extra);
	if (!may_wait(b)) {
		size_t excess = b->used - (size_t)b->held_bytes, rows = 0;

		while (bytes < excess)
			bytes += b->length[rows++];
		forget(b, rows);
		extra += rows;
		may_wait(b);
	}
	stats_add(b->stats, STAT_RECORDS_DROPPED_HELD, (int64_t)extra);
	b->lost_flows += (int64_t)extra;
}

/* Rows to the sink, and objects that are due. One that has no room for more is
 * sealed early: made, it takes less than its rows do. false: not all could go. */
static bool hand_over(struct bucket *b, struct now now, bool everything)
{
	for (;;) {
		bool due = b->records + (int64_t)b->count &&
			   (everything || is_due(b, now));
		int64_t most = b->limits->max_records - (due ? b->records : 0);
		int error = append(b, most, now);
		bool is_full = error == -ENOSPC && b->records;

		if (error && !is_full)
			return false;
		if (!due && !is_full)
			return true;
		if (!seal(b, now))
			return false;
	}
}

static void store(struct bucket *b, struct now now, bool everything)
{
	bool ok = (!is_late(b, now) || seal(b, now)) && hand_over(b, now, everything);

	b->retry_ms = ok ? 0 : now.mono_ms + RETRY_MS;
	if (b->count || b->held_bytes)
		hold(b);
}

/* Whether the sink, which failed, is left alone for now. Before rows are dropped
 * it is asked once more, unless that was just now. */
static bool waits(struct bucket *b, struct now now)
{
	if (b->retry_ms <= now.mono_ms)
		return false;
	if (may_wait(b))
		return true;
	if (b->retry_ms - now.mono_ms <= RETRY_MS - RETRY_LEAST_MS)
		return false;
	hold(b);
	return true;
}

void bucket_commit(struct bucket *b, struct now now)
{
	if (b->count && !b->is_known) {
		b->is_known = true;
		b->sealed_at = now;
	}
	if (b->is_known && !waits(b, now))
		store(b, now, false);
}

/* When the open object is too old, or its slot over: monotonic. */
static int64_t next_due(const struct bucket *b, struct now now)
{
	int64_t due = NEVER_MS, slot_ms = b->limits->layout.slot_ms, border;

	if (b->age_limit_ms < NEVER_MS - b->sealed_at.mono_ms)
		due = b->sealed_at.mono_ms + b->age_limit_ms;
	if (!slot_ms)
		return due;
	border = now.mono_ms + slot_of(b, now.wall_ms) + slot_ms - now.wall_ms;
	return border < due ? border : due;
}

int64_t bucket_tick(struct bucket *b, struct now now)
{
	if (!b->records && !b->count)
		return NEVER_MS;
	if (b->retry_ms ? b->retry_ms <= now.mono_ms : is_due(b, now))
		store(b, now, false);
	if (b->retry_ms)
		return b->retry_ms;
	return b->records ? next_due(b, now) : NEVER_MS;
}

void bucket_flush(struct bucket *b, struct now now)
{
	store(b, now, true);
}
