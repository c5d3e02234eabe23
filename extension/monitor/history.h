/* SPDX-License-Identifier: Apache-2.0 */
/* history.h - what each tenant did in the last hour, minute by minute, and its rates of
 * the last 10 s.
 *
 * Every tenant is noted once a second, found by its name in constant time, and takes some
 * 1.4 KB: 1,000 tenants take less than 2 MB. A tenant that a reload replaces goes on where
 * it was; one that is noted no more is forgotten after ten minutes. What all of them lost
 * is kept apart, so that it outlives them.
 *
 * Pure, one thread.
 */
#ifndef MONITOR_HISTORY_H
#define MONITOR_HISTORY_H

#include <stddef.h>
#include "monitor/rates.h"

#define HISTORY_MINUTES 60

enum history_kind {
	HISTORY_FLOWS,	      /* received */
	HISTORY_RECORDS,      /* encoded */
	HISTORY_LOST_FLOWS,   /* dropped for want of room or memory */
	HISTORY_LOST_RECORDS, /* dropped, or evicted with their object */
	HISTORY_KINDS
};

/* What was counted in each of the last minutes. Zeroed memory: nothing was. */
struct minutes {
	int64_t newest; /* number of the present minute */
	/* By number; the present one takes a place, too. More than fits counts as what
	 * fits. */
	uint32_t count[HISTORY_KINDS][HISTORY_MINUTES + 1];
};

/* Of a tenant. */
struct past {
	int64_t last[HISTORY_KINDS]; /* its counters, as they were noted */
	struct rate flows, records;
	struct minutes minutes;
};

struct history {
	struct map *pasts;     /* by name */
	struct minutes of_all; /* only what was lost */
};

/* 0 or -ENOMEM. */
int history_init(struct history *);
void history_fini(struct history *); /* zeroed memory is fine */

/* value: the tenant's counters, which began at 0. Without memory it has no past. */
void history_note(struct history *, const char *name, const int64_t value[HISTORY_KINDS],
		  int64_t mono_ms);
/* Forgets tenants that are gone. */
void history_tick(struct history *, int64_t mono_ms);
/* Borrowed, until the next call of the above. NULL: unknown. */
const struct past *history_find(struct history *, const char *name, int64_t mono_ms);
/* How many tenants it remembers, and what they take, with their names. */
size_t history_count(const struct history *);
size_t history_bytes(const struct history *);

/* The count of the minute that ended so many minutes ago, 0 to HISTORY_MINUTES - 1. */
int64_t minutes_get(const struct minutes *, enum history_kind, int64_t ago,
		    int64_t mono_ms);
/* Of the last hour, and of the present minute. */
int64_t minutes_sum(const struct minutes *, enum history_kind, int64_t mono_ms);

#endif
