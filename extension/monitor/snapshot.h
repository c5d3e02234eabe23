/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - the exporter's figures at one moment, from which the pages of the status
 * server are made.
 *
 * Taking one copies counters under the exporter's lock; the texts are made afterwards,
 * so that requests hold up nothing.
 */
#ifndef MONITOR_SNAPSHOT_H
#define MONITOR_SNAPSHOT_H

#include "exporter/exporter.h"
#include "monitor/history.h"
#include "monitor/troubles.h"

#define FIGURES_NAME_SIZE 72 /* a tenant's name has 64 bytes at most */

struct tenant_figures {
	char name[FIGURES_NAME_SIZE];
	int64_t value[STAT_COUNT];
	int64_t flows_per_second, records_per_second;
	const struct past *past; /* borrowed from the history; NULL: unknown */
	int64_t oldest_s;	 /* age of the oldest pending object; -1: none */
	int64_t commit_s;	 /* age of what is not committed; -1: not from Kafka */
	bool is_degraded;
	int64_t degraded_s, stored_s;  /* Unix time; -1: it is not, none */
	int64_t limited_s[LIMITS];     /* likewise: since when a limit takes effect */
	const struct trouble *trouble; /* NULL: it has none */
	struct tenant_status status;
	struct ledger_totals ledger;
};

struct source_figures {
	char url[512];	/* as it can be shown, and a number if there are several */
	size_t url_len; /* without the number */
	struct source_status status;
};

struct snapshot {
	const char *version;
	char host[256]; /* the name of this machine */
	struct now now;
	int64_t uptime_s, started_s; /* started: Unix time */
	struct exporter_figures exporter;
	struct tenant_figures *tenant;
	size_t tenants, tenants_room;
	struct source_figures *source;
	size_t sources, sources_room;
	struct buf disabled;		  /* pipelines, each ended by a line feed */
	int64_t lost_flows, lost_records; /* in the last hour, of all tenants */
	bool is_short;			  /* out of memory: it is incomplete */
	struct trouble *trouble;
	size_t troubles, troubles_room;
	int64_t trouble_count[TROUBLES];
};

extern const struct counter counters_of_program[];  /* of struct snapshot */
extern const struct counter counters_of_troubles[]; /* likewise */
extern const struct counter counters_of_spool[];    /* likewise */
extern const struct counter counters_of_tenant[];   /* of struct tenant_figures */
extern const struct counter counters_of_ledger[];   /* of struct ledger_totals */

/* How many instances a group of counters has. */
enum counter_scope { SCOPE_ONCE, SCOPE_SOURCE, SCOPE_TENANT, SCOPES };

/* Counters of a struct that is part of each item of the scope. */
struct counter_group {
	const struct counter *counters; /* NULL: no more groups */
	enum counter_scope scope;
	size_t offset; /* of the struct in its item */
};

/* All of /metrics, except build_info. */
extern const struct counter_group counter_groups[];
extern const struct counter build_info; /* 1, with the label "version" */
/* The label of a scope's metrics; NULL: they have none. */
extern const char *const counter_labels[SCOPES];

#define METRIC_PREFIX "skydive_exporter_"

/* It borrows from the history until that changes; without one (NULL) nothing has a past,
 * nor a rate. */
void snapshot_take(struct snapshot *, struct exporter *, struct history *, struct now);
void snapshot_fini(struct snapshot *);

/* The page /metrics, in Prometheus' text format 0.0.4. */
void snapshot_put_metrics(const struct snapshot *, struct buf *);
/* The page /status, JSON; and the part of it that is a tenant's. */
void snapshot_put_json(const struct snapshot *, struct buf *);
void snapshot_put_tenant_json(const struct tenant_figures *, struct buf *);

#endif
