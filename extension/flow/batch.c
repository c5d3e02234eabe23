/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - see batch.h. */
#include <stdlib.h>
#include "flow/batch.h"

/* A flow takes about a kilobyte of JSON; a few more are better than too few. */
#define FLOW_TEXT	768
#define ROOM_LEAST	4
/* Flows and layers of a message are about as large as its text; unescaped strings add
 * less than that, and protobuf is shorter. */
#define HONEST_TIMES	4
#define HONEST_LEAST	((size_t)64 << 10)
#define BATCH_ARENA_MAX ((size_t)512 << 20)

static size_t batch_limit(size_t size, const struct batch_account *account)
{
	int64_t max = account ? account->bytes_max : 0, left;
	size_t honest = HONEST_TIMES * size + HONEST_LEAST;

	if (max <= 0)
		return BATCH_ARENA_MAX;
	if (honest > (size_t)max / 4)
		honest = (size_t)max / 4;
	left = max - atomic_load(&account->bytes) - (int64_t)size;
	return left > (int64_t)honest ? (size_t)left : honest;
}

struct batch *batch_new(char *message, size_t size, struct batch_account *account)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch) {
		free(message);
		return NULL;
	}
	batch->limit = batch_limit(size, account);
	batch->arena = (struct arena)ARENA_INIT(batch->limit);
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
	free(batch->flows);
	free(batch->message);
	free(batch);
}

/* Twice the flows, or as many as there is room for. The array moves, so it is not the
 * arena's, but both have one limit. */
static bool batch_grow(struct batch *batch)
{
	size_t have = batch->room * sizeof(*batch->flows), room, most;
	struct flow *more;

	room = batch->room ? batch->room * 2 : batch->size / FLOW_TEXT + ROOM_LEAST;
	if (batch->arena.size > batch->limit)
		return false;
	most = (batch->limit - batch->arena.size) / sizeof(*more);
	if (room > most)
		room = most;
	if (room <= batch->room)
		return false;
	more = realloc(batch->flows, room * sizeof(*more));
	if (!more)
		return false;
	memset(more + batch->room, 0, room * sizeof(*more) - have);
	batch->flows = more;
	batch->room = room;
	batch->arena.limit = batch->limit - room * sizeof(*more);
	return true;
}

struct flow *batch_add(struct batch *batch)
{
	if (batch->is_closed || (batch->count == batch->room && !batch_grow(batch)))
		return NULL;
	return &batch->flows[batch->count++];
}

void batch_close(struct batch *batch)
{
	batch->is_closed = true;
	batch->arena.error = 0;
	batch->arena.limit = BATCH_ARENA_MAX;
}

void batch_drop_last(struct batch *batch)
{
	batch->count--;
	memset(&batch->flows[batch->count], 0, sizeof(*batch->flows));
}

void batch_done(struct batch *batch)
{
	batch->bytes = (int64_t)(batch->size + batch->arena.size +
				 batch->room * sizeof(*batch->flows));
	if (batch->account)
		atomic_fetch_add(&batch->account->bytes, batch->bytes);
}
