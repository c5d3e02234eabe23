/* SPDX-License-Identifier: Apache-2.0 */
/* test_stale.c - which nodes are asked for again, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "mirror/stale.h"

#define FAR INT64_C(1000000)

static struct stale stale;
static struct buf question = BUF_INIT(1 << 20);

static int open_stale(void **state)
{
	(void)state;
	buf_reset(&question);
	return stale_init(&stale);
}

static int close_stale(void **state)
{
	(void)state;
	stale_fini(&stale);
	buf_fini(&question);
	return 0;
}

static void add_many(int from, int to, int64_t now_ms)
{
	char id[32];

	for (; from < to; from++) {
		snprintf(id, sizeof(id), "id-%d", from);
		stale_add(&stale, str_of(id), now_ms);
	}
}

/* How many the question names; -1: none is asked. */
static int ask(int64_t now_ms, int64_t *until_ms)
{
	int quotes = 0;
	size_t i;

	buf_reset(&question);
	if (!stale_ask(&stale, &question, now_ms, until_ms)) {
		assert_int_equal(question.len, 0);
		return -1;
	}
	for (i = 0; i < question.len; i++)
		quotes += question.ptr[i] == '"';
	return quotes / 2;
}

static void test_one_question(void **state)
{
	int64_t until_ms = FAR;

	(void)state;
	assert_int_equal(ask(1000, &until_ms), -1);
	assert_int_equal(until_ms, FAR);
	stale_add(&stale, STR("a"), 1000);
	stale_add(&stale, STR("a"), 1150);
	stale_add(&stale, STR("it's"), 1150);
	stale_add(&stale, STR("\") or"), 1150);
	assert_int_equal(ask(1199, &until_ms), -1);
	assert_int_equal(until_ms, 1200);
	until_ms = 1100;
	assert_int_equal(ask(1199, &until_ms), -1);
	assert_int_equal(until_ms, 1100);
	assert_int_equal(ask(1200, &until_ms), 1);
	assert_string_equal(question.ptr, "G.V(\"a\")");
	assert_int_equal(ask(5000, &until_ms), -1);
	/* Not two questions in a fifth of a second. */
	stale_add(&stale, STR("b"), 1201);
	stale_add(&stale, STR("c"), 1201);
	until_ms = FAR;
	assert_int_equal(ask(1400, &until_ms), -1);
	assert_int_equal(until_ms, 1401);
	assert_int_equal(ask(1401, &until_ms), 2);
	assert_non_null(strstr(question.ptr, "\"b\""));
	assert_non_null(strstr(question.ptr, ", \""));
	assert_non_null(strstr(question.ptr, "\"c\""));
}

static void test_due_time_is_kept(void **state)
{
	int64_t until_ms = FAR;

	(void)state;
	stale_add(&stale, STR("a"), 1000);
	assert_int_equal(ask(2000, &until_ms), 1);
	stale_add(&stale, STR("b"), 1900);
	assert_int_equal(ask(2199, &until_ms), -1);
	assert_int_equal(until_ms, 2200);
	assert_int_equal(ask(2200, &until_ms), 1);
}

/* Two hundred in a question. */
static void test_many(void **state)
{
	int64_t until_ms = FAR;

	(void)state;
	add_many(0, 450, 1000);
	assert_int_equal(ask(1200, &until_ms), 200);
	assert_int_equal(until_ms, 1400);
	until_ms = FAR;
	assert_int_equal(ask(1399, &until_ms), -1);
	assert_int_equal(ask(1400, &until_ms), 200);
	until_ms = FAR;
	assert_int_equal(ask(1700, &until_ms), 50);
	assert_int_equal(until_ms, FAR);
	assert_int_equal(ask(1900, &until_ms), -1);
}

static void test_too_many(void **state)
{
	int64_t until_ms = FAR;

	(void)state;
	add_many(0, STALE_MAX, 1000);
	assert_false(stale.is_too_many);
	add_many(STALE_MAX, STALE_MAX + 1, 1000);
	assert_true(stale.is_too_many);
	assert_int_equal(ask(5000, &until_ms), -1);
	assert_int_equal(until_ms, FAR);
	stale_clear(&stale);
	assert_false(stale.is_too_many);
	assert_int_equal(ask(5000, &until_ms), -1);
	add_many(0, 1, 5000);
	assert_int_equal(ask(5200, &until_ms), 1);
}

/* One that is far too long for a question is too many, too. */
static void test_long_ids(void **state)
{
	static char id[257];
	int64_t until_ms = FAR;

	(void)state;
	memset(id, 'x', sizeof(id));
	stale_add(&stale, (struct str){ id, sizeof(id) - 1 }, 1000);
	assert_false(stale.is_too_many);
	stale_add(&stale, (struct str){ id, sizeof(id) }, 1000);
	assert_true(stale.is_too_many);
	assert_int_equal(ask(5000, &until_ms), -1);
}

/* One that does not fit into the question is not asked for. */
static void test_question_without_room(void **state)
{
	struct buf small = BUF_INIT(4);
	int64_t until_ms = FAR;

	(void)state;
	stale_add(&stale, STR("a"), 1000);
	assert_false(stale_ask(&stale, &small, 2000, &until_ms));
	buf_fini(&small);
}

#define STALE_TEST(name) cmocka_unit_test_setup_teardown(name, open_stale, close_stale)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STALE_TEST(test_one_question), STALE_TEST(test_due_time_is_kept),
		STALE_TEST(test_many),	       STALE_TEST(test_too_many),
		STALE_TEST(test_long_ids),     STALE_TEST(test_question_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
