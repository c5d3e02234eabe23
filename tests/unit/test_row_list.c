/* SPDX-License-Identifier: Apache-2.0 */
/* test_row_list.c - rows in order, and those of a time in front. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/row_list.h"

/* A row for each letter, once, twice or three times it, in turn; its time is the
 * digit behind. */
static void add(struct row_list *list, const char *text)
{
	for (; *text; text += 2) {
		size_t i;

		for (i = 0; i <= list->count % 3; i++)
			buf_putc(&list->bytes, *text);
		assert_true(row_list_end_row(list, text[1] - '0'));
	}
}

static void test_rows_of_a_time_come_forward(void **state)
{
	static const struct {
		const char *rows, *sorted;
		size_t count;
	} cases[] = {
		{ "", "", 0 },
		{ "a4b4c4", "abbccc", 3 },
		{ "a0b6c9", "abbccc", 0 },
		{ "a3b5c6", "abbccc", 2 },
		{ "a6b3c5d4", "bbcccda", 3 },
		{ "a6b3c6d5e2f4g9", "bbdfffaccceeg", 3 },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct row_list list;
		size_t sum = 0;

		row_list_init(&list);
		add(&list, cases[i].rows);
		assert_int_equal(row_list_bring_forward(&list, 3, 6), cases[i].count);
		assert_string_equal(list.count ? list.bytes.ptr : "", cases[i].sorted);
		for (j = 0; j < list.count; j++) {
			assert_int_equal(j < cases[i].count,
					 list.row[j].time_ms >= 3 &&
						 list.row[j].time_ms < 6);
			assert_int_equal(row_list_bytes(&list, j), sum);
			sum += list.row[j].bytes;
		}
		assert_int_equal(list.used, sum);
		/* Again nothing moves, and what is written comes behind. */
		assert_int_equal(row_list_bring_forward(&list, 3, 6), cases[i].count);
		add(&list, "z9");
		assert_int_equal(list.bytes.ptr[list.bytes.len - 1], 'z');
		row_list_fini(&list);
	}
}

static void test_the_oldest_rows_are_forgotten(void **state)
{
	struct row_list list;

	(void)state;
	row_list_init(&list);
	add(&list, "a1b2c3d4");
	row_list_forget(&list, 2);
	assert_string_equal(list.bytes.ptr, "cccd");
	assert_int_equal(list.row[0].time_ms, 3);
	assert_int_equal(list.count, 2);
	row_list_forget(&list, 0);
	assert_int_equal(list.used, 4);
	row_list_forget(&list, 2);
	assert_int_equal(list.count + list.used + list.bytes.len, 0);
	row_list_fini(&list);
}

static void test_a_row_that_cannot_be_is_gone_alone(void **state)
{
	struct row_list list;

	(void)state;
	row_list_init(&list);
	add(&list, "a1");
	buf_putc(&list.bytes, 'x');
	list.bytes.error = -ENOMEM;
	assert_false(row_list_end_row(&list, 1));
	assert_non_null(buf_room(&list.bytes, (1 << 20) + 1));
	memset(list.bytes.ptr + 1, 'x', (1 << 20) + 1);
	buf_added(&list.bytes, (1 << 20) + 1);
	assert_false(row_list_end_row(&list, 1));
	add(&list, "b1");
	assert_string_equal(list.bytes.ptr, "abb");
	row_list_fini(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_of_a_time_come_forward),
		cmocka_unit_test(test_the_oldest_rows_are_forgotten),
		cmocka_unit_test(test_a_row_that_cannot_be_is_gone_alone),
	};

	return cmocka_run_group_tests_name("row_list", tests, NULL, NULL);
}
