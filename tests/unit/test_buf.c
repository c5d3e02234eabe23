/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c - appending, and remembering that it failed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void appends(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)state;
	assert_string_equal(buf_str(&b).ptr, "");
	buf_puts(&b, "key");
	buf_putc(&b, ':');
	buf_put(&b, (struct str){ NULL, 0 });
	buf_put(&b, STR(" value"));
	buf_printf(&b, " %s %d", "number", 7);
	assert_int_equal(buf_error(&b), 0);
	assert_string_equal(b.ptr, "key: value number 7");
	assert_int_equal(buf_str(&b).len, 19);
	buf_fini(&b);
}

static void writes_numbers(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ -1, "-1" },
		{ 1000, "1000" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(100);

		buf_put_i64(&b, cases[i].number);
		assert_string_equal(b.ptr, cases[i].text);
		buf_fini(&b);
	}
}

static void grows_far_beyond_the_first_size(void **state)
{
	struct buf b = BUF_INIT(1024 * 1024);
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(buf_error(&b), 0);
	assert_int_equal(b.len, 100000);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.ptr[i], 'a' + i % 26);
	assert_int_equal(b.ptr[b.len], '\0');
	buf_fini(&b);
}

static void stays_failed_past_its_limit(void **state)
{
	struct buf b = BUF_INIT(4);

	(void)state;
	buf_puts(&b, "1234");
	assert_int_equal(buf_error(&b), 0);
	buf_putc(&b, '5');
	assert_int_equal(buf_error(&b), -EFBIG);
	buf_cut(&b, 1);
	buf_puts(&b, "x");
	buf_put_i64(&b, 1);
	buf_printf(&b, "%d", 1);
	assert_null(buf_room(&b, 0));
	assert_int_equal(buf_error(&b), -EFBIG);
	assert_string_equal(b.ptr, "1");
	buf_reset(&b);
	assert_int_equal(buf_error(&b), 0);
	buf_puts(&b, "new");
	assert_string_equal(b.ptr, "new");
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_error(&b), -EFBIG);
	buf_fini(&b);
}

static void gives_room_to_write_into(void **state)
{
	struct buf b = BUF_INIT(1000);
	char *room;

	(void)state;
	buf_puts(&b, "a");
	room = buf_room(&b, 500);
	assert_non_null(room);
	memcpy(room, "bc", 2);
	buf_added(&b, 2);
	assert_string_equal(b.ptr, "abc");
	buf_fini(&b);
}

static void is_cut_and_used_again(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)state;
	buf_cut(&b, 0);
	buf_reset(&b);
	buf_puts(&b, "abcdef");
	buf_cut(&b, 10);
	assert_string_equal(b.ptr, "abcdef");
	buf_cut(&b, 3);
	assert_string_equal(b.ptr, "abc");
	buf_fini(&b);
	assert_int_equal(buf_str(&b).len, 0);
	buf_puts(&b, "again");
	assert_string_equal(b.ptr, "again");
	buf_fini(&b);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends),
		cmocka_unit_test(writes_numbers),
		cmocka_unit_test(grows_far_beyond_the_first_size),
		cmocka_unit_test(stays_failed_past_its_limit),
		cmocka_unit_test(gives_room_to_write_into),
		cmocka_unit_test(is_cut_and_used_again),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
