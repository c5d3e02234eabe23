/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.h - the whole program as one object: from the configuration to
 * subscriptions, tenants, workers and the net thread, and back down.
 *
 *	subscription (one a URL) -> decode -> router -> tenants' inboxes
 *	workers run tenants, make objects, upload them
 *	the net thread sends requests: to stores, to the topology
 *
 * It stops in the order of the flow: sources, inboxes, objects, uploads.
 */
#ifndef EXPORTER_EXPORTER_H
#define EXPORTER_EXPORTER_H

#include "exporter/reload_report.h"
#include "settings/settings.h"
#include "source/recording.h"
#include "source/source_instance.h"
#include "tenant/tenant.h"

struct exporter;

/* For a replay: no threads of workers, no clock, no sources of its own. */
struct replay_options {
	struct topology *topology; /* taken: the recorded answers */
	struct str output;	   /* directory of objects; empty: as configured */
	struct str spool;	   /* a directory for the time being */
};

/* Takes the settings, also on failure. replay is NULL in earnest. NULL: see
 * err. log is borrowed. */
struct exporter *exporter_new(struct settings *, const struct replay_options *replay,
			      struct log *, struct err *);
/* Starts what exporter_new() made, but for the sources. */
int exporter_start(struct exporter *, struct err *);
/* Then the sources: whoever shows what they do is there by then. */
int exporter_subscribe(struct exporter *, struct err *);
/* Ends the subscriptions, finishes and uploads, within the configured time.
 * Returns how many objects are left in the spool. */
size_t exporter_stop(struct exporter *);
/* From another thread, while exporter_stop() runs: it returns soon. */
void exporter_cut_short(struct exporter *);
void exporter_free(struct exporter *);

/* Makes the pipelines those of the new settings, which it takes: unchanged ones
 * are not touched, of changed ones the old tenant finishes while the new one
 * begins, those that are gone finish and store what they have. One that is
 * wrong stays as it was. Never waits for a store. What was done with whom is
 * appended to changes, a line for each pipeline that is not as before; which could
 * not be, to problems. */
int exporter_reload(struct exporter *, struct settings *, struct buf *changes,
		    struct problems *, struct err *);
/* Borrowed, as long as the exporter; has a lock of its own. */
struct reload_report *exporter_reload_report(struct exporter *);
/* How many reloads have succeeded, and 1 for the start. */
unsigned exporter_generation(struct exporter *);

/* A line about what goes on: flows, records, objects, backlog, pipelines, how many a
 * second, which analyzers were not yet reached, and why flows made no records. Returns
 * whether every subscription is in place. While a reload or a stop holds the lock it
 * says that, and false. */
bool exporter_describe(struct exporter *, struct buf *);
/* Whether sources, workers and the net thread have all moved since this last said
 * so. Waits for none of them, nor for a lock. From one thread. */
bool exporter_has_moved(struct exporter *);

/* Calls visit for each, while no reload can change them. */
void exporter_each_tenant(struct exporter *,
			  void (*visit)(void *context, struct tenant *), void *context);
void exporter_each_source(struct exporter *,
			  void (*visit)(void *context, struct source_instance *),
			  void *context);

/* What there is once; since the start. */
struct exporter_figures {
	struct now started;
	unsigned generation; /* as exporter_generation() */
	struct topology_counters topology;
	int64_t spool_bytes;
};
void exporter_count(struct exporter *, struct exporter_figures *);
/* Where tenants run; from the start to exporter_free(). */
struct workers *exporter_workers(struct exporter *);

/* A replay: hands over one recorded message (taken) at its time, after all that
 * is due before it. */
void exporter_replay(struct exporter *, char *message, size_t size, enum recording_kind,
		     int64_t time_ms);
/* The end of a replay at that time: seals, and stores until nothing is left or
 * stop_timeout is over. Returns how many objects could not be stored. */
size_t exporter_replay_end(struct exporter *, int64_t time_ms);

#endif
