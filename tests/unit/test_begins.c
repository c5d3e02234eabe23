/* SPDX-License-Identifier: Apache-2.0 */
/* test_begins.c - sorted, the same is found as by comparing each with each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "settings/begins.h"

#define ROUNDS 3000
#define MOST   24

static const int here, there;

static size_t below(unsigned *seed, size_t limit)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % limit;
}

/* Short ones of two letters, so that many are the same and many begin with others. */
static size_t make(unsigned *seed, struct begin *all, char (*text)[8])
{
	size_t count = below(seed, MOST), i, j;

	for (i = 0; i < count; i++) {
		size_t len = below(seed, 5);

		for (j = 0; j < len; j++)
			text[i][j] = below(seed, 2) ? 'a' : '/';
		all[i] = (struct begin){ below(seed, 3) ? &here : &there,
					 { text[i], len },
					 i,
					 below(seed, 3) == 0,
					 42 };
	}
	return count;
}

static bool is_same(const struct begin *a, const struct begin *b)
{
	return a->group == b->group && str_equal(a->text, b->text);
}

static bool is_nested(const struct begin *a, const struct begin *b)
{
	return a->group == b->group && (a->is_own || b->is_own) &&
	       (str_starts(a->text, b->text) || str_starts(b->text, a->text));
}

static void assert_found(const struct begin *sorted, const struct begin *all,
			 size_t count,
			 bool (*meets)(const struct begin *, const struct begin *))
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		size_t number = sorted[i].number, lowest = BEGINS_NONE;

		for (j = count; j-- > 0;)
			if (j != number && meets(&all[number], &all[j]))
				lowest = j;
		assert_true(sorted[i].met == lowest);
	}
}

static void test_as_each_with_each(void **state)
{
	struct begin all[MOST], sorted[MOST];
	char text[MOST][8];
	unsigned seed = 7;
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		size_t count = make(&seed, all, text);

		memcpy(sorted, all, sizeof(all));
		begins_same(sorted, count);
		assert_found(sorted, all, count, is_same);
		memcpy(sorted, all, sizeof(all));
		assert_int_equal(begins_nested(sorted, count), 0);
		assert_found(sorted, all, count, is_nested);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_each_with_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
