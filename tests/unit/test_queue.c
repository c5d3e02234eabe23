/* SPDX-License-Identifier: Apache-2.0 */
/* test_queue.c - first in, first out, and never waiting. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "sys/queue.h"

static void test_pointers_come_out_in_order(void **state)
{
	struct queue q;
	char item[100];
	size_t in = 0, out = 0, round;

	(void)state;
	assert_int_equal(queue_init(&q, 100), 0);
	assert_null(queue_pop(&q));
	/* Growing while the ring is turned. */
	for (round = 1; in + round <= 100; round++) {
		size_t i;

		for (i = 0; i < round; i++)
			assert_true(queue_push(&q, &item[in++]));
		assert_int_equal(queue_count(&q), in - out);
		for (i = 0; i < round / 2; i++)
			assert_ptr_equal(queue_pop(&q), &item[out++]);
	}
	while (out < in)
		assert_ptr_equal(queue_pop(&q), &item[out++]);
	assert_null(queue_pop(&q));
	assert_int_equal(queue_count(&q), 0);
	queue_fini(&q);
}

static void test_full_queue_says_so(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 64 };
	char item;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct queue q;

		assert_int_equal(queue_init(&q, sizes[i]), 0);
		for (k = 0; k < sizes[i]; k++)
			assert_true(queue_push(&q, &item));
		assert_false(queue_push(&q, &item));
		assert_int_equal(queue_count(&q), sizes[i]);
		if (sizes[i]) {
			assert_non_null(queue_pop(&q));
			assert_true(queue_push(&q, &item));
			assert_false(queue_push(&q, &item));
		}
		while (queue_pop(&q))
			;
		queue_fini(&q);
	}
}

enum { ITEMS = 20000 };

static void *push_all(void *argument)
{
	struct queue *q = argument;
	uintptr_t i;

	for (i = 1; i <= ITEMS; i++)
		while (!queue_push(q, (void *)i))
			;
	return NULL;
}

static void test_threads_hand_over_everything_once(void **state)
{
	pthread_t thread[2];
	uintptr_t sum = 0;
	struct queue q;
	int got = 0, i;

	(void)state;
	assert_int_equal(queue_init(&q, 50), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, push_all, &q), 0);
	while (got < 2 * ITEMS) {
		uintptr_t item = (uintptr_t)queue_pop(&q);

		sum += item;
		got += item != 0;
	}
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_true(sum == (uintptr_t)ITEMS * (ITEMS + 1));
	assert_null(queue_pop(&q));
	queue_fini(&q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointers_come_out_in_order),
		cmocka_unit_test(test_full_queue_says_so),
		cmocka_unit_test(test_threads_hand_over_everything_once),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
