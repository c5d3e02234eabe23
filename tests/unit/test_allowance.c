/* SPDX-License-Identifier: Apache-2.0 */
/* test_allowance.c - what may pass of what comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/allowance.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_a_burst_then_the_average(void **state)
{
	static const struct {
		int64_t now_ms, n;
		bool passes;
	} steps[] = {
		{ 5000, 20, true }, /* the burst */
		{ 5000, 10, true },
		{ 5000, 1, false },
		{ 5099, 1, true }, /* most of one is there, the rest is owed */
		{ 5100, 1, false },
		{ 5101, 1, true },
		{ 5101, 1, false },
		{ 5200, 1, false },
		{ 5201, 1, true },
		/* More than the burst never gathers. */
		{ 999000, 30, true },
		{ 999000, 1, false },
		/* As a whole, and what a second has not brought is owed. */
		{ 1000000, 30, true },
		{ 1001900, 1, false },
		{ 1002001, 1, true },
		/* A clock that stands or goes back brings nothing. */
		{ 1002001, 1, false },
		{ 1000000, 1, false },
	};
	struct allowance r;
	size_t i;

	(void)state;
	allowance_init(&r, 10, 30);
	for (i = 0; i < COUNT(steps); i++) {
		print_message("  %zu\n", i);
		assert_int_equal(allowance_take(&r, steps[i].n, steps[i].now_ms),
				 steps[i].passes);
	}
}

static void test_without_a_limit_all_passes(void **state)
{
	struct allowance r;

	(void)state;
	allowance_init(&r, 0, 0);
	assert_true(allowance_take(&r, INT64_MAX, 1));
	assert_true(allowance_take(&r, INT64_MAX, 1));
}

static void test_large_numbers_fit(void **state)
{
	struct allowance r;

	(void)state;
	allowance_init(&r, INT64_MAX, INT64_MAX);
	assert_true(allowance_take(&r, INT64_MAX, 1));
	assert_false(allowance_take(&r, 1, 1));
	assert_true(allowance_take(&r, INT64_MAX, INT64_MAX));
	assert_int_equal(r.thousandths, 0);
}

static void test_the_average_holds(void **state)
{
	int64_t now_ms, passed = 0;
	struct allowance r;

	(void)state;
	allowance_init(&r, 100, 100);
	for (now_ms = 0; now_ms <= 60000; now_ms += 7)
		passed += allowance_take(&r, 9, now_ms) ? 9 : 0;
	assert_in_range(passed, 6000, 6100 + 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_burst_then_the_average),
		cmocka_unit_test(test_without_a_limit_all_passes),
		cmocka_unit_test(test_large_numbers_fit),
		cmocka_unit_test(test_the_average_holds),
	};

	return cmocka_run_group_tests_name("allowance", tests, NULL, NULL);
}
