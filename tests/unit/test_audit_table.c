/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit_table.c - what should be in a store, and what is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "command/audit_table.h"

static void note(struct audit_table *t, const char *key, int64_t bytes, int64_t at_ms)
{
	const struct stored_line line = { .key = str_of(key),
					  .bytes = bytes,
					  .at_ms = at_ms };

	assert_int_equal(audit_table_note(t, &line), 0);
}

static void note_place(struct audit_table *t, const char *place)
{
	const struct stored_line line = { .place = str_of(place), .at_ms = 1 };

	assert_int_equal(audit_table_note(t, &line), 0);
}

static void see(struct audit_table *t, const char *key, int64_t bytes)
{
	assert_int_equal(audit_table_see(t, str_of(key), bytes), 0);
}

static void test_what_is_there_is_told_from_what_is_not(void **state)
{
	struct audit_table t;

	(void)state;
	audit_table_init(&t, STR("p"));
	note_place(&t, "p");
	note(&t, "l/b", 20, 6);
	note(&t, "l/a", 10, 5);
	note(&t, "l/c", 30, 7);
	audit_table_begin(&t);
	see(&t, "l/c", 31);
	see(&t, "l/a", 10);
	see(&t, "l/x", 1);
	assert_int_equal(t.since_ms, 1);
	assert_int_equal(t.entries, 3);
	assert_true(str_is(t.entry[0].key, "l/a"));
	assert_int_equal(t.entry[0].found, 10);
	assert_int_equal(t.entry[1].found, -1);
	assert_int_equal(t.entry[1].at_ms, 6);
	assert_int_equal(t.entry[2].found, 31);
	assert_int_equal(t.unknowns, 1);
	assert_true(str_is(t.unknown[0].key, "l/x"));
	assert_int_equal(t.not_on_record, 1);
	audit_table_fini(&t);
}

static void test_of_a_key_the_last_line_counts(void **state)
{
	struct audit_table t;
	int i;

	(void)state;
	audit_table_init(&t, STR("p"));
	note_place(&t, "p");
	for (i = 1; i <= 50; i++)
		note(&t, i % 2 ? "k" : "l", i, i);
	audit_table_begin(&t);
	assert_int_equal(t.entries, 2);
	assert_int_equal(t.entry[0].bytes, 49);
	assert_int_equal(t.entry[1].bytes, 50);
	audit_table_fini(&t);
}

static void test_other_places_are_others(void **state)
{
	const struct stored_line missed = { .missed = 4, .at_ms = 9 };
	struct audit_table t;

	(void)state;
	audit_table_init(&t, STR("here"));
	note(&t, "before any", 1, 1);
	note_place(&t, "there");
	note(&t, "a", 1, 1);
	note_place(&t, "here");
	note(&t, "b", 1, 1);
	assert_int_equal(audit_table_note(&t, &missed), 0);
	audit_table_begin(&t);
	assert_int_equal(t.entries, 1);
	assert_int_equal(t.elsewhere, 2);
	assert_int_equal(t.missed, 4);
	audit_table_fini(&t);
}

static void test_the_prefix_ends_with_a_slash(void **state)
{
	static const struct {
		const char *a, *b, *prefix;
	} cases[] = {
		{ "l/x/1", "l/x/2", "l/x/" }, { "l/xa/1", "l/xb/2", "l/" },
		{ "la", "lb", "" },	      { "l/a", "l/a", "l/" },
		{ "a", "a/b", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct audit_table t;

		audit_table_init(&t, STR("p"));
		note_place(&t, "p");
		note(&t, cases[i].a, 1, 1);
		note(&t, cases[i].b, 1, 1);
		audit_table_begin(&t);
		if (!str_is(audit_table_prefix(&t), cases[i].prefix))
			fail_msg("%s %s", cases[i].a, cases[i].b);
		audit_table_fini(&t);
	}
}

static void test_what_was_stored_since_is_no_stranger(void **state)
{
	const struct stored_line newer = { .key = STR("new"), .at_ms = 9 };
	struct audit_table t;

	(void)state;
	audit_table_init(&t, STR("p"));
	audit_table_begin(&t);
	see(&t, "new", 1);
	see(&t, "strange", 1);
	audit_table_excuse(&t, &newer);
	audit_table_excuse(&t, &newer);
	assert_true(t.unknown[0].is_excused);
	assert_false(t.unknown[1].is_excused);
	assert_int_equal(t.not_on_record, 1);
	audit_table_fini(&t);
}

static void test_strangers_are_bounded(void **state)
{
	struct audit_table t;
	char key[32];
	int i;

	(void)state;
	audit_table_init(&t, STR("p"));
	audit_table_begin(&t);
	for (i = 0; i < 3 * AUDIT_UNKNOWN_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		see(&t, key, 1);
	}
	assert_int_equal(t.unknowns, AUDIT_UNKNOWN_MAX);
	assert_int_equal(t.not_on_record, 3 * AUDIT_UNKNOWN_MAX);
	/* Those that are not kept may be what was stored since. */
	for (i = 0; i < 3 * AUDIT_UNKNOWN_MAX; i++) {
		const struct stored_line newer = { .key = STR("new"), .at_ms = 9 };

		audit_table_excuse(&t, &newer);
	}
	assert_int_equal(t.not_on_record, AUDIT_UNKNOWN_MAX);
	audit_table_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_there_is_told_from_what_is_not),
		cmocka_unit_test(test_of_a_key_the_last_line_counts),
		cmocka_unit_test(test_other_places_are_others),
		cmocka_unit_test(test_the_prefix_ends_with_a_slash),
		cmocka_unit_test(test_what_was_stored_since_is_no_stranger),
		cmocka_unit_test(test_strangers_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
