/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.h - the open object of one tag: its rows, limits, stream and sequence.
 *
 * Rows are added one by one while a batch is committed and go to the sink in
 * one append at the end. An object is sealed when it has max_records, when
 * max_age has passed since the previous one was sealed (the Go exporter counts
 * age from there, so the first record after a pause is sealed at once), or
 * when it is told to; also when the slot of its layout is over, so that none has
 * rows of two. While the sink cannot take rows they are held, up to
 * max_held records and as many bytes as the sink allows; then the oldest go.
 */
#ifndef PIPELINE_BUCKET_H
#define PIPELINE_BUCKET_H

#include "base/stats.h"
#include "pipeline/layout.h"

struct bucket_limits {
	struct str prefix;     /* of keys */
	struct layout layout;  /* of what follows */
	int64_t max_records;   /* in an object, at least 1 */
	int64_t max_age_ms;    /* of an object; 0: seal after each batch */
	int64_t max_stream_ms; /* of a stream, at least 1 */
	int64_t max_held;      /* records in memory, at least 1 */
	int64_t first_age_ms;  /* of the first object: spreads tenants */
	bool key_is_tag;       /* store "direct" on stdout */
};

struct bucket {
	enum tag tag;
	const struct bucket_limits *limits; /* borrowed, as are these */
	struct sink *sink;
	struct stats *stats;

	struct buf rows;  /* not taken by the sink yet */
	size_t used;	  /* bytes of complete rows */
	uint32_t *length; /* of each of them */
	size_t count, room;
	int64_t held_bytes; /* of rows, that the sink knows of */

	int64_t records, bytes;	  /* in the open object */
	int64_t began_ms;	  /* its first rows came, Unix ms */
	int64_t lost_flows;	  /* in its window, with rows that were dropped */
	bool is_known;		  /* has ever had a row */
	struct now sealed_at;	  /* or when the first row came */
	int64_t age_limit_ms;	  /* of the present object */
	int64_t retry_ms;	  /* the sink failed: not before, monotonic */
	int64_t stream, sequence; /* stream: Unix seconds, 0: none yet */
	int64_t stream_began_ms;  /* monotonic */
	int64_t stream_slot_ms;	  /* of its first object */
};

void bucket_init(struct bucket *, enum tag, const struct bucket_limits *, struct sink *,
		 struct stats *);
void bucket_fini(struct bucket *);

/* Where the next row is written; what is there before is not the caller's. */
struct buf *bucket_row(struct bucket *);
/* The row is complete. Counts it as encoded, or as dropped when it is too long
 * or did not fit into memory. */
void bucket_row_done(struct bucket *);
/* The batch is over: rows go to the sink, objects that are due are sealed. */
void bucket_commit(struct bucket *, struct now);
/* Does what is due. Returns when something will be (monotonic), or NEVER_MS. */
int64_t bucket_tick(struct bucket *, struct now);
/* Seals what there is. */
void bucket_flush(struct bucket *, struct now);

#endif
