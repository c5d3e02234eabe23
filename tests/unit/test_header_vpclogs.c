/* SPDX-License-Identifier: Apache-2.0 */
/* test_header_vpclogs.c - the members around the rows, ours and configured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "stage/stage_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define T0	     INT64_C(1551199609544) /* 2019-02-26T16:46:49.544Z */

/* The members as lines "name=text", of an object of two records. */
static void put_members(const char *yaml, const char *record, int64_t lost_flows,
			struct arena *arena, struct buf *out)
{
	struct object about = {
		.first_ms = T0,
		.last_ms = T0 + 60456,
		.records = 2,
		.lost_flows = lost_flows,
	};
	struct problems problems = PROBLEMS_INIT;
	struct config *config = config_new();
	struct arena strings = ARENA_INIT(1 << 20);
	struct header_member *members;
	struct stage_set set;
	size_t count, i;

	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &problems), 0);
	stage_set_read(&set, config, &strings, &problems);
	assert_string_equal(buf_str(&problems.text).ptr, "");
	count = header_vpclogs.members(set.header_state, str_of(record), &about, arena,
				       &members);
	for (i = 0; i < count; i++) {
		buf_printf(out, STR_FMT "=", STR_ARG(members[i].name));
		if (members[i].is_rows)
			buf_puts(out, "[rows]");
		else if (members[i].is_number)
			buf_put_i64(out, members[i].number);
		else
			buf_put(out, members[i].text);
		buf_puts(out, members[i].is_metadata ? " +\n" : "\n");
	}
	stage_set_fini(&set);
	config_free(config);
	problems_fini(&problems);
	arena_fini(&strings);
}

#define PIPELINE "pipeline:\n  storeheader:\n    type: vpclogs\n"

static void test_members_are_sorted_and_ours_win(void **state)
{
	static const struct {
		const char *yaml, *members;
	} cases[] = {
		{ PIPELINE, "capture_end_time=2019-02-26T16:47:50Z\n"
			    "capture_start_time=2019-02-26T16:46:49Z\n"
			    "flow_logs=[rows]\nnumber_of_flow_logs=2\nstate=skip data\n"
			    "version=0.0.1\n" },
		{ PIPELINE
		  "    vpclogs: {Zone: 1, VERSION: 9, a: '', flow_log: x, "
		  "flow_logs: y, flow_logs_: z, _: true, state: mine, x.y: 1.5}\n",
		  "_=true\na=\ncapture_end_time=2019-02-26T16:47:50Z\n"
		  "capture_start_time=2019-02-26T16:46:49Z\n"
		  "flow_log=x\nflow_logs=[rows]\nflow_logs_=z\nnumber_of_flow_logs=2\n"
		  "state=skip data\nversion=0.0.1\nx.y=1.5\nzone=1\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(65536);
		struct buf out = BUF_INIT(4096);

		put_members(cases[i].yaml, "vpclogs", 0, &arena, &out);
		assert_string_equal(out.ptr, cases[i].members);
		buf_fini(&out);
		arena_fini(&arena);
	}
}

/* The members that IBM documents, whatever is configured; metadata: all but the
 * records. */
static void test_the_header_of_ibm_is_whole_and_true(void **state)
{
	static const struct {
		int64_t lost_flows;
		const char *yaml, *members;
	} cases[] = {
		{ 0, PIPELINE,
		  "attached_endpoint_type=vnic +\n"
		  "capture_end_time=2019-02-26T16:47:50Z +\n"
		  "capture_start_time=2019-02-26T16:46:49Z +\ncollector_crn= +\n"
		  "flow_logs=[rows]\ninstance_crn= +\nnetwork_interface_id= +\n"
		  "number_of_flow_logs=2 +\nstate=ok +\nversion=0.0.1 +\nvpc_crn= +\n" },
		{ 3,
		  PIPELINE "    vpclogs: {collector_crn: c, attached_endpoint_type: x, "
			   "network_interface_id: nic, instance_crn: i, vpc_crn: v, "
			   "state: mine, more: m}\n",
		  "attached_endpoint_type=x +\n"
		  "capture_end_time=2019-02-26T16:47:50Z +\n"
		  "capture_start_time=2019-02-26T16:46:49Z +\ncollector_crn=c +\n"
		  "flow_logs=[rows]\ninstance_crn=i +\nmore=m +\n"
		  "network_interface_id=nic +\nnumber_of_flow_logs=2 +\n"
		  "state=skip data +\nversion=0.0.1 +\nvpc_crn=v +\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(65536);
		struct buf out = BUF_INIT(4096);

		put_members(cases[i].yaml, "vpclogs-ibm", cases[i].lost_flows, &arena,
			    &out);
		assert_string_equal(out.ptr, cases[i].members);
		buf_fini(&out);
		arena_fini(&arena);
	}
}

static void test_no_memory_is_no_header_and_an_error(void **state)
{
	struct arena arena = ARENA_INIT(16);
	struct buf out = BUF_INIT(4096);

	(void)state;
	put_members(PIPELINE, "vpclogs", 0, &arena, &out);
	assert_int_equal(out.len, 0);
	assert_int_not_equal(arena_error(&arena), 0);
	buf_fini(&out);
	arena_fini(&arena);
}

static void test_rows_are_one_level_deeper(void **state)
{
	(void)state;
	assert_true(header_vpclogs.is_header);
	assert_false(header_none.is_header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_sorted_and_ours_win),
		cmocka_unit_test(test_the_header_of_ibm_is_whole_and_true),
		cmocka_unit_test(test_no_memory_is_no_header_and_an_error),
		cmocka_unit_test(test_rows_are_one_level_deeper),
	};

	return cmocka_run_group_tests_name("header_vpclogs", tests, NULL, NULL);
}
