/* SPDX-License-Identifier: Apache-2.0 */
/* selection.h - which tenants a page shows, and in which order.
 *
 * Pure, but for memory.
 */
#ifndef PAGE_SELECTION_H
#define PAGE_SELECTION_H

#include "monitor/snapshot.h"
#include "page/query.h"

struct selected {
	const struct tenant_figures *tenant;
	int64_t dropped; /* flows and records, for whatever reason */
};

struct selection {
	struct selected *row; /* what is shown, in order */
	size_t rows;
	size_t found; /* that were asked for */
	size_t bad;   /* in trouble, or held back; of all tenants */
};

/* All is borrowed from the snapshot. Without a key to sort by those that are bad are shown
 * all, and then n others. 0 or -ENOMEM. */
int selection_make(const struct snapshot *, const struct query *, struct selection *);
void selection_fini(struct selection *);
/* Whether a row of stats.h counts what was dropped. */
bool selection_is_drop(const struct counter *);
/* One tenant, by its name. false: there is none. */
bool selection_find(const struct snapshot *, struct str name, struct selected *);

#endif
