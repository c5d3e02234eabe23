/* SPDX-License-Identifier: Apache-2.0 */
/* test_io.c - whole files, whole writes, whole trees. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys/io.h"
#include "tests/unit/temporary.h"

#define PATH_BYTES 512

static char top[PATH_BYTES / 2];

static int make_top(void **state)
{

	(void)state;
	temporary_name(top, sizeof(top), "io");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return io_remove_tree(top);
}

static const char *below(const char *name)
{
	static char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void write_file(const char *name, size_t size)
{
	int fd = io_open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0640);
	struct buf b = BUF_INIT(1 << 24);
	size_t i;

	assert_true(fd >= 0);
	for (i = 0; i < size; i++)
		buf_putc(&b, (char)(i * 31 + i / 256));
	assert_int_equal(io_write(fd, buf_str(&b)), 0);
	buf_fini(&b);
	close(fd);
}

static bool exists(const char *name)
{
	struct stat status;

	return lstat(below(name), &status) == 0;
}

static void test_files_are_read_up_to_the_limit(void **state)
{
	static const struct {
		size_t size, limit;
		int error;
	} table[] = {
		{ 0, 0, 0 },
		{ 0, 10, 0 },
		{ 1, 0, -EFBIG },
		{ 10, 10, 0 },
		{ 11, 10, -EFBIG },
		{ 65536, 65536, 0 },
		{ 65537, 65536, -EFBIG },
		{ 65535, 1 << 20, 0 },
		{ 200000, 1 << 20, 0 },
		{ 200000, 200000, 0 },
		{ 200001, 200000, -EFBIG },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf b = BUF_INIT(table[i].limit);

		print_message("  %zu of %zu\n", table[i].limit, table[i].size);
		write_file("file", table[i].size);
		assert_int_equal(io_read_file(below("file"), &b), table[i].error);
		if (!table[i].error) {
			assert_int_equal(b.len, table[i].size);
			for (k = 0; k < b.len; k++)
				assert_int_equal(b.ptr[k], (char)(k * 31 + k / 256));
		}
		buf_fini(&b);
	}
}

static void test_reading_appends(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)state;
	buf_puts(&b, "before ");
	write_file("file", 3);
	assert_int_equal(io_read_file(below("file"), &b), 0);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.ptr, "before ", 7);
	buf_fini(&b);
}

static void test_what_cannot_be_read_is_an_error(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)state;
	assert_int_equal(io_read_file(below("nothing"), &b), -ENOENT);
	assert_int_equal(io_read_file(top, &b), -EISDIR);
	write_file("file", 1);
	assert_int_equal(io_read_file(below("file/x"), &b), -ENOTDIR);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

static void test_dash_is_standard_input(void **state)
{
	int end[2], before = dup(STDIN_FILENO);
	struct buf b = BUF_INIT(100);

	(void)state;
	assert_int_equal(pipe(end), 0);
	assert_int_equal(io_write(end[1], STR("from a pipe")), 0);
	close(end[1]);
	assert_true(dup2(end[0], STDIN_FILENO) >= 0);
	close(end[0]);
	assert_int_equal(io_read_file("-", &b), 0);
	assert_string_equal(buf_str(&b).ptr, "from a pipe");
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* it stays open */
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	}
	buf_fini(&b);
}

static void test_descriptors_are_not_inherited(void **state)
{
	int fd = io_open(top, O_RDONLY | O_DIRECTORY, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void test_offsets_are_written_and_read(void **state)
{
	int fd = io_open(below("file"), O_RDWR | O_CREAT | O_TRUNC, 0640);
	char bytes[8];

	(void)state;
	assert_int_equal(io_write_at(fd, STR("world"), 5), 0);
	assert_int_equal(io_write_at(fd, STR("hello"), 0), 0);
	assert_int_equal(io_write_at(fd, STR(""), 99), 0);
	assert_int_equal(io_read_at(fd, bytes, 4, 3), 0);
	assert_memory_equal(bytes, "lowo", 4);
	assert_int_equal(io_read_at(fd, bytes, 0, 1000), 0);
	assert_int_equal(io_read_at(fd, bytes, 5, 6), -ENODATA);
	assert_int_equal(io_read_at(fd, bytes, 1, 10), -ENODATA);
	close(fd);
	assert_int_equal(io_read_at(fd, bytes, 1, 0), -EBADF);
	assert_int_equal(io_write_at(fd, STR("x"), 0), -EBADF);
	assert_int_equal(io_write(fd, STR("x")), -EBADF);
}

/* A pipe takes a large write in parts. */
static void test_large_writes_finish(void **state)
{
	struct buf sent = BUF_INIT(1 << 22), got = BUF_INIT(1 << 22);
	int end[2], before = dup(STDIN_FILENO);
	pid_t child;

	(void)state;
	while (sent.len < 1 << 20)
		buf_printf(&sent, "%zu,", sent.len);
	assert_int_equal(pipe(end), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(end[0]);
		_exit(io_write(end[1], buf_str(&sent)) != 0);
	}
	close(end[1]);
	dup2(end[0], STDIN_FILENO);
	close(end[0]);
	assert_int_equal(io_read_file("-", &got), 0);
	assert_int_equal(got.len, sent.len);
	assert_memory_equal(got.ptr, sent.ptr, sent.len);
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	}
	buf_fini(&sent);
	buf_fini(&got);
}

static void test_directories_are_made_with_those_above(void **state)
{
	char path[5000];

	(void)state;
	assert_int_equal(io_make_dirs(below("a/b//c"), 0750), 0);
	assert_true(exists("a/b/c"));
	assert_int_equal(io_make_dirs(below("a/b/c"), 0750), 0);
	assert_int_equal(io_make_dirs(below("a/b/d/"), 0750), 0);
	assert_true(exists("a/b/d"));
	write_file("a/file", 1);
	assert_int_equal(io_make_dirs(below("a/file/x"), 0750), -ENOTDIR);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(io_make_dirs(path, 0750), -ENAMETOOLONG);
	path[300] = '\0';
	assert_int_equal(io_make_dirs(below(path), 0750), -ENAMETOOLONG);
}

static int count_names(void *context, const char *name)
{
	int *count = context;

	assert_string_not_equal(name, ".");
	assert_string_not_equal(name, "..");
	return ++*count == 3 ? 77 : 0;
}

static void test_names_are_visited_until_told_to_stop(void **state)
{
	int count = 0, i;

	(void)state;
	assert_int_equal(io_make_dirs(below("list"), 0750), 0);
	for (i = 0; i < 2; i++) {
		char name[16];

		snprintf(name, sizeof(name), "list/.%d", i);
		write_file(name, 0);
	}
	assert_int_equal(io_list(below("list"), count_names, &count), 0);
	assert_int_equal(count, 2);
	write_file("list/2", 0);
	write_file("list/3", 0);
	count = 0;
	assert_int_equal(io_list(below("list"), count_names, &count), 77);
	assert_int_equal(count, 3);
	assert_int_equal(io_list(below("nothing"), count_names, &count), -ENOENT);
}

static void test_trees_are_removed_and_links_not_followed(void **state)
{
	char target[PATH_BYTES];

	(void)state;
	assert_int_equal(io_make_dirs(below("keep"), 0750), 0);
	write_file("keep/file", 1);
	assert_int_equal(io_make_dirs(below("tree/x/y"), 0750), 0);
	write_file("tree/x/file", 1);
	snprintf(target, sizeof(target), "%s", below("keep"));
	assert_int_equal(symlink(target, below("tree/x/link")), 0);
	assert_int_equal(io_remove_tree(below("tree")), 0);
	assert_false(exists("tree"));
	assert_true(exists("keep/file"));
	assert_int_equal(io_remove_tree(below("tree")), -ENOENT);
}

static void test_directories_are_synced(void **state)
{
	(void)state;
	assert_int_equal(io_sync_dir(top), 0);
	assert_int_equal(io_sync_dir(below("nothing")), -ENOENT);
	write_file("file", 1);
	assert_int_equal(io_sync_dir(below("file")), -ENOTDIR);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_are_read_up_to_the_limit),
		cmocka_unit_test(test_reading_appends),
		cmocka_unit_test(test_what_cannot_be_read_is_an_error),
		cmocka_unit_test(test_dash_is_standard_input),
		cmocka_unit_test(test_descriptors_are_not_inherited),
		cmocka_unit_test(test_offsets_are_written_and_read),
		cmocka_unit_test(test_large_writes_finish),
		cmocka_unit_test(test_directories_are_made_with_those_above),
		cmocka_unit_test(test_names_are_visited_until_told_to_stop),
		cmocka_unit_test(test_trees_are_removed_and_links_not_followed),
		cmocka_unit_test(test_directories_are_synced),
	};

	return cmocka_run_group_tests_name("io", tests, make_top, remove_top);
}
