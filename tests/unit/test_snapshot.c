/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot.c - the pages of the status server, made from numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/arena.h"
#include "format/json_read.h"
#include "monitor/reference.h"
#include "monitor/snapshot.h"

#define TENANTS 2

/* Counter n of tenant i has the value 1000 i + n. */
struct world {
	struct tenant_figures tenant[TENANTS];
	struct source_figures source[2];
	struct snapshot snapshot;
	struct buf out;
};

static int setup(void **state)
{
	static struct world w;
	int i, id;

	w = (struct world){ .out = BUF_INIT(1 << 20) };
	for (i = 0; i < TENANTS; i++) {
		snprintf(w.tenant[i].name, sizeof(w.tenant[i].name), "t%d", i);
		for (id = 0; id < STAT_COUNT; id++)
			w.tenant[i].value[id] = 1000 * i + id;
		w.tenant[i].oldest_s = i ? 42 : -1;
		w.tenant[i].commit_s = i ? 43 : -1;
		w.tenant[i].is_degraded = i;
		w.tenant[i].ledger = (struct ledger_totals){
			.since_ms = 5000 + i,
			.sealed = { 9, 90, 900 },
			.spooled = { 1, 10, 100 },
			.counters = { [STAT_FLOWS_RECEIVED] = 77 },
		};
	}
	snprintf(w.tenant[1].status.error, sizeof(w.tenant[1].status.error),
		 "a \"quoted\"\n");
	snprintf(w.source[0].url, sizeof(w.source[0].url), "ws://a:1/\"\\x");
	w.source[0].status = (struct source_status){
		.state = SOURCE_SUBSCRIBED,
		.is_ready = true,
		.flows = 17,
		.bad_flows = { [BAD_FLOW_NUMBER] = 3 },
	};
	snprintf(w.source[1].url, sizeof(w.source[1].url), "ws://b:1/");
	w.source[1].status.state = SOURCE_STARVED;
	w.snapshot = (struct snapshot){
		.version = "1.2.3",
		.uptime_s = 60,
		.tenant = w.tenant,
		.tenants = TENANTS,
		.source = w.source,
		.sources = 2,
		.exporter = { .generation = 4,
			      .topology.mirror = { .resyncs_connect = 2,
						   .resyncs_gap = 1 } },
	};
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	buf_fini(&w->out);
	return 0;
}

static bool has_line(const struct buf *text, const char *line)
{
	char wanted[512];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	return strstr(text->ptr, wanted) != NULL;
}

static void check_lines(const struct buf *text, const char *const *lines)
{
	for (; *lines; lines++)
		if (!has_line(text, *lines))
			fail_msg("no line %s", *lines);
}

static void metrics_have_names_and_labels(void **state)
{
	struct world *w = *state;
	char line[256];
	static const char *const lines[] = {
		"# TYPE skydive_exporter_flows_received_total counter",
		"skydive_exporter_flows_received_total{tenant=\"t0\"} 0",
		"skydive_exporter_flows_received_total{tenant=\"t1\"} 1000",
		"# TYPE skydive_exporter_records_spooled gauge",
		"# TYPE skydive_exporter_uploaded_bytes_total counter",
		"skydive_exporter_tenant_degraded{tenant=\"t1\"} 1",
		"skydive_exporter_oldest_pending_seconds{tenant=\"t0\"} 0",
		"skydive_exporter_oldest_pending_seconds{tenant=\"t1\"} 42",
		"skydive_exporter_tenant_commit_age_seconds{tenant=\"t0\"} 0",
		"skydive_exporter_tenant_commit_age_seconds{tenant=\"t1\"} 43",
		"skydive_exporter_source_up{source=\"ws://a:1/\\\"\\\\x\"} 1",
		"skydive_exporter_source_up{source=\"ws://b:1/\"} 0",
		"skydive_exporter_source_bad_flows_total{source=\"ws://a:1/\\\"\\\\x\","
		"reason=\"number\"} 3",
		"skydive_exporter_config_generation 4",
		"skydive_exporter_topology_mirror_resyncs_total{reason=\"connect\"} 2",
		"skydive_exporter_topology_mirror_resyncs_total{reason=\"gap\"} 1",
		NULL,
	};

	snapshot_put_metrics(&w->snapshot, &w->out);
	check_lines(&w->out, lines);
	snprintf(line, sizeof(line),
		 "skydive_exporter_flows_dropped_total{tenant=\"t1\","
		 "reason=\"no_transport\"} %d",
		 1000 + STAT_FLOWS_DROPPED_NO_TRANSPORT);
	assert_true(has_line(&w->out, line));
}

static size_t count_of(const struct buf *text, const char *what)
{
	const char *at = text->ptr;
	size_t count = 0;

	while ((at = strstr(at, what))) {
		count++;
		at++;
	}
	return count;
}

/* Prometheus refuses a page with a series that is there twice. */
static void every_series_is_there_once(void **state)
{
	struct world *w = *state;
	const char *line, *end;
	char series[512];

	snapshot_put_metrics(&w->snapshot, &w->out);
	for (line = w->out.ptr; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		if (*line == '#')
			continue;
		snprintf(series, sizeof(series), "\n%.*s ", (int)(strcspn(line, " ")),
			 line);
		if (line > w->out.ptr && count_of(&w->out, series) != 1)
			fail_msg("more than one: %s", series);
	}
}

/* Prometheus refuses a family that is introduced twice. */
static void every_family_is_introduced_once(void **state)
{
	struct world *w = *state;
	const char *at;
	char name[256], type[300];

	snapshot_put_metrics(&w->snapshot, &w->out);
	for (at = w->out.ptr; (at = strstr(at, "# TYPE ")); at++) {
		assert_int_equal(sscanf(at, "# TYPE %255s", name), 1);
		snprintf(type, sizeof(type), "# TYPE %s ", name);
		assert_int_equal(count_of(&w->out, type), 1);
		snprintf(type, sizeof(type), "# HELP %s ", name);
		assert_int_equal(count_of(&w->out, type), 1);
	}
}

/* Series are tenants times counters: with another tenant there are as many more. */
static void every_counter_is_there(void **state)
{
	struct world *w = *state;
	size_t one, two;
	char line[256];
	int id;

	w->snapshot.tenants = 1;
	snapshot_put_metrics(&w->snapshot, &w->out);
	one = count_of(&w->out, "tenant=\"");
	buf_reset(&w->out);
	w->snapshot.tenants = 2;
	snapshot_put_metrics(&w->snapshot, &w->out);
	two = count_of(&w->out, "tenant=\"");
	assert_int_equal(two, 2 * one);
	assert_true(one >= STAT_COUNT);
	for (id = 1; id < STAT_COUNT; id++) {
		snprintf(line, sizeof(line), "} %d\n", 1000 + id);
		assert_int_equal(count_of(&w->out, line), 1);
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void check_row(const struct counter *row)
{
	const char *name = row->metric ? row->metric : row->name;

	assert_non_null(name);
	if (!ends_with(row->help, ".") || strchr(row->help, '|') || !row->type)
		fail_msg("%s: its row is not complete", name);
	if (row->metric && ends_with(name, "_total") != (row->kind == COUNTER_TOTAL))
		fail_msg("%s: only what rises ends with _total", name);
	if ((row->reason != NULL) != (row->about != NULL))
		fail_msg("%s: a reason needs words about it", name);
	if (row->unit == UNIT_BYTES && !strstr(name, "bytes"))
		fail_msg("%s: its unit is not in its name", name);
}

static void every_row_is_complete(void **state)
{
	const struct counter_group *group;
	const struct counter *row;
	size_t rows = 0;

	(void)state;
	for (group = counter_groups; group->counters; group++)
		for (row = group->counters; row->help; row++, rows++)
			check_row(row);
	assert_true(rows > STAT_COUNT);
	for (row = counters_of_stats; row->help; row++)
		assert_non_null(row->name);
	assert_int_equal(row - counters_of_stats, STAT_COUNT);
}

/* A metric on the page is in the reference, once. */
static void reference_has_every_metric(void **state)
{
	struct world *w = *state;
	struct buf reference = BUF_INIT(1 << 20);
	const char *at;
	char name[256], row[300];
	size_t metrics = 0;

	reference_put_metrics(&reference);
	snapshot_put_metrics(&w->snapshot, &w->out);
	for (at = w->out.ptr; (at = strstr(at, "# TYPE ")); at++, metrics++) {
		assert_int_equal(sscanf(at, "# TYPE skydive_exporter_%255s", name), 1);
		snprintf(row, sizeof(row), "\n| `%s` | ", name);
		if (count_of(&reference, row) != 1)
			fail_msg("%s is not in the reference once", name);
	}
	assert_int_equal(count_of(&reference, "\n| `"), metrics);
	assert_non_null(strstr(reference.ptr, "`no_traffic` (nothing since"));
	buf_fini(&reference);
}

struct page {
	struct str version;
	int64_t generation, uptime_s;
	struct raw sources, tenants;
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
					  { 0 } },
};

static void json_is_json_and_has_every_counter(void **state)
{
	struct world *w = *state;
	struct arena arena = ARENA_INIT(1 << 20);
	struct json_reader r;
	struct page page = { .generation = 0 };
	char text[256];
	int id;

	w->source[1].status.down_s = 9;
	snprintf(w->source[1].status.error, sizeof(w->source[1].status.error),
		 "409: \"x\"");
	snapshot_put_json(&w->snapshot, &w->out);
	json_reader_init(&r, buf_str(&w->out), &arena);
	assert_true(json_read_object(&r, &page_shape, &page));
	assert_true(json_at_end(&r));
	assert_true(str_is(page.version, "1.2.3"));
	assert_int_equal(page.generation, 4);
	assert_int_equal(page.uptime_s, 60);
	for (id = 0; id < STAT_COUNT; id++) {
		snprintf(text, sizeof(text), "\"%s\":%d", counters_of_stats[id].name,
			 1000 + id);
		assert_non_null(strstr(page.tenants.text.ptr, text));
	}
	assert_int_equal(count_of(&w->out, "\"oldest_pending_seconds\":"), 1);
	assert_non_null(strstr(w->out.ptr, ",\"commit_age_seconds\":43,"));
	assert_non_null(strstr(
		w->out.ptr,
		"},\"ledger\":{\"since_ms\":5001,\"sealed\":{\"objects\":9,\"records\":90,"
		"\"bytes\":900},\"uploaded\":{\"objects\":0,\"records\":0,\"bytes\":0},"
		"\"spooled\":{\"objects\":1,\"records\":10,\"bytes\":100},\"evicted\":"));
	assert_non_null(strstr(w->out.ptr, "},\"counters\":{\"flows_received\":77,"));
	assert_non_null(strstr(w->out.ptr, "\"bad_flows\":{\"type\":0,\"number\":3,"
					   "\"protocol\":0,\"null\":0,\"memory\":0}"));
	assert_non_null(strstr(w->out.ptr, "\"state\":\"starved\",\"ready\":false,"
					   "\"down_seconds\":9,"));
	assert_non_null(strstr(w->out.ptr, "\"last_error\":\"409: \\\"x\\\"\"}"));
	assert_non_null(strstr(w->out.ptr, ",\"topology\":{\"down\":false,\"hit\":0,"));
	assert_non_null(
		strstr(w->out.ptr, ",\"spool\":{\"bytes\":0,\"max_bytes\":0}}\n"));
	assert_non_null(strstr(w->out.ptr, "\"last_error\":\"a \\\"quoted\\\"\\n\""));
	arena_fini(&arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(metrics_have_names_and_labels),
		TEST(every_series_is_there_once),
		TEST(every_family_is_introduced_once),
		TEST(every_counter_is_there),
		TEST(every_row_is_complete),
		TEST(reference_has_every_metric),
		TEST(json_is_json_and_has_every_counter),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
