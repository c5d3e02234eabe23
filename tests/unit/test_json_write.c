/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_write.c - the text that Go's encoding/json would have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "format/json_read.h"
#include "format/json_write.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct json_style compact = { false, 0 };
static const struct json_style pretty = { true, 0 };

struct inner {
	int64_t x;
};

struct outer {
	int64_t n;
	struct str s;
	bool b;
	uint16_t u16;
	uint32_t u32;
	int color;
	struct inner *in;
	struct raw raw;
	struct strs list;
	struct map_of_str map;
};

static const char *const colors[] = { "RED", "GREEN", NULL };

static const struct shape inner_shape = {
	.name = "inner",
	.size = sizeof(struct inner),
	.fields =
		(const struct field[]){
			FIELD(struct inner, x, "x", FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

#define OUTER_FIELDS(flags)                                                              \
	FIELD(struct outer, n, "n", flags), FIELD(struct outer, s, "s", flags),          \
		FIELD(struct outer, b, "b", flags),                                      \
		FIELD(struct outer, u16, "u16", flags),                                  \
		FIELD(struct outer, u32, "u32", flags),                                  \
		FIELD_ENUM(struct outer, color, "color", flags, colors),                 \
		FIELD_OBJECT(struct outer, in, "in", FIELD_OMIT_EMPTY, &inner_shape),    \
		FIELD(struct outer, raw, "raw", FIELD_OMIT_EMPTY),                       \
		FIELD(struct outer, list, "list", flags),                                \
		FIELD(struct outer, map, "map", flags),                                  \
	{                                                                                \
		0                                                                        \
	}

static const struct shape outer_shape = {
	.name = "outer",
	.size = sizeof(struct outer),
	.fields = (const struct field[]){ OUTER_FIELDS(0) },
};

static const struct shape omitting_shape = {
	.name = "omitting",
	.size = sizeof(struct outer),
	.fields = (const struct field[]){ OUTER_FIELDS(FIELD_OMIT_EMPTY) },
};

static const struct shape color_shape = {
	.name = "color",
	.size = sizeof(struct outer),
	.fields =
		(const struct field[]){
			FIELD_ENUM(struct outer, color, "color", 0, colors),
			{ 0 },
		},
};

static struct inner one = { 1 }, zero;
static struct str list_items[] = { { "a", 1 }, { "<", 1 } };
static struct str map_names[] = { { "k\"", 2 }, { "", 0 } };
static struct str map_values[] = { { "v", 1 }, { NULL, 0 } };

static const struct outer full = {
	.n = -5,
	.s = { "t&", 2 },
	.b = true,
	.u16 = 65535,
	.u32 = 4294967295u,
	.color = 1,
	.in = &one,
	.raw = { { "{\"k\":[1,{},[]]}", 15 } },
	.list = { list_items, 2 },
	.map = { map_names, map_values, 2 },
};

static void assert_written(const struct shape *shape, const struct outer *record,
			   struct json_style style, const char *expected)
{
	struct buf b = BUF_INIT(4096);
	struct json_reader r;

	json_put_record(&b, shape, record, style);
	assert_int_equal(buf_error(&b), 0);
	assert_string_equal(b.ptr, expected);
	json_reader_init(&r, buf_str(&b), NULL);
	assert_true(json_skip(&r, NULL));
	assert_true(json_at_end(&r));
	buf_fini(&b);
}

static void test_records_are_compact_in_the_order_of_the_shape(void **state)
{
	(void)state;
	assert_written(&outer_shape, &full, compact,
		       "{\"n\":-5,\"s\":\"t\\u0026\",\"b\":true,\"u16\":65535,"
		       "\"u32\":4294967295,\"color\":\"GREEN\",\"in\":{\"x\":1},"
		       "\"raw\":{\"k\":[1,{},[]]},\"list\":[\"a\",\"\\u003c\"],"
		       "\"map\":{\"k\\\"\":\"v\",\"\":\"\"}}");
}

static void test_pretty_records_have_a_tab_a_level(void **state)
{
	(void)state;
	assert_written(&outer_shape, &full, pretty,
		       "{\n"
		       "\t\"n\": -5,\n"
		       "\t\"s\": \"t\\u0026\",\n"
		       "\t\"b\": true,\n"
		       "\t\"u16\": 65535,\n"
		       "\t\"u32\": 4294967295,\n"
		       "\t\"color\": \"GREEN\",\n"
		       "\t\"in\": {\n"
		       "\t\t\"x\": 1\n"
		       "\t},\n"
		       "\t\"raw\": {\n"
		       "\t\t\"k\": [\n"
		       "\t\t\t1,\n"
		       "\t\t\t{},\n"
		       "\t\t\t[]\n"
		       "\t\t]\n"
		       "\t},\n"
		       "\t\"list\": [\n"
		       "\t\t\"a\",\n"
		       "\t\t\"\\u003c\"\n"
		       "\t],\n"
		       "\t\"map\": {\n"
		       "\t\t\"k\\\"\": \"v\",\n"
		       "\t\t\"\": \"\"\n"
		       "\t}\n"
		       "}");
	assert_written(&omitting_shape, &(struct outer){ .n = 1, .in = &zero },
		       (struct json_style){ true, 2 },
		       "{\n\t\t\t\"n\": 1,\n\t\t\t\"in\": {}\n\t\t}");
}

static void test_empty_members_are_written_or_left_out(void **state)
{
	static const struct outer empty = { 0 };

	(void)state;
	assert_written(
		&outer_shape, &empty, compact,
		"{\"n\":0,\"s\":\"\",\"b\":false,\"u16\":0,\"u32\":0,\"color\":\"RED\","
		"\"list\":[],\"map\":{}}");
	assert_written(&outer_shape, &empty, pretty,
		       "{\n\t\"n\": 0,\n\t\"s\": \"\",\n\t\"b\": false,\n\t\"u16\": 0,\n"
		       "\t\"u32\": 0,\n\t\"color\": \"RED\",\n\t\"list\": [],\n"
		       "\t\"map\": {}\n}");
	assert_written(&omitting_shape, &empty, compact, "{}");
	assert_written(&omitting_shape, &empty, pretty, "{}");
	assert_written(&omitting_shape, &(struct outer){ .b = true }, compact,
		       "{\"b\":true}");
}

static void test_numbers_without_a_name_are_strings(void **state)
{
	static const struct {
		int color;
		const char *text;
	} cases[] = {
		{ 0, "{\"color\":\"RED\"}" }, { 2, "{\"color\":\"2\"}" },
		{ 9, "{\"color\":\"9\"}" },   { 77, "{\"color\":\"77\"}" },
		{ -1, "{\"color\":\"-1\"}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_written(&color_shape, &(struct outer){ .color = cases[i].color },
			       compact, cases[i].text);
}

static void test_integers_have_all_their_digits(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = {
		{ INT64_MIN, "{\"n\":-9223372036854775808}" },
		{ INT64_MAX, "{\"n\":9223372036854775807}" },
		{ -1, "{\"n\":-1}" },
		{ 10, "{\"n\":10}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_written(&omitting_shape, &(struct outer){ .n = cases[i].n },
			       compact, cases[i].text);
}

static void test_strings_are_escaped_as_go_does(void **state)
{
	const struct {
		struct str value;
		const char *text;
	} cases[] = {
		{ STR(""), "\"\"" },
		{ { NULL, 0 }, "\"\"" },
		{ STR("\x00\x08\x0c\x1f\x7f<>&\"\\/\xe2\x80\xa8\xff"),
		  "\"\\u0000\\u0008\\u000c\\u001f\x7f\\u003c\\u003e\\u0026\\\"\\\\/"
		  "\\u2028\\ufffd\"" },
		{ STR("\n\r\t'"), "\"\\n\\r\\t'\"" },
		{ STR("\xe2\x80\xa7\xe2\x80\xa9\xe2\x80\xaa"),
		  "\"\xe2\x80\xa7\\u2029\xe2\x80\xaa\"" },
		{ STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ STR("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"),
		  "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"" },
		{ STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
		  "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
		{ STR("\x80z"), "\"\\ufffdz\"" },
		{ STR("\xc0\xaf"), "\"\\ufffd\\ufffd\"" },
		{ STR("\xc1\xbf"), "\"\\ufffd\\ufffd\"" },
		{ STR("\xe0\x9f\xbf"), "\"\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xf0\x8f\xbf\xbf"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xf5\x80\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xc3"), "\"\\ufffd\"" },
		{ STR("\xe2\x82"), "\"\\ufffd\\ufffd\"" },
		{ STR("\xe2\x82z"), "\"\\ufffd\\ufffdz\"" },
		{ STR("\xf0\x9f\x98"), "\"\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xe2\x80"), "\"\\ufffd\\ufffd\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(4096);
		size_t len = cases[i].value.len;
		char *copy = malloc(len ? len : 1);

		/* Exactly as long as the text: a look behind it is seen. */
		assert_non_null(copy);
		if (len)
			memcpy(copy, cases[i].value.ptr, len);
		json_put_string(&b, (struct str){ copy, len });
		assert_string_equal(b.ptr, cases[i].text);
		free(copy);
		buf_fini(&b);
	}
}

/* Eight bytes a step or one: whatever byte stands at whatever place. */
static void test_long_strings_are_the_sum_of_their_bytes(void **state)
{
	struct buf whole = BUF_INIT(4096), part = BUF_INIT(4096), sum = BUF_INIT(4096);
	char text[20];
	size_t len, place, i;
	unsigned c;

	(void)state;
	buf_room(&whole, 1024); /* eight bytes a step want room */
	for (len = 1; len <= sizeof(text); len++) {
		for (place = 0; place < len; place++) {
			for (c = 0; c < 256; c++) {
				memset(text, ':', len);
				text[place] = (char)c;
				buf_reset(&whole);
				json_put_string(&whole, (struct str){ text, len });
				buf_reset(&sum);
				buf_putc(&sum, '"');
				for (i = 0; i < len; i++) {
					buf_reset(&part);
					json_put_string(&part,
							(struct str){ text + i, 1 });
					buf_put(&sum, (struct str){ part.ptr + 1,
								    part.len - 2 });
				}
				buf_putc(&sum, '"');
				assert_string_equal(buf_str(&whole).ptr,
						    buf_str(&sum).ptr);
			}
		}
	}
	buf_fini(&whole);
	buf_fini(&part);
	buf_fini(&sum);
}

static void test_raw_text_is_laid_out_anew(void **state)
{
	static const struct {
		const char *text, *pretty;
	} cases[] = {
		{ "null", "null" },
		{ "-1.5e3", "-1.5e3" },
		{ "{}", "{}" },
		{ "[ ]", "[]" },
		{ "{ }", "{}" },
		{ "\"a b\\\"{[:,\\\\\"", "\"a b\\\"{[:,\\\\\"" },
		{ "[1, 22,\n3]", "[\n\t\t1,\n\t\t22,\n\t\t3\n\t]" },
		{ "{\"a\" : {} ,\"b\":[ {} ]}",
		  "{\n\t\t\"a\": {},\n\t\t\"b\": [\n\t\t\t{}\n\t\t]\n\t}" },
		{ "[[],[[]]]", "[\n\t\t[],\n\t\t[\n\t\t\t[]\n\t\t]\n\t]" },
		{ "{\"a:,b\":\"{ x }\"}", "{\n\t\t\"a:,b\": \"{ x }\"\n\t}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(4096);

		json_put_raw(&b, str_of(cases[i].text), (struct json_style){ true, 1 });
		assert_string_equal(b.ptr, cases[i].pretty);
		buf_reset(&b);
		json_put_raw(&b, str_of(cases[i].text), compact);
		assert_string_equal(b.ptr, cases[i].text);
		buf_fini(&b);
	}
}

static void test_breaks_are_for_pretty_text_only(void **state)
{
	struct buf b = BUF_INIT(64);

	(void)state;
	json_put_break(&b, (struct json_style){ false, 3 });
	assert_int_equal(b.len, 0);
	json_put_break(&b, (struct json_style){ true, 0 });
	json_put_break(&b, (struct json_style){ true, 3 });
	assert_string_equal(b.ptr, "\n\n\t\t\t");
	buf_fini(&b);
}

static void test_a_full_buffer_is_noticed(void **state)
{
	size_t limit, whole;
	struct buf b = BUF_INIT(4096);

	(void)state;
	json_put_record(&b, &outer_shape, &full, compact);
	whole = b.len;
	buf_fini(&b);
	for (limit = 0; limit <= whole; limit++) {
		b = (struct buf)BUF_INIT(limit);
		json_put_record(&b, &outer_shape, &full, compact);
		assert_int_equal(buf_error(&b) == 0, limit == whole);
		assert_true(b.len <= limit);
		buf_fini(&b);
	}
}

static void test_what_is_written_reads_back(void **state)
{
	struct arena arena = ARENA_INIT(65536);
	struct buf b = BUF_INIT(4096), again = BUF_INIT(4096);
	struct json_reader r;
	struct outer o = { 0 };

	(void)state;
	json_put_record(&b, &outer_shape, &full, pretty);
	json_reader_init(&r, buf_str(&b), &arena);
	assert_true(json_read_object(&r, &outer_shape, &o));
	json_put_record(&again, &outer_shape, &o, pretty);
	assert_string_equal(again.ptr, b.ptr);
	buf_fini(&b);
	buf_fini(&again);
	arena_fini(&arena);
}

/* Strings of any bytes: still JSON. */
static void test_any_string_is_valid_json(void **state)
{
	uint32_t seed = 7;
	size_t round, i;

	(void)state;
	for (round = 0; round < 5000; round++) {
		struct buf b = BUF_INIT(4096);
		struct json_reader r;
		char bytes[24];

		for (i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (char)(seed >> 24);
		}
		json_put_string(&b, (struct str){ bytes, sizeof(bytes) });
		json_reader_init(&r, buf_str(&b), NULL);
		assert_true(json_skip(&r, NULL));
		assert_true(json_at_end(&r));
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_are_compact_in_the_order_of_the_shape),
		cmocka_unit_test(test_pretty_records_have_a_tab_a_level),
		cmocka_unit_test(test_empty_members_are_written_or_left_out),
		cmocka_unit_test(test_numbers_without_a_name_are_strings),
		cmocka_unit_test(test_integers_have_all_their_digits),
		cmocka_unit_test(test_strings_are_escaped_as_go_does),
		cmocka_unit_test(test_long_strings_are_the_sum_of_their_bytes),
		cmocka_unit_test(test_raw_text_is_laid_out_anew),
		cmocka_unit_test(test_breaks_are_for_pretty_text_only),
		cmocka_unit_test(test_a_full_buffer_is_noticed),
		cmocka_unit_test(test_what_is_written_reads_back),
		cmocka_unit_test(test_any_string_is_valid_json),
	};

	return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
