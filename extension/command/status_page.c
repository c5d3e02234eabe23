/* SPDX-License-Identifier: Apache-2.0 */
/* status_page.c - see status_page.h. */
#include "command/status_page.h"

static const struct shape page_shape = {
	.name = "page",
	.size = sizeof(struct status_page),
	.fields =
		(const struct field[]){
			FIELD(struct status_page, version, "version", 0),
			FIELD(struct status_page, generation, "generation", 0),
			FIELD(struct status_page, uptime_s, "uptime_seconds", 0),
			FIELD(struct status_page, disabled, "disabled", 0),
			FIELD(struct status_page, sources, "sources", 0),
			FIELD(struct status_page, tenants, "tenants", 0),
			FIELD(struct status_page, topology, "topology", 0),
			FIELD(struct status_page, spool, "spool", 0),
			{ 0 } },
};

static const struct shape source_shape = {
	.name = "source",
	.size = sizeof(struct status_source),
	.fields = (const struct field[]){ FIELD(struct status_source, url, "url", 0),
					  FIELD(struct status_source, state, "state", 0),
					  FIELD(struct status_source, gaps, "gaps", 0),
					  FIELD(struct status_source, flows, "flows", 0),
					  FIELD(struct status_source, down_s,
						"down_seconds", 0),
					  FIELD(struct status_source, last_error,
						"last_error", 0),
					  { 0 } },
};

static const struct shape tenant_shape = {
	.name = "tenant",
	.size = sizeof(struct status_tenant),
	.fields = (const struct field[]){ FIELD(struct status_tenant, name, "name", 0),
					  FIELD(struct status_tenant, state, "state", 0),
					  FIELD(struct status_tenant, last_error,
						"last_error", 0),
					  FIELD(struct status_tenant, counters,
						"counters", 0),
					  FIELD(struct status_tenant, ledger, "ledger",
						0),
					  { 0 } },
};

#define LEDGER(member) FIELD(struct status_ledger, member, #member, 0)

static const struct shape ledger_shape = {
	.name = "ledger",
	.size = sizeof(struct status_ledger),
	.fields = (const struct field[]){ LEDGER(since_ms),
					  LEDGER(sealed),
					  LEDGER(uploaded),
					  LEDGER(spooled),
					  LEDGER(evicted),
					  LEDGER(quarantined),
					  LEDGER(counters),
					  { 0 } },
};

static const struct shape totals_shape = {
	.name = "totals",
	.size = sizeof(struct status_totals),
	.fields = (const struct field[]){ FIELD(struct status_totals, is_down, "down", 0),
					  FIELD(struct status_totals, bytes, "bytes", 0),
					  FIELD(struct status_totals, mirror, "mirror",
						0),
					  { 0 } },
};

static bool read_object(struct raw raw, const struct shape *shape, void *out,
			struct arena *arena)
{
	struct json_reader r;

	json_reader_init(&r, raw.text, arena);
	return json_read_object(&r, shape, out);
}

static int bad_page(struct err *err)
{
	return err_set(err, "the answer is not that of a skydive-exporter");
}

int status_page_read(struct str text, struct status_page *page, struct arena *arena,
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

void status_page_totals(struct raw raw, struct status_totals *totals, struct arena *arena)
{
	*totals = (struct status_totals){ 0 };
	read_object(raw, &totals_shape, totals, arena);
}

bool status_page_ledger(struct raw raw, struct status_ledger *ledger, struct arena *arena)
{
	*ledger = (struct status_ledger){ 0 };
	return raw.text.len && read_object(raw, &ledger_shape, ledger, arena);
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

int status_page_each_source(const struct status_page *page, struct arena *arena,
			    void (*visit)(void *context, const struct status_source *),
			    void *context, struct err *err)
{
	struct json_reader r;
	bool is_first = true;
	int more;

	json_reader_init(&r, page->sources.text, arena);
	while ((more = next_item(&r, &is_first)) != 0) {
		struct status_source source = { .flows = 0 };

		if (more < 0 || !json_read_object(&r, &source_shape, &source))
			return bad_page(err);
		visit(context, &source);
	}
	return 0;
}

int status_page_each_tenant(const struct status_page *page, struct arena *arena,
			    int (*visit)(void *context, const struct status_tenant *,
					 struct arena *),
			    void *context, struct err *err)
{
	struct json_reader r;
	bool is_first = true;
	int more, result = 0;

	json_reader_init(&r, page->tenants.text, arena);
	while (!result && (more = next_item(&r, &is_first)) != 0) {
		struct status_tenant row = { .name = STR("") };

		if (more < 0 || !json_skip(&r, &row.text) ||
		    !read_object((struct raw){ row.text }, &tenant_shape, &row, arena))
			return bad_page(err);
		result = visit(context, &row, arena);
	}
	return result;
}

int64_t status_page_value(struct str object, const struct counter *row,
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
