/* SPDX-License-Identifier: Apache-2.0 */
/* reference.c - see reference.h. */
#include "monitor/reference.h"
#include "monitor/snapshot.h"

/* In the order of the page. */
static const struct {
	enum counter_scope scope;
	const char *title;
} reference_tables[] = {
	{ SCOPE_TENANT, "by tenant (`tenant`)" },
	{ SCOPE_SOURCE, "by source (`source`)" },
	{ SCOPE_ONCE, "once" },
};

/* The meaning; of a metric with reasons, those too. */
static void reference_put_meaning(struct buf *b, const struct counter *table,
				  const struct counter *row)
{
	const struct counter *other = row;

	buf_puts(b, row->help);
	if (row->reason)
		buf_puts(b, " `reason`:");
	for (; other->help && other->reason; other++) {
		if (other != row && !counter_continues(table, other))
			break;
		buf_printf(b, "%s `%s` (%s)", other == row ? "" : ",", other->reason,
			   other->about);
	}
}

static void reference_put_row(struct buf *b, const struct counter *table,
			      const struct counter *row)
{
	const char *unit = counter_unit_name(row->unit);

	buf_printf(b, "| `%s` | %s%s%s | ", row->metric,
		   row->kind == COUNTER_GAUGE ? "gauge" : "counter", *unit ? ", " : "",
		   unit);
	reference_put_meaning(b, table, row);
	buf_puts(b, " |\n");
}

static void reference_put_scope(struct buf *b, enum counter_scope scope)
{
	const struct counter_group *group;
	const struct counter *row;

	for (group = counter_groups; group->counters; group++)
		for (row = group->counters; group->scope == scope && row->help; row++)
			if (row->metric && !counter_continues(group->counters, row))
				reference_put_row(b, group->counters, row);
}

void reference_put_metrics(struct buf *b)
{
	size_t i;

	for (i = 0; i < sizeof(reference_tables) / sizeof(reference_tables[0]); i++) {
		buf_printf(b, "%s| %s | | |\n|---|---|---|\n", i ? "\n" : "",
			   reference_tables[i].title);
		if (reference_tables[i].scope == SCOPE_ONCE)
			reference_put_row(b, &build_info, &build_info);
		reference_put_scope(b, reference_tables[i].scope);
	}
}
