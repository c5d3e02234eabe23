/* SPDX-License-Identifier: Apache-2.0 */
/* test_rates.c - how fast counters rise, with the time as a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "monitor/rates.h"

static void one_look_is_no_rate(void **state)
{
	struct rate r = { .count = 0 };

	(void)state;
	assert_int_equal(rate_get(&r), 0);
	rate_note(&r, 1000, 0);
	assert_int_equal(rate_get(&r), 0);
}

static void rate_is_per_second_and_rounded(void **state)
{
	static const struct {
		int64_t rise, ms, want;
	} cases[] = {
		{ 500, 1000, 500 },
		{ 500, 2000, 250 },
		{ 3, 2000, 2 },
		{ 1, 2001, 0 },
		{ 0, 1000, 0 },
		{ 7, 0, 0 },
		{ 1000000000, 1, 1000000000000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rate r = { .count = 0 };

		rate_note(&r, 40, 77);
		rate_note(&r, 40 + cases[i].rise, 77 + cases[i].ms);
		assert_int_equal(rate_get(&r), cases[i].want);
	}
}

static void only_the_last_seconds_count(void **state)
{
	struct rate r = { .count = 0 };
	int64_t value = 0, s;

	(void)state;
	for (s = 0; s < 20; s++)
		rate_note(&r, value += 1000, s * 1000);
	assert_int_equal(rate_get(&r), 1000);
	for (; s < 25; s++)
		rate_note(&r, value, s * 1000);
	assert_int_equal(rate_get(&r), 500);
	for (; s < 30; s++)
		rate_note(&r, value, s * 1000);
	assert_int_equal(rate_get(&r), 0);
}

static void fallen_counter_begins_anew(void **state)
{
	struct rate r = { .count = 0 };

	(void)state;
	rate_note(&r, 5000, 0);
	rate_note(&r, 6000, 1000);
	rate_note(&r, 10, 2000);
	assert_int_equal(rate_get(&r), 0);
	rate_note(&r, 30, 3000);
	assert_int_equal(rate_get(&r), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_look_is_no_rate),
		cmocka_unit_test(rate_is_per_second_and_rounded),
		cmocka_unit_test(only_the_last_seconds_count),
		cmocka_unit_test(fallen_counter_begins_anew),
	};

	return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
