/* SPDX-License-Identifier: Apache-2.0 */
/* test_config_twice.c - keys that stand in a document more than once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "config/config_twice.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ADVICE	     "remove one of the two, or merge what is below them\n"

static int check(const char *text, struct problems *problems, struct problems *warnings)
{
	struct config *config = config_new();
	int error;

	assert_non_null(config);
	assert_int_equal(config_add(config, "f", str_of(text), false, problems), 0);
	error = config_check_twice(config, problems, warnings);
	config_free(config);
	return error;
}

static void test_both_lines_are_told(void **state)
{
	static const struct {
		const char *text, *problems;
	} table[] = {
		{ "a: 1\nb: 2\na: 3\n", "f:3: a is also in line 1; " ADVICE },
		{ "a: 1\na: 2\na: 3\n", "f:2: a is also in line 1; " ADVICE
					"f:3: a is also in line 2; " ADVICE },
		{ "p:\n  s:\n    d: x\n    d: y\n",
		  "f:4: p.s.d is also in line 3; " ADVICE },
		{ "p: {x: 1}\nq: 2\np: {y: 1}\n", "f:3: p is also in line 1; " ADVICE },
		{ "{\"a\": {\"b\": 1,\n\"b\": 2}}\n",
		  "f:2: a.b is also in line 1; " ADVICE },
		{ "a: {b: 1, b: 2}\n", "f:1: a.b is also in line 1; " ADVICE },
		{ "a: ~\na: 1\n", "f:2: a is also in line 1; " ADVICE },
		{ "A: 1\na: 2\n", "f:2: a is also in line 1; " ADVICE },
		{ "Pipe: {x: 1}\npipe: {y: 2}\n",
		  "f:2: pipe is also in line 1; " ADVICE },
		{ "a.b: 1\na: {b: 2}\n", "f:2: a.b is also in line 1; " ADVICE },
		{ "a:\n  b:\n    c: 1\na.b.c: 2\n",
		  "f:4: a.b.c is also in line 3; " ADVICE },
		{ "l:\n- {a: 1,\n   a: 2}\n", "f:3: l.[0].a is also in line 2; " ADVICE },
		{ "x: &x {a: 1}\ny:\n  <<: *x\n  a: 2\n  a: 3\n",
		  "f:5: y.a is also in line 4; " ADVICE },
		{ "a: 1\na: 2\nb: 1\nb: 2\n", "f:2: a is also in line 1; " ADVICE
					      "f:4: b is also in line 3; " ADVICE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct problems problems = PROBLEMS_INIT, warnings = PROBLEMS_INIT;

		print_message("  %s", table[i].text);
		assert_int_equal(check(table[i].text, &problems, &warnings), -EINVAL);
		assert_string_equal(problems.text.ptr, table[i].problems);
		assert_int_equal(warnings.count, 0);
		problems_fini(&problems);
	}
}

static void test_once_is_fine(void **state)
{
	static const char *const table[] = {
		"",
		"a: 1\nb: {a: 1}\nc: {a: 1}\n",
		"a: {x: 1}\na.y: 2\n",
		"a.b: ~\na: {b: 1}\n",
		"l: [{a: 1}, {a: 2}]\n",
		"x: &x {a: 1}\ny: {<<: *x, a: 2}\nz: *x\n",
		"x: &x {a: 1}\nw: &w {a: 2}\ny: {<<: [*x, *w]}\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct problems problems = PROBLEMS_INIT, warnings = PROBLEMS_INIT;

		if (check(table[i], &problems, &warnings))
			fail_msg("%s: %s", table[i], problems.text.ptr);
		assert_int_equal(warnings.count, 0);
		problems_fini(&problems);
	}
}

/* Nothing is lost then, whichever counts. */
static void test_the_same_twice_is_a_warning(void **state)
{
	static const char *const table[][2] = {
		{ "a: 1\na: 1\n", "f:2: a is also in line 1; " ADVICE },
		{ "p: {s: {d: [x, y]}}\np: {s: {d: [x, y]}}\n",
		  "f:2: p is also in line 1; " ADVICE },
		{ "a.b: 1\na: {b: 1}\n", "f:2: a.b is also in line 1; " ADVICE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct problems problems = PROBLEMS_INIT, warnings = PROBLEMS_INIT;

		assert_int_equal(check(table[i][0], &problems, &warnings), 0);
		assert_string_equal(warnings.text.ptr, table[i][1]);
		problems_fini(&warnings);
		problems_fini(&problems);
	}
}

/* Aliases stand for more keys than anybody could list. */
static void test_a_bomb_is_let_be(void **state)
{
	struct problems problems = PROBLEMS_INIT;
	struct buf text = BUF_INIT(64 * 1024);
	int i;

	(void)state;
	buf_puts(&text, "a0: &a0 {x: 1}\n");
	for (i = 1; i < 17; i++)
		buf_printf(&text, "a%d: &a%d {l: *a%d, r: *a%d}\n", i, i, i - 1, i - 1);
	assert_int_equal(check(buf_str(&text).ptr, &problems, &problems), 0);
	buf_fini(&text);
	problems_fini(&problems);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_lines_are_told),
		cmocka_unit_test(test_once_is_fine),
		cmocka_unit_test(test_the_same_twice_is_a_warning),
		cmocka_unit_test(test_a_bomb_is_let_be),
	};

	return cmocka_run_group_tests_name("config_twice", tests, NULL, NULL);
}
