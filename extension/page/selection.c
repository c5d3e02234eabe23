/* SPDX-License-Identifier: Apache-2.0 */
/* selection.c - see selection.h. */
#include <errno.h>
#include <stdlib.h>
#include "page/selection.h"

bool selection_is_drop(const struct counter *row)
{
	return strstr(row->name, "s_dropped_") ||
	       strcmp(row->name, "records_evicted") == 0;
}

static int64_t selection_dropped(const struct tenant_figures *t)
{
	const struct counter *row;
	int64_t sum = 0;

	for (row = counters_of_stats; row->help; row++)
		if (selection_is_drop(row))
			sum += counter_get(row, t->value);
	return sum;
}

static struct selected selection_row(const struct tenant_figures *t)
{
	return (struct selected){ .tenant = t, .dropped = selection_dropped(t) };
}

/* A row for each tenant, in the snapshot's order. */
static struct selected *selection_rows(const struct snapshot *s)
{
	struct selected *row = calloc(s->tenants + 1, sizeof(*row));
	size_t i;

	for (i = 0; row && i < s->tenants; i++)
		row[i] = selection_row(&s->tenant[i]);
	return row;
}

static int by_name(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return strcmp(x->tenant->name, y->tenant->name);
}

/* What has most comes first. */
static int by_number(int64_t x, int64_t y, const void *a, const void *b)
{
	if (x != y)
		return x < y ? 1 : -1;
	return by_name(a, b);
}

static int by_flows(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return by_number(x->tenant->flows_per_second, y->tenant->flows_per_second, a, b);
}

static int by_records(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return by_number(x->tenant->records_per_second, y->tenant->records_per_second, a,
			 b);
}

static int by_pending(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return by_number(x->tenant->status.bytes, y->tenant->status.bytes, a, b);
}

static int by_oldest(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return by_number(x->tenant->oldest_s, y->tenant->oldest_s, a, b);
}

static int by_dropped(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return by_number(x->dropped, y->dropped, a, b);
}

/* Troubles are in the order of their weight and age. */
static int by_trouble(const void *a, const void *b)
{
	const struct trouble *x = ((const struct selected *)a)->tenant->trouble;
	const struct trouble *y = ((const struct selected *)b)->tenant->trouble;

	if (x && y)
		return (x > y) - (x < y);
	if (x || y)
		return x ? -1 : 1;
	return by_flows(a, b);
}

static int (*const selection_orders[SORTS])(const void *, const void *) = {
	[SORT_TROUBLE] = by_trouble, [SORT_NAME] = by_name,
	[SORT_FLOWS] = by_flows,     [SORT_RECORDS] = by_records,
	[SORT_PENDING] = by_pending, [SORT_OLDEST] = by_oldest,
	[SORT_DROPPED] = by_dropped,
};

int selection_make(const struct snapshot *s, const struct query *q, struct selection *out)
{
	size_t i, shown = 0;

	*out = (struct selection){ .rows = 0 };
	out->row = selection_rows(s);
	if (!out->row)
		return -ENOMEM;
	for (i = 0; i < s->tenants; i++) {
		struct selected *row = &out->row[i];
		bool is_bad = row->tenant->trouble;

		out->bad += is_bad;
		if (!query_wants(q, str_of(row->tenant->name)) ||
		    (q->only_bad && !is_bad))
			continue;
		shown += is_bad;
		out->row[out->found++] = *row;
	}
	qsort(out->row, out->found, sizeof(*out->row), selection_orders[q->sort]);
	out->rows = q->n + (q->sort == SORT_TROUBLE ? shown : 0);
	if (out->rows > out->found)
		out->rows = out->found;
	return 0;
}

void selection_fini(struct selection *selection)
{
	free(selection->row);
}

bool selection_find(const struct snapshot *s, struct str name, struct selected *out)
{
	const struct tenant_figures *t = NULL;
	size_t i;

	for (i = 0; i < s->tenants && !t; i++)
		if (str_is(name, s->tenant[i].name))
			t = &s->tenant[i];
	if (!t)
		return false;
	*out = selection_row(t);
	return true;
}
