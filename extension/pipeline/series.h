/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - the last values of connections and interfaces, for Prometheus.
 *
 * A pipeline may have series instead of rows. A connection is all flows with one
 * L3TrackingID: the first flow sets the labels, every flow the values, so a
 * conversation seen at two capture points is one connection. An interface is a node of
 * the topology, by its TID; the topology is asked for all of them from time to time.
 *
 * Entries that were not updated for the timeout are removed in a sweep every 120 s.
 * Connections and interfaces have a maximum each; past it the least recently updated
 * one is removed, and counted.
 *
 * Names, labels and the order of the text are those of the Go flow exporter's
 * prom_sky_con. Not locked.
 */
#ifndef PIPELINE_SERIES_H
#define PIPELINE_SERIES_H

#include "base/map.h"
#include "pipeline/stage.h"

#define SERIES_LABELS 6
#define SERIES_VALUES 11

/* A connection or an interface, followed by the text of its labels. */
struct series_entry {
	uint64_t serial; /* of the last update */
	int64_t value[SERIES_VALUES];
	struct str label[SERIES_LABELS]; /* in the order of their names */
	char text[];
};

struct series {
	struct map *connections; /* by L3TrackingID, to struct series_entry */
	struct map *interfaces;	 /* by TID */
	int64_t timeout_ms;
	int64_t ask_ms, sweep_ms; /* when next, monotonic */
	uint64_t serial;
	uint64_t refused; /* larger than the whole map may be */
	uint64_t evicted; /* already reported by series_take_evicted() */
};

/* max: of connections, and of interfaces. NULL: no memory. */
struct series *series_new(int64_t timeout_ms, size_t max);
void series_free(struct series *);

/* KEEP, or why the flow does not count as a connection. */
enum verdict series_take(struct series *, const struct flow *, struct now);
/* Adds what they ask. */
void series_questions(struct question_list *);
/* Asks for the interfaces and sweeps when that is due. Returns when to call it next
 * (monotonic). */
int64_t series_tick(struct series *, struct queries *, struct now);
/* How many entries were removed for lack of room since the last call. */
uint64_t series_take_evicted(struct series *);

/* Appends all in Prometheus' text format 0.0.4. 0, or -ENOMEM. */
int series_put(const struct series *, struct buf *);

#endif
