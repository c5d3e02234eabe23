/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool_memory.c - who makes an object waits for memory, and gets it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "spool/spool_private.h"

#define MAKERS 8
#define ROUNDS 2000

struct house {
	struct spool spool;
	struct spool_dir dir;
	_Atomic int64_t taken, most;
	atomic_int alone; /* of the two that are larger than all there is */
};

struct maker {
	struct house *house;
	int64_t bytes;
};

static void *make_objects(void *argument)
{
	struct maker *maker = argument;
	struct house *h = maker->house;
	int64_t bytes = maker->bytes, taken, most;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		spool_take_memory(&h->dir, bytes);
		taken = atomic_fetch_add(&h->taken, bytes) + bytes;
		if (bytes > SPOOL_MEMORY && taken == bytes)
			atomic_fetch_add(&h->alone, 1);
		most = atomic_load(&h->most);
		while (bytes && bytes <= SPOOL_MEMORY && taken > most &&
		       !atomic_compare_exchange_weak(&h->most, &most, taken))
			;
		atomic_fetch_sub(&h->taken, bytes);
		spool_give_memory(&h->dir, bytes);
	}
	return NULL;
}

/* Nobody waits for ever, all together never take more, and the largest is alone. */
static void memory_is_shared(void **state)
{
	static struct house h;
	pthread_t thread[MAKERS];
	struct maker maker[MAKERS];
	int i;

	(void)state;
	h.dir.spool = &h.spool;
	pthread_mutex_init(&h.spool.memory.lock, NULL);
	pthread_cond_init(&h.spool.memory.given, NULL);
	for (i = 0; i < MAKERS; i++) {
		maker[i] = (struct maker){ &h, i * (SPOOL_MEMORY / 6 + 1) };
		assert_int_equal(pthread_create(&thread[i], NULL, make_objects,
						&maker[i]),
				 0);
	}
	for (i = 0; i < MAKERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(h.spool.memory.taken, 0);
	assert_true(h.most > 0 && h.most <= SPOOL_MEMORY);
	assert_int_equal(h.alone, 2 * ROUNDS);
	pthread_cond_destroy(&h.spool.memory.given);
	pthread_mutex_destroy(&h.spool.memory.lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory_is_shared) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
