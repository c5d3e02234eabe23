/* SPDX-License-Identifier: Apache-2.0 */
/* test_mangle_logstatus.c - which records are added, by which rule, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "format/json_write.h"
#include "stage/secadvisor.h"
#include "stage/stage_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM	     4
#define WINDOW_MS    60000
#define FORGET_MS    600000
#define WALL_MS	     INT64_C(1795325297493) /* when the monotonic clock is 0 */

struct world {
	struct arena arena, added;
	struct problems problems;
	struct stage_set set;
	struct buf text;
	int64_t window_ms;
};

static void open_world(struct world *w, bool compat)
{
	struct config *config = config_new();
	const char *yaml = compat ? "pipeline:\n  transform: {type: secadvisor}\n"
				    "  mangle: {type: logstatus, logstatus: {compat: "
				    "true}}\n"
				  : "pipeline:\n  transform: {type: secadvisor}\n"
				    "  mangle: {type: logstatus}\n";

	*w = (struct world){
		.arena = ARENA_INIT(1 << 20),
		.added = ARENA_INIT(64 << 20),
		.problems = PROBLEMS_INIT,
		.text = BUF_INIT(1 << 20),
		.window_ms = WINDOW_MS,
	};
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	config_free(config);
	assert_string_equal(buf_str(&w->problems.text).ptr, "");
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
	arena_fini(&w->added);
	buf_fini(&w->text);
}

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = ms, .wall_ms = WALL_MS + ms };
}

/* What is there after: "OK a, SKIPDATA a, NODATA 100". */
static const char *describe(struct world *w, const struct records *records)
{
	size_t i;

	buf_reset(&w->text);
	for (i = 0; i < records->count; i++) {
		const struct secadvisor *record = records->item[i];

		buf_printf(&w->text, "%s" STR_FMT " ", i ? ", " : "",
			   STR_ARG(record->log_status));
		if (str_is(record->log_status, "NODATA"))
			buf_put_i64(&w->text, record->link_id);
		else
			buf_put(&w->text, record->uuid);
	}
	return w->text.len ? w->text.ptr : "";
}

static const char *apply(struct world *w, enum tag tag, struct secadvisor *record,
			 size_t count, int64_t now_ms)
{
	void *item[ROOM];
	int64_t time_ms[ROOM] = { 0 };
	struct records records = {
		.shape = &secadvisor_shape,
		.item = item,
		.time_ms = time_ms,
		.room = count,
		.arena = &w->added,
		.window_ms = w->window_ms,
	};

	for (; records.count < count; records.count++)
		item[records.count] = &record[records.count];
	mangle_logstatus.apply(w->set.mangle_state, tag, &records, at(now_ms));
	return describe(w, &records);
}

/* One record of that link. */
static const char *see(struct world *w, enum tag tag, int64_t link_id, int64_t now_ms)
{
	struct secadvisor record = { .link_id = link_id };

	return apply(w, tag, &record, 1, now_ms);
}

static int64_t tick(struct world *w, enum tag tag, int64_t now_ms)
{
	struct records records = {
		.shape = &secadvisor_shape,
		.arena = &w->added,
		.window_ms = w->window_ms,
	};
	int64_t due_ms = mangle_logstatus.tick(w->set.mangle_state, tag, &records,
					       at(now_ms));

	describe(w, &records);
	return due_ms;
}

static const char *ticked(const struct world *w)
{
	return w->text.len ? w->text.ptr : "";
}

#define METRIC(a, b, c, d)                                                               \
	{                                                                                \
		.ab_packets = (a), .ab_bytes = (b), .ba_packets = (c), .ba_bytes = (d)   \
	}

struct report {
	struct flow_metric all, delta;
	bool has_all, has_delta;
	const char *fixed, *compat;
};

static struct report reports[] = {
	{ METRIC(1, 10, 2, 20), METRIC(1, 10, 2, 20), true, true, "OK a", "OK a" },
	/* What is told is what was added. */
	{ METRIC(3, 30, 4, 40), METRIC(2, 20, 2, 20), true, true, "OK a",
	  "OK a, SKIPDATA a" },
	/* Nothing was added, nothing is told. */
	{ METRIC(3, 30, 4, 40), METRIC(0, 0, 0, 0), true, true, "OK a",
	  "OK a, SKIPDATA a" },
	/* Each of the counters, one more than is told, or one less. */
	{ METRIC(5, 30, 4, 40), METRIC(1, 0, 0, 0), true, true, "OK a, SKIPDATA a",
	  "OK a, SKIPDATA a" },
	{ METRIC(5, 32, 4, 40), METRIC(0, 1, 0, 0), true, true, "OK a, SKIPDATA a",
	  "OK a, SKIPDATA a" },
	{ METRIC(5, 32, 6, 40), METRIC(0, 0, 1, 0), true, true, "OK a, SKIPDATA a",
	  "OK a, SKIPDATA a" },
	{ METRIC(5, 32, 6, 42), METRIC(0, 0, 0, 3), true, true, "OK a, SKIPDATA a",
	  "OK a, SKIPDATA a" },
	/* Then all is well again. */
	{ METRIC(6, 33, 7, 43), METRIC(1, 1, 1, 1), true, true, "OK a",
	  "OK a, SKIPDATA a" },
	/* The last report, repeated. */
	{ METRIC(6, 33, 7, 43), METRIC(1, 1, 1, 1), true, true, "OK a",
	  "OK a, SKIPDATA a" },
	{ METRIC(6, 33, 7, 43), METRIC(1, 1, 1, 1), true, true, "OK a",
	  "OK a, SKIPDATA a" },
	/* Counters that begin again. */
	{ METRIC(1, 1, 1, 1), METRIC(1, 1, 1, 1), true, true, "OK a, SKIPDATA a",
	  "OK a, SKIPDATA a" },
	/* Without one of the metrics nothing can be said. */
	{ METRIC(9, 9, 9, 9), METRIC(0, 0, 0, 0), true, false, "OK a",
	  "OK a, SKIPDATA a" },
	{ METRIC(0, 0, 0, 0), METRIC(5, 5, 5, 5), false, true, "OK a",
	  "OK a, SKIPDATA a" },
	{ METRIC(20, 9, 9, 9), METRIC(1, 1, 1, 1), true, true, "OK a",
	  "OK a, SKIPDATA a" },
	{ METRIC(0, 0, 0, 0), METRIC(0, 0, 0, 0), false, false, "OK a",
	  "OK a, SKIPDATA a" },
	{ METRIC(0, 0, 0, 0), METRIC(0, 0, 0, 0), false, false, "OK a", "OK a" },
};

static void test_reports_that_were_missed_are_marked(void **state)
{
	int compat;
	size_t i;

	(void)state;
	for (compat = 0; compat < 2; compat++) {
		struct world w;

		open_world(&w, compat);
		for (i = 0; i < COUNT(reports); i++) {
			struct report *r = &reports[i];
			struct secadvisor record = {
				.uuid = STR("a"),
				.metric = r->has_all ? &r->all : NULL,
				.last_update = r->has_delta ? &r->delta : NULL,
			};
			const char *text = apply(&w, TAG_OTHER, &record, 1, 0);

			if (strcmp(text, compat ? r->compat : r->fixed) != 0)
				fail_msg("%d: report %zu: %s", compat, i, text);
		}
		close_world(&w);
	}
}

/* Reports of one flow that is seen in two tags, and twice in a message. */
static void test_reports_are_those_of_a_flow_whatever_its_tag(void **state)
{
	struct flow_metric one = METRIC(1, 1, 1, 1), three = METRIC(3, 3, 3, 3);
	struct secadvisor a[2] = {
		{ .uuid = STR("a"), .metric = &one, .last_update = &one },
		{ .uuid = STR("a"), .metric = &three, .last_update = &one },
	};
	struct secadvisor b = { .uuid = STR("b"), .metric = &three, .last_update = &one };
	struct world w;

	(void)state;
	open_world(&w, false);
	assert_string_equal(apply(&w, TAG_EGRESS, a, 1, 0), "OK a");
	assert_string_equal(apply(&w, TAG_INGRESS, &b, 1, 0), "OK b");
	assert_string_equal(apply(&w, TAG_INGRESS, &a[1], 1, 0), "OK a, SKIPDATA a");
	close_world(&w);
	open_world(&w, false);
	assert_string_equal(apply(&w, TAG_EGRESS, a, 2, 0), "OK a, OK a, SKIPDATA a");
	close_world(&w);
	/* In Go what is in the message is not compared. */
	open_world(&w, true);
	assert_string_equal(apply(&w, TAG_EGRESS, a, 2, 0), "OK a, OK a");
	close_world(&w);
}

static void test_reports_are_forgotten_after_ten_minutes(void **state)
{
	static const struct {
		int64_t at_ms;
		const char *text;
	} calls[] = {
		{ 0, "OK a" },
		{ FORGET_MS - 1, "OK a, SKIPDATA a" },
		{ 2 * FORGET_MS - 1, "OK a" },
	};
	struct flow_metric metric = METRIC(0, 0, 0, 0), delta = METRIC(1, 1, 1, 1);
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, false);
	for (i = 0; i < COUNT(calls); i++) {
		struct secadvisor record = { .uuid = STR("a"),
					     .metric = &metric,
					     .last_update = &delta };

		metric.ab_bytes += 100;
		assert_string_equal(apply(&w, TAG_OTHER, &record, 1, calls[i].at_ms),
				    calls[i].text);
	}
	close_world(&w);
}

static void test_the_records_are_those_of_the_go_exporter(void **state)
{
	struct flow_metric metric = METRIC(22, 2178, 19, 4244);
	struct secadvisor record = {
		.uuid = STR("7521e85422cbc042"),
		.l3_tracking_id = STR("18f0e5d4c3b2a190"),
		.layers_path = STR("Ethernet/IPv4/TCP"),
		.status = STR("STARTED"),
		.metric = &metric,
		.last_update = &metric,
		.start = 1,
		.last = 2,
		.update_count = 3,
	};
	void *item[1] = { &record };
	int64_t time_ms[1] = { 5 };
	struct records records = {
		.shape = &secadvisor_shape,
		.item = item,
		.time_ms = time_ms,
		.count = 1,
		.room = 1,
	};
	static const char *const expected[] = {
		"{\"Start\":1795325297493,\"Last\":1795325297493,\"UpdateCount\":0,"
		"\"LogStatus\":\"NODATA\"}",
		"{\"UUID\":\"7521e85422cbc042\",\"Network\":{\"Protocol\":\"IPV4\","
		"\"A\":\"172.17.0.2\",\"B\":\"203.0.113.9\","
		"\"A_Name\":\"0_0_prod-web-0_0\"},\"Start\":1795325297493,"
		"\"Last\":1795325297493,\"UpdateCount\":0,\"LogStatus\":\"SKIPDATA\"}",
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, true);
	record.network = &record.network_layer;
	record.network_layer = (struct secadvisor_layer){
		.protocol = STR("IPV4"),
		.a = STR("172.17.0.2"),
		.b = STR("203.0.113.9"),
		.a_name = STR("0_0_prod-web-0_0"),
	};
	records.arena = &w.added;
	see(&w, TAG_OTHER, 100, 0);
	apply(&w, TAG_EGRESS, &record, 1, 0);
	mangle_logstatus.apply(w.set.mangle_state, TAG_EGRESS, &records, at(0));
	assert_int_equal(records.count, 3);
	assert_ptr_equal(records.item[0], &record);
	assert_true(str_is(record.log_status, "OK"));
	for (i = 0; i < COUNT(expected); i++) {
		buf_reset(&w.text);
		json_put_record(&w.text, &secadvisor_shape, records.item[i + 1],
				(struct json_style){ false, 0 });
		assert_string_equal(w.text.ptr, expected[i]);
	}
	/* They are of the time that they say; what was there keeps its own. */
	assert_int_equal(records.time_ms[0], 5);
	for (i = 1; i < records.count; i++)
		assert_int_equal(records.time_ms[i],
				 ((struct secadvisor *)records.item[i])->last);
	/* A mangle or template behind it may look at these. */
	assert_true(str_is(((struct secadvisor *)records.item[2])->l3_tracking_id,
			   "18f0e5d4c3b2a190"));
	close_world(&w);
}

/* Every link that was seen in an earlier message and is not in this one. */
static void test_compat_misses_links_message_by_message(void **state)
{
	struct secadvisor both[2] = { { .uuid = STR("x"), .link_id = 300 },
				      { .uuid = STR("y"), .link_id = 5 } };
	struct world w;

	(void)state;
	open_world(&w, true);
	assert_string_equal(see(&w, TAG_EGRESS, 300, 0), "OK ");
	assert_string_equal(see(&w, TAG_INGRESS, -7, 0), "OK , NODATA 300");
	assert_string_equal(see(&w, TAG_INGRESS, 5, 0), "OK , NODATA -7, NODATA 300");
	assert_string_equal(apply(&w, TAG_OTHER, both, 2, 100 * (int64_t)FORGET_MS),
			    "OK x, OK y, NODATA -7");
	/* Nothing is due without a message. */
	assert_int_equal(tick(&w, TAG_OTHER, 200 * (int64_t)FORGET_MS), NEVER_MS);
	assert_string_equal(ticked(&w), "");
	close_world(&w);
}

static void test_a_quiet_link_is_missed_once_a_window(void **state)
{
	static const struct {
		int64_t at_ms, due_ms;
		const char *text;
	} ticks[] = {
		{ 0, 60000, "" },
		{ 59999, 60000, "" },
		{ 60000, 70000, "NODATA 100" },
		{ 60001, 70000, "" },
		{ 71000, 120000, "NODATA 200" },
		{ 120000, 131000, "NODATA 100" },
		{ 131000, 180000, "NODATA 200" },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, false);
	assert_int_equal(tick(&w, TAG_EGRESS, 0), NEVER_MS);
	see(&w, TAG_EGRESS, 100, 0);
	see(&w, TAG_EGRESS, 200, 10000);
	for (i = 0; i < COUNT(ticks); i++) {
		assert_int_equal(tick(&w, TAG_EGRESS, ticks[i].at_ms), ticks[i].due_ms);
		assert_string_equal(ticked(&w), ticks[i].text);
	}
	/* A flow ends the silence. */
	assert_string_equal(see(&w, TAG_EGRESS, 100, 179000), "OK ");
	assert_int_equal(tick(&w, TAG_EGRESS, 180000), 191000);
	assert_string_equal(ticked(&w), "");
	close_world(&w);
}

static void test_a_link_is_missed_in_the_tag_where_it_was_seen_last(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false);
	see(&w, TAG_EGRESS, 100, 0);
	see(&w, TAG_INGRESS, 200, 0);
	assert_int_equal(tick(&w, TAG_OTHER, WINDOW_MS), NEVER_MS);
	assert_string_equal(ticked(&w), "");
	assert_int_equal(tick(&w, TAG_INGRESS, WINDOW_MS), 2 * WINDOW_MS);
	assert_string_equal(ticked(&w), "NODATA 200");
	see(&w, TAG_INGRESS, 100, WINDOW_MS);
	assert_int_equal(tick(&w, TAG_EGRESS, 2 * WINDOW_MS), NEVER_MS);
	assert_string_equal(ticked(&w), "");
	tick(&w, TAG_INGRESS, 2 * WINDOW_MS);
	assert_string_equal(ticked(&w), "NODATA 100, NODATA 200");
	close_world(&w);
}

static void test_a_link_is_forgotten_after_ten_minutes(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false);
	see(&w, TAG_EGRESS, 100, 0);
	tick(&w, TAG_EGRESS, FORGET_MS);
	assert_string_equal(ticked(&w), "NODATA 100");
	assert_int_equal(tick(&w, TAG_EGRESS, FORGET_MS + 1), NEVER_MS);
	assert_int_equal(tick(&w, TAG_EGRESS, FORGET_MS + WINDOW_MS), NEVER_MS);
	assert_string_equal(ticked(&w), "");
	see(&w, TAG_EGRESS, 100, FORGET_MS + WINDOW_MS);
	assert_int_equal(tick(&w, TAG_EGRESS, FORGET_MS + WINDOW_MS),
			 FORGET_MS + 2 * WINDOW_MS);
	close_world(&w);
}

/* ... but not before it was missed. */
static void test_a_long_window_misses_links_too(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false);
	w.window_ms = 2 * FORGET_MS;
	see(&w, TAG_EGRESS, 100, 0);
	assert_int_equal(tick(&w, TAG_EGRESS, FORGET_MS + 1), 2 * FORGET_MS);
	assert_string_equal(ticked(&w), "");
	tick(&w, TAG_EGRESS, 2 * FORGET_MS + 50);
	assert_string_equal(ticked(&w), "NODATA 100");
	assert_int_equal(tick(&w, TAG_EGRESS, 4 * FORGET_MS + 50), NEVER_MS);
	assert_string_equal(ticked(&w), "");
	close_world(&w);
}

static void test_objects_without_a_time_miss_nothing(void **state)
{
	static const int64_t windows[] = { 0, NEVER_MS };
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(windows); i++) {
		open_world(&w, false);
		w.window_ms = windows[i];
		see(&w, TAG_EGRESS, 100, 1);
		assert_int_equal(tick(&w, TAG_EGRESS, FORGET_MS / 2), NEVER_MS);
		assert_string_equal(ticked(&w), "");
		close_world(&w);
	}
}

static void test_links_beyond_many_are_not_followed(void **state)
{
	struct world w;
	int64_t id;

	(void)state;
	open_world(&w, false);
	for (id = 5000; id; id--)
		see(&w, TAG_EGRESS, id, 0);
	see(&w, TAG_EGRESS, 5000, 1);
	assert_int_equal(tick(&w, TAG_EGRESS, WINDOW_MS), WINDOW_MS + 1);
	assert_memory_equal(w.text.ptr, "NODATA 905, NODATA 906, ", 24);
	assert_string_equal(w.text.ptr + w.text.len - 11, "NODATA 4999");
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports_that_were_missed_are_marked),
		cmocka_unit_test(test_reports_are_those_of_a_flow_whatever_its_tag),
		cmocka_unit_test(test_reports_are_forgotten_after_ten_minutes),
		cmocka_unit_test(test_the_records_are_those_of_the_go_exporter),
		cmocka_unit_test(test_compat_misses_links_message_by_message),
		cmocka_unit_test(test_a_quiet_link_is_missed_once_a_window),
		cmocka_unit_test(test_a_link_is_missed_in_the_tag_where_it_was_seen_last),
		cmocka_unit_test(test_a_link_is_forgotten_after_ten_minutes),
		cmocka_unit_test(test_a_long_window_misses_links_too),
		cmocka_unit_test(test_objects_without_a_time_miss_nothing),
		cmocka_unit_test(test_links_beyond_many_are_not_followed),
	};

	return cmocka_run_group_tests_name("mangle_logstatus", tests, NULL, NULL);
}
