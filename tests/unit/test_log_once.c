/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/log_once.h"

static void test_each_cause_is_new_once(void **state)
{
	static const struct {
		const char *why;
		bool is_new;
	} table[] = {
		{ "503: the store is busy", true },
		{ "503: the store is busy", false },
		{ "403: forbidden", true },
		{ "503: the store is busy", false },
		{ "timed out after 30000 ms", true },
		{ "timed out after 30001 ms", false },
		{ "", true },
		{ "12", false },
	};
	struct log_once c = { .count = 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(log_once_is_new(&c, table[i].why), table[i].is_new);
	log_once_clear(&c);
	assert_true(log_once_is_new(&c, "503: the store is busy"));
}

static void test_they_are_bounded(void **state)
{
	struct log_once c = { .count = 0 };
	char why[] = "a";
	int i;

	(void)state;
	for (i = 0; i < 26; i++, why[0]++)
		assert_int_equal(log_once_is_new(&c, why), i < LOG_ONCE_MAX);
	assert_false(log_once_is_new(&c, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_cause_is_new_once),
		cmocka_unit_test(test_they_are_bounded),
	};

	return cmocka_run_group_tests_name("log_once", tests, NULL, NULL);
}
