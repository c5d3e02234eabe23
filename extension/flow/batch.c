/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - see batch.h. */
#include <stdlib.h>
#include "flow/batch.h"

/* A flow takes about a kilobyte of JSON; a few more are better than too few. */
#define FLOW_TEXT	768
#define ROOM_LEAST	4
/* Flows and layers of a message are about as large as its text; unescaped
 * strings add less than that. A message that needs more is hostile. */
#define BATCH_ARENA_MAX ((size_t)512 << 20)

struct batch *batch_new(char *message, size_t size, struct batch_account *account)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch) {
		free(message);
		return NULL;
	}
	batch->arena = (struct arena)ARENA_INIT(BATCH_ARENA_MAX);
	batch->message = message;
	batch->size = size;
	batch->account = account;
	batch->refs = 1;
	return batch;
}

struct batch *batch_ref(struct batch *batch)
{
	atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
	return batch;
}

void batch_unref(struct batch *batch)
{
	if (!batch ||
	    atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel) > 1)
		return;
	if (batch->account)
		atomic_fetch_sub(&batch->account->bytes, batch->bytes);
	arena_fini(&batch->arena);
	free(batch->message);
	free(batch);
}

struct flow *batch_add(struct batch *batch)
{
	struct flow *more;

	if (batch->count == batch->room) {
		batch->room = batch->room ? batch->room * 2
					  : batch->size / FLOW_TEXT + ROOM_LEAST;
		more = arena_alloc(&batch->arena, batch->room * sizeof(*more));
		if (!more) {
			batch->room = batch->count;
			return NULL;
		}
		if (batch->count)
			memcpy(more, batch->flows, batch->count * sizeof(*more));
		batch->flows = more;
	}
	return &batch->flows[batch->count++];
}

void batch_drop_last(struct batch *batch)
{
	batch->count--;
	memset(&batch->flows[batch->count], 0, sizeof(*batch->flows));
}

void batch_done(struct batch *batch)
{
	batch->bytes = (int64_t)(batch->size + batch->arena.size);
	if (batch->account)
		atomic_fetch_add(&batch->account->bytes, batch->bytes);
}
