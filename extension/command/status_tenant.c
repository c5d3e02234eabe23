/* SPDX-License-Identifier: Apache-2.0 */
/* status_tenant.c - all about one tenant. See status_table.h. */
#include <errno.h>
#include <inttypes.h>
#include "command/columns.h"
#include "command/status_page.h"
#include "command/status_table.h"
#include "format/time_text.h"
#include "monitor/snapshot.h"

#define ARENA_MAX ((size_t)64 << 20)

struct search {
	struct str name;
	struct buf *out;
	struct buf names; /* of those that are not it */
};

static void put_text(struct buf *out, const char *name, struct str text)
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

static int64_t number_of(struct raw sum, const char *name, struct arena *arena)
{
	const struct counter row = { .name = name };

	return status_page_value(sum.text, &row, arena);
}

/* What was finished is in one of the rows below it. */
static void put_sums(struct buf *out, const struct status_ledger *ledger,
		     struct arena *arena)
{
	const struct {
		const char *name;
		struct raw sum;
	} rows[] = { { "sealed", ledger->sealed },
		     { "= uploaded", ledger->uploaded },
		     { "+ spooled", ledger->spooled },
		     { "+ evicted", ledger->evicted },
		     { "+ quarantined", ledger->quarantined } };
	size_t i;

	buf_printf(out, "%-34s %14s %14s %18s\n", "", "objects", "records", "bytes");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		buf_printf(out, "%-34s %14" PRId64 " %14" PRId64 " %18" PRId64 "\n",
			   rows[i].name, number_of(rows[i].sum, "objects", arena),
			   number_of(rows[i].sum, "records", arena),
			   number_of(rows[i].sum, "bytes", arena));
}

static void put_ledger(struct buf *out, struct raw raw, struct arena *arena)
{
	struct status_ledger ledger;
	char since[TIME_TEXT_SIZE];

	if (!status_page_ledger(raw, &ledger, arena))
		return;
	buf_printf(out, "\nsince " STR_FMT ", over restarts:\n",
		   STR_ARG(time_text_rfc3339(since, ledger.since_ms / 1000)));
	put_sums(out, &ledger, arena);
	put_counters(out, ledger.counters.text, arena);
}

static int find_tenant(void *context, const struct status_tenant *row,
		       struct arena *arena)
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
	put_text(out, "tenant", row->name);
	put_text(out, "state", row->state);
	put_text(out, "last_error", row->last_error.len ? row->last_error : STR("-"));
	for (counter = counters_of_tenant; counter->help; counter++) {
		value = counter->name ? status_page_value(row->text, counter, arena) : -1;
		if (value >= 0)
			buf_printf(out, "%-34s %" PRId64 "\n", counter->name, value);
	}
	put_counters(out, row->counters.text, arena);
	put_ledger(out, row->ledger, arena);
	return 1;
}

/* It has a state, and nothing else. 1: that is it. */
static int find_disabled(const struct search *search, const struct strs *names)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		if (!str_equal(names->item[i], search->name))
			continue;
		put_text(search->out, "tenant", search->name);
		put_text(search->out, "state", STR("disabled"));
		return 1;
	}
	return 0;
}

int status_table_put_tenant(struct str text, struct str name, struct buf *out,
			    struct err *err)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct search search = { name, out, BUF_INIT(512) };
	struct status_page page;
	int error = status_page_read(text, &page, &arena, err);

	if (!error)
		error = status_page_each_tenant(&page, &arena, find_tenant, &search, err);
	if (error == 0)
		error = find_disabled(&search, &page.disabled);
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
