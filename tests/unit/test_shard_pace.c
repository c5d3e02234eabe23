/* SPDX-License-Identifier: Apache-2.0 */
/* test_shard_pace.c - partitions wait for workers together, and those that have most are
 * paused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "source/shard_pace.h"

#define MB	   ((int64_t)1 << 20)
#define MANY	   1000
#define MOST_WAITS 20 /* of a turn */

struct world {
	int64_t waiting[MANY], paused[MANY], done; /* at a moment, of each */
	bool is_short;
	int waits, pauses, resumes;
};

static int64_t fake_waiting(void *context, size_t partition)
{
	return ((struct world *)context)->waiting[partition];
}

static bool fake_is_short(void *context)
{
	return ((struct world *)context)->is_short;
}

static void fake_wait(void *context)
{
	struct world *w = context;
	size_t i;

	w->waits++;
	for (i = 0; w->done && i < MANY; i++)
		w->waiting[i] -= w->waiting[i] < w->done ? w->waiting[i] : w->done;
}

static void fake_pause(void *context, size_t partition, bool is_paused)
{
	struct world *w = context;

	assert_true(w->waiting[partition] >= 0);
	*(is_paused ? &w->pauses : &w->resumes) += 1;
}

static void turn(struct world *w, size_t partitions)
{
	const struct shard_pace_host host = { fake_waiting, fake_is_short, fake_wait,
					      fake_pause, w };

	w->waits = w->pauses = w->resumes = 0;
	shard_pace_turn(w->paused, partitions, &host);
}

static void assert_did(const struct world *w, int waits, int pauses, int resumes)
{
	assert_int_equal(w->waits, waits);
	assert_int_equal(w->pauses, pauses);
	assert_int_equal(w->resumes, resumes);
}

/* Nobody polls meanwhile, so a turn waits as long with a thousand as with one. */
static void test_one_wait_a_turn(void **state)
{
	struct world w = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++)
		w.waiting[i] = 5 * MB;
	turn(&w, MANY);
	assert_did(&w, MOST_WAITS, MANY, 0);
	turn(&w, MANY);
	assert_did(&w, 0, 0, 0);
}

/* Workers that catch up are waited for, and nothing is thrown away. */
static void test_workers_catch_up(void **state)
{
	struct world w = { .waiting = { 3 * MB, 3 * MB }, .done = MB / 2 };

	(void)state;
	turn(&w, 2);
	assert_did(&w, 2, 0, 0);
	turn(&w, 2);
	assert_did(&w, 0, 0, 0);
}

/* All together have one limit; who has most is paused, the others are read. */
static void test_one_stands_still(void **state)
{
	struct world w = { .waiting = { MB, 4 * MB, 0, -1 } };

	(void)state;
	turn(&w, 4);
	assert_did(&w, MOST_WAITS, 1, 0);
	assert_int_equal(w.paused[1], 4 * MB);
	turn(&w, 4);
	assert_did(&w, 0, 0, 0);
	w.waiting[1] = MB + 1;
	turn(&w, 4);
	assert_did(&w, 0, 0, 0);
	w.waiting[1] = MB;
	turn(&w, 4);
	assert_did(&w, 0, 0, 1);
}

/* One that is another's by now is forgotten. */
static void test_revoked(void **state)
{
	struct world w = { .waiting = { -1 }, .paused = { MB } };

	(void)state;
	turn(&w, 1);
	assert_did(&w, 0, 0, 0);
	assert_int_equal(w.paused[0], 0);
}

/* Memory that others have does not stop whoever has none. */
static void test_memory_is_short(void **state)
{
	struct world w = { .waiting = { 100, 0 }, .is_short = true };

	(void)state;
	turn(&w, 2);
	assert_did(&w, MOST_WAITS, 1, 0);
	w.waiting[0] = 1;
	turn(&w, 2);
	assert_did(&w, 0, 0, 0);
	w.waiting[0] = 0;
	turn(&w, 2);
	assert_did(&w, 0, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_wait_a_turn),
		cmocka_unit_test(test_workers_catch_up),
		cmocka_unit_test(test_one_stands_still),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
