/* SPDX-License-Identifier: Apache-2.0 */
/* test_nearest.c - which word was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "format/nearest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void suggests_only_what_is_near(void **state)
{
	static const char *const known[] = {
		"type",	     "buffered", "max_flows_per_object", "max_flow_array_size",
		"transform", "url",
	};
	static const struct {
		const char *word, *text;
	} cases[] = {
		{ "tpye", " (did you mean \"type\"?)" },
		{ "typ", " (did you mean \"type\"?)" },
		{ "TYPE", " (did you mean \"type\"?)" },
		{ "max_flow_per_object", " (did you mean \"max_flows_per_object\"?)" },
		{ "max_flow_arraysize", " (did you mean \"max_flow_array_size\"?)" },
		{ "transfrom", " (did you mean \"transform\"?)" },
		{ "uri", " (did you mean \"url\"?)" },
		{ "max_seconds_per_object", "" },
		{ "direct", "" },
		{ "t", "" },
		{ "", "" },
		{ "a word that is far too long to be compared with anything that is known "
		  "here",
		  "" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct nearest n = { .word = str_of(cases[i].word) };
		struct buf b = BUF_INIT(100);

		for (j = 0; j < COUNT(known); j++)
			nearest_offer(&n, str_of(known[j]));
		nearest_put(&n, &b);
		assert_string_equal(buf_str(&b).ptr, cases[i].text);
		buf_fini(&b);
	}
}

static void keeps_the_first_of_equals(void **state)
{
	struct nearest n = { .word = STR("read") };

	(void)state;
	nearest_offer(&n, STR("real"));
	nearest_offer(&n, STR("road"));
	assert_true(str_is(n.found, "real"));
	nearest_offer(&n, STR("Read"));
	assert_true(str_is(n.found, "Read"));
	assert_int_equal(n.distance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggests_only_what_is_near),
		cmocka_unit_test(keeps_the_first_of_equals),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
