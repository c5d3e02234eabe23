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

/* Nobody else has it. */
static void use(struct mapping *room, int64_t bytes)
{
	if (!bytes)
		return;
	assert_true((int64_t)room->size >= bytes);
	*(int64_t *)(void *)room->ptr = bytes;
	room->ptr[bytes - 1] = 1;
	assert_int_equal(*(int64_t *)(void *)room->ptr, bytes);
}

static void *make_objects(void *argument)
{
	struct maker *maker = argument;
	struct house *h = maker->house;
	int64_t bytes = maker->bytes, taken, most;
	struct mapping room;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		assert_int_equal(spool_take_memory(&h->dir, bytes, &room), 0);
		use(&room, bytes);
		taken = atomic_fetch_add(&h->taken, bytes) + bytes;
		if (bytes > SPOOL_MEMORY && taken == bytes)
			atomic_fetch_add(&h->alone, 1);
		most = atomic_load(&h->most);
		while (bytes && bytes <= SPOOL_MEMORY && taken > most &&
		       !atomic_compare_exchange_weak(&h->most, &most, taken))
			;
		atomic_fetch_sub(&h->taken, bytes);
		if (room.ptr)
			spool_give_memory(&h->dir, bytes, &room);
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
	spool_memory_init(&h.spool.memory);
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
	spool_memory_fini(&h.spool.memory);
}

/* What is kept is what the next ones get, and never more than all may have together. */
static void memory_is_kept_for_the_next(void **state)
{
	static const int64_t third = SPOOL_MEMORY / 3, too_large = SPOOL_MEMORY + 1;
	static struct house h;
	struct spool_memory *m = &h.spool.memory;
	struct mapping room[3];
	char *first;
	int i;

	(void)state;
	h.dir.spool = &h.spool;
	spool_memory_init(m);
	for (i = 0; i < 3; i++)
		assert_int_equal(spool_take_memory(&h.dir, third, &room[i]), 0);
	first = room[0].ptr;
	for (i = 2; i >= 0; i--)
		spool_give_memory(&h.dir, third, &room[i]);
	assert_int_equal(m->count, 3);
	assert_int_equal(m->kept_bytes, 3 * third);

	assert_int_equal(spool_take_memory(&h.dir, 2 * third, &room[0]), 0);
	assert_ptr_equal(room[0].ptr, first);
	assert_int_equal(m->count, 1);
	spool_give_memory(&h.dir, 2 * third, &room[0]);
	assert_int_equal(m->kept_bytes, 3 * third);

	assert_int_equal(spool_take_memory(&h.dir, too_large, &room[0]), 0);
	assert_int_equal(m->count, 0);
	spool_give_memory(&h.dir, too_large, &room[0]);
	assert_int_equal(m->count, 0);
	assert_int_equal(m->taken, 0);
	spool_memory_fini(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory_is_shared),
					    cmocka_unit_test(
						    memory_is_kept_for_the_next) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
