/* SPDX-License-Identifier: Apache-2.0 */
/* test_query.c - what is asked, how often, and when it is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "pipeline/query.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Knows nothing until it is told that the answers came. */
struct fake_answers {
	struct answers answers;
	struct buf asked; /* a line a question */
	size_t count, releases;
	bool knows;
};

static const struct answer known = { .count = 0 };

static const struct answer *fake_find(struct answers *answers, struct str text)
{
	struct fake_answers *fake = (struct fake_answers *)answers;

	fake->count++;
	if (text.len < 1000)
		buf_printf(&fake->asked, STR_FMT "\n", STR_ARG(text));
	return fake->knows ? &known : NULL;
}

static void fake_release(struct answers *answers)
{
	((struct fake_answers *)answers)->releases++;
}

static const struct question q = QUESTION(HAS("Q", 0));
static const struct question r = QUESTION(HAS("R", 0));
static const struct question by_tid = QUESTION(HAS("TID", 0));
static const struct question two = QUESTION(HAS("Q", 0), HAS("R", 1));

struct world {
	struct fake_answers fake;
	struct queries queries;
};

static void open_world(struct world *w, bool knows)
{
	*w = (struct world){
		.fake = { .answers = { .find = fake_find, .release = fake_release },
			  .asked = BUF_INIT(1 << 20),
			  .knows = knows },
	};
	assert_int_equal(queries_init(&w->queries, &w->fake.answers), 0);
}

static void close_world(struct world *w)
{
	queries_fini(&w->queries);
	buf_fini(&w->fake.asked);
}

static void test_values_become_quoted_strings(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, true);
	assert_ptr_equal(query(&w.queries, &by_tid, STR("a-1")), &known);
	query(&w.queries, &two, STR("x?y"), STR(""));
	query(&w.queries, &two, STR("<&>\\"), ((struct str){ NULL, 0 }));
	assert_string_equal(w.fake.asked.ptr,
			    "G.V().Has(\"TID\", \"a-1\")\n"
			    "G.V().Has(\"Q\", \"x?y\").Has(\"R\", \"\")\n"
			    "G.V().Has(\"Q\", \"<&>\\\").Has(\"R\", \"\")\n");
	close_world(&w);
}

static void test_values_with_quotes_are_answered_with_nothing(void **state)
{
	const struct str values[] = {
		STR("'"),
		STR("\""),
		STR("a'b"),
		STR("ab\""),
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, false);
	for (i = 0; i < COUNT(values); i++) {
		const struct answer *answer = query(&w.queries, &two, STR("a"),
						    values[i]);

		assert_non_null(answer);
		assert_int_equal(answer->count, 0);
		assert_int_equal(w.queries.refused, i + 1);
	}
	assert_int_equal(w.fake.count, 0);
	assert_int_equal(w.queries.pending, 0);
	close_world(&w);
}

static void test_a_text_is_asked_once_a_pass_until_it_is_known(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false);
	queries_pass(&w.queries, 0);
	assert_null(query(&w.queries, &q, STR("a")));
	assert_null(query(&w.queries, &q, STR("a")));
	assert_null(query(&w.queries, &q, STR("b")));
	assert_int_equal(w.fake.count, 2);
	assert_int_equal(w.queries.pending, 3);
	queries_pass(&w.queries, 0);
	assert_int_equal(w.queries.pending, 0);
	assert_null(query(&w.queries, &q, STR("a")));
	assert_int_equal(w.fake.count, 3);
	w.fake.knows = true;
	queries_pass(&w.queries, 0);
	assert_ptr_equal(query(&w.queries, &q, STR("a")), &known);
	assert_ptr_equal(query(&w.queries, &q, STR("a")), &known);
	assert_int_equal(w.fake.count, 4);
	assert_int_equal(w.queries.pending, 0);
	/* Known for the rest of the batch, whatever the source thinks now. */
	w.fake.knows = false;
	queries_pass(&w.queries, 0);
	assert_ptr_equal(query(&w.queries, &q, STR("a")), &known);
	assert_int_equal(w.fake.count, 4);
	close_world(&w);
}

static void test_answers_are_forgotten_after_the_batch(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, true);
	assert_non_null(query(&w.queries, &q, STR("a")));
	assert_int_equal(w.fake.releases, 0);
	queries_reset(&w.queries);
	assert_int_equal(w.fake.releases, 1);
	w.fake.knows = false;
	assert_null(query(&w.queries, &q, STR("a")));
	assert_int_equal(w.fake.count, 2);
	queries_reset(&w.queries);
	assert_int_equal(w.queries.pending, 0);
	close_world(&w);
}

static void test_one_value_in_two_questions_is_two_questions(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, true);
	assert_ptr_equal(query(&w.queries, &q, STR("a")), &known);
	assert_ptr_equal(query(&w.queries, &r, STR("a")), &known);
	assert_int_equal(w.fake.count, 2);
	close_world(&w);
}

static void test_many_questions_are_kept_apart(void **state)
{
	struct world w;
	char text[32];
	int round, i;

	(void)state;
	open_world(&w, true);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 2000; i++) {
			snprintf(text, sizeof(text), "%d", i);
			assert_ptr_equal(query(&w.queries, &q, str_of(text)), &known);
		}
	}
	assert_int_equal(w.fake.count, 2000);
	close_world(&w);
}

/* More than the memory of a batch: nothing is answered, and nothing is asked
 * that nobody wanted to know. */
static void test_too_many_questions_are_answered_with_nothing(void **state)
{
	char *text = malloc(60000);
	const struct answer *answer = NULL;
	struct world w;
	size_t i;

	(void)state;
	assert_non_null(text);
	open_world(&w, false);
	memset(text, 'x', 60000);
	for (i = 0; i < 1600; i++) {
		snprintf(text, 8, "%06zu", i);
		text[6] = 'x';
		answer = query(&w.queries, &q, ((struct str){ text, 60000 }));
	}
	assert_non_null(answer);
	assert_int_equal(answer->count, 0);
	assert_true(answer->is_unknown);
	assert_true(w.fake.count > 400 && w.fake.count < 1200);
	assert_int_equal(w.fake.asked.len, 0);
	free(text);
	close_world(&w);
}

static void test_an_endless_question_is_answered_with_nothing(void **state)
{
	char *text = calloc(1, 70000);
	const struct answer *answer;
	struct world w;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 70000);
	open_world(&w, false);
	answer = query(&w.queries, &q, ((struct str){ text, 70000 }));
	assert_non_null(answer);
	assert_int_equal(answer->count, 0);
	assert_int_equal(w.fake.count, 0);
	assert_null(query(&w.queries, &q, STR("a")));
	free(text);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_become_quoted_strings),
		cmocka_unit_test(test_values_with_quotes_are_answered_with_nothing),
		cmocka_unit_test(test_a_text_is_asked_once_a_pass_until_it_is_known),
		cmocka_unit_test(test_answers_are_forgotten_after_the_batch),
		cmocka_unit_test(test_one_value_in_two_questions_is_two_questions),
		cmocka_unit_test(test_many_questions_are_kept_apart),
		cmocka_unit_test(test_too_many_questions_are_answered_with_nothing),
		cmocka_unit_test(test_an_endless_question_is_answered_with_nothing),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
