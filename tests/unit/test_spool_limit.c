/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool_limit.c - a pipeline's own limit in the spool. */
#include "tests/unit/spool_world.h"

#define OBJECT ((int64_t)ENVELOPE_SIZE + 100)

static const struct now start = { 1000000, 1551199609804 };

static void add(struct world *w, uint64_t id)
{
	world_seal(w, id, 100, 10, "k");
	spool_add(w->dir, id, OBJECT, 10, start);
	spool_keep_limit(w->dir);
}

static void assert_lost(struct world *w, int64_t objects)
{
	assert_int_equal(stats_get(&w->stats, STAT_OBJECTS_EVICTED), objects);
	assert_int_equal(stats_get(&w->stats, STAT_RECORDS_EVICTED), objects * 10);
	assert_int_equal(stats_get(&w->stats, STAT_LIMIT_SPOOL), objects);
}

static void test_the_oldest_goes_though_there_is_room(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	spool_set_limit(w.dir, 3 * OBJECT);
	for (id = 1; id <= 3; id++)
		add(&w, id);
	assert_lost(&w, 0);
	/* What is under way stays. */
	assert_true(spool_take(w.dir, &id));
	add(&w, 4);
	assert_lost(&w, 1);
	assert_true(world_has(&w, SPOOL_NEW, 1));
	assert_false(world_has(&w, SPOOL_NEW, 2));
	assert_true(world_has(&w, SPOOL_NEW, 3));
	/* Open files count, and so does what is in bad/, which goes first. */
	assert_int_equal(spool_done(w.dir, 1, SPOOL_REFUSED), 0);
	spool_charge(w.dir, SPOOL_OPEN, OBJECT);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_BAD_EVICTED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_LIMIT_SPOOL), 2);
	spool_charge(w.dir, SPOOL_OPEN, -OBJECT);
	world_end(&w);
}

static void test_it_is_kept_when_it_is_set_or_lowered(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	for (id = 1; id <= 9; id++)
		add(&w, id);
	assert_lost(&w, 0);
	spool_set_limit(w.dir, 5 * OBJECT + 1);
	assert_lost(&w, 4);
	spool_set_limit(w.dir, 2 * OBJECT);
	assert_lost(&w, 7);
	assert_true(world_has(&w, SPOOL_NEW, 8));
	spool_set_limit(w.dir, 0);
	for (id = 10; id <= 20; id++)
		add(&w, id);
	assert_lost(&w, 7);
	/* The tenant says that its limit is reached. */
	assert_null(strstr(world_log(&w), "dropped"));
	world_end(&w);
}

static void count_call(void *context)
{
	++*(int *)context;
}

static void test_open_objects_are_finished_early(void **state)
{
	struct world w;
	uint64_t id;
	int calls = 0;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	spool_on_finish(w.dir, count_call, &calls);
	spool_set_limit(w.dir, 3 * OBJECT);
	id = spool_next_id(w.dir);
	spool_charge(w.dir, SPOOL_OPEN, 3 * OBJECT);
	assert_int_equal(calls, 0);
	spool_charge(w.dir, SPOOL_OPEN, 1);
	assert_int_equal(calls, 1);
	assert_true(spool_must_finish(w.dir, id));
	assert_false(spool_must_finish(w.dir, spool_next_id(w.dir)));
	spool_charge(w.dir, SPOOL_OPEN, -3 * OBJECT - 1);
	spool_on_finish(w.dir, NULL, &calls);
	world_end(&w);
}

static void test_others_keep_what_they_have(void **state)
{
	struct stats stats = { 0 };
	struct spool_dir *mine, *other;
	struct world w;
	uint64_t id;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	mine = w.dir;
	other = spool_dir_open(w.spool, "other", &stats, start, NULL);
	assert_non_null(other);
	w.dir = other;
	for (id = 1; id <= 9; id++)
		add(&w, id);
	w.dir = mine;
	spool_set_limit(mine, OBJECT);
	add(&w, 1);
	add(&w, 2);
	assert_lost(&w, 1);
	assert_int_equal(stats_get(&stats, STAT_OBJECTS_EVICTED), 0);
	spool_dir_close(other);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_oldest_goes_though_there_is_room),
		cmocka_unit_test(test_it_is_kept_when_it_is_set_or_lowered),
		cmocka_unit_test(test_open_objects_are_finished_early),
		cmocka_unit_test(test_others_keep_what_they_have),
	};

	return cmocka_run_group_tests_name("spool_limit", tests, NULL, NULL);
}
