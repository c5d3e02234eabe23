/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_json.c - the page /status. Names are stable: they are only added
 * to. What is unknown is left out. */
#include <inttypes.h>
#include "format/json_write.h"
#include "monitor/snapshot.h"

static const char *const bad_flow_names[BAD_FLOW_REASONS] = {
	[BAD_FLOW_TYPE] = "type",
	[BAD_FLOW_NUMBER] = "number",
	[BAD_FLOW_PROTOCOL] = "protocol",
	[BAD_FLOW_NULL] = "null",
};

static void json_put_name(struct buf *b, const char *name)
{
	buf_printf(b, ",\"%s\":", name);
}

static void json_put_text(struct buf *b, const char *name, const char *text)
{
	json_put_name(b, name);
	json_put_string(b, str_of(text));
}

static void json_put_number(struct buf *b, const char *name, int64_t value)
{
	json_put_name(b, name);
	buf_put_i64(b, value);
}

static void json_put_bool(struct buf *b, const char *name, bool value)
{
	json_put_name(b, name);
	buf_puts(b, value ? "true" : "false");
}

static void put_source(struct buf *b, const struct source_figures *source)
{
	const struct source_status *s = &source->status;
	int reason;

	buf_puts(b, "{\"url\":");
	json_put_string(b, str_of(source->url));
	json_put_text(b, "state", source_state_name(s->state));
	json_put_bool(b, "ready", s->is_ready);
	json_put_number(b, "connects", s->connects);
	json_put_number(b, "gaps", s->gaps);
	json_put_number(b, "renewals", s->renewals);
	json_put_number(b, "messages", s->messages);
	json_put_number(b, "flows", s->flows);
	json_put_number(b, "bytes", s->bytes);
	json_put_number(b, "kernel_drops", s->kernel_drops);
	json_put_number(b, "layers_dropped", s->layers_dropped);
	json_put_number(b, "bad_messages", s->bad_messages);
	buf_puts(b, ",\"bad_flows\":{");
	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		buf_printf(b, "%s\"%s\":%" PRId64, reason ? "," : "",
			   bad_flow_names[reason], s->bad_flows[reason]);
	buf_puts(b, "}}");
}

static void json_put_tenant(struct buf *b, const struct tenant_figures *t)
{
	int id;

	buf_puts(b, "{\"name\":");
	json_put_string(b, str_of(t->name));
	json_put_text(b, "state", t->status.is_degraded ? "degraded" : "ok");
	json_put_number(b, "flows_per_second", t->flows_per_second);
	json_put_number(b, "pending_objects", (int64_t)t->status.objects);
	json_put_number(b, "pending_bytes", t->status.bytes);
	if (t->oldest_s >= 0)
		json_put_number(b, "oldest_pending_seconds", t->oldest_s);
	json_put_text(b, "last_error", t->status.error);
	buf_puts(b, ",\"counters\":{");
	for (id = 0; id < STAT_COUNT; id++)
		buf_printf(b, "%s\"%s\":%" PRId64, id ? "," : "", stat_names[id],
			   t->value[id]);
	buf_puts(b, "}}");
}

static void json_put_topology(struct buf *b, const struct topology_counters *t)
{
	buf_puts(b, ",\"topology\":{\"down\":");
	buf_puts(b, t->down ? "true" : "false");
	json_put_number(b, "hit", (int64_t)t->hit);
	json_put_number(b, "miss", (int64_t)t->miss);
	json_put_number(b, "waited", (int64_t)t->waited);
	json_put_number(b, "degraded", (int64_t)t->degraded);
	json_put_number(b, "requests", (int64_t)t->requests);
	json_put_number(b, "empty", (int64_t)t->empty);
	json_put_number(b, "failed", (int64_t)t->failed);
	json_put_number(b, "evicted", (int64_t)t->evicted);
	json_put_number(b, "switches", (int64_t)t->switches);
	json_put_number(b, "logins", (int64_t)t->logins);
	json_put_number(b, "cache_entries", (int64_t)t->cache_entries);
	json_put_number(b, "cache_bytes", (int64_t)t->cache_bytes);
	json_put_text(b, "last_error", t->error);
	buf_puts(b, "}");
}

void snapshot_put_json(const struct snapshot *s, struct buf *b)
{
	size_t i;

	buf_puts(b, "{\"version\":");
	json_put_string(b, str_of(s->version));
	json_put_number(b, "generation", s->exporter.generation);
	json_put_number(b, "uptime_seconds", s->uptime_s);
	buf_puts(b, ",\"sources\":[");
	for (i = 0; i < s->sources; i++) {
		buf_puts(b, i ? "," : "");
		put_source(b, &s->source[i]);
	}
	buf_puts(b, "],\"tenants\":[");
	for (i = 0; i < s->tenants; i++) {
		buf_puts(b, i ? ",\n" : "\n");
		json_put_tenant(b, &s->tenant[i]);
	}
	buf_puts(b, "]");
	json_put_topology(b, &s->exporter.topology);
	buf_puts(b, ",\"spool\":{\"bytes\":");
	buf_put_i64(b, s->exporter.spool_bytes);
	buf_puts(b, "}}\n");
}
