/* SPDX-License-Identifier: Apache-2.0 */
/* test_batch.c - who holds a batch, and what the account knows of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow/batch.h"

#define SIZE 1000

static struct batch *new_batch(struct batch_account *account)
{
	struct batch *batch = batch_new(malloc(SIZE), SIZE, account);

	assert_non_null(batch);
	return batch;
}

static void test_what_is_held_is_counted_until_the_last_unref(void **state)
{
	struct batch_account account = { 0 };
	struct batch *one = new_batch(&account), *two = new_batch(&account);
	int64_t first;

	(void)state;
	assert_int_equal(account.bytes, 0);
	assert_non_null(batch_add(one));
	batch_done(one);
	first = account.bytes;
	assert_true(first > SIZE + (int64_t)sizeof(struct flow));
	assert_int_equal(first, SIZE + (int64_t)(one->arena.size +
						 one->room * sizeof(struct flow)));
	batch_done(two);
	assert_int_equal(account.bytes, first + SIZE);
	assert_ptr_equal(batch_ref(one), one);
	batch_ref(one);
	batch_unref(one);
	batch_unref(two);
	assert_int_equal(account.bytes, first);
	batch_unref(one);
	assert_int_equal(account.bytes, first);
	batch_unref(one);
	assert_int_equal(account.bytes, 0);
}

static void test_a_batch_that_was_never_filled_is_not_counted(void **state)
{
	struct batch_account account = { 0 };
	struct batch *batch = new_batch(&account);

	(void)state;
	assert_non_null(batch_add(batch));
	batch_unref(batch);
	assert_int_equal(account.bytes, 0);
}

static void test_message_and_account_may_be_missing(void **state)
{
	struct batch *batch = batch_new(NULL, 0, NULL);

	(void)state;
	assert_non_null(batch);
	assert_int_equal(batch->count, 0);
	batch_done(batch);
	batch_unref(batch);
	batch_unref(NULL);
}

static void test_flows_are_zeroed_and_keep_their_order(void **state)
{
	static const struct flow zero;
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct flow *flow;
	int64_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		flow = batch_add(batch);
		assert_non_null(flow);
		assert_memory_equal(flow, &zero, sizeof(zero));
		flow->start = i;
	}
	assert_int_equal(batch->count, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(batch->flows[i].start, i);
	batch_unref(batch);
}

static void test_a_dropped_flow_leaves_nothing_behind(void **state)
{
	static const struct flow zero;
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct flow *flow;

	(void)state;
	batch_add(batch)->start = 1;
	flow = batch_add(batch);
	flow->start = 2;
	flow->uuid = STR("gone");
	batch_drop_last(batch);
	assert_int_equal(batch->count, 1);
	flow = batch_add(batch);
	assert_memory_equal(flow, &zero, sizeof(zero));
	assert_int_equal(batch->count, 2);
	assert_int_equal(batch->flows[0].start, 1);
	batch_unref(batch);
}

static void test_no_memory_leaves_the_flows_there_are(void **state)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	size_t count;

	(void)state;
	assert_non_null(batch_add(batch));
	batch->limit = 100 * sizeof(struct flow);
	while (batch_add(batch))
		;
	count = batch->count;
	assert_true(count > 0 && count < 1000);
	assert_null(batch_add(batch));
	assert_int_equal(batch->count, count);
	batch_unref(batch);
}

/* Three bytes of a message are a flow: what it costs follows the account, not the text. */
static void test_flows_have_the_room_the_account_has_left(void **state)
{
	static const struct {
		int64_t max, used;
		size_t size, least, most; /* bytes of flows */
	} cases[] = {
		{ 1 << 20, 0, 1000, 900 << 10, 1 << 20 },
		{ 1 << 20, 1 << 19, 1000, 400 << 10, 1 << 19 },
		{ 1 << 20, 1 << 20, 1000, 60 << 10, 70 << 10 }, /* honest */
		{ 1 << 20, 1 << 22, 100000, 1 << 17, 1 << 18 }, /* a quarter */
	};
	size_t i, bytes;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct batch_account account = { .bytes = cases[i].used,
						 .bytes_max = cases[i].max };
		struct batch *batch = batch_new(NULL, cases[i].size, &account);

		while (batch_add(batch))
			;
		bytes = batch->count * sizeof(struct flow);
		assert_in_range(bytes, cases[i].least, cases[i].most);
		assert_null(arena_alloc(&batch->arena, 1 << 18));
		batch_close(batch);
		assert_null(batch_add(batch));
		assert_non_null(arena_alloc(&batch->arena, 1 << 18));
		batch_done(batch);
		assert_true(account.bytes >= cases[i].used + (int64_t)bytes);
		batch_unref(batch);
		assert_int_equal(account.bytes, cases[i].used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_held_is_counted_until_the_last_unref),
		cmocka_unit_test(test_a_batch_that_was_never_filled_is_not_counted),
		cmocka_unit_test(test_message_and_account_may_be_missing),
		cmocka_unit_test(test_flows_are_zeroed_and_keep_their_order),
		cmocka_unit_test(test_a_dropped_flow_leaves_nothing_behind),
		cmocka_unit_test(test_no_memory_leaves_the_flows_there_are),
		cmocka_unit_test(test_flows_have_the_room_the_account_has_left),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
