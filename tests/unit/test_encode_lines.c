/* SPDX-License-Identifier: Apache-2.0 */
/* test_encode_lines.c - csv, text and ndjson, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "stage/registry.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct record {
	struct str text;
	int64_t number, known;
	uint16_t port;
	uint32_t flags;
	bool yes;
	int word;
};

static const char *const words[] = { "zero", "one", NULL };

static const struct shape shape = {
	.name = "record",
	.size = sizeof(struct record),
	.fields =
		(const struct field[]){
			FIELD(struct record, text, "text", 0),
			FIELD(struct record, number, "number", 0),
			FIELD_COLUMN(struct record, known, "known", FIELD_OMIT_NEGATIVE,
				     "is-known"),
			FIELD(struct record, port, "port", 0),
			FIELD(struct record, flags, "flags", 0),
			FIELD(struct record, yes, "yes", 0),
			FIELD_ENUM(struct record, word, "word", 0, words),
			{ 0 },
		},
};

static void assert_row(const struct encode *encode, const struct record *record,
		       const char *expected)
{
	struct buf rows = BUF_INIT(4096);

	assert_null(encode->separator);
	encode->row(NULL, &shape, record, false, &rows);
	assert_string_equal(rows.ptr, expected);
	/* Again, into a buffer with room. */
	buf_reset(&rows);
	assert_non_null(buf_room(&rows, 2048));
	encode->row(NULL, &shape, record, false, &rows);
	assert_string_equal(rows.ptr, expected);
	buf_fini(&rows);
}

static void test_every_kind_of_value(void **state)
{
	const struct record full = {
		STR("x"), INT64_MIN, 0, 65535, 4294967295u, true, 1
	};
	const struct record empty = { STR(""), 0, -1, 0, 0, false, 7 };

	(void)state;
	assert_row(&encode_csv, &full,
		   "x,-9223372036854775808,0,65535,4294967295,true,one\n");
	assert_row(&encode_csv, &empty, ",0,,0,0,false,7\n");
	assert_row(&encode_text, &full,
		   "x -9223372036854775808 0 65535 4294967295 true one\n");
	assert_row(&encode_text, &empty, "- 0 - 0 0 false 7\n");
	assert_row(&encode_ndjson, &full,
		   "{\"text\":\"x\",\"number\":-9223372036854775808,\"known\":0,"
		   "\"port\":65535,\"flags\":4294967295,\"yes\":true,"
		   "\"word\":\"one\"}\n");
	assert_row(&encode_ndjson, &empty,
		   "{\"text\":\"\",\"number\":0,\"port\":0,\"flags\":0,\"yes\":false,"
		   "\"word\":\"7\"}\n");
}

static void test_text_that_would_break_the_line(void **state)
{
	static const struct {
		const char *value, *csv, *text;
	} cases[] = {
		{ "plain", "plain", "plain" },
		{ "a,b", "\"a,b\"", "a,b" },
		{ "say \"x\"", "\"say \"\"x\"\"\"", "say_\"x\"" },
		{ "a\nb", "\"a\nb\"", "a_b" },
		{ "a\r", "\"a\r\"", "a_" },
		{ " a", "\" a\"", "_a" },
		{ "\ta", "\"\ta\"", "_a" },
		{ "a ", "a ", "a_" },
		{ "a b", "a b", "a_b" },
		{ "\\.", "\"\\.\"", "\\." },
		{ "\\.x", "\\.x", "\\.x" },
		{ "\xc2\xa0x", "\"\xc2\xa0x\"", "\xc2\xa0x" },
		{ "\xe3\x80\x80x", "\"\xe3\x80\x80x\"", "\xe3\x80\x80x" },
		{ "x\xe3\x80\x80", "x\xe3\x80\x80", "x\xe3\x80\x80" },
		{ "12345678 ", "12345678 ", "12345678_" },
		{ "1234567\n9abcdef", "\"1234567\n9abcdef\"", "1234567_9abcdef" },
		{ "\xc3\xa9\x01", "\xc3\xa9\x01", "\xc3\xa9_" },
		{ "-", "-", "-" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct record record = { .text = str_of(cases[i].value) };
		struct buf csv = BUF_INIT(4096), text = BUF_INIT(4096);

		buf_printf(&csv, "%s,0,0,0,0,false,zero\n", cases[i].csv);
		buf_printf(&text, "%s 0 0 0 0 false zero\n", cases[i].text);
		assert_row(&encode_csv, &record, csv.ptr);
		assert_row(&encode_text, &record, text.ptr);
		buf_fini(&csv);
		buf_fini(&text);
	}
}

static void test_the_first_line_names_the_columns(void **state)
{
	static struct str names[] = { { "a", 1 }, { "b,c", 3 }, { "d e", 3 } };
	const struct strs columns = { names, COUNT(names) };
	struct buf head = BUF_INIT(4096), end = BUF_INIT(4096);

	(void)state;
	encode_csv.frame(NULL, &columns, NULL, 0, &head, &end);
	encode_text.frame(NULL, &columns, NULL, 0, &head, &end);
	assert_string_equal(head.ptr, "a,\"b,c\",d e\na b,c d_e\n");
	assert_int_equal(end.len, 0);
	assert_null(encode_ndjson.frame);
	buf_fini(&head);
}

static void test_what_users_expect_of_their_content(void **state)
{
	(void)state;
	assert_string_equal(encode_csv.content_type, "text/csv");
	assert_string_equal(encode_text.content_type, "text/plain");
	assert_string_equal(encode_ndjson.content_type, "application/x-ndjson");
	assert_true(encode_csv.is_flat && encode_text.is_flat && !encode_ndjson.is_flat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_of_value),
		cmocka_unit_test(test_text_that_would_break_the_line),
		cmocka_unit_test(test_the_first_line_names_the_columns),
		cmocka_unit_test(test_what_users_expect_of_their_content),
	};

	return cmocka_run_group_tests_name("encode_lines", tests, NULL, NULL);
}
