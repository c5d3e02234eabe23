/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_shard.c - a shard of a pipeline, fed and looked at, on the source's thread; what
 * it does is in tenant_shard_run.c. See tenant_shard.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "tenant/tenant_shard.h"

#define ITEM_BYTES 4096 /* that an item counts beside its batch: bounds their number */

static struct tenant_shard *shard_of(struct shard_part *part)
{
	return (struct tenant_shard *)part;
}

int64_t tenant_shard_weight(const struct parcel *parcel)
{
	return ITEM_BYTES + (parcel->batch ? batch_bytes(parcel->batch) : 0);
}

static void shard_fail(struct tenant_shard *s)
{
	pthread_mutex_lock(&s->lock);
	s->has_failed = true;
	pthread_mutex_unlock(&s->lock);
}

/* What does not get there is missing: nothing of the shard may be stored any more. */
static void shard_push(struct tenant_shard *s, const struct parcel *parcel)
{
	atomic_fetch_add(&s->waiting, tenant_shard_weight(parcel));
	if (!queue_push(&s->tenant->inbox, (void *)(uintptr_t)parcel)) {
		shard_fail(s);
		tenant_shard_forget(s, parcel);
	}
	workers_wake(s->tenant->around.workers, &s->tenant->task);
}

void tenant_shard_offer(struct receiver *receiver, const struct parcel *parcel)
{
	struct tenant_shard *s = (struct tenant_shard *)receiver;

	stats_add(&s->tenant->state->stats, STAT_FLOWS_RECEIVED, (int64_t)parcel->count);
	batch_ref(parcel->batch);
	shard_push(s, parcel);
}

void tenant_shard_lose(struct receiver *receiver, int64_t flows)
{
	struct tenant_shard *s = (struct tenant_shard *)receiver;

	atomic_fetch_add(&s->tenant->lost_flows, flows);
}

void tenant_shard_cut(struct shard_part *part, const struct shard_cut *cut)
{
	struct shard_item *item = calloc(1, sizeof(*item));

	if (!item) {
		shard_fail(shard_of(part));
		return;
	}
	item->cut = *cut;
	shard_push(shard_of(part), &item->parcel);
}

/* A parcel lives in its batch, a cut by itself. */
void tenant_shard_forget(struct tenant_shard *s, const struct parcel *parcel)
{
	atomic_fetch_sub(&s->waiting, tenant_shard_weight(parcel));
	if (parcel->batch)
		batch_unref(parcel->batch);
	else
		free((void *)(uintptr_t)parcel);
}

void tenant_shard_empty(struct tenant_shard *s)
{
	const struct parcel *parcel;

	if (s->parcel)
		tenant_shard_forget(s, s->parcel);
	s->parcel = NULL;
	while ((parcel = queue_pop(&s->tenant->inbox)))
		tenant_shard_forget(s, parcel);
}

void tenant_shard_name(struct tenant_shard *s, int64_t offset)
{
	buf_reset(&s->stream);
	buf_printf(&s->stream, STR_FMT "-%020" PRId64, STR_ARG(buf_str(&s->origin)),
		   offset);
	s->name = (struct object_name){ .stream = buf_str(&s->stream) };
}

/* What its counters have risen by is the pipeline's. */
static void merge_stats(struct tenant_shard *s)
{
	int id;

	for (id = 0; id < STAT_COUNT; id++) {
		int64_t value = stats_get(&s->tenant->state->stats, (enum stat_id)id);

		if (value == s->merged[id])
			continue;
		stats_add(&s->whole->state->stats, (enum stat_id)id,
			  value - s->merged[id]);
		s->merged[id] = value;
	}
}

/* What came and is not accounted for is given back. */
static void give_back(struct stats *stats, enum stat_side in, enum stat_side out,
		      enum stat_id id)
{
	int64_t value[STAT_COUNT];
	int each;

	for (each = 0; each < STAT_COUNT; each++)
		value[each] = stats_get(stats, (enum stat_id)each);
	stats_add(stats, id, stats_sum(value, in) - stats_sum(value, out));
}

void tenant_shard_settle(struct tenant_shard *s)
{
	struct stats *stats = &s->tenant->state->stats;

	give_back(stats, FLOWS_IN, FLOWS_OUT, STAT_FLOWS_GIVEN_BACK);
	give_back(stats, RECORDS_IN, RECORDS_OUT, STAT_RECORDS_NOT_BEGUN);
	stats_add(stats, STAT_RECORDS_SPOOLED, -stats_get(stats, STAT_RECORDS_SPOOLED));
	stats_add(stats, STAT_OBJECTS_SPOOLED, -stats_get(stats, STAT_OBJECTS_SPOOLED));
	give_back(stats, ROWS_IN, ROWS_OUT, STAT_RECORDS_GIVEN_BACK);
	merge_stats(s);
}

/* Cuts before which no object waits any more. */
static void find_stored(struct tenant_shard *s)
{
	uint64_t first = spool_sink_first(s->tenant->spool_sink);
	uint64_t waiting = spool_first_waiting(s->tenant->state->dir);
	size_t done = 0;

	if (waiting < first)
		first = waiting;
	while (done < s->boundaries && s->boundary[done] <= first)
		done++;
	if (!done)
		return;
	s->cuts_stored += (int64_t)done;
	s->boundaries -= done;
	memmove(s->boundary, s->boundary + done, s->boundaries * sizeof(*s->boundary));
}

void tenant_shard_look(struct shard_part *part, struct shard_part_state *state)
{
	struct tenant_shard *s = shard_of(part);

	merge_stats(s);
	pthread_mutex_lock(&s->lock);
	find_stored(s);
	/* Asked behind that: what is lost does not wait either. */
	s->has_failed |= spool_has_lost(s->tenant->state->dir);
	*state = (struct shard_part_state){
		.made = s->made,
		.cuts_stored = s->cuts_stored,
		.waiting = atomic_load(&s->waiting),
		.is_split = s->is_split,
		.has_failed = s->has_failed,
	};
	pthread_mutex_unlock(&s->lock);
}

void tenant_shard_release(struct shard_part *part, uint64_t made)
{
	struct tenant *t = shard_of(part)->tenant;

	spool_release(t->state->dir, made);
	tenant_wake_uploader(t);
}
