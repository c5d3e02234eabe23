/* SPDX-License-Identifier: Apache-2.0 */
/* test_object.c - keys as they are built, and as an object store gets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/object.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_keys_have_prefix_tag_stream_and_sequence(void **state)
{
	static const struct {
		const char *prefix;
		enum tag tag;
		int64_t stream, sequence;
		const char *key;
	} cases[] = {
		{ "logs", TAG_INTERNAL, 1551199609, 0,
		  "logs/internal/20190226T164649Z/00000000.gz" },
		{ "logs", TAG_EGRESS, 1551199610, 1,
		  "logs/egress/20190226T164650Z/00000001.gz" },
		{ "", TAG_INTERNAL, 1551199609, 0,
		  "/internal/20190226T164649Z/00000000.gz" },
		{ "a b//d/../e", TAG_OTHER, 1551199609, 12345678,
		  "a b//d/../e/other/20190226T164649Z/12345678.gz" },
		{ "x/", TAG_INGRESS, 0, 123456789,
		  "x//ingress/19700101T000000Z/123456789.gz" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf key = BUF_INIT(256);

		object_key(&key, str_of(cases[i].prefix), cases[i].tag, cases[i].stream,
			   cases[i].sequence);
		assert_string_equal(key.ptr, cases[i].key);
		buf_fini(&key);
	}
}

static void test_keys_are_cleaned_like_paths(void **state)
{
	static const struct {
		const char *key, *clean;
	} cases[] = {
		{ "logs/internal/20190226T164649Z/00000000.gz",
		  "logs/internal/20190226T164649Z/00000000.gz" },
		{ "/internal/x.gz", "internal/x.gz" },
		{ "a b//d/../e/x", "a b/e/x" },
		{ "//a///b//", "a/b" },
		{ "./a/./b/.", "a/b" },
		{ "a/b/..", "a" },
		{ "a/..", "" },
		{ "..", "" },
		{ "../../a", "a" },
		{ "a/../../b", "b" },
		{ "a/b/../../c", "c" },
		{ "a/b/../../../c", "c" },
		{ "...", "..." },
		{ "..a/b.", "..a/b." },
		{ "a/.../b", "a/.../b" },
		{ "", "" },
		{ "/", "" },
		{ ".", "" },
		{ "\xc3\xa9+/%2e%2e/x", "\xc3\xa9+/%2e%2e/x" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(256);

		object_key_clean(str_of(cases[i].key), &b);
		if (!str_is(buf_str(&b), cases[i].clean))
			fail_msg("%s: %s", cases[i].key, b.ptr ? b.ptr : "");
		buf_reset(&b);
		buf_puts(&b, "bucket/");
		object_key_clean(str_of(cases[i].key), &b);
		assert_true(str_is(str_skip(buf_str(&b), 7), cases[i].clean));
		assert_true(str_starts(buf_str(&b), STR("bucket/")));
		buf_fini(&b);
	}
}

static void test_tags_have_names_in_the_order_of_the_work(void **state)
{
	(void)state;
	assert_string_equal(tag_names[TAG_EGRESS], "egress");
	assert_string_equal(tag_names[TAG_INGRESS], "ingress");
	assert_string_equal(tag_names[TAG_INTERNAL], "internal");
	assert_string_equal(tag_names[TAG_OTHER], "other");
	assert_null(tag_names[TAG_COUNT]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_have_prefix_tag_stream_and_sequence),
		cmocka_unit_test(test_keys_are_cleaned_like_paths),
		cmocka_unit_test(test_tags_have_names_in_the_order_of_the_work),
	};

	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
