/* SPDX-License-Identifier: Apache-2.0 */
/* test_object.c - keys as an object store gets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/object.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
		cmocka_unit_test(test_keys_are_cleaned_like_paths),
		cmocka_unit_test(test_tags_have_names_in_the_order_of_the_work),
	};

	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
