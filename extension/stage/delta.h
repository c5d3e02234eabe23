/* SPDX-License-Identifier: Apache-2.0 */
/* delta.h - the traffic of a flow since its last report.
 *
 * A report has the totals since the flow began (Metric) and the change since the
 * previous report (LastUpdateMetric). Summing up the changes would be wrong: the
 * analyzer repeats the last one of ARP and DNS flows when it ends them, and a lost
 * report loses its change. So a delta is the difference of the totals, and the change
 * is used only where there is no earlier total: in the first report that we see of a
 * flow. So the sum of a flow's deltas is its last total less what it had before its
 * first report that we saw, whatever was repeated or lost in between.
 *
 * Totals are kept for a maximum of flows, and for DELTA_IDLE_MS after the last report;
 * a flow that ended is forgotten at once. A flow that was forgotten too early counts as
 * new.
 *
 * Not locked; flows must come in order of arrival. Source of the facts: Skydive's flow
 * table (flow/table.go) and recorded streams.
 */
#ifndef STAGE_DELTA_H
#define STAGE_DELTA_H

#include "base/now.h"
#include "flow/flow.h"

/* An idle flow is ended, with a last report, within twice flow.expire (600 s). */
#define DELTA_IDLE_MS INT64_C(1800000)

/* Events that TCPMetric and FinishType report for the first time. */
enum delta_event {
	DELTA_AB_SYN = 1 << 0,
	DELTA_BA_SYN = 1 << 1,
	DELTA_AB_FIN = 1 << 2,
	DELTA_BA_FIN = 1 << 3,
	DELTA_AB_RST = 1 << 4,
	DELTA_BA_RST = 1 << 5,
	DELTA_END = 1 << 6, /* timed out, reset, or closed by both sides */
};

struct delta {
	int64_t ab_packets, ab_bytes, ba_packets, ba_bytes; /* never negative */
	int64_t start_ms, last_ms; /* the time it is about: 0 <= start <= last, also of a
				    * flow whose clock went back */
	bool is_first;		   /* no earlier report was seen, and none was missed */
	unsigned events;	   /* enum delta_event */
};

struct deltas;

/* Remembers at most flows_max flows. NULL: no memory. */
struct deltas *deltas_new(size_t flows_max);
void deltas_free(struct deltas *);

/* The delta of a report, which must have both metrics. */
void deltas_take(struct deltas *, const struct flow *, struct now, struct delta *);

#endif
