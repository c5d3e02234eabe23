/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - see history.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "monitor/history.h"

#define MINUTE_MS 60000
#define KEPT_MS	  (10 * MINUTE_MS)
#define SLOTS	  (HISTORY_MINUTES + 1)

int history_init(struct history *h)
{
	*h = (struct history){ .pasts = map_new(SIZE_MAX, SIZE_MAX, free) };
	return h->pasts ? 0 : -ENOMEM;
}

void history_fini(struct history *h)
{
	map_free(h->pasts);
	*h = (struct history){ .pasts = NULL };
}

/* Empties the places of the minutes that have begun since. */
static void minutes_go_on(struct minutes *m, int64_t minute)
{
	int64_t at = minute - m->newest < SLOTS ? m->newest + 1 : minute - SLOTS + 1;
	int kind;

	for (; at <= minute; at++)
		for (kind = 0; kind < HISTORY_KINDS; kind++)
			m->count[kind][at % SLOTS] = 0;
	if (minute > m->newest)
		m->newest = minute;
}

static void minutes_add(struct minutes *m, enum history_kind kind, int64_t rise)
{
	uint32_t *count = &m->count[kind][m->newest % SLOTS];

	if (rise > 0)
		*count = rise < UINT32_MAX - *count ? *count + (uint32_t)rise
						    : UINT32_MAX;
}

static struct past *history_add(struct history *h, struct str name, int64_t mono_ms)
{
	struct past *past = calloc(1, sizeof(*past));

	if (!past || map_put(h->pasts, name, past, sizeof(*past), mono_ms + KEPT_MS) < 0)
		return NULL;
	return past;
}

void history_note(struct history *h, const char *name, const int64_t value[HISTORY_KINDS],
		  int64_t mono_ms)
{
	struct str key = str_of(name);
	struct past *past = map_renew(h->pasts, key, mono_ms, mono_ms + KEPT_MS);
	int kind;

	if (!past)
		past = history_add(h, key, mono_ms);
	if (!past)
		return;
	minutes_go_on(&past->minutes, mono_ms / MINUTE_MS);
	minutes_go_on(&h->of_all, mono_ms / MINUTE_MS);
	for (kind = 0; kind < HISTORY_KINDS; kind++) {
		/* One that has fallen is another counter, which began at 0, too. */
		int64_t rise = value[kind] -
			       (value[kind] < past->last[kind] ? 0 : past->last[kind]);

		minutes_add(&past->minutes, (enum history_kind)kind, rise);
		if (kind >= HISTORY_LOST_FLOWS)
			minutes_add(&h->of_all, (enum history_kind)kind, rise);
		past->last[kind] = value[kind];
	}
	rate_note(&past->flows, value[HISTORY_FLOWS], mono_ms);
	rate_note(&past->records, value[HISTORY_RECORDS], mono_ms);
}

void history_tick(struct history *h, int64_t mono_ms)
{
	map_expire(h->pasts, mono_ms);
}

const struct past *history_find(struct history *h, const char *name, int64_t mono_ms)
{
	return map_get(h->pasts, str_of(name), mono_ms);
}

size_t history_count(const struct history *h)
{
	return map_count(h->pasts);
}

size_t history_bytes(const struct history *h)
{
	return map_bytes(h->pasts);
}

/* Of a minute by its number. */
static int64_t minutes_at(const struct minutes *m, enum history_kind kind, int64_t minute)
{
	if (minute < 0 || minute > m->newest || minute <= m->newest - SLOTS)
		return 0;
	return m->count[kind][minute % SLOTS];
}

int64_t minutes_get(const struct minutes *m, enum history_kind kind, int64_t ago,
		    int64_t mono_ms)
{
	return minutes_at(m, kind, mono_ms / MINUTE_MS - 1 - ago);
}

int64_t minutes_sum(const struct minutes *m, enum history_kind kind, int64_t mono_ms)
{
	int64_t sum = 0, ago;

	for (ago = -1; ago < HISTORY_MINUTES; ago++)
		sum += minutes_get(m, kind, ago, mono_ms);
	return sum;
}
