/* SPDX-License-Identifier: Apache-2.0 */
/* key_sequence.h - the stream and number that make the key of a tag's object unique.
 *
 * Objects of a tag are numbered in its stream, in the order in which they are sealed,
 * whatever their slot. Where slots have streams of their own (layout.renumbers) there
 * are two at a time, one for each slot that may be open. The ids of a tag's streams are
 * unique.
 */
#ifndef PIPELINE_KEY_SEQUENCE_H
#define PIPELINE_KEY_SEQUENCE_H

#include "pipeline/layout.h"

struct key_stream {
	int64_t id;	  /* Unix seconds, 0: none yet */
	int64_t sequence; /* of its next object */
	int64_t began_ms; /* monotonic */
	int64_t slot_ms;  /* of its first object */
};

struct key_sequence {
	struct key_stream stream[OPEN_MAX];
	int64_t last_id; /* of all streams of the tag */
};

/* The stream and, as its sequence, the number for the next object of the slot. When the
 * object was sealed, and so its key is used, call key_sequence_use(). false: the sink
 * has no stream id. */
bool key_sequence_next(const struct key_sequence *, const struct layout *,
		       int64_t slot_ms, int64_t max_stream_ms, struct sink *, struct now,
		       struct key_stream *);
void key_sequence_use(struct key_sequence *, const struct layout *,
		      const struct key_stream *);

#endif
