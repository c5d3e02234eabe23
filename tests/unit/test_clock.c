/* SPDX-License-Identifier: Apache-2.0 */
/* Times of files, which are whatever somebody set them to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sys/clock.h"

static int64_t ms(int64_t seconds, long nanoseconds)
{
	return clock_ms((struct timespec){ .tv_sec = seconds, .tv_nsec = nanoseconds });
}

static void a_time_is_in_milliseconds(void **state)
{
	(void)state;
	assert_int_equal(ms(0, 0), 0);
	assert_int_equal(ms(1700000000, 123999999), 1700000000123);
	assert_int_equal(ms(-1, 0), -1000);
	assert_int_equal(ms(-1, 250000000), -750);
}

static void times_without_measure_are_the_first_and_the_last(void **state)
{
	int64_t last = CLOCK_MS_MAX / 1000 - 1;

	(void)state;
	assert_int_equal(ms(last, 999999999), last * 1000 + 999);
	assert_true(ms(last, 999999999) < CLOCK_MS_MAX);
	assert_int_equal(ms(last + 1, 0), CLOCK_MS_MAX);
	assert_int_equal(ms(INT64_MAX, 999999999), CLOCK_MS_MAX);
	assert_int_equal(ms(-last, 0), -last * 1000);
	assert_int_equal(ms(-last - 1, 0), -CLOCK_MS_MAX);
	assert_int_equal(ms(INT64_MIN, 0), -CLOCK_MS_MAX);
}

static void any_two_have_a_difference(void **state)
{
	(void)state;
	assert_true(ms(INT64_MAX, 0) - ms(INT64_MIN, 0) > 0);
	assert_true(ms(INT64_MIN, 0) - ms(INT64_MAX, 0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_in_milliseconds),
		cmocka_unit_test(times_without_measure_are_the_first_and_the_last),
		cmocka_unit_test(any_two_have_a_difference),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
