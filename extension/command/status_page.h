/* SPDX-License-Identifier: Apache-2.0 */
/* status_page.h - the page /status as a program reads it.
 *
 * Members that this version does not know are skipped: the exporter that runs
 * may be another version. Everything borrows from the page's text and the arena.
 */
#ifndef COMMAND_STATUS_PAGE_H
#define COMMAND_STATUS_PAGE_H

#include "base/arena.h"
#include "base/counter.h"
#include "base/err.h"
#include "format/json_read.h"

struct status_page {
	struct str version;
	int64_t generation, uptime_s;
	struct raw sources, tenants, topology, spool;
	struct strs disabled; /* names of pipelines that do not run */
};

struct status_source {
	struct str url, state, last_error;
	int64_t flows, gaps, down_s;
};

struct status_tenant {
	struct str name, state, last_error;
	struct raw counters, ledger;
	struct str text; /* all of it */
};

/* Totals since a tenant exists. */
struct status_ledger {
	int64_t since_ms; /* Unix ms */
	struct raw sealed, uploaded, spooled, evicted, quarantined, counters;
};

/* What is said of the spool and of the topology. */
struct status_totals {
	bool is_down;
	int64_t bytes;
	struct str mirror; /* its state */
};

/* 0, or -EINVAL: it is not a page of an exporter. */
int status_page_read(struct str text, struct status_page *, struct arena *, struct err *);
/* false: the exporter that runs has none. */
bool status_page_ledger(struct raw, struct status_ledger *, struct arena *);
/* What is not there is 0. */
void status_page_totals(struct raw, struct status_totals *, struct arena *);

/* Call visit for each one, in the order of the page. 0, or -EINVAL: the page is broken
 * there. For tenants, visit ends it with other than 0, which is then returned. */
int status_page_each_source(const struct status_page *, struct arena *,
			    void (*visit)(void *context, const struct status_source *),
			    void *context, struct err *);
int status_page_each_tenant(const struct status_page *, struct arena *,
			    int (*visit)(void *context, const struct status_tenant *,
					 struct arena *),
			    void *context, struct err *);

/* The member of an object that is this counter. A missing one is 0, or -1 when
 * the counter may be unknown. */
int64_t status_page_value(struct str object, const struct counter *, struct arena *);

#endif
