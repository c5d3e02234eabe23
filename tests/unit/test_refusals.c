/* SPDX-License-Identifier: Apache-2.0 */
/* test_refusals.c - the object's fault or the store's, by what came before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "writer/refusals.h"

enum { STORED = -1, FAILED = -2 }; /* beside what refusals_note() returns */

/* What becomes of an object, and what is to be made of it. */
struct step {
	uint64_t id; /* 0: the end */
	size_t waiting;
	int outcome;
};

static void check(const struct step *step)
{
	struct refusals r = { 0 };
	const struct step *at;

	for (at = step; at->id; at++) {
		if (at->outcome == STORED)
			refusals_note_stored(&r);
		else if (at->outcome == FAILED)
			refusals_note_failed(&r);
		else if ((int)refusals_note(&r, at->id, at->waiting) != at->outcome)
			fail_msg("step %zu", (size_t)(at - step));
	}
}

static void one_that_is_alone_is_kept(void **state)
{
	static const struct step steps[] = {
		{ 1, 1, REFUSAL_STORE },
		{ 1, 1, REFUSAL_STORE },
		{ 1, 1, REFUSAL_STORE },
		{ 0 },
	};

	(void)state;
	check(steps);
}

static void one_beside_others_is_given_up_when_refused_again(void **state)
{
	static const struct step steps[] = {
		{ 1, 3, REFUSAL_SOON },
		{ 2, 3, STORED },
		{ 1, 2, REFUSAL_FINAL },
		{ 3, 1, REFUSAL_STORE },
		{ 0 },
	};

	(void)state;
	check(steps);
}

static void the_next_one_is_tried_at_once_where_the_store_works(void **state)
{
	static const struct step steps[] = {
		{ 1, 3, STORED },
		{ 2, 2, REFUSAL_NEXT },
		{ 3, 2, STORED },
		{ 2, 1, REFUSAL_FINAL },
		{ 4, 1, STORED },
		{ 5, 1, REFUSAL_STORE }, /* there is no next one */
		{ 0 },
	};

	(void)state;
	check(steps);
}

static void a_failure_in_between_says_that_the_store_may_not_work(void **state)
{
	static const struct step steps[] = {
		{ 1, 4, STORED },
		{ 2, 3, FAILED },
		{ 2, 3, REFUSAL_SOON }, /* not at once */
		{ 0 },
	};

	(void)state;
	check(steps);
}

/* A younger one that was refused first is not judged by what was stored before. */
static void only_what_was_refused_before_is_judged(void **state)
{
	static const struct step steps[] = {
		{ 1, 9, REFUSAL_SOON },
		{ 2, 9, REFUSAL_SOON },
		{ 3, 9, STORED },
		{ 1, 8, REFUSAL_FINAL },
		{ 4, 7, REFUSAL_SOON },
		{ 2, 7, REFUSAL_FINAL },
		{ 0 },
	};

	(void)state;
	check(steps);
}

static void a_store_that_refuses_all_is_asked_ever_less(void **state)
{
	struct refusals r = { 0 };
	uint64_t id;

	(void)state;
	for (id = 1; id <= 16; id++)
		assert_int_equal(refusals_note(&r, id, 1000), REFUSAL_SOON);
	for (; id <= 40; id++)
		assert_int_equal(refusals_note(&r, id, 1000), REFUSAL_STORE);
	assert_int_equal(r.doubted_id, 40);
	assert_int_equal(r.judged_id, 0);
}

/* A store that begins to refuse everything is not believed for ever. */
static void few_are_given_up_in_a_row(void **state)
{
	struct refusals r = { 0 };
	uint64_t id;

	(void)state;
	for (id = 1; id <= 40; id++)
		refusals_note(&r, id, 1000);
	refusals_note_stored(&r);
	assert_int_equal(r.doubted_id, 0); /* a pass begins */
	for (id = 1; id <= 16; id++)
		assert_int_equal(refusals_note(&r, id, 1000), REFUSAL_FINAL);
	for (; id <= 40; id++)
		assert_int_equal(refusals_note(&r, id, 1000), REFUSAL_STORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_alone_is_kept),
		cmocka_unit_test(one_beside_others_is_given_up_when_refused_again),
		cmocka_unit_test(the_next_one_is_tried_at_once_where_the_store_works),
		cmocka_unit_test(a_failure_in_between_says_that_the_store_may_not_work),
		cmocka_unit_test(only_what_was_refused_before_is_judged),
		cmocka_unit_test(a_store_that_refuses_all_is_asked_ever_less),
		cmocka_unit_test(few_are_given_up_in_a_row),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
