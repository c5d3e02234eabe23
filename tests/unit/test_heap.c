/* SPDX-License-Identifier: Apache-2.0 */
/* test_heap.c - the smallest is first after whatever was put and removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/heap.h"
#include "base/jitter.h"

#define NODES 200
#define STEPS 20000

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key < b->key || (a->key == b->key && a->order < b->order);
}

/* The first by looking at all. */
static struct heap_node *first_of(struct heap_node *node)
{
	struct heap_node *first = NULL;
	size_t i;

	for (i = 0; i < NODES; i++)
		if (heap_has(&node[i]) && (!first || is_before(&node[i], first)))
			first = &node[i];
	return first;
}

static void test_any_order(void **state)
{
	struct heap_node node[NODES] = { { .at = 0 } };
	struct heap heap = HEAP_INIT;
	uint64_t random = 7;
	size_t count = 0;
	int step;

	(void)state;
	assert_null(heap_first(&heap));
	for (step = 0; step < STEPS; step++) {
		struct heap_node *n = &node[jitter_next(&random) % NODES];

		if (heap_has(n)) {
			heap_remove(&heap, n);
			count--;
		} else {
			n->key = (int64_t)(jitter_next(&random) % 50) - 25;
			n->order = (uint64_t)step;
			assert_true(heap_put(&heap, n));
			count++;
		}
		assert_int_equal(heap.count, count);
		assert_ptr_equal(heap_first(&heap), first_of(node));
	}
	heap_fini(&heap);
}

static void test_all_come_in_order(void **state)
{
	struct heap_node node[NODES], *last = NULL, *first;
	struct heap heap = HEAP_INIT;
	uint64_t random = 11;
	size_t i;

	(void)state;
	for (i = 0; i < NODES; i++) {
		node[i] = (struct heap_node){ .key = (int64_t)(jitter_next(&random) % 9),
					      .order = i };
		assert_true(heap_put(&heap, &node[i]));
	}
	for (i = 0; (first = heap_first(&heap)); i++) {
		assert_true(!last || is_before(last, first));
		heap_remove(&heap, first);
		heap_remove(&heap, first);
		last = first;
	}
	assert_int_equal(i, NODES);
	heap_fini(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_all_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
