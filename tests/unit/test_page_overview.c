/* SPDX-License-Identifier: Apache-2.0 */
/* test_page_overview.c - which tenants the first page shows, in which order, and that it
 * stays text and within its size whatever they are called and their stores say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "page/pages.h"
#include "page/selection.h"

#define MONO INT64_C(100000000)
#define WALL INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

/* Of tenants that are well, and so is all else. */
static struct snapshot *make(size_t tenants)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	size_t i;
	int limit;

	assert_non_null(s);
	s->version = "9.9";
	snprintf(s->host, sizeof(s->host), "a<b>");
	s->now = (struct now){ .mono_ms = MONO, .wall_ms = WALL };
	s->disabled = (struct buf)BUF_INIT(1 << 20);
	s->tenant = calloc(tenants + 1, sizeof(*s->tenant));
	s->tenants = tenants;
	assert_non_null(s->tenant);
	for (i = 0; i < tenants; i++) {
		struct tenant_figures *t = &s->tenant[i];

		snprintf(t->name, sizeof(t->name), "t%zu", i);
		t->status.sent_ms = NEVER_MS;
		t->status.oldest_ms = NEVER_MS;
		for (limit = 0; limit < LIMITS; limit++)
			t->status.limits.since_ms[limit] = NEVER_MS;
		t->oldest_s = -1;
		t->stored_s = -1;
	}
	s->exporter.busy.worker_since_ms = NEVER_MS;
	s->exporter.busy.sealer_since_ms = NEVER_MS;
	s->exporter.pending_warning_ms = 900000;
	s->exporter.spool_bytes_max = 1 << 30;
	return s;
}

static void drop(struct snapshot *s)
{
	snapshot_fini(s);
	free(s);
}

/* Its store fails, since some time ago. */
static void sicken(struct tenant_figures *t, int64_t ago_s, const char *why)
{
	t->status.degraded_ms = WALL - ago_s * 1000;
	snprintf(t->status.error, sizeof(t->status.error), "%s", why);
}

static struct snapshot *make_five(void)
{
	struct snapshot *s = make(5);
	static const int64_t flows[] = { 5, 900, 7, 40, 7 };
	int i;

	for (i = 0; i < 5; i++) {
		s->tenant[i].flows_per_second = flows[i];
		s->tenant[i].records_per_second = 100 - flows[i];
		s->tenant[i].status.bytes = 10 * i;
		s->tenant[i].oldest_s = i == 3 ? -1 : 50 - i;
		s->tenant[i].value[STAT_FLOWS_DROPPED_INBOX] = i % 3;
		s->tenant[i].value[STAT_RECORDS_EVICTED] = i == 4 ? 100 : 0;
	}
	sicken(&s->tenant[0], 10, "503");
	sicken(&s->tenant[2], 20, "denied");
	troubles_find(s);
	return s;
}

static const struct {
	const char *items; /* "|": a NUL */
	const char *names;
	size_t found;
} orders[] = {
	{ "", "t2 t0 t1 t3 t4", 5 },
	{ "n=1|", "t2 t0 t1", 5 },
	{ "n=0|", "t2 t0", 5 },
	{ "state=bad|", "t2 t0", 2 },
	{ "state=bad|sort=name|", "t0 t2", 2 },
	{ "sort=name|", "t0 t1 t2 t3 t4", 5 },
	{ "sort=name|n=2|", "t0 t1", 5 },
	{ "sort=flows|", "t1 t3 t2 t4 t0", 5 },
	{ "sort=records|", "t0 t2 t4 t3 t1", 5 },
	{ "sort=pending|", "t4 t3 t2 t1 t0", 5 },
	{ "sort=oldest|", "t0 t1 t2 t4 t3", 5 },
	{ "sort=dropped|", "t4 t2 t1 t0 t3", 5 },
	{ "q=T3|", "t3", 1 },
	{ "q=nobody|", "", 0 },
};

static struct query asked(const char *items, struct buf *kept)
{
	size_t i;

	buf_puts(kept, items);
	for (i = 0; i < kept->len; i++)
		if (kept->ptr[i] == '|')
			kept->ptr[i] = '\0';
	return query_read(buf_str(kept));
}

static void order_of_tenants(void **state)
{
	struct snapshot *s = make_five();
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct buf kept = BUF_INIT(256), names = BUF_INIT(256);
		struct query q = asked(orders[i].items, &kept);
		struct selection selection;

		assert_int_equal(selection_make(s, &q, &selection), 0);
		for (k = 0; k < selection.rows; k++)
			buf_printf(&names, "%s%s", k ? " " : "",
				   selection.row[k].tenant->name);
		if (!str_is(buf_str(&names), orders[i].names))
			fail_msg("%s: " STR_FMT, orders[i].items,
				 STR_ARG(buf_str(&names)));
		assert_int_equal(selection.found, orders[i].found);
		assert_int_equal(selection.bad, 2);
		selection_fini(&selection);
		buf_fini(&kept);
		buf_fini(&names);
	}
	drop(s);
}

/* They come behind those in trouble; of several limits the oldest is said. */
static void tenants_that_are_held_back(void **state)
{
	struct snapshot *s = make_five();
	struct limits_status *limits = &s->tenant[3].status.limits;
	struct buf kept = BUF_INIT(16), out = BUF_INIT(1 << 20);
	struct query q = asked("state=bad|", &kept);
	struct page_frame f = { .html = { .out = &out }, .snapshot = s };
	struct selection selection;

	(void)state;
	limits->since_ms[LIMIT_QUESTIONS] = MONO - 1000;
	limits->since_ms[LIMIT_RECORDS] = MONO - 300000;
	s->tenant[3].value[STAT_LIMIT_QUESTIONS] = 1000;
	free(s->trouble);
	s->trouble = NULL;
	s->troubles = s->troubles_room = 0;
	troubles_find(s);
	assert_int_equal(selection_make(s, &q, &selection), 0);
	assert_int_equal(selection.bad, 3);
	assert_int_equal(selection.rows, 3);
	assert_ptr_equal(selection.row[2].tenant, &s->tenant[3]);
	assert_int_equal(s->tenant[3].trouble->kind, TROUBLE_LIMIT);
	assert_string_equal(s->tenant[3].trouble->detail, "records_in_memory");
	assert_int_equal(selection.row[2].dropped, 0);
	selection_fini(&selection);
	assert_int_equal(overview_put(&f, &q), 0);
	assert_non_null(strstr(out.ptr, ">limited<"));
	assert_non_null(strstr(out.ptr, "a limit holds it back</b> for <time "
					"datetime=\"2023-11-14T22:08:20Z\">5m</time>: "
					"records_in_memory;"));
	buf_fini(&kept);
	buf_fini(&out);
	drop(s);
}

static void one_by_its_name(void **state)
{
	struct snapshot *s = make_five();
	struct selected row;

	(void)state;
	assert_true(selection_find(s, STR("t2"), &row));
	assert_ptr_equal(row.tenant, &s->tenant[2]);
	assert_non_null(row.tenant->trouble);
	assert_int_equal(row.dropped, 2);
	assert_true(selection_find(s, STR("t3"), &row));
	assert_null(row.tenant->trouble);
	assert_false(selection_find(s, STR("t"), &row));
	assert_false(selection_find(s, STR(""), &row));
	drop(s);
}

static void put(struct snapshot *s, const char *items, struct buf *out)
{
	struct buf kept = BUF_INIT(1024);
	struct page_frame f = { .html = { .out = out }, .snapshot = s };
	struct query q = asked(items, &kept);

	assert_int_equal(overview_put(&f, &q), 0);
	buf_fini(&kept);
}

/* What it has of topics has a table, if a source has any; losses catch the eye. */
static void partitions_of_sources(void **state)
{
	struct snapshot *s = make(1);
	struct buf out = BUF_INIT(1 << 20);

	(void)state;
	s->source = calloc(2, sizeof(*s->source));
	assert_non_null(s->source);
	s->sources = 2;
	snprintf(s->source[0].url, sizeof(s->source[0].url), "ws://a:1/");
	snprintf(s->source[1].url, sizeof(s->source[1].url), "kafka://b:1/<t>");
	put(s, "", &out);
	assert_null(strstr(out.ptr, "Partitions"));
	s->source[1].status.partitions = (struct source_partitions){
		.are_there = true,
		.assigned = 3,
		.rebalances = 7,
		.lag = 123456,
		.lost = 5,
		.age_s = 130,
	};
	buf_reset(&out);
	put(s, "", &out);
	assert_non_null(strstr(out.ptr, "<h2>Partitions</h2>"));
	assert_non_null(strstr(out.ptr,
			       "<tr><th scope=\"row\">kafka://b:1/&lt;t&gt;</th>"
			       "<td class=\"n\">3</td><td class=\"n\">123k</td>"
			       "<td class=\"n\">2m</td><td class=\"n bad\">5</td>"
			       "<td class=\"n\">0</td><td class=\"n\">7</td></tr>"));
	buf_fini(&out);
	drop(s);
}

/* Behind what the server keeps before the page. */
static void page_is_text_within_its_size(void **state)
{
	static const size_t counts[] = { 1, 1000, 10000 };
	struct past past = { .minutes.newest = MONO / 60000 };
	size_t i, k;

	(void)state;
	for (k = 0; k < HISTORY_MINUTES; k++)
		past.minutes.count[HISTORY_FLOWS][k] = k % 2 ? 1000 : 0;
	memcpy(past.minutes.count[HISTORY_RECORDS], past.minutes.count[HISTORY_FLOWS],
	       sizeof(past.minutes.count[0]));
	for (i = 0; i < 3; i++) {
		struct snapshot *s = make(counts[i]);
		struct buf out = BUF_INIT(64 << 20);

		for (k = 0; k < s->tenants; k++) {
			struct tenant_figures *t = &s->tenant[k];

			memset(t->name, '"', 64);
			snprintf(t->name, 16, "<b>%08zu\"", k);
			t->name[strlen(t->name)] = '\'';
			t->past = &past;
			sicken(t, 10, "<script>alert(1)</script>");
			memset(t->status.error + 25, '&', sizeof(t->status.error) - 26);
		}
		troubles_find(s);
		buf_puts(&out, "before");
		put(s, "n=10000|q=<|sort=flows|", &out);
		assert_int_equal(buf_error(&out), 0);
		assert_in_range(out.len - strlen("before"), 5000, 1 << 20);
		assert_null(strstr(out.ptr, "<b>0"));
		assert_null(strstr(out.ptr, "<script>alert"));
		assert_null(strstr(out.ptr, "a<b>"));
		assert_non_null(strstr(out.ptr, "a&lt;b&gt;"));
		assert_non_null(strstr(out.ptr, "value=\"&lt;\""));
		assert_int_equal(strstr(out.ptr, "more: a page has 1 MB at most") != NULL,
				 i > 0);
		assert_non_null(strstr(out.ptr, "</body></html>"));
		buf_fini(&out);
		drop(s);
	}
}

static void thousand_ordinary_tenants_fit(void **state)
{
	struct past past = { .minutes.newest = MONO / 60000 };
	struct snapshot *s = make(1000);
	struct buf out = BUF_INIT(64 << 20);
	size_t k;

	(void)state;
	for (k = 0; k < HISTORY_MINUTES; k++)
		past.minutes.count[HISTORY_FLOWS][k] = (uint32_t)(k * 7919 % 60);
	for (k = 0; k < s->tenants; k++) {
		s->tenant[k].past = &past;
		s->tenant[k].value[STAT_FLOWS_DROPPED_NO_TRANSPORT] = 1234;
	}
	put(s, "n=1000|", &out);
	assert_in_range(out.len, 100000, 1 << 20);
	assert_null(strstr(out.ptr, "more:"));
	assert_non_null(strstr(out.ptr, "1000 of 1000 tenants"));
	buf_fini(&out);
	drop(s);
}

static void what_is_wrong_is_said_once(void **state)
{
	struct snapshot *s = make(2);
	struct buf out = BUF_INIT(1 << 20);

	(void)state;
	put(s, "", &out);
	assert_non_null(strstr(out.ptr, ">well</b>"));
	assert_null(strstr(out.ptr, "What is wrong"));
	buf_reset(&out);
	sicken(&s->tenant[1], 3600, "503");
	s->exporter.topology.down = true;
	troubles_find(s);
	put(s, "", &out);
	assert_non_null(strstr(out.ptr, ">degraded</b><span>2 troubles"));
	assert_non_null(strstr(out.ptr, "What is wrong"));
	assert_non_null(strstr(out.ptr,
			       "the store takes nothing</b> for <time "
			       "datetime=\"2023-11-14T21:13:20Z\">60m</time>: 503"));
	assert_null(strstr(strstr(out.ptr, "the store takes nothing") + 1,
			   "the store takes nothing"));
	buf_fini(&out);
	drop(s);
}

/* A store that works may warn: that is no trouble, and it is shown. */
static void warnings_are_shown(void **state)
{
	struct snapshot *s = make(2);
	struct buf out = BUF_INIT(1 << 20);

	(void)state;
	snprintf(s->tenant[1].status.error, sizeof(s->tenant[1].status.error),
		 "the clock is <wrong>");
	troubles_find(s);
	put(s, "", &out);
	assert_non_null(strstr(out.ptr, ">the clock is &lt;wrong&gt;"));
	assert_non_null(strstr(out.ptr, "all are well"));
	buf_fini(&out);
	drop(s);
}

static void lists_that_are_long_end(void **state)
{
	struct snapshot *s = make(1);
	struct buf out = BUF_INIT(64 << 20);
	size_t i;

	(void)state;
	s->source = calloc(3000, sizeof(*s->source));
	assert_non_null(s->source);
	for (s->sources = 0; s->sources < 3000; s->sources++) {
		struct source_figures *source = &s->source[s->sources];

		memset(source->url, '<', sizeof(source->url) - 1);
		memset(source->status.error, '"', sizeof(source->status.error) - 1);
	}
	for (i = 0; i < 25000; i++)
		buf_puts(&s->disabled, "0123456789012345678901234567890123456789\n");
	troubles_find(s);
	put(s, "", &out);
	assert_in_range(out.len, 50000, 1 << 20);
	assert_non_null(strstr(out.ptr, "2980 more: see /status.json."));
	assert_non_null(strstr(out.ptr, "t0"));
	assert_non_null(strstr(out.ptr, ", ..."));
	buf_fini(&out);
	drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_tenants),
		cmocka_unit_test(tenants_that_are_held_back),
		cmocka_unit_test(one_by_its_name),
		cmocka_unit_test(partitions_of_sources),
		cmocka_unit_test(page_is_text_within_its_size),
		cmocka_unit_test(thousand_ordinary_tenants_fit),
		cmocka_unit_test(what_is_wrong_is_said_once),
		cmocka_unit_test(warnings_are_shown),
		cmocka_unit_test(lists_that_are_long_end),
	};

	return cmocka_run_group_tests_name("page_overview", tests, NULL, NULL);
}
