/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.c - see status_table.h. Members that this version does not know
 * are passed over: the exporter that runs may be another one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "command/columns.h"
#include "command/status_table.h"
#include "format/json_read.h"
#include "monitor/snapshot.h"

#define ARENA_MAX ((size_t)64 << 20)
#define NAME_MIN  6
#define NAME_MAX  28
#define WHY_WIDTH 84
#define OTHERS	  52 /* columns between name and error */

struct page {
	struct str version;
	int64_t generation, uptime_s;
	struct raw sources, tenants, topology, spool;
};

static const struct shape page_shape = {
	.name = "page",
	.size = sizeof(struct page),
	.fields = (const struct field[]){ FIELD(struct page, version, "version", 0),
					  FIELD(struct page, generation, "generation", 0),
					  FIELD(struct page, uptime_s, "uptime_seconds",
						0),
					  FIELD(struct page, sources, "sources", 0),
					  FIELD(struct page, tenants, "tenants", 0),
					  FIELD(struct page, topology, "topology", 0),
					  FIELD(struct page, spool, "spool", 0),
					  { 0 } },
};

struct source_row {
	struct str url, state, last_error;
	int64_t flows, gaps, down_s;
};

static const struct shape source_row_shape = {
	.name = "source",
	.size = sizeof(struct source_row),
	.fields = (const struct field[]){ FIELD(struct source_row, url, "url", 0),
					  FIELD(struct source_row, state, "state", 0),
					  FIELD(struct source_row, gaps, "gaps", 0),
					  FIELD(struct source_row, flows, "flows", 0),
					  FIELD(struct source_row, down_s, "down_seconds",
						0),
					  FIELD(struct source_row, last_error,
						"last_error", 0),
					  { 0 } },
};

struct tenant_row {
	struct str name, state, last_error;
	struct raw counters;
	struct str text; /* all of the row */
};

static const struct shape row_shape = {
	.name = "tenant",
	.size = sizeof(struct tenant_row),
	.fields = (const struct field[]){ FIELD(struct tenant_row, name, "name", 0),
					  FIELD(struct tenant_row, state, "state", 0),
					  FIELD(struct tenant_row, last_error,
						"last_error", 0),
					  FIELD(struct tenant_row, counters, "counters",
						0),
					  { 0 } },
};

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

struct totals {
	bool is_down;
	int64_t bytes;
};

static const struct shape totals_shape = {
	.name = "totals",
	.size = sizeof(struct totals),
	.fields = (const struct field[]){ FIELD(struct totals, is_down, "down", 0),
					  FIELD(struct totals, bytes, "bytes", 0),
					  { 0 } },
};

static bool table_read_one(struct raw raw, const struct shape *shape, void *out,
			   struct arena *arena)
{
	struct json_reader r;

	json_reader_init(&r, raw.text, arena);
	return json_read_object(&r, shape, out);
}

/* 1: another item of the list, 0: its end, -1: this is none. */
static int next_item(struct json_reader *r, bool *is_first)
{
	if (*is_first && !json_next(r, '['))
		return -1;
	if (json_next(r, ']'))
		return 0;
	if (!*is_first && !json_next(r, ','))
		return -1;
	*is_first = false;
	return 1;
}

/* The counter's member of an object; without one 0, or -1 for "not known". */
static int64_t table_value(struct str object, const struct counter *row,
			   struct arena *arena)
{
	struct json_reader r;
	struct str name;
	int64_t value = row->may_be_unknown ? -1 : 0;

	json_reader_init(&r, object, arena);
	if (!json_next(&r, '{'))
		return value;
	while (json_read_string(&r, &name) && json_next(&r, ':')) {
		if (str_is(name, row->name)) {
			json_read_i64(&r, &value);
			break;
		}
		if (!json_skip(&r, NULL) || !json_next(&r, ','))
			break;
	}
	return value;
}

static const char *table_number(char text[COLUMNS_TEXT_MAX], enum counter_unit unit,
				int64_t value)
{
	if (unit == UNIT_BYTES)
		return columns_size(text, value);
	if (unit == UNIT_SECONDS)
		return columns_age(text, value);
	return columns_amount(text, value);
}

static void put_row(struct buf *out, const struct tenant_row *row, size_t name_width,
		    struct arena *arena)
{
	char text[COLUMNS_TEXT_MAX];
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
					table_value(object, counter, arena)));
	}
	if (row->last_error.len) {
		buf_puts(out, "  ");
		columns_put(out, row->last_error,
			    STATUS_TABLE_COLUMNS - OTHERS - name_width, false);
	}
	buf_putc(out, '\n');
}

static int bad_page(struct err *err)
{
	return err_set(err, "the answer is not that of a skydive-exporter");
}

/* Calls visit for each tenant, until it returns other than 0. */
static int each_row(const struct page *page, struct arena *arena,
		    int (*visit)(void *context, const struct tenant_row *,
				 struct arena *),
		    void *context, struct err *err)
{
	struct json_reader r;
	bool is_first = true;
	int more, result = 0;

	json_reader_init(&r, page->tenants.text, arena);
	while (!result && (more = next_item(&r, &is_first)) != 0) {
		struct tenant_row row = { .name = STR("") };

		if (more < 0 || !json_skip(&r, &row.text) ||
		    !table_read_one((struct raw){ row.text }, &row_shape, &row, arena))
			return bad_page(err);
		result = visit(context, &row, arena);
	}
	return result;
}

struct table {
	struct buf *out;
	size_t name_width;
};

static int table_measure(void *context, const struct tenant_row *row, struct arena *arena)
{
	struct table *table = context;
	size_t width = columns_width(row->name);

	(void)arena;
	if (width > table->name_width)
		table->name_width = width < NAME_MAX ? width : NAME_MAX;
	return 0;
}

static int table_put_tenant(void *context, const struct tenant_row *row,
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
static void put_outage(struct buf *out, const struct source_row *source)
{
	struct str rest = source->last_error, line;
	char age[COLUMNS_TEXT_MAX];

	buf_printf(out, "  for %s:", columns_age(age, source->down_s));
	for (; rest.len; rest = str_skip(rest, line.len)) {
		line = first_line(rest);
		buf_puts(out, rest.ptr == source->last_error.ptr ? " " : "   ");
		columns_put(out, line, WHY_WIDTH, false);
		buf_putc(out, '\n');
	}
}

static int table_put_sources(const struct page *page, struct arena *arena,
			     struct buf *out, struct err *err)
{
	struct json_reader r;
	bool is_first = true;
	char flows[COLUMNS_TEXT_MAX];
	int more;

	json_reader_init(&r, page->sources.text, arena);
	while ((more = next_item(&r, &is_first)) != 0) {
		struct source_row source = { .flows = 0 };

		if (more < 0 || !json_read_object(&r, &source_row_shape, &source))
			return bad_page(err);
		columns_put(out, source.url, 56, false);
		buf_puts(out, "  ");
		columns_put(out, source.state, 10, false);
		buf_printf(out, "  flows %s", columns_amount(flows, source.flows));
		if (source.gaps)
			buf_printf(out, "  gaps %s", columns_amount(flows, source.gaps));
		buf_putc(out, '\n');
		if (source.last_error.len)
			put_outage(out, &source);
	}
	return 0;
}

static int read_page(struct str text, struct page *page, struct arena *arena,
		     struct err *err)
{
	struct json_reader r;

	memset(page, 0, sizeof(*page));
	json_reader_init(&r, text, arena);
	if (json_read_object(&r, &page_shape, page) && page->tenants.text.len &&
	    page->sources.text.len)
		return 0;
	return bad_page(err);
}

static void put_title(const struct page *page, struct arena *arena, struct buf *out)
{
	struct totals topology = { 0 }, spool = { 0 };
	char up[COLUMNS_TEXT_MAX], bytes[COLUMNS_TEXT_MAX];

	table_read_one(page->topology, &totals_shape, &topology, arena);
	table_read_one(page->spool, &totals_shape, &spool, arena);
	buf_puts(out, "skydive-exporter ");
	columns_put(out, page->version, 20, false);
	buf_printf(out, ", up %s, configuration %" PRId64 ", spool %s%s\n",
		   columns_age(up, page->uptime_s), page->generation,
		   columns_size(bytes, spool.bytes),
		   topology.is_down ? ", topology does not answer" : "");
}

static void put_titles(struct buf *out)
{
	size_t i;

	buf_printf(out, " %-8s", "STATE");
	for (i = 0; i < COLUMNS; i++)
		buf_printf(out, " %*s", table_columns[i].width, table_columns[i].title);
	buf_puts(out, "  LAST ERROR\n");
}

int status_table_put(struct str text, struct buf *out, struct err *err)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct table table = { out, NAME_MIN };
	struct page page;
	int error = read_page(text, &page, &arena, err);

	if (!error) {
		put_title(&page, &arena, out);
		error = table_put_sources(&page, &arena, out, err);
	}
	if (!error)
		error = each_row(&page, &arena, table_measure, &table, err);
	if (!error) {
		buf_putc(out, '\n');
		columns_put(out, STR("TENANT"), table.name_width, true);
		put_titles(out);
		error = each_row(&page, &arena, table_put_tenant, &table, err);
	}
	arena_fini(&arena);
	return error;
}

struct search {
	struct str name;
	struct buf *out;
	struct buf names; /* of those that are not it */
};

static void table_put_text(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "%-34s ", name);
	columns_put(out, text, SIZE_MAX, false);
	buf_putc(out, '\n');
}

static void put_counters(struct buf *out, struct str text, struct arena *arena)
{
	struct json_reader r;
	struct str name;
	int64_t value;

	json_reader_init(&r, text, arena);
	if (!json_next(&r, '{'))
		return;
	while (json_read_string(&r, &name) && json_next(&r, ':') &&
	       json_read_i64(&r, &value)) {
		buf_printf(out, "%-34.*s %" PRId64 "\n", STR_ARG(name), value);
		if (!json_next(&r, ','))
			break;
	}
}

static int find_tenant(void *context, const struct tenant_row *row, struct arena *arena)
{
	struct search *search = context;
	struct buf *out = search->out;
	const struct counter *counter;
	int64_t value;

	if (!str_equal(row->name, search->name)) {
		buf_printf(&search->names, "%s" STR_FMT, search->names.len ? ", " : "",
			   STR_ARG(row->name));
		return 0;
	}
	table_put_text(out, "tenant", row->name);
	table_put_text(out, "state", row->state);
	table_put_text(out, "last_error",
		       row->last_error.len ? row->last_error : STR("-"));
	for (counter = counters_of_tenant; counter->help; counter++) {
		value = counter->name ? table_value(row->text, counter, arena) : -1;
		if (value >= 0)
			buf_printf(out, "%-34s %" PRId64 "\n", counter->name, value);
	}
	put_counters(out, row->counters.text, arena);
	return 1;
}

int status_table_put_tenant(struct str text, struct str name, struct buf *out,
			    struct err *err)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct search search = { name, out, BUF_INIT(512) };
	struct page page;
	int error = read_page(text, &page, &arena, err);

	if (!error)
		error = each_row(&page, &arena, find_tenant, &search, err);
	if (error == 0) {
		err_set(err, "there is no pipeline \"" STR_FMT "\"; there is: %s%s",
			STR_ARG(name),
			search.names.len ? buf_str(&search.names).ptr : "none",
			buf_error(&search.names) ? ", ..." : "");
		error = -ENOENT;
	} else if (error > 0) {
		error = 0;
	}
	buf_fini(&search.names);
	arena_fini(&arena);
	return error;
}
