/* SPDX-License-Identifier: Apache-2.0 */
/* test_digits.c - the digits of every length of number. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "format/digits.h"

static void assert_digits(uint64_t value)
{
	char text[DIGITS_ROOM + 1], expected[DIGITS_ROOM + 1];
	char *end = digits_put(text, value);

	assert_true(end - text <= 20);
	*end = '\0';
	snprintf(expected, sizeof(expected), "%" PRIu64, value);
	assert_string_equal(text, expected);
}

static void test_numbers_have_their_digits(void **state)
{
	uint64_t value;

	(void)state;
	for (value = 0; value <= 10000; value++)
		assert_digits(value);
	for (value = 1; value <= UINT64_MAX / 10; value *= 10) {
		assert_digits(value - 1);
		assert_digits(value);
		assert_digits(value * 7 + 3);
	}
	assert_digits(9999999999999999999u);
	assert_digits(10000000000000000000u);
	assert_digits(UINT64_MAX);
	assert_digits(INT64_MAX);
}

static void test_two_digits_are_always_two(void **state)
{
	char text[3] = "", expected[12];
	unsigned value;

	(void)state;
	for (value = 0; value < 100; value++) {
		assert_ptr_equal(digits_put_two(text, value), text + 2);
		snprintf(expected, sizeof(expected), "%02u", value);
		assert_string_equal(text, expected);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_have_their_digits),
		cmocka_unit_test(test_two_digits_are_always_two),
	};

	return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
