/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_share.c - what a put hands over before it waits until all is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "writer/kafka_share.h"

/* How many messages it takes while nothing is reported; not more than limit. */
static size_t fill(struct kafka_share *share, size_t unreported, size_t bytes,
		   size_t limit)
{
	while (unreported < limit && kafka_share_has_room(share, unreported)) {
		kafka_share_add(share, bytes);
		unreported++;
	}
	return unreported;
}

static void test_a_share_is_bounded(void **state)
{
	static const struct {
		size_t bytes, messages;
	} table[] = {
		{ 1, KAFKA_SHARE_MESSAGES },
		{ 100, KAFKA_SHARE_MESSAGES },
		{ 1024, KAFKA_SHARE_BYTES / 1024 },
		{ 1 << 20, KAFKA_SHARE_BYTES >> 20 },
		{ 100 << 20, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kafka_share share = { 0 };

		print_message("  %zu bytes\n", table[i].bytes);
		assert_int_equal(fill(&share, 0, table[i].bytes, 1000000),
				 table[i].messages);
		assert_int_equal(share.sent, table[i].messages);
	}
}

/* A few at a time would each be a batch that waits for the one before. */
static void test_the_next_share_waits_for_the_last_report(void **state)
{
	struct kafka_share share = { 0 };
	size_t full = fill(&share, 0, 500, 1000000), left;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (left = full - 1; left; left--)
			assert_false(kafka_share_has_room(&share, left));
		assert_int_equal(fill(&share, 0, 500, 1000000), full);
	}
}

/* Reports that come before it is full are nothing to wait for. */
static void test_a_share_that_is_not_full_goes_on(void **state)
{
	struct kafka_share share = { 0 };

	(void)state;
	assert_int_equal(fill(&share, 0, 500, 1000), 1000);
	assert_int_equal(fill(&share, 10, 500, 2000), 2000);
	assert_true(kafka_share_has_room(&share, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_share_is_bounded),
		cmocka_unit_test(test_the_next_share_waits_for_the_last_report),
		cmocka_unit_test(test_a_share_that_is_not_full_goes_on),
	};

	return cmocka_run_group_tests_name("kafka_share", tests, NULL, NULL);
}
