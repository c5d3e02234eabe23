/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_run.c - a turn: one batch, or some small ones, from the inbox through the
 * pipeline. */
#include <inttypes.h>
#include "base/prefetch.h"
#include "sys/clock.h"
#include "tenant/tenant_private.h"

#define PASSES_MAX 8

static void tenant_hold(struct tenant *t, struct batch *batch)
{
	inbox_own(&t->owner, batch_bytes(batch));
	batch_ref(batch);
}

static void tenant_let_go(struct tenant *t, struct batch *batch)
{
	inbox_own(&t->owner, -batch_bytes(batch));
	batch_unref(batch);
}

/* How long the batch at hand may still wait for answers. */
static bool turn_may_wait(struct tenant *t, struct now now)
{
	if (atomic_load(&t->is_finishing) || t->passes >= PASSES_MAX ||
	    now.mono_ms >= t->deadline_ms)
		return false;
	/* A source that waits loses nothing. */
	return t->around.keeps_all ||
	       (queue_count(&t->inbox) < TENANT_INBOX_MAX / 2 &&
		inbox_may_wait(t->around.room, &t->owner, now.mono_ms));
}

/* Completes the records. false: parked until answers come or time is up. */
bool tenant_turn_enrich(struct tenant *t, struct now now)
{
	if (t->passes && !atomic_load(&t->is_answered) && turn_may_wait(t, now))
		return false;
	atomic_store(&t->is_answered, false);
	queries_pass(&t->queries, now.mono_ms);
	t->passes++;
	if (pipeline_enrich(t->pipeline, &t->queries) == 0)
		return true;
	if (turn_may_wait(t, now))
		return false;
	asker_give_up(&t->asker, true);
	queries_pass(&t->queries, now.mono_ms);
	pipeline_enrich(t->pipeline, &t->queries);
	asker_give_up(&t->asker, false);
	return true;
}

/* What was not asked because of its limit is nothing against the topology. */
static void note_unanswered(struct tenant *t, int64_t now_ms)
{
	uint64_t limited, degraded = asker_take_degraded(&t->asker, &limited);

	tenant_note_degraded(t, (int64_t)degraded, (int64_t)limited, now_ms);
}

void tenant_turn_commit(struct tenant *t, struct now now, struct now of_rows)
{
	pipeline_lost(t->pipeline, atomic_exchange(&t->lost_flows, 0));
	pipeline_commit(t->pipeline, of_rows);
	queries_reset(&t->queries);
	stats_add(&t->state->stats, STAT_LOOKUPS_REFUSED, (int64_t)t->queries.refused);
	stats_add(&t->state->stats, STAT_PEER_AMBIGUOUS, (int64_t)t->queries.ambiguous);
	t->queries.refused = t->queries.ambiguous = 0;
	note_unanswered(t, now.mono_ms);
}

static void finish_turn(struct tenant *t, struct now now)
{
	tenant_turn_commit(t, now, now);
	while (t->parcels)
		tenant_let_go(t, t->parcel[--t->parcels]->batch);
}

static const struct flow *parcel_flow(const struct parcel *p, size_t i)
{
	return &p->batch->flows[p->index ? p->index[i] : i];
}

/* Parcels for a turn, from the inbox. Returns how many flows are in them. */
static int64_t take_parcels(struct tenant *t)
{
	size_t most = t->gathers ? TURN_PARCELS : 1;
	const struct parcel *parcel;
	int64_t flows = 0;

	while (t->parcels < most && flows < TURN_FLOWS &&
	       (parcel = queue_pop(&t->inbox))) {
		t->parcel[t->parcels++] = parcel;
		flows += (int64_t)parcel->count;
	}
	return flows;
}

/* The first flow of each parcel. Every step finds where the next one leads, so one
 * by one each would be waited for; together they are waited for once. */
static void prefetch_flows(const struct tenant *t)
{
	size_t i;

	for (i = 0; i < t->parcels; i++)
		prefetch(t->parcel[i], sizeof(struct parcel));
	for (i = 0; i < t->parcels; i++) {
		prefetch(t->parcel[i]->batch, sizeof(struct batch));
		prefetch(t->parcel[i]->index, sizeof(uint32_t));
	}
	for (i = 0; i < t->parcels; i++)
		prefetch(parcel_flow(t->parcel[i], 0), sizeof(struct flow));
	for (i = 0; i < t->parcels; i++)
		flow_prefetch(parcel_flow(t->parcel[i], 0));
}

void tenant_turn_begin(struct tenant *t, struct now now)
{
	t->deadline_ms = now.mono_ms + t->around.lookup_timeout_ms;
	t->passes = 0;
}

static void start_turn(struct tenant *t, struct now now)
{
	int64_t flows = take_parcels(t);
	size_t i;

	prefetch_flows(t);
	exposition_enter(t->exposition);
	for (i = 0; i < t->parcels; i++) {
		const struct parcel *parcel = t->parcel[i];

		pipeline_accept(t->pipeline, parcel->batch, parcel->index, parcel->count,
				now);
	}
	exposition_leave(t->exposition);
	atomic_fetch_sub(&t->waiting_flows, flows);
	tenant_turn_begin(t, now);
}

static int64_t gather_bytes(const struct tenant *t)
{
	int64_t bytes = GATHER_BYTES +
			GATHER_BYTES_EACH * atomic_load(&t->around.batches->readers);

	return bytes < t->around.batch_bytes_max / 2 ? bytes
						     : t->around.batch_bytes_max / 2;
}

/* Of flows that wait for others: far from what may wait at all. */
static int64_t gather_flows(const struct tenant *t)
{
	int64_t most = t->settings->limits.records_in_memory / 4;

	return t->is_limited && most && most < TURN_FLOWS ? most : TURN_FLOWS;
}

/* Whether what waits is not enough for a turn yet. */
static bool may_gather(const struct tenant *t, int64_t waiting_flows)
{
	return t->gathers && waiting_flows < gather_flows(t) &&
	       !atomic_load(&t->is_finishing) &&
	       atomic_load(&t->around.batches->bytes) < gather_bytes(t);
}

/* Tenants go together, so that a worker wakes for many of them. */
static int64_t gathered_ms(int64_t now_ms)
{
	return (now_ms + GATHER_MS) / GATHER_GRID_MS * GATHER_GRID_MS;
}

static void wake_for(struct tenant *t, int64_t waiting_flows, int64_t now_ms)
{
	if (may_gather(t, waiting_flows))
		workers_wake_by(t->around.workers, &t->task, gathered_ms(now_ms));
	else
		workers_wake(t->around.workers, &t->task);
}

/* What is due by the clock; when the next will be. */
static int64_t turn_tick(struct tenant *t, struct now now)
{
	int64_t due_ms, ledger_ms, listen_ms = NEVER_MS;

	exposition_enter(t->exposition);
	due_ms = pipeline_tick(t->pipeline, &t->queries, now);
	exposition_leave(t->exposition);
	/* A replay has no port to serve. */
	if (t->exposition && !t->around.keeps_all)
		listen_ms = exposition_listen(t->exposition, now);
	if (listen_ms < due_ms)
		due_ms = listen_ms;
	ledger_ms = spool_ledger_tick(t->state->dir, now);
	if (ledger_ms < due_ms)
		due_ms = ledger_ms;
	tenant_tell_spells(t, now.mono_ms, &due_ms);
	return due_ms;
}

static void turn_finish(struct tenant *t, struct now now)
{
	exposition_close(t->exposition);
	pipeline_lost(t->pipeline, atomic_exchange(&t->lost_flows, 0));
	pipeline_flush(t->pipeline, now);
	tenant_end_spells(t);
	atomic_store(&t->is_finished, true);
	tenant_wake_uploader(t);
}

void tenant_run(struct task *task, struct now now)
{
	struct tenant *t = (struct tenant *)((char *)task -
					     offsetof(struct tenant, task));
	bool is_finishing = atomic_load(&t->is_finishing);
	int64_t due_ms, next_ms = NEVER_MS;

	if (!t->parcels)
		start_turn(t, now);
	if (t->parcels)
		next_ms = gathered_ms(now.mono_ms);
	if (t->parcels && tenant_turn_enrich(t, now))
		finish_turn(t, now);
	due_ms = turn_tick(t, now);
	if (t->is_limited)
		atomic_store(&t->held_records, (int64_t)pipeline_waiting(t->pipeline));
	/* Who had flows will have more: their time is said once, not by the first. */
	if (t->gathers && next_ms < due_ms)
		due_ms = next_ms;
	if (!t->parcels)
		queries_reset(&t->queries);
	else if (t->deadline_ms < due_ms)
		due_ms = t->deadline_ms;
	workers_wake_at(t->around.workers, &t->task, due_ms);
	if (!t->parcels && queue_count(&t->inbox))
		wake_for(t, atomic_load(&t->waiting_flows), now.mono_ms);
	else if (!t->parcels && is_finishing && !atomic_load(&t->is_finished))
		turn_finish(t, now);
}

/* Its own limits are asked before anything is spent on the parcel. */
static bool turn_is_admitted(struct tenant *t, int64_t flows)
{
	bool begins = false, is_admitted;

	if (!t->is_limited)
		return true;
	is_admitted = limits_admit(&t->limits, flows,
				   atomic_load(&t->waiting_flows) +
					   atomic_load(&t->held_records),
				   clock_now().mono_ms, &begins);
	if (!is_admitted)
		tenant_lose(&t->receiver, flows);
	/* Its turn may be over, and the end is to be told without another flow. */
	if (begins)
		workers_wake(t->around.workers, &t->task);
	return is_admitted;
}

static bool turn_has_room(struct tenant *t)
{
	return t->around.keeps_all ||
	       atomic_load(&t->around.batches->bytes) <= t->around.batch_bytes_max ||
	       inbox_may_have(t->around.room, &t->owner, clock_now().mono_ms);
}

void tenant_lose(struct receiver *receiver, int64_t flows)
{
	struct tenant *t = (struct tenant *)receiver;

	atomic_fetch_add(&t->lost_flows, flows);
}

static void turn_drop(struct tenant *t, const struct parcel *parcel)
{
	int64_t flows = (int64_t)parcel->count;

	stats_add(&t->state->stats, STAT_FLOWS_DROPPED_INBOX, flows);
	tenant_lose(&t->receiver, flows);
	if (!spell_note(&t->overflow, flows, clock_now().mono_ms))
		return;
	tenant_tell_overflow(t);
	/* Its turn may be over, and the end is to be told without another flow. */
	workers_wake(t->around.workers, &t->task);
}

void tenant_offer(struct receiver *receiver, const struct parcel *parcel)
{
	struct tenant *t = (struct tenant *)receiver;
	int64_t count = (int64_t)parcel->count, before;

	stats_add(&t->state->stats, STAT_FLOWS_RECEIVED, count);
	if (!turn_is_admitted(t, count))
		return;
	if (!turn_has_room(t)) {
		turn_drop(t, parcel);
		return;
	}
	tenant_hold(t, parcel->batch);
	if (!queue_push(&t->inbox, (void *)(uintptr_t)parcel)) {
		turn_drop(t, parcel);
		tenant_let_go(t, parcel->batch);
		return;
	}
	before = atomic_fetch_add(&t->waiting_flows, count);
	/* The first of those that gather has said when they have to go. */
	if (before <= 0 || !may_gather(t, before + count))
		wake_for(t, before + count, clock_now().mono_ms);
}

void tenant_empty_inbox(struct tenant *t)
{
	const struct parcel *parcel;

	while (t->parcels)
		tenant_let_go(t, t->parcel[--t->parcels]->batch);
	while ((parcel = queue_pop(&t->inbox))) {
		if (t->state)
			stats_add(&t->state->stats, STAT_FLOWS_DROPPED_INBOX,
				  (int64_t)parcel->count);
		tenant_let_go(t, parcel->batch);
	}
}
