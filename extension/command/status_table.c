/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.c - see status_table.h. */
#include <inttypes.h>
#include <stdio.h>
#include "command/columns.h"
#include "command/status_page.h"
#include "command/status_table.h"
#include "format/amount.h"
#include "monitor/snapshot.h"

#define ARENA_MAX ((size_t)64 << 20)
#define NAME_MIN  6
#define NAME_MAX  28
#define WHY_WIDTH 84
#define OTHERS	  52 /* columns between name and error */

/* The counters that have a column. */
static const struct column {
	const char *title;
	int width;
	const struct counter *table;
	const char *name;
} table_columns[] = {
	{ "FLOWS/s", 7, counters_of_tenant, "flows_per_second" },
	{ "RECORDS", 8, counters_of_stats, "records_encoded" },
	{ "OBJECTS", 7, counters_of_stats, "objects_uploaded" },
	{ "PENDING", 8, counters_of_tenant, "pending_bytes" },
	{ "OLDEST", 6, counters_of_tenant, "oldest_pending_seconds" },
};

#define COLUMNS (sizeof(table_columns) / sizeof(table_columns[0]))

static const char *table_number(char text[AMOUNT_TEXT_MAX], enum counter_unit unit,
				int64_t value)
{
	if (unit == UNIT_BYTES)
		return amount_size(text, value);
	if (unit == UNIT_SECONDS)
		return amount_age(text, value);
	return amount_count(text, value);
}

static void put_row(struct buf *out, const struct status_tenant *row, size_t name_width,
		    struct arena *arena)
{
	char text[AMOUNT_TEXT_MAX];
	size_t i;

	columns_put(out, row->name, name_width, true);
	buf_putc(out, ' ');
	columns_put(out, row->state, 8, true);
	for (i = 0; i < COLUMNS; i++) {
		const struct column *column = &table_columns[i];
		const struct counter *counter = counter_find(column->table, column->name);
		struct str object = column->table == counters_of_stats
					    ? row->counters.text
					    : row->text;

		buf_printf(out, " %*s", column->width,
			   table_number(text, counter->unit,
					status_page_value(object, counter, arena)));
	}
	if (row->last_error.len) {
		buf_puts(out, "  ");
		columns_put(out, row->last_error,
			    STATUS_TABLE_COLUMNS - OTHERS - name_width, false);
	}
	buf_putc(out, '\n');
}

struct table {
	struct buf *out;
	size_t name_width;
};

static int table_measure(void *context, const struct status_tenant *row,
			 struct arena *arena)
{
	struct table *table = context;
	size_t width = columns_width(row->name);

	(void)arena;
	if (width > table->name_width)
		table->name_width = width < NAME_MAX ? width : NAME_MAX;
	return 0;
}

static int table_put_tenant(void *context, const struct status_tenant *row,
			    struct arena *arena)
{
	const struct table *table = context;

	put_row(table->out, row, table->name_width, arena);
	return 0;
}

/* As much of it as goes into a line, cut between words if there are some. */
static struct str first_line(struct str text)
{
	size_t len = WHY_WIDTH;

	if (text.len <= WHY_WIDTH)
		return text;
	while (len && text.ptr[len] != ' ')
		len--;
	return (struct str){ text.ptr, len ? len : WHY_WIDTH };
}

/* Below its source: what is wrong with it, and what to do. */
static void put_outage(struct buf *out, const struct status_source *source)
{
	struct str rest = source->last_error, line;
	char age[AMOUNT_TEXT_MAX];

	buf_printf(out, "  for %s:", amount_age(age, source->down_s));
	for (; rest.len; rest = str_skip(rest, line.len)) {
		line = first_line(rest);
		buf_puts(out, rest.ptr == source->last_error.ptr ? " " : "   ");
		columns_put(out, line, WHY_WIDTH, false);
		buf_putc(out, '\n');
	}
}

static void table_put_source(void *context, const struct status_source *source)
{
	struct buf *out = context;
	char text[AMOUNT_TEXT_MAX];

	columns_put(out, source->url, 56, false);
	buf_puts(out, "  ");
	columns_put(out, source->state, 10, false);
	buf_printf(out, "  flows %s", amount_count(text, source->flows));
	if (source->gaps)
		buf_printf(out, "  gaps %s", amount_count(text, source->gaps));
	buf_putc(out, '\n');
	if (source->last_error.len)
		put_outage(out, source);
}

static void put_title(const struct status_page *page, struct arena *arena,
		      struct buf *out)
{
	struct status_totals topology, spool;
	char up[AMOUNT_TEXT_MAX], bytes[AMOUNT_TEXT_MAX];
	bool shows_mirror;

	status_page_totals(page->topology, &topology, arena);
	status_page_totals(page->spool, &spool, arena);
	shows_mirror = topology.mirror.len && !str_is(topology.mirror, "off");
	buf_puts(out, "skydive-exporter ");
	columns_put(out, page->version, 20, false);
	buf_printf(out, ", up %s, configuration %" PRId64 ", spool %s%s%s" STR_FMT "\n",
		   amount_age(up, page->uptime_s), page->generation,
		   amount_size(bytes, spool.bytes),
		   topology.is_down ? ", topology does not answer" : "",
		   shows_mirror ? ", mirror " : "",
		   STR_ARG(shows_mirror ? topology.mirror : STR("")));
}

static void put_titles(struct buf *out)
{
	size_t i;

	buf_printf(out, " %-8s", "STATE");
	for (i = 0; i < COLUMNS; i++)
		buf_printf(out, " %*s", table_columns[i].width, table_columns[i].title);
	buf_puts(out, "  LAST ERROR\n");
}

/* They have no figures. */
static void put_disabled(const struct table *table, const struct strs *names)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		columns_put(table->out, names->item[i], table->name_width, true);
		buf_puts(table->out, " disabled\n");
	}
}

int status_table_put(struct str text, struct buf *out, struct err *err)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct table table = { out, NAME_MIN };
	struct status_page page;
	int error = status_page_read(text, &page, &arena, err);

	if (!error) {
		put_title(&page, &arena, out);
		error = status_page_each_source(&page, &arena, table_put_source, out,
						err);
	}
	if (!error)
		error = status_page_each_tenant(&page, &arena, table_measure, &table,
						err);
	if (!error) {
		buf_putc(out, '\n');
		columns_put(out, STR("TENANT"), table.name_width, true);
		put_titles(out);
		error = status_page_each_tenant(&page, &arena, table_put_tenant, &table,
						err);
		put_disabled(&table, &page.disabled);
	}
	arena_fini(&arena);
	return error;
}
