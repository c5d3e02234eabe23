/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_metrics.c - the page /metrics, in Prometheus' text format 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats).
 *
 * A family is introduced once and its series follow at once. The counters of
 * base/stats.h make their families by their names: "flows_dropped_inbox_full"
 * is skydive_exporter_flows_dropped_total with the reason "inbox_full". There
 * are as many series as counters, tenants and sources; flows add none.
 */
#include <stdio.h>
#include "monitor/snapshot.h"

#define PREFIX	   "skydive_exporter_"
#define FAMILY_MAX 96

/* What a counter of a tenant is to Prometheus. */
struct family {
	char name[FAMILY_MAX];
	const char *reason; /* or NULL */
	bool is_gauge;
};

static const char *const help_of_stat[STAT_COUNT] = {
	[STAT_FLOWS_RECEIVED] = "Flows that the tenant subscribed to.",
	[STAT_FLOWS_EXCLUDED] = "Flows that the filter excluded.",
	[STAT_FLOWS_DROPPED_INBOX] = "Flows that were lost, by reason.",
	[STAT_FLOWS_TRANSFORMED] = "Flows that became a record.",
	[STAT_FLOWS_BAD_ADDRESS] = "Flows with an address that cannot be read.",
	[STAT_RECORDS_ADDED] = "Records that a stage added.",
	[STAT_RECORDS_MERGED] = "Records that a stage merged into others.",
	[STAT_RECORDS_ENCODED] = "Records that became rows of objects.",
	[STAT_RECORDS_LATE] = "Of those, too late for the slot of their time.",
	[STAT_RECORDS_RECOVERED] = "Records of an earlier run, found in the spool.",
	[STAT_RECORDS_DROPPED_TOO_LONG] = "Records that were lost, by reason.",
	[STAT_RECORDS_UPLOADED] = "Records in stored objects.",
	[STAT_RECORDS_EVICTED] = "Records in objects dropped because the spool was full.",
	[STAT_RECORDS_QUARANTINED] =
		"Records in objects that the store refuses for ever.",
	[STAT_RECORDS_SPOOLED] = "Records in the spool.",
	[STAT_OBJECTS_SEALED] = "Objects that were finished.",
	[STAT_OBJECTS_UPLOADED] = "Objects that were stored.",
	[STAT_OBJECTS_EVICTED] = "Objects dropped because the spool was full.",
	[STAT_OBJECTS_QUARANTINED] = "Objects that the store refuses for ever.",
	[STAT_OBJECTS_SPOOLED] = "Objects in the spool.",
	[STAT_BYTES_UPLOADED] = "Bytes of stored objects.",
	[STAT_UPLOAD_FAILURES] = "Uploads that failed.",
	[STAT_LOOKUPS_DEGRADED] = "Topology lookups that were not answered.",
	[STAT_LOOKUPS_REFUSED] = "Topology lookups for a value with a quote in it.",
	[STAT_PEER_AMBIGUOUS] = "Addresses of peers that several nodes have.",
	[STAT_SERIES_EVICTED] = "Connections and interfaces whose series had no room.",
};

static void family_of(int id, struct family *f)
{
	struct str name = str_of(stat_names[id]);
	const char *dropped = strstr(name.ptr, "_dropped_");

	f->reason = NULL;
	f->is_gauge = name.len > 8 && strcmp(name.ptr + name.len - 8, "_spooled") == 0;
	if (dropped) {
		f->reason = dropped + strlen("_dropped_");
		name.len = (size_t)(f->reason - name.ptr) - 1;
	}
	if (id == STAT_BYTES_UPLOADED)
		name = STR("uploaded_bytes");
	snprintf(f->name, sizeof(f->name), STR_FMT "%s", STR_ARG(name),
		 f->is_gauge ? "" : "_total");
}

static void metrics_put_head(struct buf *b, const char *name, bool is_gauge,
			     const char *help)
{
	buf_printf(b, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
		   name, is_gauge ? "gauge" : "counter");
}

static void put_label(struct buf *b, const char *name, const char *value)
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

static void put_sample(struct buf *b, const char *name, const char *label,
		       const char *value, const char *reason, int64_t number)
{
	buf_printf(b, PREFIX "%s", name);
	if (label) {
		buf_putc(b, '{');
		put_label(b, label, value);
		if (reason)
			buf_printf(b, ",reason=\"%s\"", reason);
		buf_putc(b, '}');
	}
	buf_putc(b, ' ');
	buf_put_i64(b, number);
	buf_putc(b, '\n');
}

static void metrics_put_one(struct buf *b, const char *name, bool is_gauge,
			    const char *help, int64_t number)
{
	metrics_put_head(b, name, is_gauge, help);
	put_sample(b, name, NULL, NULL, NULL, number);
}

/* All counters of the family that the counter first begins. */
static void put_stats(const struct snapshot *s, int first, struct buf *b)
{
	struct family family, other;
	size_t i;
	int id;

	family_of(first, &family);
	for (id = 0; id < first; id++) {
		family_of(id, &other);
		if (strcmp(family.name, other.name) == 0)
			return;
	}
	metrics_put_head(b, family.name, family.is_gauge,
			 help_of_stat[first] ? help_of_stat[first] : stat_names[first]);
	for (id = first; id < STAT_COUNT; id++) {
		family_of(id, &other);
		for (i = 0; i < s->tenants && strcmp(family.name, other.name) == 0; i++)
			put_sample(b, family.name, "tenant", s->tenant[i].name,
				   other.reason, s->tenant[i].value[id]);
	}
}

enum tenant_gauge {
	IS_DEGRADED,
	PENDING_OBJECTS,
	PENDING_BYTES,
	OLDEST_S,
	TENANT_GAUGES
};

static const char *const tenant_gauges[TENANT_GAUGES][2] = {
	[IS_DEGRADED] = { "tenant_degraded", "1: the last upload failed." },
	[PENDING_OBJECTS] = { "pending_objects",
			      "Objects not stored yet, those in the making included." },
	[PENDING_BYTES] = { "pending_bytes",
			    "Bytes of finished objects not stored yet." },
	[OLDEST_S] = { "oldest_pending_seconds", "Age of the oldest finished object." },
};

static int64_t tenant_gauge(const struct tenant_figures *t, int which)
{
	switch (which) {
	case IS_DEGRADED:
		return t->status.is_degraded;
	case PENDING_OBJECTS:
		return (int64_t)t->status.objects;
	case PENDING_BYTES:
		return t->status.bytes;
	default:
		return t->oldest_s < 0 ? 0 : t->oldest_s;
	}
}

static void put_tenants(const struct snapshot *s, struct buf *b)
{
	size_t i;
	int which;

	for (which = 0; which < STAT_COUNT; which++)
		put_stats(s, which, b);
	for (which = 0; which < TENANT_GAUGES; which++) {
		metrics_put_head(b, tenant_gauges[which][0], true,
				 tenant_gauges[which][1]);
		for (i = 0; i < s->tenants; i++)
			put_sample(b, tenant_gauges[which][0], "tenant",
				   s->tenant[i].name, NULL,
				   tenant_gauge(&s->tenant[i], which));
	}
}

#define SOURCE(member) offsetof(struct source_status, member)

static const struct {
	const char *name, *help;
	size_t offset;
	const char *reason; /* of a family whose first has a help */
} source_counters[] = {
	{ "source_connects_total", "Subscriptions that were admitted.", SOURCE(connects),
	  NULL },
	{ "source_gaps_total", "Subscriptions that ended: flows may be lost.",
	  SOURCE(gaps), NULL },
	{ "source_renewals_total",
	  "Subscriptions that were renewed because nothing came.", SOURCE(renewals),
	  NULL },
	{ "source_messages_total", "Messages received.", SOURCE(messages), NULL },
	{ "source_received_bytes_total", "Bytes of messages received.", SOURCE(bytes),
	  NULL },
	{ "source_flows_total", "Flows decoded.", SOURCE(flows), NULL },
	{ "source_kernel_drops_total", "Datagrams that the kernel dropped.",
	  SOURCE(kernel_drops), NULL },
	{ "source_layers_dropped_total",
	  "DHCPv4, DNS and VRRPv2 layers over 1 MiB, left out of their flows.",
	  SOURCE(layers_dropped), NULL },
	{ "source_bad_messages_total", "Messages that cannot be decoded.",
	  SOURCE(bad_messages), NULL },
	{ "source_bad_flows_total", "Flows that cannot be decoded, by reason.",
	  SOURCE(bad_flows[BAD_FLOW_TYPE]), "type" },
	{ "source_bad_flows_total", NULL, SOURCE(bad_flows[BAD_FLOW_NUMBER]), "number" },
	{ "source_bad_flows_total", NULL, SOURCE(bad_flows[BAD_FLOW_PROTOCOL]),
	  "protocol" },
	{ "source_bad_flows_total", NULL, SOURCE(bad_flows[BAD_FLOW_NULL]), "null" },
};

static void metrics_put_sources(const struct snapshot *s, struct buf *b)
{
	size_t i, k;

	metrics_put_head(b, "source_up", true,
			 "1: subscribed, and flows or a heartbeat come.");
	for (i = 0; i < s->sources; i++)
		put_sample(b, "source_up", "source", s->source[i].url, NULL,
			   s->source[i].status.is_ready);
	for (k = 0; k < sizeof(source_counters) / sizeof(source_counters[0]); k++) {
		if (source_counters[k].help)
			metrics_put_head(b, source_counters[k].name, false,
					 source_counters[k].help);
		for (i = 0; i < s->sources; i++) {
			const char *status = (const char *)&s->source[i].status;

			put_sample(b, source_counters[k].name, "source", s->source[i].url,
				   source_counters[k].reason,
				   *(const int64_t *)(const void *)(status +
								    source_counters[k]
									    .offset));
		}
	}
}

static void metrics_put_topology(const struct topology_counters *t, struct buf *b)
{
	metrics_put_one(b, "topology_down", true, "1: the topology does not answer.",
			t->down);
	metrics_put_one(b, "topology_cache_hits_total", false,
			"Questions answered by the cache.", (int64_t)t->hit);
	metrics_put_one(b, "topology_cache_misses_total", false,
			"Questions not in the cache.", (int64_t)t->miss);
	metrics_put_one(b, "topology_cache_evictions_total", false,
			"Answers pushed out of the cache.", (int64_t)t->evicted);
	metrics_put_one(b, "topology_waits_total", false, "Questions that had to wait.",
			(int64_t)t->waited);
	metrics_put_one(b, "topology_degraded_total", false,
			"Questions answered with nothing: not asked, or failed before.",
			(int64_t)t->degraded);
	metrics_put_one(b, "topology_requests_total", false, "Requests to the topology.",
			(int64_t)t->requests);
	metrics_put_one(b, "topology_empty_total", false, "Replies without a node.",
			(int64_t)t->empty);
	metrics_put_one(b, "topology_failures_total", false,
			"Questions without a usable reply.", (int64_t)t->failed);
	metrics_put_one(b, "topology_switches_total", false,
			"Changes to another analyzer, because one was silent.",
			(int64_t)t->switches);
	metrics_put_one(b, "topology_logins_total", false,
			"Logins with which an analyzer was satisfied.",
			(int64_t)t->logins);
	metrics_put_one(b, "topology_cache_entries", true, "Answers in the cache.",
			(int64_t)t->cache_entries);
	metrics_put_one(b, "topology_cache_bytes", true,
			"Memory of the answers in the cache.", (int64_t)t->cache_bytes);
}

void snapshot_put_metrics(const struct snapshot *s, struct buf *b)
{
	metrics_put_head(b, "build_info", true, "The version that runs.");
	put_sample(b, "build_info", "version", s->version, NULL, 1);
	metrics_put_one(b, "start_time_seconds", true, "When it was started, Unix time.",
			s->started_s);
	metrics_put_one(b, "config_generation", true,
			"1, and one more with every reload.", s->exporter.generation);
	metrics_put_one(b, "spool_bytes", true, "Bytes in the spool, of all tenants.",
			s->exporter.spool_bytes);
	metrics_put_sources(s, b);
	put_tenants(s, b);
	metrics_put_topology(&s->exporter.topology, b);
}
