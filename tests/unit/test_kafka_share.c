/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_share.c - what a put hands over before it waits until all is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "writer/kafka_share.h"

/* How many messages it takes while nothing is reported. */
static size_t fill(struct kafka_share *share, size_t unreported, size_t bytes,
		   int64_t now_ms)
{
	while (kafka_share_has_room(share, unreported, now_ms)) {
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
		{ 1, KAFKA_SHARE_LEAST },
		{ 1024, KAFKA_SHARE_LEAST },
		{ 4096, KAFKA_SHARE_BYTES / 4096 },
		{ 1 << 20, KAFKA_SHARE_BYTES >> 20 },
		{ 100 << 20, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kafka_share share = { 0 };

		print_message("  %zu bytes\n", table[i].bytes);
		assert_int_equal(fill(&share, 0, table[i].bytes, 1), table[i].messages);
		assert_int_equal(share.sent, table[i].messages);
	}
}

/* A few at a time would each be a batch that waits for the one before. */
static void test_the_next_share_waits_for_the_last_report(void **state)
{
	struct kafka_share share = { 0 };
	size_t full = fill(&share, 0, 500, 1), left;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (left = full - 1; left; left--)
			assert_false(kafka_share_has_room(&share, left, 1));
		assert_int_equal(fill(&share, 0, 500, 1), full);
	}
}

/* Reports that come before it is full are nothing to wait for. */
static void test_a_share_that_is_not_full_goes_on(void **state)
{
	struct kafka_share share = { 0 };

	(void)state;
	assert_true(kafka_share_has_room(&share, 0, 1));
	assert_true(kafka_share_has_room(&share, KAFKA_SHARE_LEAST - 1, 1));
	assert_true(kafka_share_has_room(&share, 10, 2));
	assert_int_equal(fill(&share, 10, 500, 3), KAFKA_SHARE_LEAST);
}

/* How large it is in the end where each takes so long. */
static size_t settled(struct kafka_share *share, size_t bytes, int64_t took_ms)
{
	int64_t now_ms = 1;
	size_t full = 0;
	int round;

	for (round = 0; round < 20; round++) {
		full = fill(share, 0, bytes, now_ms);
		now_ms += took_ms;
		assert_true(kafka_share_has_room(share, 0, now_ms));
	}
	return full;
}

static void test_it_grows_where_brokers_are_far(void **state)
{
	static const struct {
		int64_t took_ms;
		size_t messages;
	} table[] = {
		{ 0, 1000 },  { 5, 1000 },   { 20, 1000 },    { 21, 2000 },
		{ 50, 4000 }, { 100, 8000 }, { 1000, 25000 }, { 60000, 25000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kafka_share share = { 0 };

		print_message("  %d ms\n", (int)table[i].took_ms);
		assert_int_equal(settled(&share, 10, table[i].took_ms),
				 table[i].messages);
		assert_int_equal(settled(&share, 10, 2), KAFKA_SHARE_LEAST);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_share_is_bounded),
		cmocka_unit_test(test_the_next_share_waits_for_the_last_report),
		cmocka_unit_test(test_a_share_that_is_not_full_goes_on),
		cmocka_unit_test(test_it_grows_where_brokers_are_far),
	};

	return cmocka_run_group_tests_name("kafka_share", tests, NULL, NULL);
}
