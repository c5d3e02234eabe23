/* SPDX-License-Identifier: Apache-2.0 */
/* test_spell.c - what is told of a time in which something goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tenant/spell.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAUSE	     5000
#define FAR	     999999

static void test_a_spell_begins_goes_on_and_ends(void **state)
{
	static const struct {
		int64_t now_ms, noted; /* 0: it is looked at */
		bool begins;
		enum spell_news news;
		int64_t count, due_ms;
	} steps[] = {
		{ 1000, 0, false, SPELL_NONE, 0, FAR },
		{ 1000, 7, true, SPELL_NONE, 0, 0 },
		{ 1000, 0, false, SPELL_NONE, 7, 6000 },
		{ 4000, 3, false, SPELL_NONE, 0, 0 },
		{ 5999, 0, false, SPELL_NONE, 10, 9000 },
		{ 8999, 0, false, SPELL_NONE, 10, 9000 },
		{ 9000, 0, false, SPELL_ENDED, 10, FAR },
		{ 9001, 0, false, SPELL_NONE, 0, FAR },
		/* Another one, a long one. */
		{ 20000, 1, true, SPELL_NONE, 0, 0 },
		{ 20000, 0, false, SPELL_NONE, 1, 25000 },
		{ 79998, 1, false, SPELL_NONE, 0, 0 },
		{ 79999, 0, false, SPELL_NONE, 2, 84998 },
		{ 80000, 0, false, SPELL_GOES_ON, 2, 84998 },
		{ 80001, 0, false, SPELL_NONE, 2, 84998 },
		{ 84998, 0, false, SPELL_ENDED, 2, FAR },
	};
	struct spell s = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		int64_t count, due_ms = FAR;

		print_message("  %zu\n", i);
		if (steps[i].noted) {
			assert_int_equal(spell_note(&s, steps[i].noted, steps[i].now_ms),
					 steps[i].begins);
			continue;
		}
		assert_int_equal(spell_look(&s, PAUSE, steps[i].now_ms, &count, &due_ms),
				 steps[i].news);
		assert_int_equal(count, steps[i].count);
		assert_int_equal(due_ms, steps[i].due_ms);
	}
}

static void test_what_is_sooner_stays(void **state)
{
	struct spell s = { 0 };
	int64_t count, due_ms = 1234;

	(void)state;
	spell_note(&s, 1, 1000);
	spell_look(&s, PAUSE, 1000, &count, &due_ms);
	assert_int_equal(due_ms, 1234);
}

static void test_a_cut_is_an_end(void **state)
{
	struct spell s = { 0 };

	(void)state;
	assert_int_equal(spell_cut(&s), 0);
	spell_note(&s, 5, 1000);
	assert_int_equal(spell_cut(&s), 5);
	assert_true(spell_note(&s, 1, 2000));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_spell_begins_goes_on_and_ends),
		cmocka_unit_test(test_what_is_sooner_stays),
		cmocka_unit_test(test_a_cut_is_an_end),
	};

	return cmocka_run_group_tests_name("spell", tests, NULL, NULL);
}
