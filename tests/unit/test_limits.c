/* SPDX-License-Identifier: Apache-2.0 */
/* test_limits.c - what a tenant's limits refuse, and since when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tenant/limits.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAUSE	     10000

static void test_flows_are_admitted_or_counted(void **state)
{
	static const struct limits_settings settings = {
		.flows_per_second = 10,
		.flows_burst = 50,
		.records_in_memory = 100,
	};
	static const struct {
		int64_t now_ms, flows, waiting;
		bool admitted, begins;
		enum stat_id dropped; /* when it was not admitted */
	} steps[] = {
		{ 1000, 40, 0, true, false, 0 },
		{ 1000, 40, 61, false, true, STAT_FLOWS_DROPPED_OVER_MEMORY },
		{ 1000, 40, 61, false, false, STAT_FLOWS_DROPPED_OVER_MEMORY },
		{ 1000, 10, 90, true, false, 0 },
		{ 1000, 10, 0, false, true, STAT_FLOWS_DROPPED_OVER_RATE },
		{ 1001, 10, 0, true, false, 0 },
		{ 1002, 10, 0, false, false, STAT_FLOWS_DROPPED_OVER_RATE },
		/* More than there may be goes when nothing else is there. */
		{ 9000, 101, 1, false, false, STAT_FLOWS_DROPPED_OVER_MEMORY },
		{ 9000, 101, 0, true, false, 0 },
	};
	struct stats stats = { 0 };
	struct limits limits = { 0 };
	int64_t rate = 0, memory = 0;
	size_t i;

	(void)state;
	limits_init(&limits, &settings, "acme", &stats, NULL);
	for (i = 0; i < COUNT(steps); i++) {
		bool begins = false;

		print_message("  %zu\n", i);
		assert_int_equal(limits_admit(&limits, steps[i].flows, steps[i].waiting,
					      steps[i].now_ms, &begins),
				 steps[i].admitted);
		assert_int_equal(begins, steps[i].begins);
		if (!steps[i].admitted &&
		    steps[i].dropped == STAT_FLOWS_DROPPED_OVER_RATE)
			rate += steps[i].flows;
		else if (!steps[i].admitted)
			memory += steps[i].flows;
		assert_int_equal(stats_get(&stats, STAT_FLOWS_DROPPED_OVER_RATE), rate);
		assert_int_equal(stats_get(&stats, STAT_FLOWS_DROPPED_OVER_MEMORY),
				 memory);
		assert_int_equal(stats_get(&stats, STAT_LIMIT_FLOWS), rate);
		assert_int_equal(stats_get(&stats, STAT_LIMIT_RECORDS), memory);
	}
}

static void test_without_limits_all_is_admitted(void **state)
{
	static const struct limits_settings settings = { .uploads_at_once = 2 };
	struct stats stats = { 0 };
	struct limits limits = { 0 };
	bool begins = false;

	(void)state;
	limits_init(&limits, &settings, "acme", &stats, NULL);
	assert_true(limits_admit(&limits, INT64_MAX, INT64_MAX, 1, &begins));
	assert_false(begins);
}

static void assert_since(const struct limits *limits, enum limit limit, int64_t since_ms)
{
	struct limits_status status;
	int other;

	limits_get(limits, &status);
	for (other = 0; other < LIMITS; other++)
		assert_int_equal(status.since_ms[other],
				 other == (int)limit ? since_ms : NEVER_MS);
}

/* What others count is seen at the next look; what they had counted before is none of
 * this tenant's. */
static void test_each_limit_says_since_when(void **state)
{
	static const struct limits_settings settings = {
		.spool_bytes = 1000,
		.uploads_at_once = 3,
		.questions_per_second = 5,
	};
	static const struct {
		enum limit limit;
		enum stat_id stat;
	} table[] = {
		{ LIMIT_SPOOL, STAT_LIMIT_SPOOL },
		{ LIMIT_UPLOADS, STAT_LIMIT_UPLOADS },
		{ LIMIT_QUESTIONS, STAT_LIMIT_QUESTIONS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct stats stats = { 0 };
		struct limits limits = { 0 };
		int64_t due_ms = NEVER_MS;

		stats_add(&stats, table[i].stat, 7);
		limits_init(&limits, &settings, "acme", &stats, NULL);
		limits_tell(&limits, 1000, &due_ms);
		assert_int_equal(due_ms, NEVER_MS);
		assert_since(&limits, table[i].limit, NEVER_MS);
		if (table[i].limit == LIMIT_QUESTIONS)
			limits_note_questions(&limits, 3, 2000);
		else
			stats_add(&stats, table[i].stat, 3);
		limits_tell(&limits, 2000, &due_ms);
		assert_int_equal(due_ms, 2000 + PAUSE);
		limits_tell(&limits, 1999 + PAUSE, &due_ms);
		assert_since(&limits, table[i].limit, 2000);
		limits_tell(&limits, 2000 + PAUSE, &due_ms);
		assert_since(&limits, table[i].limit, NEVER_MS);
		assert_int_equal(stats_get(&stats, table[i].stat), 10);
	}
}

static void test_a_status_has_all_limits(void **state)
{
	static const struct limits_settings settings = { 1, 2, 3, 4, 5, 6 };
	static const int64_t max[LIMITS] = { 1, 3, 4, 5, 6 };
	struct stats stats = { 0 };
	struct limits limits = { 0 };
	struct limits_status status;
	int limit;

	(void)state;
	limits_init(&limits, &settings, "acme", &stats, NULL);
	limits_get(&limits, &status);
	for (limit = 0; limit < LIMITS; limit++) {
		assert_int_equal(status.max[limit], max[limit]);
		assert_non_null(limit_names[limit]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows_are_admitted_or_counted),
		cmocka_unit_test(test_without_limits_all_is_admitted),
		cmocka_unit_test(test_each_limit_says_since_when),
		cmocka_unit_test(test_a_status_has_all_limits),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
