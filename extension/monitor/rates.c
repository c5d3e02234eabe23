/* SPDX-License-Identifier: Apache-2.0 */
/* rates.c - see rates.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "monitor/rates.h"

static struct rate *rates_find(struct rates *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		r->at = r->at + 1 < r->count ? r->at + 1 : 0;
		if (strcmp(r->item[r->at].name, name) == 0)
			return &r->item[r->at];
	}
	return NULL;
}

static struct rate *rates_add(struct rates *r, const char *name)
{
	struct rate *rate;

	if (!grow(r->item, r->room, r->count + 1))
		return NULL;
	rate = &r->item[r->count];
	*rate = (struct rate){ .count = 0 };
	snprintf(rate->name, sizeof(rate->name), "%s", name);
	r->at = r->count++;
	return rate;
}

void rates_note(struct rates *r, const char *name, int64_t value, int64_t mono_ms)
{
	struct rate *rate = rates_find(r, name);

	if (!rate)
		rate = rates_add(r, name);
	if (!rate)
		return;
	if (rate->count && value < rate->value[rate->newest])
		rate->count = 0; /* another counter of this name */
	rate->newest = rate->count ? (rate->newest + 1) % RATES_SAMPLES : 0;
	rate->value[rate->newest] = value;
	rate->time_ms[rate->newest] = mono_ms;
	if (rate->count < RATES_SAMPLES)
		rate->count++;
	rate->is_seen = true;
}

void rates_sweep(struct rates *r)
{
	size_t from, to = 0;

	for (from = 0; from < r->count; from++) {
		if (!r->item[from].is_seen)
			continue;
		if (to != from)
			r->item[to] = r->item[from];
		r->item[to++].is_seen = false;
	}
	r->count = to;
	r->at = 0;
}

int64_t rates_get(struct rates *r, const char *name)
{
	const struct rate *rate = rates_find(r, name);
	unsigned oldest;
	int64_t rise, ms;

	if (!rate || rate->count < 2)
		return 0;
	oldest = (rate->newest + RATES_SAMPLES + 1 - rate->count) % RATES_SAMPLES;
	rise = rate->value[rate->newest] - rate->value[oldest];
	ms = rate->time_ms[rate->newest] - rate->time_ms[oldest];
	return ms > 0 ? (rise * 1000 + ms / 2) / ms : 0;
}

void rates_fini(struct rates *r)
{
	free(r->item);
	*r = (struct rates)RATES_INIT;
}
