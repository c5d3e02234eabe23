/* SPDX-License-Identifier: Apache-2.0 */
/* test_filter_subnet.c - the tags that are left out, and those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "stage/stage_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reads the tags to leave out; kept gets the initials of the others. */
static void read_filter(const char *tags, char kept[TAG_COUNT + 1], struct buf *why)
{
	struct arena arena = ARENA_INIT(1 << 20);
	struct problems problems = PROBLEMS_INIT;
	struct config *config = config_new();
	struct stage_set set;
	char yaml[256];
	int tag;

	assert_non_null(config);
	snprintf(yaml, sizeof(yaml), "pipeline:\n filter:\n  excluded_tags: %s\n", tags);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &problems), 0);
	stage_set_read(&set, config, &arena, &problems);
	buf_put(why, buf_str(&problems.text));
	for (tag = 0; tag < TAG_COUNT && !problems.count; tag++)
		if (filter_subnet.keeps(set.filter_state, (enum tag)tag))
			*kept++ = tag_names[tag][2];
	*kept = '\0';
	stage_set_fini(&set);
	config_free(config);
	problems_fini(&problems);
	arena_fini(&arena);
}

/* The third letters: egress, inGress, inTernal, otHer. */
static void test_excluded_tags_are_left_out(void **state)
{
	static const struct {
		const char *tags, *kept;
	} cases[] = {
		{ "", "rgth" },
		{ "[]", "rgth" },
		{ "[other]", "rgt" },
		{ "[internal, ingress]", "rh" },
		{ "[egress, ingress, internal, other]", "" },
		{ "[other, other]", "rgt" },
		{ "other", "rgt" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf why = BUF_INIT(4096);
		char kept[TAG_COUNT + 1];

		read_filter(cases[i].tags, kept, &why);
		assert_string_equal(buf_str(&why).ptr, "");
		assert_string_equal(kept, cases[i].kept);
		buf_fini(&why);
	}
}

static void test_a_tag_that_is_none_is_named(void **state)
{
	static const struct {
		const char *tags, *why;
	} cases[] = {
		{ "[other, inside]",
		  "t.yml:3: pipeline.filter.excluded_tags[1]: \"inside\" is no tag; tags are "
		  "egress, ingress, internal and other\n" },
		{ "[Other]",
		  "t.yml:3: pipeline.filter.excluded_tags[0]: \"Other\" is no tag; tags are "
		  "egress, ingress, internal and other\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf why = BUF_INIT(4096);
		char kept[TAG_COUNT + 1];

		read_filter(cases[i].tags, kept, &why);
		assert_string_equal(why.ptr, cases[i].why);
		buf_fini(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_excluded_tags_are_left_out),
		cmocka_unit_test(test_a_tag_that_is_none_is_named),
	};

	return cmocka_run_group_tests_name("filter_subnet", tests, NULL, NULL);
}
