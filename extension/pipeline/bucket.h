/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.h - the rows of one tag: its open objects, limits and keys.
 *
 * Rows are added one by one while a batch is committed and go to the sink in one append
 * at the end. An object is sealed when it has max_records, when max_age has passed
 * since the previous one was sealed (the Go exporter counts age from there, so the
 * first record after a pause is sealed at once), or when it or its sink is told to.
 * While the sink cannot take rows they are held in memory, up to max_held records and
 * as many bytes as the sink allows; then the oldest are dropped.
 *
 * With a layout that has slots an object has rows of one slot only. A row goes to the
 * present slot, by the clock, or to the slot before: that stays open for max_late after
 * its end, for rows whose time is in it. All other rows go to the present slot; those
 * that are too old are counted. With max_late 0 the time of rows is ignored. An object
 * is sealed when its slot is closed.
 */
#ifndef PIPELINE_BUCKET_H
#define PIPELINE_BUCKET_H

#include "base/stats.h"
#include "pipeline/key_sequence.h"
#include "pipeline/row_list.h"

/* What the keys of a partition's objects have in place of stream and sequence. */
struct object_name {
	struct str stream;
	int64_t sequence;
};

struct bucket_limits {
	struct str prefix;     /* of keys */
	struct layout layout;  /* of what follows */
	int64_t max_records;   /* in an object, at least 1 */
	int64_t max_age_ms;    /* of an object; 0: seal after each batch */
	int64_t max_late_ms;   /* at most a slot of the layout; 0: by arrival */
	int64_t max_stream_ms; /* of a stream, at least 1 */
	int64_t max_held;      /* records in memory, at least 1 */
	int64_t first_age_ms;  /* of the first object: spreads tenants */
	/* Objects end only with bucket_flush(), and are called so; rows that the sink does
	 * not take wait, all of them. NULL: not so. Borrowed; may change. */
	const struct object_name *name;
};

/* Its window begins when the previous object was sealed, or with its slot, if that is
 * later: none of its rows came before that. */
struct open_object {
	int64_t slot_ms;
	int64_t records, bytes; /* 0: there is none */
	struct now since;	/* its window */
	int64_t lost_before;	/* flows, until then */
};

struct bucket {
	enum tag tag;
	const struct bucket_limits *limits; /* borrowed, as are these */
	struct sink *sink;
	struct stats *stats;

	struct row_list rows; /* not yet taken by the sink */
	int64_t held_bytes;   /* their bytes that were reserved with sink->hold() */

	struct open_object open[OPEN_MAX]; /* by the parity of their slots */
	struct key_sequence keys;
	int64_t lost_flows;   /* so far, with rows that were dropped */
	bool is_known;	      /* has ever had a row */
	struct now sealed_at; /* when the last object was sealed, or the first row came */
	int64_t lost_sealed;  /* flows, until then */
	int64_t age_limit_ms; /* of the present objects */
	int64_t retry_ms;     /* the sink failed: not before, monotonic */
};

void bucket_init(struct bucket *, enum tag, const struct bucket_limits *, struct sink *,
		 struct stats *);
void bucket_fini(struct bucket *);

/* Where the next row is appended; the bytes before it must not be changed. */
struct buf *bucket_row(struct bucket *);
/* The row is complete; time_ms is when what it reports ended (Unix ms, any value).
 * Counts it as encoded, or as dropped when it is too long or did not fit into
 * memory. */
void bucket_row_done(struct bucket *, int64_t time_ms);
/* The batch is over: rows go to the sink, objects that are due are sealed. */
void bucket_commit(struct bucket *, struct now);
/* Does what is due. Returns when something will be (monotonic), or NEVER_MS. */
int64_t bucket_tick(struct bucket *, struct now);
/* Seals all open objects. */
void bucket_flush(struct bucket *, struct now);
/* Whether it has neither rows nor open objects. */
bool bucket_is_empty(const struct bucket *);

#endif
