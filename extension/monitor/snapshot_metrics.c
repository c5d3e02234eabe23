/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_metrics.c - the page /metrics, in Prometheus' text format 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats).
 *
 * The format wants all series of a metric in one run behind its head. There are
 * as many series as counters, tenants and sources; flows add none.
 */
#include "monitor/snapshot.h"

static void metrics_put_head(struct buf *b, const struct counter *row)
{
	buf_printf(b, "# HELP " METRIC_PREFIX "%s %s\n# TYPE " METRIC_PREFIX "%s %s\n",
		   row->metric, row->help, row->metric,
		   row->kind == COUNTER_GAUGE ? "gauge" : "counter");
}

static void metrics_put_label(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			buf_putc(b, '\\');
		if (*value == '\n')
			buf_puts(b, "\\n");
		else
			buf_putc(b, *value);
	}
	buf_putc(b, '"');
}

/* label and value: of the item, or NULL. */
static void metrics_put_labels(struct buf *b, const struct counter *row,
			       const char *label, const char *value)
{
	if (!label && !row->reason)
		return;
	buf_putc(b, '{');
	if (label)
		metrics_put_label(b, label, value);
	if (label && row->reason)
		buf_putc(b, ',');
	if (row->reason)
		metrics_put_label(b, "reason", row->reason);
	buf_putc(b, '}');
}

static void metrics_put_sample(struct buf *b, const struct counter *row,
			       const char *label, const char *value, int64_t number)
{
	buf_printf(b, METRIC_PREFIX "%s", row->metric);
	metrics_put_labels(b, row, label, value);
	buf_putc(b, ' ');
	buf_put_i64(b, number < 0 && row->may_be_unknown ? 0 : number);
	buf_putc(b, '\n');
}

/* Item i of a scope, and what it is called; NULL: there are no more. */
static const void *metrics_item(const struct snapshot *s, enum counter_scope scope,
				size_t i, const char **name)
{
	*name = NULL;
	switch (scope) {
	case SCOPE_TENANT:
		if (i >= s->tenants)
			return NULL;
		*name = s->tenant[i].name;
		return &s->tenant[i];
	case SCOPE_SOURCE:
		if (i >= s->sources)
			return NULL;
		*name = s->source[i].url;
		return &s->source[i];
	default:
		return i ? NULL : s;
	}
}

static void metrics_put_row(const struct snapshot *s, const struct counter_group *group,
			    const struct counter *row, struct buf *b)
{
	const char *name, *item;
	size_t i;

	if (!counter_continues(group->counters, row))
		metrics_put_head(b, row);
	for (i = 0; (item = metrics_item(s, group->scope, i, &name)) != NULL; i++)
		metrics_put_sample(b, row, counter_labels[group->scope], name,
				   counter_get(row, item + group->offset));
}

void snapshot_put_metrics(const struct snapshot *s, struct buf *b)
{
	const struct counter_group *group;
	const struct counter *row;

	metrics_put_head(b, &build_info);
	metrics_put_sample(b, &build_info, "version", s->version, 1);
	for (group = counter_groups; group->counters; group++)
		for (row = group->counters; row->help; row++)
			if (row->metric)
				metrics_put_row(s, group, row, b);
}
