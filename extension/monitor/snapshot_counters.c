/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_counters.c - the tables of counters behind the pages, and those that
 * belong to a snapshot itself. */
#include "monitor/snapshot.h"

const struct counter build_info = {
	.metric = "build_info",
	.kind = COUNTER_GAUGE,
	.help = "1; the version that runs is a label.",
};

const struct counter counters_of_program[] = {
	{ COUNTER_AT(struct snapshot, exporter.generation), .name = "generation",
	  .metric = "config_generation", .kind = COUNTER_GAUGE,
	  .help = "1, and one more with every reload." },
	{ COUNTER_AT(struct snapshot, uptime_s), .name = "uptime_seconds",
	  .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS, .help = "Time since the start." },
	{ COUNTER_AT(struct snapshot, started_s), .metric = "start_time_seconds",
	  .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS,
	  .help = "When it was started, Unix time." },
	{ COUNTER_AT(struct snapshot, lost_flows), .name = "flows_lost_last_hour",
	  .kind = COUNTER_GAUGE, .unit = UNIT_FLOWS,
	  .help = "Flows that were lost in the last hour, of all tenants." },
	{ COUNTER_AT(struct snapshot, lost_records), .name = "records_lost_last_hour",
	  .kind = COUNTER_GAUGE, .unit = UNIT_RECORDS,
	  .help = "Records that were lost in the last hour, of all tenants." },
	{ 0 },
};

#define TROUBLE_COUNTED(id, label, weight, is_logged, text, ...)                         \
	{ COUNTER_AT(struct snapshot, trouble_count[TROUBLE_##id]),                      \
	  .metric = "troubles",                                                          \
	  .kind = COUNTER_GAUGE,                                                         \
	  .reason = label,                                                               \
	  .about = text,                                                                 \
	  .help = "What is wrong at present, each tenant once, by reason." },

const struct counter counters_of_troubles[] = { TROUBLES_EACH(TROUBLE_COUNTED){ 0 } };

const struct counter counters_of_spool[] = {
	{ COUNTER_AT(struct snapshot, exporter.spool_bytes), .name = "bytes",
	  .metric = "spool_bytes", .kind = COUNTER_GAUGE, .unit = UNIT_BYTES,
	  .help = "Bytes in the spool, of all tenants." },
	{ COUNTER_AT(struct snapshot, exporter.spool_bytes_max), .name = "max_bytes",
	  .metric = "spool_max_bytes", .kind = COUNTER_GAUGE, .unit = UNIT_BYTES,
	  .help = "The most it may have: spool.max_bytes." },
	{ 0 },
};

#define LIMITED_SINCE(limit, key)                                                        \
	{                                                                                \
		COUNTER_AT(struct tenant_figures, limited_s[limit]),                     \
			.name = "limit_" key "_since_seconds", .kind = COUNTER_GAUGE,    \
			.unit = UNIT_SECONDS, .may_be_unknown = true,                    \
			.help = "Since when that limit takes effect, Unix time."         \
	}

const struct counter counters_of_tenant[] = {
	{ COUNTER_AT(struct tenant_figures, is_degraded), .metric = "tenant_degraded",
	  .kind = COUNTER_GAUGE, .unit = UNIT_YES_OR_NO,
	  .help = "1: the last upload failed." },
	{ COUNTER_AT(struct tenant_figures, degraded_s), .name = "degraded_since_seconds",
	  .metric = "tenant_degraded_since_seconds", .kind = COUNTER_GAUGE,
	  .unit = UNIT_SECONDS, .may_be_unknown = true,
	  .help = "Since when uploads fail, Unix time." },
	{ COUNTER_AT(struct tenant_figures, stored_s), .name = "last_upload_seconds",
	  .metric = "last_upload_seconds", .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS,
	  .may_be_unknown = true,
	  .help = "When an object was last stored, since the start, Unix time." },
	{ COUNTER_AT(struct tenant_figures, flows_per_second), .name = "flows_per_second",
	  .kind = COUNTER_GAUGE, .unit = UNIT_FLOWS_PER_SECOND,
	  .help = "Flows received, over the last 10 s." },
	{ COUNTER_AT(struct tenant_figures, records_per_second),
	  .name = "records_per_second", .kind = COUNTER_GAUGE,
	  .unit = UNIT_RECORDS_PER_SECOND,
	  .help = "Records encoded, over the last 10 s." },
	{ COUNTER_AT(struct tenant_figures, status.objects), .name = "pending_objects",
	  .metric = "pending_objects", .kind = COUNTER_GAUGE, .unit = UNIT_OBJECTS,
	  .help = "Objects finished, or being finished, and not stored yet." },
	{ COUNTER_AT(struct tenant_figures, status.bytes), .name = "pending_bytes",
	  .metric = "pending_bytes", .kind = COUNTER_GAUGE, .unit = UNIT_BYTES,
	  .help = "Bytes of finished objects that are not stored yet." },
	{ COUNTER_AT(struct tenant_figures, oldest_s), .name = "oldest_pending_seconds",
	  .metric = "oldest_pending_seconds", .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS,
	  .may_be_unknown = true,
	  .help = "Age of the oldest finished object that is not stored yet." },
	{ COUNTER_AT(struct tenant_figures, commit_s), .name = "commit_age_seconds",
	  .metric = "tenant_commit_age_seconds", .kind = COUNTER_GAUGE,
	  .unit = UNIT_SECONDS, .may_be_unknown = true,
	  .help = "Age of the oldest message that it has not stored, so that its group "
		  "cannot commit it (Kafka)." },
	LIMITED_SINCE(LIMIT_FLOWS, "flows_per_second"),
	LIMITED_SINCE(LIMIT_RECORDS, "records_in_memory"),
	LIMITED_SINCE(LIMIT_SPOOL, "spool_bytes"),
	LIMITED_SINCE(LIMIT_UPLOADS, "uploads_at_once"),
	LIMITED_SINCE(LIMIT_QUESTIONS, "questions_per_second"),
	{ 0 },
};

/* They go on over restarts, as no metric may. */
#define LEDGER_SUM(sum, text)                                                            \
	{ COUNTER_AT(struct ledger_totals, sum.objects), .name = #sum,                   \
	  .reason = "objects", .unit = UNIT_OBJECTS, .help = (text) },                   \
		{ COUNTER_AT(struct ledger_totals, sum.records), .name = #sum,           \
		  .reason = "records", .unit = UNIT_RECORDS, .help = (text) },           \
	{                                                                                \
		COUNTER_AT(struct ledger_totals, sum.bytes),                             \
			.name = #sum, .reason = "bytes", .unit = UNIT_BYTES,             \
			.help = (text)                                                   \
	}

const struct counter counters_of_ledger[] = {
	{ COUNTER_AT(struct ledger_totals, since_ms), .name = "since_ms",
	  .help = "When it was begun, Unix time in milliseconds." },
	LEDGER_SUM(sealed, "Objects that were finished."),
	LEDGER_SUM(uploaded, "Objects that were stored."),
	LEDGER_SUM(spooled, "Objects that wait in the spool."),
	LEDGER_SUM(evicted, "Objects that are lost: dropped, or removed by somebody."),
	LEDGER_SUM(quarantined, "Objects in bad/ of the spool."),
	{ 0 },
};

const struct counter_group counter_groups[] = {
	{ counters_of_stats, SCOPE_TENANT, offsetof(struct tenant_figures, value) },
	{ counters_of_tenant, SCOPE_TENANT, 0 },
	{ counters_of_source, SCOPE_SOURCE, offsetof(struct source_figures, status) },
	{ counters_of_program, SCOPE_ONCE, 0 },
	{ counters_of_troubles, SCOPE_ONCE, 0 },
	{ counters_of_spool, SCOPE_ONCE, 0 },
	{ counters_of_topology, SCOPE_ONCE,
	  offsetof(struct snapshot, exporter.topology) },
	{ counters_of_kafka, SCOPE_ONCE, offsetof(struct snapshot, exporter.kafka) },
	{ 0 },
};

const char *const counter_labels[SCOPES] = {
	[SCOPE_SOURCE] = "source",
	[SCOPE_TENANT] = "tenant",
};
