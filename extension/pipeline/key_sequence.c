/* SPDX-License-Identifier: Apache-2.0 */
/* key_sequence.c - see key_sequence.h. */
#include "pipeline/key_sequence.h"

static unsigned index_of(const struct layout *layout, int64_t slot_ms)
{
	return layout->renumbers ? layout_parity(layout, slot_ms) : 0;
}

bool key_sequence_next(const struct key_sequence *n, const struct layout *layout,
		       int64_t slot_ms, int64_t max_stream_ms, struct sink *sink,
		       struct now now, struct key_stream *next)
{
	const struct key_stream *present = &n->stream[index_of(layout, slot_ms)];
	bool is_of_slot = !layout->renumbers || present->slot_ms == slot_ms;

	*next = *present;
	if (present->id && is_of_slot && now.mono_ms - present->began_ms < max_stream_ms)
		return true;
	*next = (struct key_stream){
		.id = sink->stream(sink, now.wall_ms / 1000, n->last_id),
		.began_ms = now.mono_ms,
		.slot_ms = slot_ms,
	};
	return next->id > 0;
}

void key_sequence_use(struct key_sequence *n, const struct layout *layout,
		      const struct key_stream *used)
{
	struct key_stream *stream = &n->stream[index_of(layout, used->slot_ms)];

	*stream = *used;
	stream->sequence++;
	if (stream->id > n->last_id)
		n->last_id = stream->id;
}
