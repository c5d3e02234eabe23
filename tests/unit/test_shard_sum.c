/* SPDX-License-Identifier: Apache-2.0 */
/* test_shard_sum.c - what decides the rows and keys of a pipeline is in its sum, and what
 * does not is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "settings/shard_sum.h"

#define TEXT(more, classify, flows)                                                      \
	"pipeline:\n"                                                                    \
	"  subscriber: {url: \"kafka://a:1/t?group=g\"" more "}\n"                       \
	"  classify: {cluster_net_masks: [" classify "]}\n"                              \
	"  transform: {type: none}\n"                                                    \
	"  store: {type: buffered, buffered: {dirname: b, max_flows_per_object: " flows  \
	", max_seconds_per_object: 60, max_seconds_per_stream: 1, "                      \
	"max_flow_array_size: 1}}\n"                                                     \
	"  write: {type: file, file: {directory: /tmp}}\n"

static struct shard_rule rule_of(const char *name, const char *text)
{
	struct pipeline_settings *p = pipeline_settings_new(str_of(name));
	struct problems problems = PROBLEMS_INIT;
	struct shard_rule rule;

	p->config = config_new();
	assert_int_equal(config_add(p->config, "test.yml", str_of(text), false,
				    &problems),
			 0);
	pipeline_settings_read(p, &problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(shard_sum(p), 0);
	rule = p->shard_rule;
	pipeline_settings_unref(p);
	problems_fini(&problems);
	return rule;
}

static void test_sums(void **state)
{
	static const struct {
		const char *text;
		bool is_same;
	} cases[] = {
		{ TEXT("", "10.0.0.0/8", "8"), true },
		{ TEXT(", settings: {client.id: x}", "10.0.0.0/8", "7"), true },
		{ TEXT(", capture_id: x", "10.0.0.0/8", "7"), false },
		{ TEXT("", "10.0.0.0/9", "7"), false },
	};
	struct shard_rule one = rule_of("one", TEXT("", "10.0.0.0/8", "7"));
	size_t i;

	(void)state;
	assert_int_equal(one.flows, 7);
	assert_int_equal(one.interval_ms, 60000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shard_rule other = rule_of("two", cases[i].text);

		assert_int_equal(other.rows == one.rows, cases[i].is_same);
		assert_int_not_equal(other.name, one.name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests_name("shard_sum", tests, NULL, NULL);
}
