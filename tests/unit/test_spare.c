/* SPDX-License-Identifier: Apache-2.0 */
/* test_spare.c - files that have done, and files that are made of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "spool/spare.h"
#include "sys/io.h"
#include "tests/unit/temporary.h"

#define MANY 200

static char root[TEMPORARY_SIZE], spare_directory[TEMPORARY_SIZE + 16];

static const char *below(const char *name)
{
	static char path[TEMPORARY_SIZE + 100];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static int make_root(void **state)
{
	(void)state;
	temporary_name(root, sizeof(root), "spare");
	if (!mkdtemp(root))
		return -1;
	snprintf(spare_directory, sizeof(spare_directory), "%s/.spare", root);
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	return io_remove_tree(root);
}

/* The inode of a file that was made, once it was seen to be as good as empty, and writable. */
static ino_t take(struct spares *s, const char *name)
{
	struct stat status;
	int fd = spares_take(s, below(name));
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_true(status.st_size <= 1);
	assert_int_equal(io_write_at(fd, STR("rows"), 0), 0);
	assert_int_equal(io_read_at(fd, &byte, 1, 3), 0);
	assert_int_equal(byte, 's');
	assert_int_equal(io_read_at(fd, &byte, 1, 4), -ENODATA);
	assert_int_equal(close(fd), 0);
	assert_int_equal(access(below(name), R_OK | W_OK), 0);
	return status.st_ino;
}

static void give(struct spares *s, const char *name)
{
	spares_give(s, below(name));
	assert_int_not_equal(access(below(name), F_OK), 0);
}

static int count_one(void *count, const char *name)
{
	(void)name;
	++*(int *)count;
	return 0;
}

static int spare_files(void)
{
	int count = 0;

	assert_int_equal(io_list(spare_directory, count_one, &count), 0);
	return count;
}

static void test_what_was_given_is_taken_again(void **state)
{
	struct spares *s = spares_open(spare_directory);
	ino_t first, second;

	(void)state;
	first = take(s, "a");
	second = take(s, "b");
	give(s, "a");
	assert_int_equal(take(s, "c"), first);
	give(s, "b");
	give(s, "c");
	assert_int_equal(spare_files(), 2);
	assert_int_equal(take(s, "d"), first);
	assert_int_equal(take(s, "e"), second);
	assert_int_equal(spare_files(), 0);
	spares_close(s);
	assert_int_not_equal(access(spare_directory, F_OK), 0);
}

static void test_only_some_are_kept(void **state)
{
	struct spares *s = spares_open(spare_directory);
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		take(s, name);
	}
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		give(s, name);
	}
	assert_true(spare_files() > 0 && spare_files() < MANY / 2);
	spares_close(s);
}

static void test_what_a_killed_run_left_is_not_taken(void **state)
{
	struct spares *killed = spares_open(spare_directory), *s;

	(void)state;
	take(killed, ".spare/0000000000000001"); /* not emptied yet */
	s = spares_open(spare_directory);
	assert_int_equal(spare_files(), 0);
	spares_close(killed);
	take(s, "a");
	spares_close(s);
}

static void test_it_goes_on_without_its_directory(void **state)
{
	struct spares *s = spares_open(spare_directory);

	(void)state;
	take(s, "a");
	give(s, "a");
	assert_int_equal(io_remove_tree(spare_directory), 0);
	take(s, "b");
	give(s, "b");
	give(s, "not-there");
	take(s, "c");
	spares_close(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_was_given_is_taken_again,
						make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_only_some_are_kept, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(test_what_a_killed_run_left_is_not_taken,
						make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_it_goes_on_without_its_directory,
						make_root, remove_root),
	};

	return cmocka_run_group_tests_name("spare", tests, NULL, NULL);
}
