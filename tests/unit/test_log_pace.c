/* SPDX-License-Identifier: Apache-2.0 */
/* test_log_pace.c - one line an interval, and none is lost from the sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/log_pace.h"

static void test_one_line_an_interval(void **state)
{
	struct log_pace pace = { .held = 0 };
	int64_t held, lines = 0, sum = 0, ms;

	(void)state;
	for (ms = 5; ms < 60005; ms++)
		if (log_pace_is_due(&pace, ms, &held)) {
			lines++;
			sum += 1 + held;
		}
	assert_int_equal(lines, 60000 / LOG_PACE_MS);
	assert_int_equal(sum + pace.held, 60000);
}

static void test_the_first_is_said_at_once(void **state)
{
	struct log_pace pace = { .held = 0 };
	int64_t held = -1;

	(void)state;
	assert_true(log_pace_is_due(&pace, 0, &held));
	assert_int_equal(held, 0);
	assert_false(log_pace_is_due(&pace, LOG_PACE_MS - 1, &held));
	assert_true(log_pace_is_due(&pace, LOG_PACE_MS, &held));
	assert_int_equal(held, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line_an_interval),
		cmocka_unit_test(test_the_first_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
