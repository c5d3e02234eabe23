/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_shard_run.c - turns of a shard: flows and cuts, in their order. See
 * tenant_shard.h.
 */
#include "base/grow.h"
#include "tenant/tenant_shard.h"

#define ITEMS_MAX 16   /* of a turn, before others have one */
#define RETRY_MS  1000 /* while the spool takes nothing */

/* When what is taken now happens. */
static struct now now_of(const struct tenant_shard *s)
{
	return (struct now){ .mono_ms = s->clock_ms, .wall_ms = s->clock_ms };
}

static void name_next(struct tenant_shard *s)
{
	s->taken = 0;
	s->is_ending = false;
	if (!s->ends_cut) {
		s->name.sequence++;
		return;
	}
	s->ends_cut = false;
	tenant_shard_name(s, s->ended.offset);
}

/* All objects so far are made; without memory the shard is begun anew. */
static void note_made(struct tenant_shard *s)
{
	uint64_t next_id = spool_next_id(s->tenant->state->dir);

	pthread_mutex_lock(&s->lock);
	s->made = next_id;
	s->is_split = !s->ends_cut;
	if (s->ends_cut && grow(s->boundary, s->room, s->boundaries + 1))
		s->boundary[s->boundaries++] = next_id;
	else if (s->ends_cut)
		s->has_failed = true;
	pthread_mutex_unlock(&s->lock);
}

/* Rows that the spool did not take, and objects that are to end. false: not yet. */
static bool settle(struct tenant_shard *s)
{
	struct tenant *t = s->tenant;

	if (!s->is_ending) {
		if (!pipeline_is_spooled(t->pipeline))
			pipeline_commit(t->pipeline, now_of(s));
		return pipeline_is_spooled(t->pipeline);
	}
	pipeline_flush(t->pipeline, now_of(s));
	if (!pipeline_is_sealed(t->pipeline))
		return false;
	note_made(s);
	name_next(s);
	return true;
}

static int64_t interval_of(const struct tenant_shard *s, int64_t time_ms)
{
	int64_t rest = time_ms % s->part.interval_ms;

	return time_ms / s->part.interval_ms - (rest < 0);
}

/* Flows of a later interval come. */
static bool is_over(const struct tenant_shard *s, int64_t clock_ms)
{
	return s->taken && interval_of(s, clock_ms) != interval_of(s, s->clock_ms);
}

/* As many flows of the parcel as the present objects may have. */
static void take_flows(struct tenant_shard *s, struct now now)
{
	const struct parcel *parcel = s->parcel;
	int64_t room = s->flows_max - s->taken;
	size_t left = parcel->count - s->at;

	s->taking = (int64_t)left < room ? left : (size_t)room;
	if (parcel->index) {
		pipeline_accept(s->tenant->pipeline, parcel->batch, parcel->index + s->at,
				s->taking, now_of(s));
	} else {
		struct batch part = { .flows = parcel->batch->flows + s->at };

		pipeline_accept(s->tenant->pipeline, &part, NULL, s->taking, now_of(s));
	}
	tenant_turn_begin(s->tenant, now);
}

/* The turn at hand is done. */
static void end_flows(struct tenant_shard *s, struct now now)
{
	tenant_turn_commit(s->tenant, now, now_of(s));
	s->at += s->taking;
	s->taken += (int64_t)s->taking;
	s->taking = 0;
	s->is_ending = s->taken >= s->flows_max;
	if (s->at < s->parcel->count)
		return;
	tenant_shard_forget(s, s->parcel);
	s->parcel = NULL;
}

static void begin_cut(struct tenant_shard *s, const struct parcel *parcel)
{
	s->ended = ((const struct shard_item *)parcel)->cut;
	s->is_ending = s->ends_cut = true;
	tenant_shard_forget(s, parcel);
}

/* One step. false: there is nothing to do, or not now; then *due_ms may be lowered. */
static bool step(struct tenant_shard *s, struct now now, int64_t *due_ms)
{
	const struct parcel *parcel;

	if (s->taking) {
		if (!tenant_turn_enrich(s->tenant, now)) {
			*due_ms = s->tenant->deadline_ms;
			return false;
		}
		end_flows(s, now);
		return true;
	}
	if (!settle(s)) {
		*due_ms = now.mono_ms + RETRY_MS;
		return false;
	}
	parcel = s->parcel ? s->parcel : queue_pop(&s->tenant->inbox);
	if (!parcel)
		return false;
	if (!parcel->batch) {
		begin_cut(s, parcel);
		return true;
	}
	if (!s->parcel)
		s->at = 0;
	s->parcel = parcel;
	s->is_ending = is_over(s, parcel->batch->clock_ms);
	if (!s->is_ending) {
		s->clock_ms = parcel->batch->clock_ms;
		take_flows(s, now);
	}
	return true;
}

void tenant_shard_run(struct task *task, struct now now)
{
	struct tenant *t = (struct tenant *)((char *)task -
					     offsetof(struct tenant, task));
	int64_t due_ms = NEVER_MS, ledger_ms;
	int i;

	for (i = 0; i < ITEMS_MAX && step(t->shard, now, &due_ms); i++)
		;
	ledger_ms = spool_ledger_tick(t->state->dir, now);
	if (ledger_ms < due_ms)
		due_ms = ledger_ms;
	tenant_tell_spells(t, now.mono_ms, &due_ms);
	if (!t->shard->taking)
		queries_reset(&t->queries);
	workers_wake_at(t->around.workers, &t->task, due_ms);
	if (i == ITEMS_MAX)
		workers_wake(t->around.workers, &t->task);
}
