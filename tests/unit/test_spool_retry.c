/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool_retry.c - what was refused is sent again when somebody asks for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/unit/spool_world.h"

static const struct now start = { 1000000, 1551199609804 };

/* A file of so many bytes in bad/, from new/. */
static void refuse(struct world *w, size_t size, int64_t records, const char *key)
{
	uint64_t id = spool_next_id(w->dir), taken;

	world_seal(w, id, size, records, key);
	spool_add(w->dir, id, ENVELOPE_SIZE + (int64_t)size, records, start);
	stats_add(&w->stats, STAT_RECORDS_SPOOLED, records); /* as whoever seals it */
	assert_true(spool_take(w->dir, &taken));
	assert_int_equal(taken, id);
	assert_int_equal(spool_done(w->dir, id, SPOOL_REFUSED), 0);
}

/* The object that waits longest; it stays taken. */
static void assert_takes(struct world *w, uint64_t expected, const char *key)
{
	struct buf file = BUF_INIT(1 << 20);
	struct arena arena = ARENA_INIT(1 << 16);
	struct err err = ERR_INIT;
	struct envelope e;
	uint64_t id;

	assert_true(spool_take(w->dir, &id));
	assert_int_equal(id, expected);
	world_read(w, SPOOL_NEW, id, &file);
	assert_int_equal(envelope_read(file.ptr, &arena, &e, &err), 0);
	assert_true(str_is(e.key, key));
	arena_fini(&arena);
	buf_fini(&file);
}

static void test_nothing_is_sent_again_unasked(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	refuse(&w, 10, 1, "a");
	assert_int_equal(spool_retry(w.dir, start), 0);
	assert_true(world_has(&w, SPOOL_BAD, 1));
	assert_null(strstr(world_log(&w), "retry:"));
	world_end(&w);
}

/* In their order, behind what was there; what is no object stays where it is. */
static void test_objects_are_sent_again_once(void **state)
{
	struct world w;
	int64_t bytes;
	uint64_t id;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	refuse(&w, 10, 3, "a");
	refuse(&w, 20, 5, "b");
	refuse(&w, 40, 7, "c");
	world_write(&w, SPOOL_BAD, 2, STR("no object"));
	bytes = spool_bytes(w.spool);
	assert_int_equal(spool_ask_retry(w.path, "t"), 0);
	assert_int_equal(spool_retry(w.dir, start), 2);
	assert_int_equal(spool_bytes(w.spool), bytes);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_SPOOLED), 2);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_SPOOLED), 10);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_RECOVERED), 10);
	assert_false(world_has(&w, SPOOL_BAD, 1));
	assert_true(world_has(&w, SPOOL_BAD, 2));
	assert_false(world_has(&w, SPOOL_BAD, 3));
	/* The file that stays was asked for an id, too. */
	assert_takes(&w, 4, "a");
	assert_takes(&w, 6, "c");
	assert_false(spool_take(w.dir, &id));
	spool_done(w.dir, 4, SPOOL_STORED);
	spool_done(w.dir, 6, SPOOL_STORED);
	/* It still counts, with the bytes that it had. */
	assert_int_equal(spool_bytes(w.spool), ENVELOPE_SIZE + 20);
	assert_int_equal(spool_retry(w.dir, start), 0);
	assert_non_null(strstr(world_log(&w),
			       "tenant=t spool=bad/ retry: 2 objects are sent again, 1 "
			       "files are no objects and stay"));
	world_end(&w);
}

/* Of two that are there and one that is refused once more each is known by its id. */
static void test_what_is_refused_again_stands_behind_the_others(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	refuse(&w, 10, 1, "a");
	refuse(&w, 20, 1, "b");
	assert_int_equal(spool_ask_retry(w.path, "t"), 0);
	assert_int_equal(spool_retry(w.dir, start), 2);
	assert_takes(&w, 3, "a");
	assert_int_equal(spool_done(w.dir, 3, SPOOL_REFUSED), 0);
	assert_takes(&w, 4, "b");
	spool_done(w.dir, 4, SPOOL_LATER);
	assert_int_equal(spool_retry(w.dir, start), 0); /* that was for once */
	assert_int_equal(spool_ask_retry(w.path, "t"), 0);
	assert_int_equal(spool_retry(w.dir, start), 1);
	assert_int_equal(spool_bytes(w.spool), 2 * ENVELOPE_SIZE + 30);
	assert_true(spool_take(w.dir, &id));
	assert_int_equal(id, 4);
	assert_takes(&w, 5, "a");
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_sent_again_unasked),
		cmocka_unit_test(test_objects_are_sent_again_once),
		cmocka_unit_test(test_what_is_refused_again_stands_behind_the_others),
	};

	return cmocka_run_group_tests_name("spool_retry", tests, NULL, NULL);
}
