/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - the last values of connections and interfaces, for Prometheus.
 *
 * A pipeline with series has them in the place of rows. A connection is all
 * flows of one L3TrackingID: the first that is seen gives it its labels, every
 * one its values, so the second capture point of a conversation is the same
 * connection. An interface is a node of the topology, by its TID; it is asked
 * for beside the flows.
 *
 * What was not updated for the timeout goes, at a sweep every 120 s. There are
 * so many connections, and interfaces, at most; past that the one that was
 * updated least recently goes, and is counted.
 *
 * Names, labels and order of the text are those of the Go flow exporter's
 * prom_sky_con. Not locked.
 */
#ifndef PIPELINE_SERIES_H
#define PIPELINE_SERIES_H

#include "base/map.h"
#include "pipeline/stage.h"

#define SERIES_LABELS 6
#define SERIES_VALUES 11

/* A connection or an interface; the labels' text stands behind. */
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
	uint64_t refused; /* larger than all the room there is */
	uint64_t evicted; /* that series_take_evicted() has told of */
};

/* max: of connections, and of interfaces. NULL: no memory. */
struct series *series_new(int64_t timeout_ms, size_t max);
void series_free(struct series *);

/* KEEP, or why the flow is no connection. */
enum verdict series_take(struct series *, const struct flow *, struct now);
/* Asks for the interfaces and sweeps, when it is time. Returns when it will be
 * (monotonic). */
int64_t series_tick(struct series *, struct queries *, struct now);
/* How many went for want of room since this was called last. */
uint64_t series_take_evicted(struct series *);

/* Appends all in Prometheus' text format 0.0.4. 0, or -ENOMEM. */
int series_put(const struct series *, struct buf *);

#endif
