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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_little_room_is_looked_at_every_time),
		cmocka_unit_test(test_plenty_is_not_looked_at_for_every_file),
		cmocka_unit_test(test_the_end_of_plenty_is_noticed),
	};

	return cmocka_run_group_tests_name("spool_room", tests, NULL, NULL);
}
