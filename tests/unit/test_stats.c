/* SPDX-License-Identifier: Apache-2.0 */
/* The three balances of the counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/stats.h"

/* Books that close: 22 flows, 12 records of them and 5 of an earlier run. */
static const int64_t closed[STAT_COUNT] = {
	[STAT_FLOWS_RECEIVED] = 22,
	[STAT_FLOWS_EXCLUDED] = 3,
	[STAT_FLOWS_DROPPED_INBOX] = 1,
	[STAT_FLOWS_DROPPED_NO_TRANSPORT] = 1,
	[STAT_FLOWS_DROPPED_NO_NETWORK] = 1,
	[STAT_FLOWS_DROPPED_NO_METRIC] = 1,
	[STAT_FLOWS_DROPPED_NO_TRAFFIC] = 1,
	[STAT_FLOWS_DROPPED_NOT_LOGGED] = 1,
	[STAT_FLOWS_DROPPED_MEMORY] = 1,
	[STAT_FLOWS_TRANSFORMED] = 12,
	[STAT_RECORDS_ADDED] = 4,
	[STAT_RECORDS_MERGED] = 2,
	[STAT_RECORDS_ENCODED] = 11,
	[STAT_RECORDS_DROPPED_TOO_LONG] = 1,
	[STAT_RECORDS_DROPPED_HELD] = 2,
	[STAT_RECORDS_RECOVERED] = 5,
	[STAT_RECORDS_UPLOADED] = 9,
	[STAT_RECORDS_SPOOLED] = 4,
	[STAT_RECORDS_EVICTED] = 2,
	[STAT_RECORDS_QUARANTINED] = 1,
};

static void make_books(struct stats *stats)
{
	enum stat_id stat;

	for (stat = 0; stat < STAT_COUNT; stat++)
		atomic_store(&stats->value[stat], closed[stat]);
}

static void closed_books_are_fine(void **state)
{
	struct err err = ERR_INIT;
	struct stats stats;

	(void)state;
	make_books(&stats);
	assert_int_equal(stats_balance(&stats, &err), 0);
}

/* Each counter is part of a balance: one more of it and the books are open. */
static void every_counter_counts(void **state)
{
	struct stats stats;
	enum stat_id stat;

	(void)state;
	for (stat = 0; stat < STAT_COUNT; stat++) {
		struct err err = ERR_INIT;

		if (!closed[stat])
			continue;
		make_books(&stats);
		stats_add(&stats, stat, 1);
		if (!stats_balance(&stats, &err))
			fail_msg("%s counts for nothing", counters_of_stats[stat].name);
	}
}

/* What its row calls lost is on the side of what is lost; what was told to be left out is
 * not. */
static void losses_are_those_that_are_called_so(void **state)
{
	int64_t value[STAT_COUNT];
	int id, flows = 0, records = 0;

	(void)state;
	for (id = 0; id < STAT_COUNT; id++) {
		const struct counter *row = &counters_of_stats[id];
		bool is_lost = row->about && strncmp(row->about, "lost", 4) == 0;

		value[id] = 1;
		if (strncmp(row->name, "flows_dropped_", 14) == 0)
			assert_int_equal(stats_is_on((enum stat_id)id, FLOWS_LOST),
					 is_lost);
		if (strncmp(row->name, "records_dropped_", 16) == 0)
			assert_true(stats_is_on((enum stat_id)id, RECORDS_LOST));
		flows += stats_is_on((enum stat_id)id, FLOWS_LOST);
		records += stats_is_on((enum stat_id)id, RECORDS_LOST);
	}
	assert_true(stats_is_on(STAT_RECORDS_EVICTED, RECORDS_LOST));
	assert_int_equal(stats_sum(value, FLOWS_LOST), flows);
	assert_int_equal(stats_sum(value, RECORDS_LOST), records);
	assert_in_range(flows, 2, 10);
	assert_in_range(records, 2, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_are_those_that_are_called_so),
		cmocka_unit_test(closed_books_are_fine),
		cmocka_unit_test(every_counter_counts),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
