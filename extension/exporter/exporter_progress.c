/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_progress.c - what goes on, and whether anything stands still: for the
 * host, who tells the service manager. A reload that waits for a disk holds the
 * lock; so nothing here waits for it.
 */
#include <inttypes.h>
#include "exporter/exporter_private.h"
#include "sys/clock.h"

#define PACE_MIN_MS 500
#define PULSE_MS    1900 /* each wakes two threads, also where nothing is to be done */

static void on_pulse(struct task *task, struct now now)
{
	struct progress *p = (struct progress *)((char *)task -
						 offsetof(struct progress, pulse));

	(void)now;
	atomic_fetch_add(&p->beats, 1);
}

void exporter_init_progress(struct exporter *e)
{
	task_init(&e->progress.pulse, on_pulse);
}

static bool sources_move(struct exporter *e)
{
	bool all_move = true;
	size_t i;

	if (pthread_mutex_trylock(&e->lock) != 0)
		return true;
	for (i = 0; i < e->sources; i++)
		all_move = source_instance_moves(e->source[i]) && all_move;
	pthread_mutex_unlock(&e->lock);
	return all_move;
}

bool exporter_has_moved(struct exporter *e)
{
	struct progress *p = &e->progress;
	int64_t now_ms = clock_now().mono_ms;
	unsigned beats, turns;
	bool has_moved;

	if (now_ms < p->next_ms)
		return false;
	p->next_ms = now_ms + PULSE_MS;
	beats = atomic_load(&p->beats);
	turns = http_turn(e->http);
	has_moved = beats != p->beats_seen && turns != p->turns_seen && sources_move(e);
	workers_wake(e->workers, &p->pulse);
	if (has_moved) {
		p->beats_seen = beats;
		p->turns_seen = turns;
	}
	return has_moved;
}

bool exporter_is_busy(struct exporter *e)
{
	if (pthread_mutex_trylock(&e->lock) != 0)
		return true;
	pthread_mutex_unlock(&e->lock);
	return false;
}

void exporter_look_busy(struct exporter *e, struct exporter_busy *busy)
{
	busy->worker_since_ms = workers_busy_since(e->workers, busy->worker,
						   sizeof(busy->worker));
	busy->sealer_since_ms = workers_busy_since(e->sealers, busy->sealer,
						   sizeof(busy->sealer));
}

static int64_t exporter_sum(const struct exporter *e, enum stat_id id)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < e->tenants; i++)
		total += stats_get(tenant_stats(e->running[i].tenant), id);
	return total;
}

/* Without what may be secret: user and password, path and query. */
static struct str url_host(struct str url)
{
	const char *scheme = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
	struct str rest = scheme ? str_skip(url, (size_t)(scheme - url.ptr) + 3) : url;
	struct str host = str_until(rest, '/');
	const char *at = host.len ? memrchr(host.ptr, '@', host.len) : NULL;

	return at ? str_skip(host, (size_t)(at - host.ptr) + 1) : host;
}

/* Per second, since the line before; too short a time tells nothing new. */
static void note_pace(struct pace *p, int64_t flows, int64_t records, int64_t now_ms)
{
	int64_t ms = now_ms - p->at_ms;

	if (ms < PACE_MIN_MS)
		return;
	if (p->at_ms) {
		p->flows_per_s = (flows - p->flows) * 1000 / ms;
		p->records_per_s = (records - p->records) * 1000 / ms;
	}
	*p = (struct pace){ now_ms, flows, records, p->flows_per_s, p->records_per_s };
}

/* Why flows made no records, if some did not: "no transport: 143". */
static void describe_reasons(const struct exporter *e, struct buf *b)
{
	const char *before = " without a record: ", *c;
	int64_t flows;
	int id;

	for (id = 0; id < STAT_COUNT; id++) {
		const struct counter *row = &counters_of_stats[id];
		bool is_drop = row->reason &&
			       str_is(str_of(row->metric), "flows_dropped_total");

		flows = is_drop || id == STAT_FLOWS_EXCLUDED
				? exporter_sum(e, (enum stat_id)id)
				: 0;
		if (!flows)
			continue;
		buf_puts(b, before);
		for (c = is_drop ? row->reason : "excluded"; *c; c++)
			buf_putc(b, *c == '_' ? ' ' : *c);
		buf_printf(b, ": %" PRId64, flows);
		before = ", ";
	}
}

bool exporter_describe(struct exporter *e, struct buf *b)
{
	int64_t flows = 0, records;
	size_t i, missing = 0;

	if (pthread_mutex_trylock(&e->lock) != 0) {
		buf_puts(b, "busy with a reload or a stop");
		return false;
	}
	exporter_reap(e);
	for (i = 0; i < e->sources; i++)
		flows += atomic_load(&source_instance_stats(e->source[i])->flows);
	records = exporter_sum(e, STAT_RECORDS_ENCODED);
	note_pace(&e->pace, flows, records, clock_now().mono_ms);
	buf_printf(b,
		   "flows=%" PRId64 " records=%" PRId64 " objects=%" PRId64
		   " backlog=%zu pipelines=%zu flows/s=%" PRId64 " records/s=%" PRId64,
		   flows, records, exporter_sum(e, STAT_OBJECTS_UPLOADED),
		   exporter_backlog(e), e->tenants, e->pace.flows_per_s,
		   e->pace.records_per_s);
	for (i = 0; i < e->sources; i++)
		if (!source_instance_is_ready(e->source[i]))
			buf_printf(b, "%s" STR_FMT, missing++ ? "," : " trying=",
				   STR_ARG(url_host(source_instance_url(e->source[i]))));
	describe_reasons(e, b);
	pthread_mutex_unlock(&e->lock);
	return missing == 0;
}
