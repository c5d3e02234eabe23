/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool_room.c - how often a file system is asked for the room it has. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <cmocka.h>
#include "sys/clock.h"
#include "tests/unit/spool_world.h"

#define MB     ((int64_t)1 << 20)
#define MANY   1000
#define END_MS 10000

static int64_t free_bytes;
static int asked;

/* In the place of the C library's. */
int fstatvfs(int fd, struct statvfs *fs)
{
	(void)fd;
	asked++;
	*fs = (struct statvfs){
		.f_blocks = 1,
		.f_frsize = 1,
		.f_bavail = (fsblkcnt_t)free_bytes,
	};
	return 0;
}

/* For the directory of the spool; the limit is not how much is there but what it says. */
int statvfs(const char *path, struct statvfs *fs)
{
	(void)path;
	return fstatvfs(0, fs);
}

static void open_with(struct world *w, int64_t bytes)
{
	static const struct now start = { 1000000, 1551199609804 };

	world_make(w);
	world_open(w, start);
	free_bytes = bytes;
	asked = 0;
}

static void test_little_room_is_looked_at_every_time(void **state)
{
	struct world w;
	int i;

	(void)state;
	open_with(&w, MB);
	for (i = 1; i <= MANY; i++) {
		assert_int_equal(spool_has_room(w.spool, 0, i % 2 ? MB : MB + 1), i % 2);
		assert_int_equal(asked, i);
	}
	world_end(&w);
}

static void test_plenty_is_not_looked_at_for_every_file(void **state)
{
	struct world w;
	int i;

	(void)state;
	open_with(&w, 4096 * MB);
	for (i = 0; i < MANY; i++)
		assert_true(spool_has_room(w.spool, 0, MB));
	assert_true(asked < MANY / 2);
	/* More than what may go unnoticed is always asked for. */
	assert_false(spool_has_room(w.spool, 0, 5000 * MB));
	world_end(&w);
}

static void test_the_end_of_plenty_is_noticed(void **state)
{
	int64_t end_ms = clock_now().mono_ms + END_MS;
	struct world w;

	(void)state;
	open_with(&w, 4096 * MB);
	assert_true(spool_has_room(w.spool, 0, MB));
	free_bytes = 0;
	while (spool_has_room(w.spool, 0, MB)) {
		assert_true(clock_now().mono_ms < end_ms);
		poll(NULL, 0, 1);
	}
	world_end(&w);
}

#define OBJECTS 160

static void fill(struct world *w, int64_t min_free)
{
	uint64_t id;

	world_make(w);
	w->options.min_free = min_free;
	free_bytes = min_free;
	world_open(w, (struct now){ 1000000, 1551199609804 });
	for (id = 1; id <= OBJECTS; id++) {
		world_seal(w, id, 0, 1, "k");
		spool_add(w->dir, id, ENVELOPE_SIZE, 1, (struct now){ 1000000, 0 });
	}
}

static int64_t left(struct world *w, int64_t ms)
{
	struct spool_backlog backlog;

	spool_make_room(w->spool, (struct now){ 1000000 + ms, 0 });
	spool_backlog(w->dir, &backlog);
	return (int64_t)backlog.objects;
}

/* As btrfs and NFS do: nothing of what goes is seen for a while. */
static void test_freed_blocks_told_late_cost_one_step(void **state)
{
	struct world w;
	int64_t ms;

	(void)state;
	fill(&w, 256 * MB);
	assert_int_equal(left(&w, 0), OBJECTS);
	free_bytes = 246 * MB;
	for (ms = 0; ms < 9000; ms += 100)
		assert_in_range(left(&w, ms), OBJECTS / 16 * 15 - 1, OBJECTS - 1);
	free_bytes = 257 * MB;
	assert_in_range(left(&w, 10000), OBJECTS / 16 * 15 - 1, OBJECTS - 1);
	/* It never tells: step by step. */
	free_bytes = 246 * MB;
	assert_in_range(left(&w, 20000), OBJECTS / 16 * 14 - 2, OBJECTS / 16 * 15);
	assert_true(left(&w, 31000) < OBJECTS / 16 * 14);
	world_end(&w);
}

/* Never more than what is missing. */
static void test_a_little_that_is_missing_costs_a_little(void **state)
{
	struct world w;

	(void)state;
	fill(&w, 256 * MB);
	free_bytes = 256 * MB - 2 * ENVELOPE_SIZE;
	assert_int_equal(left(&w, 0), OBJECTS - 2);
	assert_int_equal(left(&w, 100), OBJECTS - 2);
	free_bytes = 256 * MB;
	assert_int_equal(left(&w, 200), OBJECTS - 2);
	/* It was told, so the next shortage is another one. */
	free_bytes = 256 * MB - 1;
	assert_int_equal(left(&w, 300), OBJECTS - 3);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_little_room_is_looked_at_every_time),
		cmocka_unit_test(test_plenty_is_not_looked_at_for_every_file),
		cmocka_unit_test(test_the_end_of_plenty_is_noticed),
		cmocka_unit_test(test_freed_blocks_told_late_cost_one_step),
		cmocka_unit_test(test_a_little_that_is_missing_costs_a_little),
	};

	return cmocka_run_group_tests_name("spool_room", tests, NULL, NULL);
}
