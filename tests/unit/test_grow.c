/* SPDX-License-Identifier: Apache-2.0 */
/* test_grow.c - room for one more, for many, and for more than there can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/grow.h"

static void test_one_by_one(void **state)
{
	int *item = NULL, *before = NULL;
	size_t room = 0, moves = 0, i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		assert_true(grow(item, room, i + 1));
		assert_true(room > i);
		moves += item != before;
		before = item;
		item[i] = (int)i;
	}
	for (i = 0; i < 10000; i++)
		assert_int_equal(item[i], i);
	assert_true(moves < 12);
	free(item);
}

static void test_many_at_once(void **state)
{
	char *item = NULL;
	size_t room = 0;

	(void)state;
	assert_true(grow(item, room, 5000));
	item[4999] = 'x';
	assert_true(room >= 5000 && room < 10000);
	free(item);
}

static void test_too_many(void **state)
{
	int64_t *item = NULL, *before;
	size_t room = 0, had;

	(void)state;
	assert_true(grow(item, room, 1));
	before = item;
	had = room;
	assert_false(grow(item, room, SIZE_MAX));
	assert_false(grow(item, room, SIZE_MAX / sizeof(*item) + 1));
	assert_ptr_equal(item, before);
	assert_int_equal(room, had);
	free(item);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
