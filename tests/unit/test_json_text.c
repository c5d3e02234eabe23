/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_text.c - an answer is measured before a tree is made of it: what costs
 * much memory is refused, whatever it is made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>
#include "base/buf.h"
#include "topology/json_text.h"

#define MIB ((size_t)1 << 20)

/* "[unit,unit,...unit]" of about so many bytes. */
static int parse_many(const char *unit, size_t size, struct err *err)
{
	struct buf text = BUF_INIT(32 * MIB);
	struct json_object *root = NULL;
	int error;

	buf_putc(&text, '[');
	while (text.len < size) {
		buf_puts(&text, unit);
		buf_putc(&text, ',');
	}
	buf_puts(&text, unit);
	buf_putc(&text, ']');
	assert_int_equal(buf_error(&text), 0);
	error = json_text_parse(buf_str(&text), &root, err);
	json_object_put(root);
	buf_fini(&text);
	return error;
}

static void test_what_costs_much_is_refused(void **state)
{
	static const char *const unit[] = { "{}",	  "[]",	    "0",   "null",
					    "{\"a\":{}}", "[[[]]]", "\"\"" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		struct err err = ERR_INIT;

		assert_true(parse_many(unit[i], 15 * MIB, &err) < 0);
		assert_non_null(strstr(err.text, "too many values"));
	}
}

/* Text alone is as long as it is, whatever stands in it; and so are the answers of a
 * large topology. */
static void test_what_is_merely_long_is_read(void **state)
{
	static const char text[] =
		"\"{{{{,,,,\\\\\\\"[[[[::::,,,,{},{},{},{},{},{},{},{},{},{},"
		"[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]\"";
	static const char node[] =
		"{\"ID\":\"12345678-1234-1234-1234-123456789012\",\"Host\":"
		"\"node\",\"Metadata\":{\"Name\":\"eth0\",\"MAC\":"
		"\"00:11:22:33:44:55\",\"MTU\":1500,\"IPV4\":[\"10.0.0.1/24\"]}}";
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse_many(text, 15 * MIB, &err), 0);
	assert_int_equal(parse_many(node, 4 * MIB, &err), 0);
}

static void test_ends_within_a_string(void **state)
{
	static const char *const text[] = { "\"", "\"\\", "[\"a", "{\"a\":\"\\\"" };
	struct json_object *root;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		struct err err = ERR_INIT;

		assert_true(json_text_parse(str_of(text[i]), &root, &err) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_costs_much_is_refused),
		cmocka_unit_test(test_what_is_merely_long_is_read),
		cmocka_unit_test(test_ends_within_a_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
