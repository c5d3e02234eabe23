/* SPDX-License-Identifier: Apache-2.0 */
/* test_str.c - comparing and cutting borrowed bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct str nothing = { NULL, 0 };

static void compares(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, nocase, starts;
	} cases[] = {
		{ "", "", true, true, true },
		{ "a", "", false, false, true },
		{ "", "a", false, false, false },
		{ "abc", "abc", true, true, true },
		{ "abc", "ab", false, false, true },
		{ "abc", "ABC", false, true, false },
		{ "a-Z09", "A-z09", false, true, false },
		{ "@[`{", "`{@[", false, false, false },
		{ "\xc3\xa4", "\xc3\x84", false, false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str a = str_of(cases[i].a), b = str_of(cases[i].b);

		if (str_equal(a, b) != cases[i].equal ||
		    str_equal_nocase(a, b) != cases[i].nocase ||
		    str_starts(a, b) != cases[i].starts ||
		    str_is(a, cases[i].b) != cases[i].equal)
			fail_msg("\"%s\" and \"%s\"", cases[i].a, cases[i].b);
	}
}

static void counts_bytes_not_nuls(void **state)
{
	(void)state;
	assert_int_equal(STR("a\0b").len, 3);
	assert_false(str_equal(STR("a\0b"), STR("a\0c")));
	assert_true(str_equal(str_until(STR("a\0b"), '\0'), STR("a")));
}

static void lives_without_bytes(void **state)
{
	(void)state;
	assert_true(str_equal(str_of(NULL), nothing));
	assert_true(str_equal(nothing, STR("")));
	assert_true(str_equal_nocase(nothing, STR("")));
	assert_true(str_starts(STR("a"), nothing));
	assert_true(str_starts(nothing, nothing));
	assert_int_equal(str_skip(nothing, 3).len, 0);
	assert_int_equal(str_until(nothing, 'a').len, 0);
}

static void cuts(void **state)
{
	struct str s = STR("10.0.0.0/8");

	(void)state;
	assert_true(str_is(str_until(s, '/'), "10.0.0.0"));
	assert_true(str_is(str_until(s, 'x'), "10.0.0.0/8"));
	assert_true(str_is(str_skip(s, 9), "8"));
	assert_true(str_is(str_skip(s, 0), "10.0.0.0/8"));
	assert_int_equal(str_skip(s, 10).len, 0);
	assert_ptr_equal(str_skip(s, 99).ptr, s.ptr + s.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(counts_bytes_not_nuls),
		cmocka_unit_test(lives_without_bytes),
		cmocka_unit_test(cuts),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
