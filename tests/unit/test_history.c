/* SPDX-License-Identifier: Apache-2.0 */
/* test_history.c - what tenants did in the last hour, with the time as a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "monitor/history.h"

#define MINUTE 60000
#define START  (1000 * (int64_t)MINUTE) /* of the machine, long ago */

static int setup(void **state)
{
	static struct history h;

	assert_int_equal(history_init(&h), 0);
	*state = &h;
	return 0;
}

static int teardown(void **state)
{
	history_fini(*state);
	return 0;
}

static void note(struct history *h, const char *name, int64_t flows, int64_t lost,
		 int64_t mono_ms)
{
	const int64_t value[HISTORY_KINDS] = {
		[HISTORY_FLOWS] = flows,
		[HISTORY_RECORDS] = flows / 2,
		[HISTORY_LOST_FLOWS] = lost,
		[HISTORY_LOST_RECORDS] = 2 * lost,
	};

	history_note(h, name, value, mono_ms);
}

static int64_t flows_of(struct history *h, const char *name, int64_t ago, int64_t mono_ms)
{
	const struct past *past = history_find(h, name, mono_ms);

	assert_non_null(past);
	return minutes_get(&past->minutes, HISTORY_FLOWS, ago, mono_ms);
}

static void each_minute_has_its_count(void **state)
{
	struct history *h = *state;
	int64_t minute, flows = 0;

	for (minute = 0; minute < 200; minute++) {
		note(h, "a", flows += minute, 0, START + minute * MINUTE);
		note(h, "a", flows += 1000, 0, START + minute * MINUTE + MINUTE - 1);
	}
	for (minute = 0; minute < HISTORY_MINUTES; minute++)
		assert_int_equal(flows_of(h, "a", minute, START + 200 * MINUTE),
				 1199 - minute);
	assert_int_equal(
		flows_of(h, "a", HISTORY_MINUTES, START + 200 * MINUTE),
		1199 - HISTORY_MINUTES); /* kept until the next minute is noted */
	note(h, "a", flows, 0, START + 200 * MINUTE);
	assert_int_equal(flows_of(h, "a", HISTORY_MINUTES, START + 200 * MINUTE), 0);
	assert_int_equal(flows_of(h, "a", 0, START + 200 * MINUTE), 1199);
}

static void minutes_without_a_look_are_empty(void **state)
{
	struct history *h = *state;

	note(h, "a", 5, 0, START);
	note(h, "a", 12, 0, START + 3 * MINUTE);
	assert_int_equal(flows_of(h, "a", 0, START + 4 * MINUTE), 7);
	assert_int_equal(flows_of(h, "a", 1, START + 4 * MINUTE), 0);
	assert_int_equal(flows_of(h, "a", 2, START + 4 * MINUTE), 0);
	assert_int_equal(flows_of(h, "a", 3, START + 4 * MINUTE), 5);
	assert_int_equal(flows_of(h, "a", 59, START + 4 * MINUTE), 0);
	assert_int_equal(flows_of(h, "a", 0, START + 9 * MINUTE), 0);
}

static void a_long_stop_empties_all(void **state)
{
	struct history *h = *state;
	int64_t minute;

	for (minute = 0; minute < 70; minute++)
		note(h, "a", 10 * minute, 0, START + minute * MINUTE);
	minute = 70 + 5000;
	note(h, "a", 700, 0, START + minute * MINUTE);
	/* It was forgotten meanwhile; what it counted since it began comes at once. */
	assert_int_equal(history_count(h), 1);
	assert_int_equal(flows_of(h, "a", 0, START + (minute + 1) * MINUTE), 700);
	assert_int_equal(flows_of(h, "a", 1, START + (minute + 1) * MINUTE), 0);
}

static void counter_that_fell_began_at_0(void **state)
{
	struct history *h = *state;

	note(h, "a", 1000, 0, START);
	note(h, "a", 30, 0, START + MINUTE);
	assert_int_equal(flows_of(h, "a", 0, START + 2 * MINUTE), 30);
	assert_int_equal(flows_of(h, "a", 1, START + 2 * MINUTE), 1000);
}

static void counts_are_cut_not_wrapped(void **state)
{
	struct history *h = *state;

	note(h, "a", (int64_t)UINT32_MAX - 1, 0, START);
	note(h, "a", (int64_t)UINT32_MAX + 1000, 0, START + 1);
	assert_int_equal(flows_of(h, "a", 0, START + MINUTE), UINT32_MAX);
	note(h, "b", INT64_MAX, 0, START);
	assert_int_equal(flows_of(h, "b", 0, START + MINUTE), UINT32_MAX);
}

/* It outlives the tenants, and ends after an hour. */
static void losses_of_all_tenants(void **state)
{
	struct history *h = *state;
	int64_t minute;

	note(h, "a", 0, 3, START);
	note(h, "b", 0, 4, START);
	for (minute = 0; minute < 60; minute++) {
		note(h, "c", 0, 0, START + minute * MINUTE);
		history_tick(h, START + minute * MINUTE);
	}
	assert_null(history_find(h, "a", START + 60 * MINUTE));
	assert_int_equal(history_count(h), 1);
	assert_int_equal(minutes_sum(&h->of_all, HISTORY_LOST_FLOWS, START + 60 * MINUTE),
			 7);
	assert_int_equal(minutes_sum(&h->of_all, HISTORY_LOST_RECORDS,
				     START + 60 * MINUTE),
			 14);
	assert_int_equal(minutes_sum(&h->of_all, HISTORY_LOST_FLOWS, START + 61 * MINUTE),
			 0);
	assert_int_equal(minutes_sum(&h->of_all, HISTORY_FLOWS, START + 60 * MINUTE), 0);
}

static void tenants_come_and_go(void **state)
{
	struct history *h = *state;
	char name[16];
	int i, s;

	for (s = 0; s < 2; s++)
		for (i = 0; i < 100; i++) {
			snprintf(name, sizeof(name), "t%d", i);
			note(h, name, s * i, 0, START + s * 1000);
		}
	for (s = 2; s < 603; s++) {
		for (i = 50; i < 100; i++) {
			snprintf(name, sizeof(name), "t%d", i);
			note(h, name, s * i, 0, START + s * 1000);
		}
		history_tick(h, START + s * 1000);
	}
	assert_int_equal(history_count(h), 50);
	for (i = 0; i < 100; i++) {
		const struct past *past;

		snprintf(name, sizeof(name), "t%d", i);
		past = history_find(h, name, START + s * 1000);
		assert_int_equal(past != NULL, i >= 50);
		assert_int_equal(past ? rate_get(&past->flows) : i, i);
	}
}

/* An hour of 1,000 tenants in 8 MB, with what the map needs for each. */
static void memory_is_bounded(void **state)
{
	struct history *h = *state;
	int i;

	for (i = 0; i < 1000; i++) {
		char name[80];

		snprintf(name, sizeof(name), "%064d", i);
		note(h, name, 1, 0, START);
		note(h, name, 2, 0, START + MINUTE);
	}
	assert_int_equal(history_count(h), 1000);
	assert_in_range(history_bytes(h), 1000 * sizeof(struct past), 2 << 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_minute_has_its_count),  TEST(minutes_without_a_look_are_empty),
		TEST(a_long_stop_empties_all),	  TEST(counter_that_fell_began_at_0),
		TEST(counts_are_cut_not_wrapped), TEST(losses_of_all_tenants),
		TEST(tenants_come_and_go),	  TEST(memory_is_bounded),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
