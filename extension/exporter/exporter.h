/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.h - the whole program as one object: it starts subscriptions, tenants,
 * workers and the net thread from the configuration, and stops them.
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
#include "net/kafka.h"
#include "settings/settings.h"
#include "source/recording.h"
#include "source/source_instance.h"
#include "tenant/tenant.h"

struct exporter;

/* For a replay: no worker threads, no clock, no sources. */
struct replay_options {
	struct topology *topology; /* taken: the recorded answers */
	struct str output;	   /* directory of objects; empty: as configured */
	struct str spool;	   /* a temporary directory */
};

/* Takes the settings, also on failure. replay is NULL except for a replay. NULL: see
 * err. log is borrowed. */
struct exporter *exporter_new(struct settings *, const struct replay_options *replay,
			      struct log *, struct err *);
/* Starts everything but the sources. */
int exporter_start(struct exporter *, struct err *);
/* Starts the sources, once the status server can show them. */
int exporter_subscribe(struct exporter *, struct err *);
/* Ends the subscriptions, finishes and uploads, within the configured time; a reload that
 * runs leaves out the rest. Returns how many objects are left in the spool. */
size_t exporter_stop(struct exporter *);
/* Makes a running exporter_stop() return soon. From another thread. */
void exporter_cut_short(struct exporter *);
void exporter_free(struct exporter *);

/* The settings of the pipelines that run, by their names, for settings_read_written().
 * Owned by the caller. NULL: no memory. */
struct map *exporter_known(struct exporter *);
/* Applies new settings, which it takes. Unchanged pipelines are not touched; of a
 * changed one the old tenant finishes while the new one starts; removed ones finish and
 * store what they have. A pipeline with errors stays as it was. Never waits for a
 * store; while it waits for a disk, all else goes on. Appends a line to changes for each
 * pipeline that changed, and to problems those that could not be changed. */
int exporter_reload(struct exporter *, struct settings *, struct buf *changes,
		    struct problems *, struct err *);
/* Borrowed for the exporter's life; it has a lock of its own. */
struct reload_report *exporter_reload_report(struct exporter *);
/* 1 plus the number of reloads that have succeeded. */
unsigned exporter_generation(struct exporter *);

/* Appends a line of status: flows, records, objects, backlog, pipelines, rates,
 * analyzers not yet reached, and why flows made no records. Returns whether every
 * subscription is established. While somebody holds the lock it says so, and returns
 * false. */
bool exporter_describe(struct exporter *, struct buf *);
/* Whether sources, workers and the net thread have all made progress since it last
 * returned true; it looks every two seconds, and says no meanwhile.
 * Waits neither for them nor for a lock. From one thread. */
bool exporter_has_moved(struct exporter *);

/* Whether somebody holds the lock just now, so that what follows might wait. */
bool exporter_is_busy(struct exporter *);

/* Calls visit for each, while no reload can change them. */
void exporter_each_tenant(struct exporter *,
			  void (*visit)(void *context, struct tenant *), void *context);
void exporter_each_source(struct exporter *,
			  void (*visit)(void *context, struct source_instance *),
			  void *context);

/* Calls visit with the tenant of that name and its settings, while no reload can change
 * them. false: there is none. */
struct pipeline_shown {
	struct tenant *tenant;
	const struct pipeline_settings *settings;
	const struct pipeline_settings *writer; /* of its writer: they may be newer */
	enum peers_by peers_by;
};
bool exporter_visit_tenant(struct exporter *, struct str name,
			   void (*visit)(void *context, const struct pipeline_shown *),
			   void *context);

/* Appends the names of pipelines that are disabled, each ended by a line feed. */
void exporter_put_disabled(struct exporter *, struct buf *);

/* Who has done the same for longest, in two pools of workers: a tenant, or "". Times are
 * monotonic; NEVER_MS: nobody does anything. */
struct exporter_busy {
	char worker[72], sealer[72];
	int64_t worker_since_ms, sealer_since_ms;
};
/* Does not wait for the lock. */
void exporter_look_busy(struct exporter *, struct exporter_busy *);

/* Figures of the whole program, since the start. */
struct exporter_figures {
	struct now started;
	unsigned generation; /* as exporter_generation() */
	struct topology_counters topology;
	struct kafka_counters kafka;
	int topology_mode; /* enum topology_mode */
	struct exporter_busy busy;
	int64_t spool_bytes, spool_bytes_max;
	int64_t pending_warning_ms; /* as configured */
};
void exporter_count(struct exporter *, struct exporter_figures *);
/* Who is asked; valid from the start to exporter_free(). */
struct topology *exporter_topology(struct exporter *);

/* For a replay: delivers a recorded message (taken) at its time, after everything that
 * is due before it. */
void exporter_replay(struct exporter *, char *message, size_t size, enum recording_kind,
		     int64_t time_ms);
/* Ends a replay at that time: seals, and stores until nothing is left or stop_timeout
 * is over. Returns how many objects could not be stored. */
size_t exporter_replay_end(struct exporter *, int64_t time_ms);

#endif
