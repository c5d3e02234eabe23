/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c - things of all sizes do not overlap, come back, and stay below the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "graph/pool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHUNK	     ((size_t)POOL_CHUNK_UNITS * POOL_UNIT)
#define PLENTY	     ((size_t)64 << 20)

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0,   1,	  7,	8,	9,	511,	512,
					513, 520, 1024, 1025,	4096,	65535,	65536,
					1,   100, 8192, 131072, 131073, 262144, 8 };
	struct pool p;
	uint32_t thing[COUNT(sizes)];
	size_t i, j;

	(void)state;
	pool_init(&p, PLENTY);
	for (i = 0; i < COUNT(sizes); i++) {
		thing[i] = pool_get(&p, sizes[i]);
		assert_int_not_equal(thing[i], 0);
		for (j = 0; j < sizes[i]; j++)
			assert_int_equal(((char *)pool_at(&p, thing[i]))[j], 0);
		memset(pool_at(&p, thing[i]), (int)i + 1, sizes[i]);
	}
	for (i = 0; i < COUNT(sizes); i++)
		for (j = 0; j < sizes[i]; j++)
			if (((char *)pool_at(&p, thing[i]))[j] != (char)(i + 1))
				fail_msg("a thing of %zu bytes is overwritten", sizes[i]);
	pool_fini(&p);
	assert_int_equal(p.bytes, 0);
}

/* What is put back is used again for things of its class, zeroed. */
static void test_reuse(void **state)
{
	static const size_t pairs[][2] = {
		{ 1, 8 },     { 9, 16 },      { 505, 512 },	{ 513, 1024 },
		{ 600, 520 }, { 1025, 2048 }, { 40000, 65536 }, { 200000, 262144 },
	};
	struct pool p;
	uint32_t a, b;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		pool_init(&p, PLENTY);
		a = pool_get(&p, pairs[i][0]);
		b = pool_get(&p, pairs[i][0]);
		assert_int_not_equal(a, b);
		memset(pool_at(&p, a), 0xff, pairs[i][0]);
		pool_put(&p, a, pairs[i][0]);
		pool_put(&p, b, pairs[i][0]);
		assert_int_equal(pool_get(&p, pairs[i][1]), b);
		assert_int_equal(pool_get(&p, pairs[i][1]), a);
		for (j = 0; j < pairs[i][1]; j++)
			assert_int_equal(((char *)pool_at(&p, a))[j], 0);
		assert_int_not_equal(pool_get(&p, pairs[i][1]), a);
		pool_fini(&p);
	}
}

static void test_another_class_is_not_used(void **state)
{
	struct pool p;
	uint32_t small, large, size;

	(void)state;
	for (size = 16; size < 200000; size *= 2) {
		pool_init(&p, PLENTY);
		small = pool_get(&p, size);
		pool_put(&p, small, size);
		assert_int_not_equal(pool_get(&p, size / 2), small);
		assert_int_not_equal(pool_get(&p, 2 * size), small);
		assert_int_not_equal(pool_get(&p, 4 * size), small);
		assert_int_not_equal(pool_get(&p, size + 1), small);
		assert_int_equal(pool_get(&p, size), small);
		pool_fini(&p);
	}
	pool_init(&p, PLENTY);
	small = pool_get(&p, 8);
	large = pool_get(&p, 1024);
	pool_put(&p, small, 8);
	pool_put(&p, large, 1024);
	pool_put(&p, 0, 16);
	assert_int_not_equal(pool_get(&p, 16), small);
	assert_int_not_equal(pool_get(&p, 2048), large);
	assert_int_not_equal(pool_get(&p, 512), large);
	assert_int_equal(pool_get(&p, 8), small);
	assert_int_equal(pool_get(&p, 1024), large);
	pool_fini(&p);
}

static void test_limit(void **state)
{
	struct pool p;
	size_t count;

	(void)state;
	pool_init(&p, 2 * CHUNK);
	for (count = 0; pool_get(&p, 64); count++)
		;
	/* Each but the first thing of the first chunk, of which one unit is never used. */
	assert_int_equal(count, 2 * CHUNK / 64 - 1);
	assert_int_equal(p.bytes, 2 * CHUNK);
	pool_fini(&p);
	pool_init(&p, CHUNK - 1);
	assert_int_equal(pool_get(&p, 8), 0);
	assert_int_equal(p.bytes, 0);
	pool_fini(&p);
}

/* Half a megabyte is too much; what is less fits, also into a pool that is new. */
static void test_large_things(void **state)
{
	struct pool p;

	(void)state;
	pool_init(&p, PLENTY);
	assert_int_not_equal(pool_get(&p, CHUNK - 1), 0);
	assert_int_not_equal(pool_get(&p, CHUNK - 1), 0);
	assert_int_not_equal(pool_get(&p, CHUNK / 2 + 1), 0);
	assert_int_equal(pool_get(&p, CHUNK), 0);
	assert_int_equal(pool_get(&p, 2 * CHUNK), 0);
	assert_int_not_equal(pool_get(&p, 8), 0);
	pool_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_another_class_is_not_used),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_large_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
