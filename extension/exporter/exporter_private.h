/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_private.h - shared by the files of the exporter, and the functions of
 * exporter_tenants.c.
 */
#ifndef EXPORTER_EXPORTER_PRIVATE_H
#define EXPORTER_EXPORTER_PRIVATE_H

#include <pthread.h>
#include "exporter/exporter.h"
#include "source/source_instance.h"
#include "tenant/tenant.h"

/* A running tenant, with references to what it borrows. */
struct running {
	struct tenant *tenant;
	struct pipeline_settings *settings;
	struct pipeline_settings *writer; /* the settings of its writer, which a reload
					   * may have replaced alone */
	struct source_instance *source;
};

/* For exporter_has_moved(). */
struct progress {
	struct task pulse; /* runs on a worker, between others */
	atomic_uint beats; /* how often it ran */
	unsigned beats_seen, turns_seen;
	int64_t next_ms;
};

/* For the status lines. */
struct pace {
	int64_t at_ms; /* of the line before, monotonic */
	int64_t flows, records;
	int64_t flows_per_s, records_per_s;
};

struct exporter {
	struct settings *settings; /* of the start, for the program */
	struct log *log;
	bool is_replay;
	struct batch_account batches;
	struct inbox_room room; /* for them */
	struct workers *workers, *sealers, *writers;
	struct http *http;
	struct kafka *kafka;
	struct topology *topology;
	struct spool *spool;
	struct tenant_surroundings around;
	atomic_bool is_stopping, is_cut_short;
	bool replay_has_begun;
	struct now replay_now, started;
	struct progress progress;
	struct reload_report reload_report;

	/* Of what follows. A reload holds it to change it, not while it opens what may be
	 * on a disk that does not answer; nobody else changes it, but for exporter_reap(). */
	pthread_mutex_t lock;
	bool is_reloading; /* what has ended is kept: it may become a predecessor */
	struct running *running;
	size_t tenants, tenants_room;
	struct source_instance **source;
	size_t sources, sources_room;
	struct source_instance **parted; /* the reload's own: see exporter_route() */
	size_t parted_count, parted_room;
	struct running *retired; /* they finish, and are then closed */
	size_t retirees, retirees_room;
	struct buf disabled; /* names of pipelines that do not run, each ended by LF */
	struct pace pace;
	unsigned generation; /* rises with every reload that succeeds */
};

/* Without the lock; by the thread that starts or reloads. */

/* Opens a tenant and adds it, with references of its own. */
int exporter_add(struct exporter *, struct pipeline_settings *,
		 struct tenant *predecessor, double part, struct now, struct err *);
/* Opens a tenant in the place of the running one, which is retired. */
int exporter_change(struct exporter *, struct running *, struct pipeline_settings *,
		    struct now, struct err *);
/* See tenant_replace_writer(). */
int exporter_replace_writer(struct exporter *, struct running *,
			    struct pipeline_settings *, struct now, struct err *);
/* Ends those that were parted: it waits for peers. */
void exporter_end_parted(struct exporter *);
/* Those that are new. */
int exporter_start_sources(struct exporter *, struct err *);
/* Tells the topology what the tenants may ask. */
int exporter_tell_questions(struct exporter *, struct err *);

/* The lock is held, for all of these. */

/* Remembers which of the pipelines are disabled; how many. */
size_t exporter_note_disabled(struct exporter *, const struct settings *);
/* The n-th of all tenants, the retired ones last; NULL: there are fewer. */
struct tenant *exporter_nth_tenant(const struct exporter *, size_t);
/* Gives every source a router for its present tenants; those without tenants are told to
 * stop, and parted. */
int exporter_route(struct exporter *, struct err *);
/* Makes room for one more retired tenant. 0 or -ENOMEM. */
int exporter_reserve_retired(struct exporter *);
/* Retires a tenant: it gets no more flows, finishes and stores what it has. There must
 * be room. Leaves a gap, where tenant is NULL. */
void exporter_retire(struct exporter *, struct running *);
/* Closes the retired tenants that have nothing left to do; none during a reload. */
void exporter_reap(struct exporter *);
void exporter_init_progress(struct exporter *);
/* Objects that are not yet stored. */
size_t exporter_backlog(const struct exporter *);
/* Closes all tenants, each before its successor, which it may still wake. */
void exporter_free_tenants(struct exporter *);

#endif
