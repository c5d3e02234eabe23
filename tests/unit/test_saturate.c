/* SPDX-License-Identifier: Apache-2.0 */
/* test_saturate.c - sums and differences of any two numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/saturate.h"

static void test_any_two_numbers(void **state)
{
	static const struct {
		int64_t a, b, sum, difference;
	} of[] = {
		{ 1, 2, 3, -1 },
		{ INT64_MAX, 1, INT64_MAX, INT64_MAX - 1 },
		{ INT64_MAX, -1, INT64_MAX - 1, INT64_MAX },
		{ INT64_MIN, 1, INT64_MIN + 1, INT64_MIN },
		{ INT64_MIN, -1, INT64_MIN, INT64_MIN + 1 },
		{ INT64_MIN, INT64_MIN, INT64_MIN, 0 },
		{ INT64_MAX, INT64_MIN, -1, INT64_MAX },
		{ 0, INT64_MIN, INT64_MIN, INT64_MAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		assert_true(saturate_add(of[i].a, of[i].b) == of[i].sum);
		assert_true(saturate_sub(of[i].a, of[i].b) == of[i].difference);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_two_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
