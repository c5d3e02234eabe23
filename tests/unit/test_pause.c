/* SPDX-License-Identifier: Apache-2.0 */
/* test_pause.c - how long a store is left alone, and what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "writer/pause.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct now start = { 1000000, 1551199609804 };

static void test_what_a_store_asks_for(void **state)
{
	static const struct {
		int64_t asked_ms, heeded_ms;
		const char *said;
	} cases[] = {
		{ 0, 0, "down" },
		/* Too short to be worth a word. */
		{ 999, 999, "down" },
		{ 1000, 1000, "down; it asks for a pause until 2019-02-26T16:46:51Z" },
		{ 600000, 600000,
		  "down; it asks for a pause until 2019-02-26T16:56:50Z" },
		{ 600001, 0,
		  "down; it asks for a pause of 600 s: too long, it is tried sooner" },
		{ 86400000, 0,
		  "down; it asks for a pause of 86400 s: too long, it is tried sooner" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct pause p = { .random = 1 };
		char why[128] = "down";

		pause_explain(cases[i].asked_ms, start, why, sizeof(why));
		assert_string_equal(why, cases[i].said);
		assert_int_equal(pause_heeded_ms(cases[i].asked_ms), cases[i].heeded_ms);
		pause_begin(&p, cases[i].asked_ms, start);
		if (cases[i].heeded_ms)
			assert_int_equal(p.until_ms - start.mono_ms, cases[i].heeded_ms);
		else
			assert_in_range(p.until_ms - start.mono_ms, 1, 500);
	}
}

/* Twice as long each time, at most a minute, at least a millisecond; of many tries some
 * come near to the longest. */
static void test_failures_in_a_row(void **state)
{
	static const int64_t most_ms[] = { 500,	  1000,	 2000,	4000,  8000,
					   16000, 32000, 60000, 60000, 60000 };
	struct pause p = { .random = 1 };
	int64_t longest[COUNT(most_ms)] = { 0 };
	size_t i;
	int round;

	(void)state;
	for (round = 0; round < 500; round++) {
		pause_end(&p);
		assert_int_equal(p.until_ms, 0);
		for (i = 0; i < COUNT(most_ms); i++) {
			int64_t ms;

			pause_begin(&p, 0, start);
			assert_int_equal(p.failures, i + 1);
			ms = p.until_ms - start.mono_ms;
			assert_in_range(ms, 1, most_ms[i]);
			if (ms > longest[i])
				longest[i] = ms;
		}
	}
	for (i = 0; i < COUNT(most_ms); i++)
		assert_true(longest[i] > most_ms[i] / 10 * 9);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_store_asks_for),
		cmocka_unit_test(test_failures_in_a_row),
	};

	return cmocka_run_group_tests_name("pause", tests, NULL, NULL);
}
