/* SPDX-License-Identifier: Apache-2.0 */
/* test_rates.c - how fast counters rise, with the time as a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "monitor/rates.h"

static void one_look_is_no_rate(void **state)
{
	struct rates r = RATES_INIT;

	(void)state;
	assert_int_equal(rates_get(&r, "a"), 0);
	rates_note(&r, "a", 1000, 0);
	assert_int_equal(rates_get(&r, "a"), 0);
	assert_int_equal(rates_get(&r, "b"), 0);
	rates_fini(&r);
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
		struct rates r = RATES_INIT;

		rates_note(&r, "a", 40, 77);
		rates_note(&r, "a", 40 + cases[i].rise, 77 + cases[i].ms);
		assert_int_equal(rates_get(&r, "a"), cases[i].want);
		rates_fini(&r);
	}
}

static void only_the_last_seconds_count(void **state)
{
	struct rates r = RATES_INIT;
	int64_t value = 0, s;

	(void)state;
	for (s = 0; s < 20; s++)
		rates_note(&r, "a", value += 1000, s * 1000);
	assert_int_equal(rates_get(&r, "a"), 1000);
	for (; s < 25; s++)
		rates_note(&r, "a", value, s * 1000);
	assert_int_equal(rates_get(&r, "a"), 500);
	for (; s < 30; s++)
		rates_note(&r, "a", value, s * 1000);
	assert_int_equal(rates_get(&r, "a"), 0);
	rates_fini(&r);
}

static void fallen_counter_begins_anew(void **state)
{
	struct rates r = RATES_INIT;

	(void)state;
	rates_note(&r, "a", 5000, 0);
	rates_note(&r, "a", 6000, 1000);
	rates_note(&r, "a", 10, 2000);
	assert_int_equal(rates_get(&r, "a"), 0);
	rates_note(&r, "a", 30, 3000);
	assert_int_equal(rates_get(&r, "a"), 20);
	rates_fini(&r);
}

static void note_all(struct rates *r, int from, int to, int64_t s)
{
	char name[16];
	int i;

	for (i = from; i < to; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		rates_note(r, name, s * i, s * 1000);
	}
	rates_sweep(r);
}

static void counters_come_and_go(void **state)
{
	struct rates r = RATES_INIT;
	char name[16];
	int i;

	(void)state;
	note_all(&r, 0, 100, 0);
	note_all(&r, 0, 100, 1);
	note_all(&r, 50, 150, 2);
	assert_int_equal(r.count, 100);
	for (i = 149; i >= 0; i--) {
		snprintf(name, sizeof(name), "t%d", i);
		assert_int_equal(rates_get(&r, name), i >= 50 && i < 100 ? i : 0);
	}
	note_all(&r, 0, 0, 3);
	assert_int_equal(r.count, 0);
	rates_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_look_is_no_rate),
		cmocka_unit_test(rate_is_per_second_and_rounded),
		cmocka_unit_test(only_the_last_seconds_count),
		cmocka_unit_test(fallen_counter_begins_anew),
		cmocka_unit_test(counters_come_and_go),
	};

	return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
