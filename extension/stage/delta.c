/* SPDX-License-Identifier: Apache-2.0 */
/* delta.c - see delta.h. */
#include <stdlib.h>
#include "base/map.h"
#include "stage/delta.h"

#define FLOW_BYTES ((size_t)256) /* a known flow with its UUID; longer ones are fewer */

enum { COUNTERS = 4 };

/* What the last report of a flow said. */
struct known {
	int64_t total[COUNTERS];
	int64_t last_ms;
	unsigned events;
};

struct deltas {
	struct map *known; /* by UUID */
	int64_t now_ms;	   /* monotonic */
};

struct deltas *deltas_new(size_t flows_max)
{
	struct deltas *deltas = calloc(1, sizeof(*deltas));

	if (!deltas)
		return NULL;
	deltas->known = map_new(flows_max, flows_max * FLOW_BYTES, free);
	if (deltas->known)
		return deltas;
	free(deltas);
	return NULL;
}

void deltas_free(struct deltas *deltas)
{
	if (!deltas)
		return;
	map_free(deltas->known);
	free(deltas);
}

static int64_t at_least_0(int64_t value)
{
	return value > 0 ? value : 0;
}

static void read_counters(const struct flow_metric *metric, int64_t *counter)
{
	counter[0] = at_least_0(metric->ab_packets);
	counter[1] = at_least_0(metric->ab_bytes);
	counter[2] = at_least_0(metric->ba_packets);
	counter[3] = at_least_0(metric->ba_bytes);
}

static unsigned delta_find_event(int64_t at_ms, int64_t since_ms, enum delta_event event)
{
	return at_ms && at_ms >= since_ms ? event : 0;
}

/* The events that happened since then. */
static unsigned events_of(const struct flow *flow, int64_t since_ms)
{
	const struct flow_tcp_metric *tcp = flow->tcp_metric;
	unsigned events = flow->finish_type != FINISH_NOT ? DELTA_END : 0;

	if (!tcp)
		return events;
	events |= delta_find_event(tcp->ab_syn_start, since_ms, DELTA_AB_SYN) |
		  delta_find_event(tcp->ba_syn_start, since_ms, DELTA_BA_SYN) |
		  delta_find_event(tcp->ab_fin_start, since_ms, DELTA_AB_FIN) |
		  delta_find_event(tcp->ba_fin_start, since_ms, DELTA_BA_FIN) |
		  delta_find_event(tcp->ab_rst_start, since_ms, DELTA_AB_RST) |
		  delta_find_event(tcp->ba_rst_start, since_ms, DELTA_BA_RST);
	if (events & (DELTA_AB_RST | DELTA_BA_RST) ||
	    (tcp->ab_fin_start && tcp->ba_fin_start &&
	     events & (DELTA_AB_FIN | DELTA_BA_FIN)))
		events |= DELTA_END;
	return events;
}

/* Of a flow that was reported before. false: its totals have fallen, so it is
 * another one. */
static bool is_later(const int64_t *total, const struct known *known)
{
	int i;

	for (i = 0; i < COUNTERS; i++)
		if (total[i] < known->total[i])
			return false;
	return true;
}

static void first_report(const struct flow *flow, const int64_t *total, int64_t *change,
			 struct delta *delta)
{
	int i;

	read_counters(flow->last_update, change);
	delta->is_first = true;
	for (i = 0; i < COUNTERS; i++) {
		if (change[i] > total[i])
			change[i] = total[i];
		delta->is_first = delta->is_first && change[i] == total[i];
	}
	delta->events = events_of(flow, flow->last_update->start);
}

static void later_report(const struct flow *flow, const int64_t *total,
			 const struct known *known, int64_t *change, struct delta *delta)
{
	int64_t told[COUNTERS];
	bool is_gap = false;
	int i;

	read_counters(flow->last_update, told);
	for (i = 0; i < COUNTERS; i++) {
		change[i] = total[i] - known->total[i];
		is_gap = is_gap || change[i] > told[i];
	}
	if (is_gap && known->last_ms < delta->start_ms)
		delta->start_ms = known->last_ms;
	delta->events = events_of(flow, INT64_MIN) & ~known->events;
}

static void delta_remember(struct deltas *deltas, struct known *known,
			   const struct flow *flow, const int64_t *total)
{
	bool is_new = !known;

	if (flow->uuid.len == 0)
		return;
	if (flow->finish_type != FINISH_NOT) {
		if (!is_new)
			map_remove(deltas->known, flow->uuid);
		return;
	}
	if (is_new)
		known = malloc(sizeof(*known));
	if (!known)
		return; /* its next report is a first one */
	memcpy(known->total, total, sizeof(known->total));
	known->last_ms = flow->last_update->last;
	known->events = events_of(flow, INT64_MIN);
	if (is_new)
		map_put(deltas->known, flow->uuid, known, sizeof(*known),
			deltas->now_ms + DELTA_IDLE_MS);
}

void deltas_take(struct deltas *deltas, const struct flow *flow, struct now now,
		 struct delta *delta)
{
	int64_t total[COUNTERS], change[COUNTERS];
	struct known *known;

	deltas->now_ms = now.mono_ms;
	map_expire(deltas->known, now.mono_ms);
	known = map_renew(deltas->known, flow->uuid, now.mono_ms,
			  now.mono_ms + DELTA_IDLE_MS);
	*delta = (struct delta){ .start_ms = at_least_0(flow->last_update->start) };
	read_counters(flow->metric, total);
	if (known && is_later(total, known))
		later_report(flow, total, known, change, delta);
	else
		first_report(flow, total, change, delta);
	delta->last_ms = flow->last_update->last > delta->start_ms
				 ? flow->last_update->last
				 : delta->start_ms;
	delta->ab_packets = change[0];
	delta->ab_bytes = change[1];
	delta->ba_packets = change[2];
	delta->ba_bytes = change[3];
	delta_remember(deltas, known, flow, total);
}
