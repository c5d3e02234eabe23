/* SPDX-License-Identifier: Apache-2.0 */
/* test_row_label.c - labels of rows: written and read back, whole, in parts, damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "pipeline/row_label.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put(struct buf *b, struct str key, struct str row, int64_t time_ms)
{
	size_t begun = row_label_begin(b, key);

	buf_put(b, row);
	row_label_end(b, begun, key, time_ms);
}

static const struct {
	struct str key, row;
	int64_t time_ms, read_ms;
} rows[] = {
	{ { "k", 1 }, { "{\"a\":1}\n", 8 }, 1551199609544, 1551199609544 },
	{ { NULL, 0 }, { "", 0 }, 0, 0 },
	{ { "a\nb", 3 }, { "\0\n\0", 3 }, -5, 0 },
	{ { "x", 1 }, { "y", 1 }, INT64_MAX, 9999999999999 },
};

static void test_there_and_back(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct row_label label;
	struct str rest;
	size_t i, needed;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		put(&b, rows[i].key, rows[i].row, rows[i].time_ms);
	assert_int_equal(buf_error(&b), 0);
	assert_true(str_starts(buf_str(&b),
			       STR("1551199609544 0001 00000008\nk{\"a\":1}\n")));
	rest = buf_str(&b);
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(row_label_read(&rest, &label, &needed), 0);
		assert_true(str_equal(label.key, rows[i].key));
		assert_true(str_equal(label.row, rows[i].row));
		assert_int_equal(label.time_ms, rows[i].read_ms);
	}
	assert_int_equal(rest.len, 0);
	assert_int_equal(row_label_read(&rest, &label, &needed), -EAGAIN);
	buf_fini(&b);
}

/* Whoever reads in parts is told how much is needed, and loses nothing. */
static void test_in_parts(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct row_label label;
	size_t len, needed;

	(void)state;
	put(&b, STR("key"), STR("row"), 7);
	for (len = 0; len < b.len; len++) {
		struct str part = { b.ptr, len };

		assert_int_equal(row_label_read(&part, &label, &needed), -EAGAIN);
		assert_int_equal(part.len, len);
		assert_true(needed > len && needed <= b.len);
	}
	buf_fini(&b);
}

static void test_what_is_none(void **state)
{
	static const char *const table[] = {
		"{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n",
		"155119960954x 0001 00000001\nkr",
		"1551199609544 0001 0000000g\nkr",
		"1551199609544 0001 00000001 kr",
		"1551199609544:0001 00000001\nkr",
		"1551199609544 ffff 00000001\nkr",
		"1551199609544 0001 7fffffff\nkr",
		"-551199609544 0001 00000001\nkr",
	};
	struct row_label label;
	size_t i, needed;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct str text = str_of(table[i]);

		print_message("  %s\n", table[i]);
		assert_int_equal(row_label_read(&text, &label, &needed), -EINVAL);
		assert_int_equal(text.len, strlen(table[i]));
	}
}

static void test_keys(void **state)
{
	static char long_tid[ROW_KEY_MAX + 50];
	struct flow flow = {
		.uuid = STR("u"),
		.l3_tracking_id = STR("l3"),
		.node_tid = STR("tid"),
	};

	(void)state;
	assert_true(str_is(row_key_of(ROW_KEY_CONNECTION, &flow), "l3"));
	assert_true(str_is(row_key_of(ROW_KEY_INTERFACE, &flow), "tid"));
	assert_int_equal(row_key_of(ROW_KEY_NONE, &flow).len, 0);
	assert_int_equal(row_key_of(ROW_KEY_CONNECTION, NULL).len, 0);
	flow.l3_tracking_id.len = 0;
	assert_true(str_is(row_key_of(ROW_KEY_CONNECTION, &flow), "u"));
	flow.node_tid = (struct str){ long_tid, sizeof(long_tid) };
	assert_int_equal(row_key_of(ROW_KEY_INTERFACE, &flow).len, ROW_KEY_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_in_parts),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("row_label", tests, NULL, NULL);
}
