/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_json.c - the page /status. Names are stable: they are only added
 * to. What is unknown is left out. */
#include "format/json_write.h"
#include "format/time_text.h"
#include "monitor/snapshot.h"

static void json_put_name(struct buf *b, const char *name)
{
	buf_printf(b, "%s\"%s\":", b->len && b->ptr[b->len - 1] == '{' ? "" : ",", name);
}

static void json_put_text(struct buf *b, const char *name, const char *text)
{
	json_put_name(b, name);
	json_put_string(b, str_of(text));
}

static void json_put_value(struct buf *b, const struct counter *row, int64_t value)
{
	if (row->type == COUNTER_BOOL)
		buf_puts(b, value ? "true" : "false");
	else
		buf_put_i64(b, value);
}

/* The numbers of a struct, as members of the object that is open. */
static void json_put_counters(struct buf *b, const struct counter *table,
			      const void *numbers)
{
	const struct counter *row;
	bool is_object = false; /* of reasons */
	int64_t value;

	for (row = table; row->help; row++) {
		value = counter_get(row, numbers);
		if (is_object && !counter_shares_name(table, row)) {
			buf_putc(b, '}');
			is_object = false;
		}
		if (!row->name || (value < 0 && row->may_be_unknown))
			continue;
		if (!counter_shares_name(table, row))
			json_put_name(b, row->name);
		if (!is_object && counter_shares_name(table, row + 1)) {
			buf_putc(b, '{');
			is_object = true;
		}
		if (is_object)
			json_put_name(b, row->reason);
		json_put_value(b, row, value);
	}
	if (is_object)
		buf_putc(b, '}');
}

static void json_put_source(struct buf *b, const struct source_figures *source)
{
	buf_putc(b, '{');
	json_put_text(b, "url", source->url);
	json_put_text(b, "state", source_state_name(source->status.state));
	json_put_counters(b, counters_of_source, &source->status);
	json_put_text(b, "last_error", source->status.error);
	buf_putc(b, '}');
}

/* Totals since the tenant exists; counters are those of all runs. */
static void json_put_ledger(struct buf *b, const struct ledger_totals *totals)
{
	int id;

	json_put_name(b, "ledger");
	buf_putc(b, '{');
	json_put_counters(b, counters_of_ledger, totals);
	json_put_name(b, "counters");
	buf_putc(b, '{');
	for (id = 0; id < STAT_COUNT; id++) {
		if (!ledger_keeps((enum stat_id)id))
			continue;
		json_put_name(b, counters_of_stats[id].name);
		buf_put_i64(b, totals->counters[id]);
	}
	buf_puts(b, "}}");
}

static void json_put_tenant(struct buf *b, const struct tenant_figures *t)
{
	buf_putc(b, '{');
	json_put_text(b, "name", t->name);
	json_put_text(b, "state", t->is_degraded ? "degraded" : "ok");
	json_put_counters(b, counters_of_tenant, t);
	json_put_text(b, "last_error", t->status.error);
	json_put_name(b, "counters");
	buf_putc(b, '{');
	json_put_counters(b, counters_of_stats, t->value);
	buf_putc(b, '}');
	json_put_ledger(b, &t->ledger);
	buf_putc(b, '}');
}

static void json_put_trouble(struct buf *b, const struct trouble *trouble)
{
	const struct trouble_meaning *kind = &trouble_kinds[trouble->kind];
	char since[TIME_TEXT_SIZE];

	time_text_rfc3339(since, trouble->since_ms / 1000);
	buf_putc(b, '{');
	json_put_text(b, "kind", kind->name);
	json_put_text(b, "who", trouble->who);
	json_put_text(b, "since", since);
	json_put_text(b, "what", kind->what);
	json_put_text(b, "detail", trouble->detail);
	json_put_text(b, "remedy", kind->remedy);
	buf_putc(b, '}');
}

static void json_put_disabled(struct buf *b, struct str names)
{
	struct str name;
	bool is_first = true;

	if (!names.len)
		return;
	json_put_name(b, "disabled");
	for (; names.len; names = str_skip(names, name.len + 1), is_first = false) {
		name = str_until(names, '\n');
		buf_putc(b, is_first ? '[' : ',');
		json_put_string(b, name);
	}
	buf_putc(b, ']');
}

void snapshot_put_tenant_json(const struct tenant_figures *t, struct buf *b)
{
	json_put_tenant(b, t);
	buf_putc(b, '\n');
}

void snapshot_put_json(const struct snapshot *s, struct buf *b)
{
	size_t i;

	buf_putc(b, '{');
	json_put_text(b, "version", s->version);
	json_put_text(b, "host", s->host);
	json_put_counters(b, counters_of_program, s);
	json_put_disabled(b, buf_str(&s->disabled));
	buf_puts(b, ",\"troubles\":[");
	for (i = 0; i < s->troubles; i++) {
		buf_puts(b, i ? ",\n" : "\n");
		json_put_trouble(b, &s->trouble[i]);
	}
	buf_puts(b, "],\"sources\":[");
	for (i = 0; i < s->sources; i++) {
		buf_puts(b, i ? "," : "");
		json_put_source(b, &s->source[i]);
	}
	buf_puts(b, "],\"tenants\":[");
	for (i = 0; i < s->tenants; i++) {
		buf_puts(b, i ? ",\n" : "\n");
		json_put_tenant(b, &s->tenant[i]);
	}
	buf_puts(b, "],\"topology\":{");
	json_put_counters(b, counters_of_topology, &s->exporter.topology);
	json_put_text(b, "last_error", s->exporter.topology.error);
	json_put_text(b, "mirror", mirror_state_names[s->exporter.topology.mirror.state]);
	json_put_text(b, "mirror_error", s->exporter.topology.mirror.error);
	buf_puts(b, "},\"kafka\":{");
	json_put_counters(b, counters_of_kafka, &s->exporter.kafka);
	buf_puts(b, "},\"spool\":{");
	json_put_counters(b, counters_of_spool, s);
	buf_puts(b, "}}\n");
}
