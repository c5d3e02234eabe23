/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c - many allocations, one limit, one end. */
#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"

#define MEGABYTE (1024 * 1024)

static void gives_zeroed_aligned_objects(void **state)
{
	static const char zero[200];
	struct arena a = ARENA_INIT(MEGABYTE);
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++) {
		char *object = arena_alloc(&a, i);
		char *bytes = arena_bytes(&a, i % 7 + 1);

		assert_non_null(object);
		assert_non_null(bytes);
		assert_int_equal((uintptr_t)object % alignof(max_align_t), 0);
		assert_memory_equal(object, zero, i);
		memset(object, 0xff, i);
		memset(bytes, 0xff, i % 7 + 1);
	}
	assert_int_equal(arena_error(&a), 0);
	arena_fini(&a);
}

static void gives_nothing_a_place(void **state)
{
	struct arena a = ARENA_INIT(MEGABYTE);

	(void)state;
	assert_non_null(arena_alloc(&a, 0));
	arena_fini(&a);
	assert_non_null(arena_bytes(&a, 0));
	assert_int_equal(arena_error(&a), 0);
	arena_fini(&a);
}

static void copies_strings(void **state)
{
	struct arena a = ARENA_INIT(MEGABYTE);
	char original[] = "text";
	struct str copy = arena_str(&a, str_of(original));
	struct str empty = arena_str(&a, (struct str){ NULL, 0 });

	(void)state;
	original[0] = 'x';
	assert_string_equal(copy.ptr, "text");
	assert_int_equal(copy.len, 4);
	assert_string_equal(empty.ptr, "");
	arena_fini(&a);
}

static void never_moves_an_object(void **state)
{
	struct arena a = ARENA_INIT(16 * MEGABYTE);
	uint32_t *numbers[1000];
	uint32_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		numbers[i] = arena_alloc(&a, (i % 50 + 1) * sizeof(i) * 16);
		assert_non_null(numbers[i]);
		*numbers[i] = i;
	}
	for (i = 0; i < 1000; i++)
		assert_int_equal(*numbers[i], i);
	arena_fini(&a);
}

static void stays_failed_past_its_limit(void **state)
{
	struct arena a = ARENA_INIT(1000);

	(void)state;
	assert_non_null(arena_alloc(&a, 600));
	assert_null(arena_alloc(&a, 600));
	assert_int_equal(arena_error(&a), -EFBIG);
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_bytes(&a, 1));
	assert_string_equal(arena_str(&a, STR("x")).ptr, "");
	assert_int_equal(arena_str(&a, STR("x")).len, 0);
	arena_reset(&a);
	assert_int_equal(arena_error(&a), 0);
	assert_non_null(arena_alloc(&a, 600));
	arena_fini(&a);
}

static void refuses_sizes_that_wrap(void **state)
{
	struct arena a = ARENA_INIT(SIZE_MAX);

	(void)state;
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_true(arena_error(&a) < 0);
	arena_reset(&a);
	assert_int_equal(arena_str(&a, (struct str){ "x", SIZE_MAX }).len, 0);
	arena_fini(&a);
}

static void a_small_one_keeps_nothing_when_reset(void **state)
{
	struct arena a = ARENA_INIT(MEGABYTE);

	(void)state;
	assert_non_null(arena_alloc(&a, 3000));
	assert_true(a.size >= 3000);
	arena_reset(&a);
	assert_null(a.blocks);
	assert_int_equal(a.size, 0);
	assert_non_null(arena_alloc(&a, 3000));
	arena_fini(&a);
}

static void keeps_a_block_when_reset(void **state)
{
	struct arena a = ARENA_INIT(MEGABYTE);
	char *first;
	int i;

	(void)state;
	arena_reset(&a);
	for (i = 0; i < 100; i++)
		memset(arena_alloc(&a, 1000), 0xff, 1000);
	arena_reset(&a);
	assert_non_null(a.blocks);
	first = arena_alloc(&a, 16);
	assert_non_null(first);
	for (i = 0; i < 16; i++)
		assert_int_equal(first[i], 0);
	arena_fini(&a);
	arena_fini(&a);
}

static void a_block_that_is_hardly_used_is_freed(void **state)
{
	struct arena a = ARENA_INIT(MEGABYTE);
	int i;

	(void)state;
	assert_non_null(arena_alloc(&a, 100000));
	arena_reset(&a);
	for (i = 0; i < 63; i++) {
		assert_non_null(arena_alloc(&a, 1000));
		arena_reset(&a);
		assert_non_null(a.blocks);
	}
	assert_non_null(arena_alloc(&a, 90000)); /* it is needed again */
	arena_reset(&a);
	for (i = 0; i < 64; i++) {
		assert_non_null(a.blocks);
		assert_non_null(arena_alloc(&a, 1000));
		arena_reset(&a);
	}
	assert_null(a.blocks);
	assert_int_equal(a.size, 0);
	assert_non_null(arena_alloc(&a, 1000));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_objects),
		cmocka_unit_test(gives_nothing_a_place),
		cmocka_unit_test(copies_strings),
		cmocka_unit_test(never_moves_an_object),
		cmocka_unit_test(stays_failed_past_its_limit),
		cmocka_unit_test(refuses_sizes_that_wrap),
		cmocka_unit_test(a_small_one_keeps_nothing_when_reset),
		cmocka_unit_test(keeps_a_block_when_reset),
		cmocka_unit_test(a_block_that_is_hardly_used_is_freed),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
