/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_read.c - what is read, what is refused why, and that foreign text
 * never leads the reader astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "format/json_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAX    (1024 * 1024)
#define MILLION	     1000000

struct inner {
	int64_t x;
	struct str y;
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
			FIELD(struct inner, x, "x", 0),
			FIELD(struct inner, y, "y", 0),
			{ 0 },
		},
};

static const struct shape outer_shape = {
	.name = "outer",
	.size = sizeof(struct outer),
	.fields =
		(const struct field[]){
			FIELD(struct outer, n, "n", 0),
			FIELD(struct outer, s, "s", 0),
			FIELD(struct outer, b, "b", 0),
			FIELD(struct outer, u16, "u16", 0),
			FIELD(struct outer, u32, "u32", 0),
			FIELD_ENUM(struct outer, color, "color", 0, colors),
			FIELD_OBJECT(struct outer, in, "in", 0, &inner_shape),
			FIELD(struct outer, raw, "raw", 0),
			FIELD(struct outer, list, "list", 0),
			FIELD(struct outer, map, "map", 0),
			{ 0 },
		},
};

/* A copy that ends where the text ends, so that a sanitizer sees a read past
 * the end. The caller frees. */
static struct str exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return (struct str){ copy, len };
}

static enum json_error read_outer(struct str text, struct arena *arena, struct outer *out)
{
	struct json_reader r;
	bool ok;

	*out = (struct outer){ 0 };
	json_reader_init(&r, text, arena);
	ok = json_read_object(&r, &outer_shape, out);
	assert_int_equal(ok, r.error == JSON_OK);
	assert_true(r.at >= text.ptr && r.at <= text.ptr + text.len);
	return ok && !json_at_end(&r) ? JSON_SYNTAX : r.error;
}

static enum json_error step_over(struct str text, struct str *raw)
{
	struct json_reader r;
	bool ok;

	json_reader_init(&r, text, NULL);
	ok = json_skip(&r, raw);
	assert_int_equal(ok, r.error == JSON_OK);
	assert_true(r.at >= text.ptr && r.at <= text.ptr + text.len);
	return ok && !json_at_end(&r) ? JSON_SYNTAX : r.error;
}

static const char everything[] =
	"{\"n\":-12,\"s\":\"text\",\"b\":true,\"u16\":65535,\"u32\":4294967295,"
	"\"color\":\"GREEN\",\"in\":{\"x\":7,\"y\":\"in\\u00e9\"},"
	"\"raw\":{\"k\":[1,{}]},\"list\":[\"a\",\"b\"],\"map\":{\"k\":\"v\"}}";

static const char shuffled[] =
	" {\t\"map\" : { \"k\" : \"v\" } , \"list\":[ \"a\" ,\"b\" ],\r\n"
	"\"raw\": {\"k\":[1,{}]} ,\"unknown\":{\"n\":[99,\"n\"]},\"in\":{\"y\":\"in\xc3\xa9\","
	"\"z\":null,\"x\":7},\"color\":1,\"u32\":4294967295,\"u16\":65535,\"b\":true,"
	"\"N\":1,\"S\":\"upper\",\"s\":\"t\\u0065xt\",\"\\u006e\":-12 } ";

static void assert_everything(const struct outer *o)
{
	assert_int_equal(o->n, -12);
	assert_true(str_is(o->s, "text"));
	assert_true(o->b);
	assert_int_equal(o->u16, 65535);
	assert_int_equal(o->u32, 4294967295u);
	assert_int_equal(o->color, 1);
	assert_int_equal(o->in->x, 7);
	assert_true(str_is(o->in->y, "in\xc3\xa9"));
	assert_true(str_is(o->raw.text, "{\"k\":[1,{}]}"));
	assert_int_equal(o->list.count, 2);
	assert_true(str_is(o->list.item[0], "a"));
	assert_true(str_is(o->list.item[1], "b"));
	assert_int_equal(o->map.count, 1);
	assert_true(str_is(o->map.name[0], "k"));
	assert_true(str_is(o->map.value[0], "v"));
}

static void test_every_kind_is_read_in_any_order(void **state)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct outer o;

	(void)state;
	assert_int_equal(read_outer(str_of(everything), &arena, &o), JSON_OK);
	assert_everything(&o);
	assert_int_equal(read_outer(str_of(shuffled), &arena, &o), JSON_OK);
	assert_everything(&o);
	arena_fini(&arena);
}

static void test_strings_without_escapes_are_not_copied(void **state)
{
	static const char text[] = "{\"s\":\"plain\"}";
	struct arena arena = ARENA_INIT(0);
	struct outer o;

	(void)state;
	assert_int_equal(read_outer(STR("{}"), &arena, &o), JSON_OK);
	assert_int_equal(read_outer(str_of(text), &arena, &o), JSON_OK);
	assert_ptr_equal(o.s.ptr, text + 6);
	assert_int_equal(read_outer(STR("{\"s\":\"\\n\"}"), &arena, &o), JSON_MEMORY);
	assert_int_equal(read_outer(STR("{\"in\":{}}"), &arena, &o), JSON_MEMORY);
	assert_int_equal(read_outer(STR("{\"list\":[\"a\"]}"), &arena, &o), JSON_MEMORY);
	arena_fini(&arena);
}

static void test_null_is_absent_everywhere(void **state)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct outer o;

	(void)state;
	assert_int_equal(read_outer(STR("{\"n\":null,\"s\":null,\"b\":null,\"u16\":null,"
					"\"u32\":null,\"color\":null,\"in\":null,"
					"\"raw\":null,\"list\":null,\"map\":null,"
					"\"unknown\":null}"),
				    &arena, &o),
			 JSON_OK);
	assert_memory_equal(&o, &(struct outer){ 0 }, sizeof(o));
	arena_fini(&arena);
}

static void test_the_last_of_a_repeated_key_wins(void **state)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct outer o;

	(void)state;
	assert_int_equal(read_outer(STR("{\"n\":1,\"in\":{\"x\":5},\"n\":2,\"raw\":1,"
					"\"in\":{\"y\":\"z\"},\"raw\":null,\"n\":3}"),
				    &arena, &o),
			 JSON_OK);
	assert_int_equal(o.n, 3);
	assert_int_equal(o.in->x, 0);
	assert_true(str_is(o.in->y, "z"));
	assert_int_equal(o.raw.text.len, 0);
	assert_int_equal(read_outer(STR("{\"in\":{\"x\":5},\"in\":null}"), &arena, &o),
			 JSON_OK);
	assert_null(o.in);
	arena_fini(&arena);
}

static void test_strings_are_unescaped(void **state)
{
	const struct {
		const char *text;
		struct str value;
	} cases[] = {
		{ "\"\"", STR("") },
		{ "\"a\\\"b\\\\c\\/d\"", STR("a\"b\\c/d") },
		{ "\"\\b\\f\\n\\r\\t\"", STR("\b\f\n\r\t") },
		{ "\"\\u0000x\"", STR("\0x") },
		{ "\"\\u007f\\u0080\\u07ff\"", STR("\x7f\xc2\x80\xdf\xbf") },
		{ "\"\\u0800\\uFfFf\"", STR("\xe0\xa0\x80\xef\xbf\xbf") },
		{ "\"\\ud800\\udc00\"", STR("\xf0\x90\x80\x80") },
		{ "\"\\uDBFF\\uDFFF\"", STR("\xf4\x8f\xbf\xbf") },
		{ "\"\\ud83d\\ude00!\"", STR("\xf0\x9f\x98\x80!") },
		{ "\"\\ud800\"", STR("\xef\xbf\xbd") },
		{ "\"\\ud800x\"", STR("\xef\xbf\xbdx") },
		{ "\"\\ud800\\n\"", STR("\xef\xbf\xbd\n") },
		{ "\"\\ud800\\u0041\"", STR("\xef\xbf\xbd"
					    "A") },
		{ "\"\\ud800\\ud800\\udc00\"", STR("\xef\xbf\xbd\xf0\x90\x80\x80") },
		{ "\"\\ud800\\ue000\"", STR("\xef\xbf\xbd\xee\x80\x80") },
		{ "\"\\udc00\\ud800\"", STR("\xef\xbf\xbd\xef\xbf\xbd") },
		{ "\"\xff\xc3\xa9\"", STR("\xff\xc3\xa9") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct str text = exact(cases[i].text, strlen(cases[i].text)), value;
		struct json_reader r;

		json_reader_init(&r, text, &arena);
		if (!json_read_string(&r, &value) || r.at != r.end ||
		    !str_equal(value, cases[i].value))
			fail_msg("%s", cases[i].text);
		free((char *)(uintptr_t)text.ptr);
		arena_fini(&arena);
	}
}

static void test_numbers_keep_their_bounds(void **state)
{
	static const struct {
		const char *text;
		enum json_error error;
		int64_t value;
	} cases[] = {
		{ "0", JSON_OK, 0 },
		{ "-0", JSON_OK, 0 },
		{ " 7 ", JSON_OK, 7 },
		{ "9223372036854775807", JSON_OK, INT64_MAX },
		{ "-9223372036854775808", JSON_OK, INT64_MIN },
		{ "9223372036854775808", JSON_NUMBER, 0 },
		{ "-9223372036854775809", JSON_NUMBER, 0 },
		{ "18446744073709551615", JSON_NUMBER, 0 },
		{ "18446744073709551616", JSON_NUMBER, 0 },
		{ "184467440737095516160000", JSON_NUMBER, 0 },
		{ "1e3", JSON_NUMBER, 0 },
		{ "1E3", JSON_NUMBER, 0 },
		{ "1.5", JSON_NUMBER, 0 },
		{ "1.0", JSON_NUMBER, 0 },
		{ "\"1\"", JSON_TYPE, 0 },
		{ "true", JSON_TYPE, 0 },
		{ "{}", JSON_TYPE, 0 },
		{ "[1]", JSON_TYPE, 0 },
		{ "+1", JSON_TYPE, 0 },
		{ ".5", JSON_TYPE, 0 },
		{ "-", JSON_SYNTAX, 0 },
		{ "-a", JSON_SYNTAX, 0 },
		{ "- 1", JSON_SYNTAX, 0 },
		{ "", JSON_SYNTAX, 0 },
		{ "01", JSON_SYNTAX, 0 },
		{ "-00", JSON_SYNTAX, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct json_reader r;
		int64_t value = 0;

		json_reader_init(&r, str_of(cases[i].text), NULL);
		json_read_i64(&r, &value);
		if (r.error != cases[i].error || (!r.error && value != cases[i].value))
			fail_msg("%s: error %d, %lld", cases[i].text, (int)r.error,
				 (long long)value);
	}
}

static void test_what_does_not_fit_the_shape_is_named(void **state)
{
	static const struct {
		const char *text;
		enum json_error error;
	} cases[] = {
		{ "{\"u16\":65536}", JSON_NUMBER },
		{ "{\"u16\":-1}", JSON_NUMBER },
		{ "{\"u32\":4294967296}", JSON_NUMBER },
		{ "{\"u32\":1.5}", JSON_NUMBER },
		{ "{\"color\":\"BLUE\"}", JSON_ENUM },
		{ "{\"color\":\"red\"}", JSON_ENUM },
		{ "{\"color\":\"\"}", JSON_ENUM },
		{ "{\"color\":\"1x\"}", JSON_ENUM },
		{ "{\"color\":\"-2147483649\"}", JSON_ENUM },
		{ "{\"color\":-2147483649}", JSON_NUMBER },
		{ "{\"color\":\"2147483648\"}", JSON_ENUM },
		{ "{\"color\":\"2147483647\"}", JSON_OK },
		{ "{\"color\":9}", JSON_OK },
		{ "{\"color\":[]}", JSON_TYPE },
		{ "{\"b\":1}", JSON_TYPE },
		{ "{\"b\":\"true\"}", JSON_TYPE },
		{ "{\"s\":1}", JSON_TYPE },
		{ "{\"s\":{}}", JSON_TYPE },
		{ "{\"in\":[]}", JSON_TYPE },
		{ "{\"in\":\"x\"}", JSON_TYPE },
		{ "{\"in\":{\"x\":\"x\"}}", JSON_TYPE },
		{ "{\"list\":{}}", JSON_TYPE },
		{ "{\"list\":[1]}", JSON_TYPE },
		{ "{\"map\":[]}", JSON_TYPE },
		{ "{\"list\":[],\"map\":{}}", JSON_OK },
		{ "[]", JSON_TYPE },
		{ "1", JSON_TYPE },
		{ "null", JSON_TYPE },
		{ "", JSON_SYNTAX },
		{ " ", JSON_SYNTAX },
		{ "{} {}", JSON_SYNTAX },
		{ "{\"b\":truely}", JSON_SYNTAX },
		{ "{\"n\":nul}", JSON_SYNTAX },
		{ "{\"n\":nullify}", JSON_SYNTAX },
		{ "{\"n\":1 2}", JSON_SYNTAX },
		{ "{\"n\" 1}", JSON_SYNTAX },
		{ "{n:1}", JSON_SYNTAX },
		{ "{,}", JSON_SYNTAX },
		{ "{\"n\":1,}", JSON_SYNTAX },
		{ "{\"n\":1,,\"s\":\"\"}", JSON_SYNTAX },
		{ "{\"n\":}", JSON_TYPE },
		{ "{\"s\":\"a\nb\"}", JSON_SYNTAX },
		{ "{\"s\":\"\\x\"}", JSON_SYNTAX },
		{ "{\"s\":\"\\u12g4\"}", JSON_SYNTAX },
		{ "{\"s\":\"\\\ta\"}", JSON_SYNTAX },
		{ "{\"s\":\"\\n\nb\"}", JSON_SYNTAX },
		{ "{\"n\":01}", JSON_SYNTAX },
		{ "{\"unknown\":01}", JSON_SYNTAX },
		{ "{\"raw\":[1,]}", JSON_SYNTAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct str text = exact(cases[i].text, strlen(cases[i].text));
		enum json_error error;
		struct outer o;

		error = read_outer(text, &arena, &o);
		if (error != cases[i].error)
			fail_msg("%s: error %d", cases[i].text, (int)error);
		free((char *)(uintptr_t)text.ptr);
		arena_fini(&arena);
	}
}

static void test_a_local_error_can_be_skipped(void **state)
{
	struct json_reader r, start;
	struct outer o = { 0 };

	(void)state;
	json_reader_init(&r, STR("{\"n\":\"1\",\"s\":[\"]}\"]} ,"), NULL);
	start = r;
	assert_false(json_read_object(&r, &outer_shape, &o));
	assert_true(json_error_is_local(r.error));
	r = start;
	assert_true(json_skip(&r, NULL));
	assert_true(json_next(&r, ','));
	assert_true(json_at_end(&r));
	assert_false(json_error_is_local(JSON_SYNTAX));
	assert_false(json_error_is_local(JSON_DEPTH));
	assert_false(json_error_is_local(JSON_MEMORY));
}

/* Every proper prefix of an object is broken, and nothing past it is read. */
static void test_truncated_text_is_refused(void **state)
{
	static const char *const texts[] = {
		everything,
		shuffled,
		"{\"s\":\"\\ud83d\\ude00\",\"color\":\"GREEN\",\"unknown\":-1.5e+3}",
		"{\"raw\":[true,false,null,-0.1E-2,\"\\\\\\u0041\",{\"a\":{},\"b\":[]}]}",
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		for (len = 0; len + (texts[i] == shuffled) < strlen(texts[i]); len++) {
			struct arena arena = ARENA_INIT(ARENA_MAX);
			struct str text = exact(texts[i], len);
			struct outer o;

			assert_int_not_equal(read_outer(text, &arena, &o), JSON_OK);
			assert_int_not_equal(step_over(text, NULL), JSON_OK);
			free((char *)(uintptr_t)text.ptr);
			arena_fini(&arena);
		}
	}
}

static void test_skip_checks_what_it_steps_over(void **state)
{
	static const struct {
		const char *text;
		enum json_error error;
	} cases[] = {
		{ "null", JSON_OK },
		{ "true", JSON_OK },
		{ "false", JSON_OK },
		{ "\"\"", JSON_OK },
		{ "\"\\u00aF\\\"\\\\\\/\\b\\f\\n\\r\\t\"", JSON_OK },
		{ "0", JSON_OK },
		{ "-0.5", JSON_OK },
		{ "10e+2", JSON_OK },
		{ "1E-2", JSON_OK },
		{ "[]", JSON_OK },
		{ "{}", JSON_OK },
		{ "[{\"a\":1},[1],{\"b\":2}]", JSON_OK },
		{ "[ ]", JSON_OK },
		{ "[[],{},[{}]]", JSON_OK },
		{ " { \"a\" : [ 1 , 2 ] , \"b\" : { \"c\" : null } } ", JSON_OK },
		{ "", JSON_SYNTAX },
		{ "nil", JSON_SYNTAX },
		{ "tru", JSON_SYNTAX },
		{ "[", JSON_SYNTAX },
		{ "]", JSON_SYNTAX },
		{ "[}", JSON_SYNTAX },
		{ "{]", JSON_SYNTAX },
		{ "[1,]", JSON_SYNTAX },
		{ "[,1]", JSON_SYNTAX },
		{ "[1 2]", JSON_SYNTAX },
		{ "{\"a\"}", JSON_SYNTAX },
		{ "{\"a\":}", JSON_SYNTAX },
		{ "{\"a\":1,}", JSON_SYNTAX },
		{ "{1:1}", JSON_SYNTAX },
		{ "{\"a\":1 \"b\":2}", JSON_SYNTAX },
		{ "-", JSON_SYNTAX },
		{ "1.", JSON_SYNTAX },
		{ ".1", JSON_SYNTAX },
		{ "1e", JSON_SYNTAX },
		{ "1e+", JSON_SYNTAX },
		{ "+1", JSON_SYNTAX },
		{ "01", JSON_SYNTAX },
		{ "-01", JSON_SYNTAX },
		{ "[00]", JSON_SYNTAX },
		{ "0x1", JSON_SYNTAX },
		{ "NaN", JSON_SYNTAX },
		{ "'a'", JSON_SYNTAX },
		{ "\"\\x\"", JSON_SYNTAX },
		{ "\"\\u00g0\"", JSON_SYNTAX },
		{ "\"\\u00\"", JSON_SYNTAX },
		{ "\"\t\"", JSON_SYNTAX },
		{ "\"\\\"", JSON_SYNTAX },
		{ "// x\n1", JSON_SYNTAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str text = exact(cases[i].text, strlen(cases[i].text));
		enum json_error error = step_over(text, NULL);

		if (error != cases[i].error)
			fail_msg("%s: error %d", cases[i].text, (int)error);
		free((char *)(uintptr_t)text.ptr);
	}
	assert_int_equal(step_over(STR("\"\\\0\""), NULL), JSON_SYNTAX);
	assert_int_equal(step_over(STR("\0"), NULL), JSON_SYNTAX);
}

static void test_skip_hands_out_the_text(void **state)
{
	struct str raw;

	(void)state;
	assert_int_equal(step_over(STR("  {\"a\": [1, \"]\"]} \n"), &raw), JSON_OK);
	assert_true(str_is(raw, "{\"a\": [1, \"]\"]}"));
	assert_int_equal(step_over(STR(" 1.5"), &raw), JSON_OK);
	assert_true(str_is(raw, "1.5"));
}

/* depth times open, then close in reverse. */
static struct str nested(const char *open, char close, size_t depth)
{
	size_t len = strlen(open), i;
	char *text = malloc(depth * (len + 1));

	assert_non_null(text);
	for (i = 0; i < depth; i++) {
		memcpy(text + i * len, open, len);
		text[depth * len + i] = close;
	}
	return (struct str){ text, depth * (len + 1) };
}

static void test_nesting_is_limited(void **state)
{
	static const struct {
		const char *open;
		char close;
		enum json_error at_limit; /* what has no value is broken */
	} cases[] = {
		{ "[", ']', JSON_OK },
		{ "[1,", ']', JSON_SYNTAX },
		{ "{\"a\":", '}', JSON_SYNTAX },
	};
	struct str text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		text = nested(cases[i].open, cases[i].close, JSON_DEPTH_MAX);
		assert_int_equal(step_over(text, NULL), cases[i].at_limit);
		free((char *)(uintptr_t)text.ptr);
		text = nested(cases[i].open, cases[i].close, JSON_DEPTH_MAX + 1);
		assert_int_equal(step_over(text, NULL), JSON_DEPTH);
		free((char *)(uintptr_t)text.ptr);
		text = nested(cases[i].open, cases[i].close, MILLION);
		assert_int_equal(step_over(text, NULL), JSON_DEPTH);
		free((char *)(uintptr_t)text.ptr);
	}
}

/* The deepest that is allowed, of lists and objects by turns. */
static void test_closing_levels_match_what_was_opened(void **state)
{
	char text[JSON_DEPTH_MAX * 8] = "", close[JSON_DEPTH_MAX + 1];
	size_t i, used;

	(void)state;
	for (i = 0; i < JSON_DEPTH_MAX; i++) {
		bool is_object = i % 3 != 0;

		strcat(text, is_object ? "{\"a\":" : "[");
		close[JSON_DEPTH_MAX - 1 - i] = is_object ? '}' : ']';
	}
	close[JSON_DEPTH_MAX] = '\0';
	used = strlen(text);
	strcat(text, "0");
	strcat(text, close);
	assert_int_equal(step_over(str_of(text), NULL), JSON_OK);
	for (i = used + 1; i <= used + JSON_DEPTH_MAX; i++) {
		char was = text[i];

		text[i] = was == '}' ? ']' : '}';
		assert_int_equal(step_over(str_of(text), NULL), JSON_SYNTAX);
		text[i] = was;
	}
}

/* Long lists of nothing: a quadratic reader would take minutes. */
static void test_long_text_takes_linear_time(void **state)
{
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	char *text = malloc(MILLION * 6 + 64);
	size_t len = 0, i;
	struct outer o;

	(void)state;
	assert_non_null(text);
	text[len++] = '{';
	for (i = 0; i < MILLION; i++) {
		memcpy(text + len, "\"?\":0,", 6);
		len += 6;
	}
	memcpy(text + len, "\"n\":5}", 6);
	assert_int_equal(read_outer((struct str){ text, len + 6 }, &arena, &o), JSON_OK);
	assert_int_equal(o.n, 5);
	len = (size_t)snprintf(text, 64, "{\"list\":[\"0\"");
	for (i = 0; i < MILLION; i++) {
		memcpy(text + len, ",\"\"", 3);
		len += 3;
	}
	memcpy(text + len, "]}", 2);
	assert_int_equal(read_outer((struct str){ text, len + 2 }, &arena, &o), JSON_OK);
	assert_int_equal(o.list.count, MILLION + 1);
	free(text);
	arena_fini(&arena);
}

/* Whatever bytes: an outcome, and never a step outside. */
static void test_garbage_is_survived(void **state)
{
	static const char letters[] = "{}[]\",:\\unts0123.eE- \t\n\xff\x01"
				      "abcinraw";
	uint32_t seed = 1;
	size_t round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		char bytes[48];
		struct str text;
		struct outer o;

		for (i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		memcpy(bytes, "{\"", 2);
		text = exact(bytes, seed % sizeof(bytes));
		read_outer(text, &arena, &o);
		step_over(text, NULL);
		free((char *)(uintptr_t)text.ptr);
		arena_fini(&arena);
	}
}

static void test_an_empty_text_has_nothing(void **state)
{
	struct json_reader r;
	struct str value;

	(void)state;
	json_reader_init(&r, (struct str){ NULL, 0 }, NULL);
	assert_true(json_at_end(&r));
	assert_false(json_next(&r, '{'));
	assert_false(json_read_null(&r));
	assert_false(json_read_string(&r, &value));
	assert_int_equal(r.error, JSON_SYNTAX);
}

static void test_raw_values_are_utf_8(void **state)
{
	static const struct {
		const char *text, *raw; /* NULL: it is left where it is */
	} cases[] = {
		{ "{\"a\":\"caf\xc3\xa9\"}", NULL },
		{ "\"plain\"", NULL },
		{ "\"caf\xe9\"", "\"caf\xef\xbf\xbd\"" },
		{ "{\"\xff\":[\"\xc3\",\"\xed\xa0\x80\"]}",
		  "{\"\xef\xbf\xbd\":[\"\xef\xbf\xbd\",\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf"
		  "\xbd\"]}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(1 << 16);
		struct json_reader r;
		struct raw raw;

		json_reader_init(&r, str_of(cases[i].text), &arena);
		assert_true(json_read_raw(&r, &raw));
		if (cases[i].raw)
			assert_true(str_is(raw.text, cases[i].raw));
		else
			assert_ptr_equal(raw.text.ptr, cases[i].text);
		arena_fini(&arena);
	}
}

static void test_raw_values_that_find_no_room_are_an_error(void **state)
{
	struct arena arena = ARENA_INIT(4);
	struct json_reader r;
	struct raw raw;

	(void)state;
	json_reader_init(&r, STR("\"caf\xe9\""), &arena);
	assert_false(json_read_raw(&r, &raw));
	assert_int_equal(r.error, JSON_MEMORY);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_is_read_in_any_order),
		cmocka_unit_test(test_strings_without_escapes_are_not_copied),
		cmocka_unit_test(test_null_is_absent_everywhere),
		cmocka_unit_test(test_the_last_of_a_repeated_key_wins),
		cmocka_unit_test(test_strings_are_unescaped),
		cmocka_unit_test(test_numbers_keep_their_bounds),
		cmocka_unit_test(test_what_does_not_fit_the_shape_is_named),
		cmocka_unit_test(test_a_local_error_can_be_skipped),
		cmocka_unit_test(test_truncated_text_is_refused),
		cmocka_unit_test(test_skip_checks_what_it_steps_over),
		cmocka_unit_test(test_skip_hands_out_the_text),
		cmocka_unit_test(test_raw_values_are_utf_8),
		cmocka_unit_test(test_raw_values_that_find_no_room_are_an_error),
		cmocka_unit_test(test_nesting_is_limited),
		cmocka_unit_test(test_closing_levels_match_what_was_opened),
		cmocka_unit_test(test_long_text_takes_linear_time),
		cmocka_unit_test(test_garbage_is_survived),
		cmocka_unit_test(test_an_empty_text_has_nothing),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
