/* SPDX-License-Identifier: Apache-2.0 */
/* test_limits.c - pipeline.store: values, and what is said about wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/now.h"
#include "stage/store_options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
	struct arena arena;
	struct problems problems;
	struct store_options limits;
};

static void open_world(struct world *w, const char *yaml, bool is_stdout)
{
	struct config *config = config_new();

	*w = (struct world){ .arena = ARENA_INIT(1 << 20), .problems = PROBLEMS_INIT };
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &w->problems),
			 0);
	store_options_read(&w->limits, config,
			   store_type_read(config, &w->arena, &w->problems), is_stdout,
			   &w->arena, &w->problems);
	config_free(config);
}

static void close_world(struct world *w)
{
	problems_fini(&w->problems);
	arena_fini(&w->arena);
}

#define STORE "pipeline:\n  store:\n    buffered:\n"
#define GOOD                                                                             \
	STORE                                                                            \
	"      dirname: bkt\n"                                                           \
	"      filename_prefix: logs\n"                                                  \
	"      max_flows_per_object: 7\n"                                                \
	"      max_seconds_per_object: 60\n"                                             \
	"      max_seconds_per_stream: 86400\n"                                          \
	"      max_flow_array_size: 1000\n"

static void test_values_are_read(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, GOOD, false);
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	assert_true(str_is(w.limits.dirname, "bkt"));
	assert_true(str_is(w.limits.content_encoding, "auto"));
	assert_true(str_is(w.limits.bucket.prefix, "logs"));
	assert_int_equal(w.limits.bucket.max_records, 7);
	assert_int_equal(w.limits.bucket.max_age_ms, 60000);
	assert_int_equal(w.limits.bucket.first_age_ms, 60000);
	assert_int_equal(w.limits.bucket.max_stream_ms, 86400000);
	assert_int_equal(w.limits.bucket.max_held, 1000);
	assert_false(w.limits.is_titled_by_tag);
	close_world(&w);
	open_world(&w, GOOD "      content_encoding: gzip\n", false);
	assert_true(str_is(w.limits.content_encoding, "gzip"));
	close_world(&w);
}

static void test_no_age_is_a_value(void **state)
{
	struct world w;

	(void)state;
	open_world(&w,
		   STORE
		   "      max_flows_per_object: 1\n"
		   "      max_seconds_per_object: 0\n      max_seconds_per_stream: 1\n"
		   "      max_flow_array_size: 1\n",
		   false);
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	assert_int_equal(w.limits.bucket.max_age_ms, 0);
	close_world(&w);
}

static void test_wrong_values_are_named_with_their_place(void **state)
{
	static const struct {
		const char *yaml, *why;
	} cases[] = {
		{ STORE "      max_flows_per_object: 0\n      max_seconds_per_stream: 0\n"
			"      max_flow_array_size: 0\n",
		  "t.yml:4: pipeline.store.buffered.max_flows_per_object: must be set, to 1 or "
		  "more: with 0 an object would never hold a record\n"
		  "t.yml:6: pipeline.store.buffered.max_flow_array_size: must be set, to 1 or "
		  "more: with 0 every record would be discarded\n"
		  "t.yml:5: pipeline.store.buffered.max_seconds_per_stream: must be set, to 1 or "
		  "more: with 0 objects would overwrite each other\n" },
		{ "pipeline: {}\n",
		  "t.yml: pipeline.store.buffered.max_flows_per_object: must be set, to 1 or "
		  "more: with 0 an object would never hold a record\n"
		  "t.yml: pipeline.store.buffered.max_flow_array_size: must be set, to 1 or "
		  "more: with 0 every record would be discarded\n"
		  "t.yml: pipeline.store.buffered.max_seconds_per_stream: must be set, to 1 or "
		  "more: with 0 objects would overwrite each other\n" },
		{ STORE
		  "      max_flows_per_object: 1\n      max_seconds_per_stream: 1\n"
		  "      max_flow_array_size: -5\n      max_seconds_per_object: -1\n",
		  "t.yml:6: pipeline.store.buffered.max_flow_array_size: must not be negative\n"
		  "t.yml:7: pipeline.store.buffered.max_seconds_per_object: must not be "
		  "negative\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;

		open_world(&w, cases[i].yaml, false);
		assert_string_equal(w.problems.text.ptr, cases[i].why);
		close_world(&w);
	}
}

static void test_values_of_the_wrong_type_are_refused(void **state)
{
	static const char *const lines[] = {
		"      max_flows_per_object: many\n",
		"      max_flow_array_size: {a: 1}\n",
		"      max_seconds_per_stream: [1]\n",
		"      content_encoding: br\n",
		"      max_seconds_per_object: 9223372036854775807\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		struct world w;
		char yaml[256];

		snprintf(yaml, sizeof(yaml), STORE "%s", lines[i]);
		open_world(&w, yaml, false);
		/* And once only; what else is missing is said in the same run. */
		assert_null(strstr(strchr(w.problems.text.ptr, '\n'), "t.yml:4: "));
		assert_non_null(
			strstr(w.problems.text.ptr, "t.yml:4: pipeline.store.buffered."));
		close_world(&w);
	}
}

#define PLACE "      account_id: \"123456789012\"\n      region: eu-central-1\n"
#define IBM                                                                              \
	PLACE "      vpc_id: \"crn:v1:a/{day}\"\n      subnet_id: s.1\n"                 \
	      "      instance_id: i_1\n      vnic_id: v~1 \n"
#define HIVE_DAY                                                                         \
	"AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/"                   \
	"aws-region=eu-central-1/year={year}/month={month}/day={day}/"
#define AWS_DAY "AWSLogs/123456789012/vpcflowlogs/eu-central-1/{year}/{month}/{day}/"
#define AWS_NAME                                                                          \
	"123456789012_vpcflowlogs_eu-central-1_fl-{stream_hex}_{year}{month}{day}T{hour}" \
	"{minute}Z_{tag_sequence_hex}.log.gz"

static void test_layouts_become_templates(void **state)
{
	static const struct {
		const char *yaml, *text, *content_encoding;
		bool needs_gzip;
	} cases[] = {
		{ "", "{tag}/{stream}/{sequence}.gz", "auto", false },
		{ PLACE "      layout: aws\n", AWS_DAY AWS_NAME, "none", true },
		{ PLACE "      layout: aws\n      partition: hour\n"
			"      content_encoding: gzip\n",
		  AWS_DAY "{hour}/" AWS_NAME, "gzip", true },
		{ PLACE "      layout: aws-hive\n      partition: day\n",
		  HIVE_DAY AWS_NAME, "none", true },
		{ PLACE "      layout: aws-hive\n      partition: hour\n",
		  HIVE_DAY "hour={hour}/" AWS_NAME, "none", true },
		{ IBM "      layout: ibm\n",
		  "ibm_vpc_flowlogs_v1/account=123456789012/region=eu-central-1/"
		  "vpc-id=crn%3Av1%3Aa%2F%7Bday%7D/subnet-id=s.1/endpoint-type=vnics/"
		  "instance-id=i_1/vnic-id=v~1/record-type={record_type}/year={year}/"
		  "month={month}/day={day}/hour={hour}/stream-id={stream}/{sequence}.gz",
		  "auto", true },
		{ "      layout: template\n      key: a/{tag}-{stream}-{sequence}.json.gz\n",
		  "a/{tag}-{stream}-{sequence}.json.gz", "auto", false },
		{ "      layout: aws\n"
		  "  transform: {awsflowlogs: {account_id: \"123456789012\", region: "
		  "eu-central-1}}\n",
		  AWS_DAY AWS_NAME, "none", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf yaml = BUF_INIT(4096);
		struct world w;

		buf_printf(&yaml, GOOD "%s", cases[i].yaml);
		open_world(&w, yaml.ptr, false);
		assert_string_equal(buf_str(&w.problems.text).ptr, "");
		assert_string_equal(w.limits.bucket.layout.text.ptr, cases[i].text);
		assert_true(str_is(w.limits.content_encoding, cases[i].content_encoding));
		assert_int_equal(w.limits.needs_gzip, cases[i].needs_gzip);
		close_world(&w);
		buf_fini(&yaml);
	}
}

/* All of it in one run. */
static void test_layouts_say_all_that_they_lack(void **state)
{
	static const struct {
		const char *yaml, *why[6]; /* in this order */
	} cases[] = {
		{ "      layout: aws\n",
		  { ".account_id: must have", ".region: must be" } },
		{ "      layout: aws-hive\n      account_id: 0x10\n      region: EU 1\n",
		  { ":11: pipeline.store.buffered.account_id: must have",
		    ":12: pipeline.store.buffered.region: must be" } },
		{ "      layout: ibm\n",
		  { ".account_id: must be set", ".region: must be set",
		    ".vpc_id: must be set", ".subnet_id: must be set",
		    ".instance_id: must be set", ".vnic_id: must be set" } },
		{ PLACE "      layout: ibm\n      key: a\n      partition: day\n",
		  { ".key: is for layout: template only",
		    ".partition: is for layouts aws", ".vpc_id: must be set",
		    ".subnet_id: must be set", ".instance_id: must be set",
		    ".vnic_id: must be set" } },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf yaml = BUF_INIT(4096);
		const char *at;
		struct world w;

		buf_printf(&yaml, GOOD "%s", cases[i].yaml);
		open_world(&w, yaml.ptr, false);
		at = w.problems.text.ptr;
		for (n = 0; n < COUNT(cases[i].why) && cases[i].why[n]; n++) {
			at = strstr(at, cases[i].why[n]);
			if (!at)
				fail_msg("%s: %s", cases[i].why[n], w.problems.text.ptr);
		}
		assert_int_equal(w.problems.count, n);
		close_world(&w);
		buf_fini(&yaml);
	}
}

static void test_layouts_say_what_they_lack(void **state)
{
	static const struct {
		const char *yaml, *why;
	} cases[] = {
		{ "      layout: s3\n", ":10: pipeline.store.buffered.layout: " },
		{ "      layout: aws\n      region: eu-central-1\n",
		  ".account_id: must have 12 digits for this layout\n" },
		{ "      layout: aws\n      account_id: 012345678901\n",
		  ".region: must be a region such as eu-central-1 for this layout\n" },
		{ "      layout: aws\n      account_id: \"12345678901x\"\n"
		  "      region: eu-central-1\n",
		  ":11: pipeline.store.buffered.account_id: must have 12 digits" },
		{ "      layout: aws-hive\n      account_id: \"123456789012\"\n",
		  ".region: must be a region such as eu-central-1 for this layout\n" },
		{ "      layout: template\n",
		  ".key: must be set with layout: template\n" },
		{ "      key: a\n",
		  ":10: pipeline.store.buffered.key: is for layout: template only\n" },
		{ "      partition: hour\n",
		  ":10: pipeline.store.buffered.partition: is for layouts aws and aws-hive only" },
		{ "      layout: template\n      key: \"{tag}/{stream}\"\n",
		  ":11: pipeline.store.buffered.key: needs {sequence}, or an object would "
		  "overwrite the one before\n" },
		{ "      max_seconds_late: 1\n",
		  ":10: pipeline.store.buffered.max_seconds_late: is for layouts with times "
		  "in their keys (aws, aws-hive, ibm, or a template with {hour} or the "
		  "like): leave it out\n" },
		{ PLACE "      layout: aws\n      max_seconds_late: 301\n",
		  ":13: pipeline.store.buffered.max_seconds_late: must not be longer than a "
		  "slot of the layout: write 300 or less\n" },
		{ IBM "      layout: ibm\n      max_seconds_late: 3601\n",
		  "write 3600 or less\n" },
		{ PLACE "      layout: aws\n      max_seconds_late: -1\n",
		  ":13: pipeline.store.buffered.max_seconds_late: must not be negative\n" },
		{ PLACE "      layout: aws\n      max_seconds_late: 1m\n",
		  ":13: pipeline.store.buffered.max_seconds_late: " },
		{ "      layout: s3\n      max_seconds_late: 60\n",
		  ":10: pipeline.store.buffered.layout: " },
		{ "      layout: aws\n      region: eu-central-1\n"
		  "      max_seconds_late: 60\n",
		  ".account_id: must have 12 digits for this layout\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf yaml = BUF_INIT(4096);
		struct world w;

		buf_printf(&yaml, GOOD "%s", cases[i].yaml);
		open_world(&w, yaml.ptr, false);
		assert_int_equal(w.limits.bucket.max_late_ms, 0);
		assert_int_equal(w.problems.count, 1);
		if (!strstr(w.problems.text.ptr, cases[i].why))
			fail_msg("%s", w.problems.text.ptr);
		close_world(&w);
		buf_fini(&yaml);
	}
}

/* Where keys have times a minute goes without saying; 0 is a value everywhere. */
static void test_how_late_a_record_may_be(void **state)
{
	static const struct {
		const char *yaml;
		bool is_stdout;
		int64_t max_late_ms;
	} cases[] = {
		{ GOOD, false, 0 },
		{ GOOD "      max_seconds_late: 0\n", false, 0 },
		{ GOOD PLACE "      layout: aws\n", false, 60000 },
		{ GOOD IBM "      layout: ibm\n", false, 60000 },
		{ GOOD PLACE "      layout: aws\n      max_seconds_late: 0\n", false, 0 },
		{ GOOD PLACE "      layout: aws\n      max_seconds_late: 300\n", false,
		  300000 },
		{ GOOD IBM "      layout: ibm\n      max_seconds_late: 3600\n", false,
		  3600000 },
		{ "pipeline:\n  store:\n    type: direct\n    buffered:\n" PLACE
		  "      layout: aws\n",
		  false, 60000 },
		{ "pipeline:\n  store:\n    type: direct\n    buffered:\n" PLACE
		  "      layout: aws\n",
		  true, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;

		open_world(&w, cases[i].yaml, cases[i].is_stdout);
		assert_string_equal(buf_str(&w.problems.text).ptr, "");
		assert_int_equal(w.limits.bucket.max_late_ms, cases[i].max_late_ms);
		close_world(&w);
	}
}

static void test_direct_needs_no_limits(void **state)
{
	static const struct {
		bool is_stdout;
		int64_t max_records;
	} cases[] = { { true, INT64_MAX }, { false, 1 } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;

		open_world(&w, "pipeline: {store: {type: direct}}", cases[i].is_stdout);
		assert_string_equal(buf_str(&w.problems.text).ptr, "");
		assert_true(str_is(w.limits.dirname, "my_dirname"));
		assert_int_equal(w.limits.bucket.max_records, cases[i].max_records);
		assert_int_equal(w.limits.bucket.max_age_ms, 0);
		assert_int_equal(w.limits.bucket.first_age_ms, 0);
		assert_int_equal(w.limits.bucket.max_stream_ms, NEVER_MS);
		assert_true(w.limits.bucket.max_held > 0);
		assert_int_equal(w.limits.is_titled_by_tag, cases[i].is_stdout);
		close_world(&w);
	}
}

static void test_an_unknown_type_is_refused(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "pipeline:\n  store:\n    type: bufered\n", false);
	assert_int_equal(w.problems.count, 1);
	assert_non_null(strstr(w.problems.text.ptr, "t.yml:3: pipeline.store.type: "));
	assert_non_null(strstr(w.problems.text.ptr, "buffered, direct"));
	close_world(&w);
}

static void test_sections_are_listed_as_far_as_there_is_room(void **state)
{
	struct config_section sections[8] = { { NULL, NULL } };
	size_t count = store_options_sections(sections, COUNT(sections));

	(void)state;
	assert_true(count >= 2);
	assert_string_equal(sections[0].path, "pipeline.store");
	assert_string_equal(sections[1].path, "pipeline.store.buffered");
	sections[1].path = NULL;
	assert_int_equal(store_options_sections(sections, 1), count);
	assert_null(sections[1].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_read),
		cmocka_unit_test(test_no_age_is_a_value),
		cmocka_unit_test(test_wrong_values_are_named_with_their_place),
		cmocka_unit_test(test_values_of_the_wrong_type_are_refused),
		cmocka_unit_test(test_layouts_become_templates),
		cmocka_unit_test(test_layouts_say_what_they_lack),
		cmocka_unit_test(test_layouts_say_all_that_they_lack),
		cmocka_unit_test(test_how_late_a_record_may_be),
		cmocka_unit_test(test_direct_needs_no_limits),
		cmocka_unit_test(test_an_unknown_type_is_refused),
		cmocka_unit_test(test_sections_are_listed_as_far_as_there_is_room),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
