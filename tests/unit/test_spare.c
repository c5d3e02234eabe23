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

#define MANY	   200
#define ROWS_BYTES 4096

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
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
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
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
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
	struct spares *killed = spares_open(spare_directory, ROWS_BYTES), *s;

	(void)state;
	take(killed, ".spare/0000000000000001"); /* not emptied yet */
	s = spares_open(spare_directory, ROWS_BYTES);
	assert_int_equal(spare_files(), 0);
	spares_close(killed);
	take(s, "a");
	spares_close(s);
}

static void test_it_goes_on_without_its_directory(void **state)
{
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);

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

static const int owner, other, nobody;

/* The inode of a file for rows, and its size when it was made. */
static ino_t take_rows(struct spares *s, const void *whose, const char *name, off_t *size)
{
	struct stat status;
	int fd = spares_take_rows(s, whose, below(name));

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	*size = status.st_size;
	assert_int_equal(io_write_at(fd, STR("rows"), 0), 0);
	assert_int_equal(close(fd), 0);
	return status.st_ino;
}

/* A file of so many bytes, given. Its inode. */
static ino_t give_rows(struct spares *s, const void *whose, const char *name, off_t size)
{
	off_t found;
	ino_t inode = take_rows(s, &nobody, name, &found);

	assert_int_equal(truncate(below(name), size), 0);
	spares_give_rows(s, whose, below(name));
	assert_int_not_equal(access(below(name), F_OK), 0);
	return inode;
}

static void test_rows_are_kept_for_their_owner(void **state)
{
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
	ino_t rows;
	off_t size;

	(void)state;
	rows = give_rows(s, &owner, "a", 1000);
	assert_int_not_equal(take_rows(s, &other, "b", &size), rows);
	assert_int_equal(size, 0);
	assert_int_not_equal(take(s, "c"), rows); /* an object has no byte of it */
	assert_int_equal(take_rows(s, &owner, "d", &size), rows);
	assert_int_equal(size, 1000);
	assert_int_equal(spare_files(), 0);
	spares_close(s);
}

/* Who has not used theirs for longest makes room. */
static void test_the_oldest_rows_are_emptied(void **state)
{
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
	ino_t oldest, older;
	off_t size;

	(void)state;
	oldest = give_rows(s, &owner, "d", ROWS_BYTES / 2);
	older = give_rows(s, &other, "e", ROWS_BYTES / 2);
	give_rows(s, &other, "f", 5);
	assert_int_equal(take_rows(s, &owner, "g", &size), oldest);
	assert_int_equal(size, 1);
	take_rows(s, &other, "h", &size);
	assert_int_equal(size, 5);
	assert_int_equal(take_rows(s, &other, "i", &size), older);
	assert_int_equal(size, ROWS_BYTES / 2);
	spares_close(s);
}

static void test_rows_grow_old_in_order(void **state)
{
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
	ino_t third, fourth;
	off_t size;

	(void)state;
	give_rows(s, &owner, "a", ROWS_BYTES / 4);
	give_rows(s, &other, "b", ROWS_BYTES / 4);
	third = give_rows(s, &other, "c", ROWS_BYTES / 4);
	fourth = give_rows(s, &other, "d", ROWS_BYTES / 4);
	take_rows(s, &owner, "e", &size);
	give_rows(s, &owner, "f", ROWS_BYTES / 2);
	assert_int_equal(take_rows(s, &other, "g", &size), fourth);
	assert_int_equal(take_rows(s, &other, "h", &size), third);
	take_rows(s, &other, "i", &size);
	assert_true(size <= 1);
	spares_close(s);
}

static void test_more_rows_than_may_be_are_emptied(void **state)
{
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
	char name[16];
	ino_t most, more;
	off_t size;
	int i;

	(void)state;
	most = give_rows(s, &owner, "b", ROWS_BYTES);
	more = give_rows(s, &owner, "c", ROWS_BYTES + 1);
	assert_int_equal(take_rows(s, &owner, "d", &size), most);
	assert_int_equal(size, ROWS_BYTES);
	assert_int_equal(take_rows(s, &owner, "e", &size), more);
	assert_int_equal(size, 1);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		take_rows(s, &owner, name, &size);
	}
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		spares_give_rows(s, &owner, below(name));
	}
	assert_true(spare_files() < MANY / 2);
	spares_close(s);
}

static void test_rows_are_dropped(void **state)
{
	struct spares *s = spares_open(spare_directory, ROWS_BYTES);
	const void *const whose[] = { &owner, NULL };
	off_t size;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		take_rows(s, &owner, "a", &size);
		take_rows(s, &owner, "b", &size);
		take_rows(s, &other, "c", &size);
		spares_give_rows(s, &owner, below("a"));
		spares_give_rows(s, &owner, below("b"));
		spares_give_rows(s, &other, below("c"));
		assert_int_equal(spare_files(), 3);
		spares_drop_rows(s, whose[i]);
		assert_int_equal(spare_files(), whose[i] ? 1 : 0);
		take_rows(s, &owner, "d", &size);
		assert_int_equal(size, 0);
		spares_drop_rows(s, NULL);
		assert_int_equal(unlink(below("d")), 0);
	}
	spares_give_rows(s, &owner, below("not-there"));
	give_rows(s, &owner, "e", ROWS_BYTES); /* nothing is counted that is not there */
	take_rows(s, &owner, "f", &size);
	assert_int_equal(size, ROWS_BYTES);
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
		cmocka_unit_test_setup_teardown(test_rows_are_kept_for_their_owner,
						make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_the_oldest_rows_are_emptied,
						make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_rows_grow_old_in_order, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(test_more_rows_than_may_be_are_emptied,
						make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_rows_are_dropped, make_root,
						remove_root),
	};

	return cmocka_run_group_tests_name("spare", tests, NULL, NULL);
}
