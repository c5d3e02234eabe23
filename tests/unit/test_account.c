/* SPDX-License-Identifier: Apache-2.0 */
/* test_account.c - the file of bytes that were stored. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "writer/account.h"
#include "sys/io.h"
#include "tests/unit/temporary.h"

#define PATH_BYTES 512

struct desk {
	char top[PATH_BYTES / 2], path[PATH_BYTES], backup[PATH_BYTES];
	struct config *config;
	struct arena arena;
	struct problems problems;
	struct account_options options;
	struct account account;
};

static void read_account(struct desk *d, const char *text)
{
	d->config = config_new();
	assert_non_null(d->config);
	assert_int_equal(config_add(d->config, "x.yml", str_of(text), false,
				    &d->problems),
			 0);
	account_options_read(&d->options, d->config, &d->arena, &d->problems);
	d->account = (struct account){ .options = &d->options };
}

static void desk_open(struct desk *d)
{
	char text[2 * PATH_BYTES];

	*d = (struct desk){ .arena = ARENA_INIT(1 << 16), .problems = PROBLEMS_INIT };
	temporary_name(d->top, sizeof(d->top), "account");
	assert_non_null(mkdtemp(d->top));
	snprintf(d->path, sizeof(d->path), "%s/account.json", d->top);
	snprintf(d->backup, sizeof(d->backup), "%s.bak", d->path);
	snprintf(text, sizeof(text),
		 "pipeline:\n  account:\n    type: file\n    file:\n"
		 "      filename: %s\n",
		 d->path);
	read_account(d, text);
	assert_true(d->options.filename.len > 0);
	assert_int_equal(d->problems.count, 0);
}

static void desk_close(struct desk *d)
{
	config_free(d->config);
	arena_fini(&d->arena);
	problems_fini(&d->problems);
	if (d->top[0])
		assert_int_equal(io_remove_tree(d->top), 0);
}

static void add(struct desk *d, int64_t bytes, int64_t wall_ms)
{
	account_add(&d->account, bytes, (struct now){ 0, wall_ms });
}

static void write_file(const char *path, const char *text)
{
	int fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, str_of(text)), 0);
	close(fd);
}

static void assert_file(struct desk *d, const char *expected)
{
	struct buf b = BUF_INIT(4096);

	assert_int_equal(io_read_file(d->path, &b), 0);
	assert_string_equal(buf_str(&b).ptr, expected);
	assert_int_equal(access(d->backup, F_OK), -1);
	buf_fini(&b);
}

#define SUMS(start, end, sum, last)                                                      \
	"{\n \"version\": \"1.1.0\",\n"                                                  \
	" \"accumulate-start\": " start ",\n"                                            \
	" \"accumulate-end\": " end ",\n"                                                \
	" \"accumulate-bytes\": " sum ",\n"                                              \
	" \"current-start\": " end ",\n"                                                 \
	" \"current-end\": " end ",\n"                                                   \
	" \"current-bytes\": " last "\n}"

static void test_file_is_that_of_the_go_exporter(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d);
	add(&d, 1000, 1795327074497);
	add(&d, 5, 1795327074498);
	assert_file(&d, "{\n"
			" \"version\": \"1.1.0\",\n"
			" \"accumulate-start\": 1795327074497,\n"
			" \"accumulate-end\": 1795327074498,\n"
			" \"accumulate-bytes\": 1005,\n"
			" \"current-start\": 1795327074498,\n"
			" \"current-end\": 1795327074498,\n"
			" \"current-bytes\": 5\n"
			"}");
	desk_close(&d);
}

static void test_sums_go_on_from_what_is_there(void **state)
{
	static const struct {
		const char *file, *backup, *expected;
	} table[] = {
		{ SUMS("100", "200", "7", "3"), NULL, SUMS("100", "300", "17", "10") },
		/* The backup is what there is when the rename did not come. */
		{ NULL, SUMS("100", "200", "7", "3"), SUMS("100", "300", "17", "10") },
		{ "", SUMS("100", "200", "7", "3"), SUMS("100", "300", "17", "10") },
		{ "{\n \"version\": \"1.1.0\",\n \"accu", SUMS("100", "200", "7", "3"),
		  SUMS("100", "300", "17", "10") },
		{ SUMS("100", "200", "7", "3"), "{", SUMS("100", "300", "17", "10") },
		/* Not to be believed: it begins anew. */
		{ NULL, NULL, SUMS("300", "300", "10", "10") },
		{ "nonsense", "more", SUMS("300", "300", "10", "10") },
		{ "{\"version\":\"1.0.0\",\"accumulate-start\":1,\"accumulate-end\":2,"
		  "\"current-start\":1,\"current-end\":1}",
		  NULL, SUMS("300", "300", "10", "10") },
		{ SUMS("201", "200", "7", "3"), NULL, SUMS("300", "300", "10", "10") },
		{ SUMS("0", "200", "7", "3"), NULL, SUMS("300", "300", "10", "10") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct desk d;

		print_message("  %zu\n", i);
		desk_open(&d);
		if (table[i].file)
			write_file(d.path, table[i].file);
		if (table[i].backup)
			write_file(d.backup, table[i].backup);
		add(&d, 10, 300);
		assert_file(&d, table[i].expected);
		desk_close(&d);
	}
}

/* Nobody is stopped by it, and it goes on when it can. */
static void test_unwritable_file_harms_nobody(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d);
	assert_int_equal(io_make_dirs(d.backup, 0750), 0);
	add(&d, 10, 300);
	assert_int_equal(access(d.path, F_OK), -1);
	assert_int_equal(rmdir(d.backup), 0);
	add(&d, 20, 400);
	assert_file(&d, SUMS("400", "400", "20", "20"));
	desk_close(&d);
}

static void test_none_is_no_account(void **state)
{
	static const char *const table[] = {
		"pipeline: {}\n",
		"pipeline:\n  account:\n    type: none\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct desk d = { .arena = ARENA_INIT(1 << 16),
				  .problems = PROBLEMS_INIT };

		read_account(&d, table[i]);
		assert_int_equal(d.options.filename.len, 0);
		assert_int_equal(d.problems.count, 0);
		desk_close(&d);
	}
}

static void test_file_needs_a_name(void **state)
{
	struct desk d = { .arena = ARENA_INIT(1 << 16), .problems = PROBLEMS_INIT };

	(void)state;
	read_account(&d, "pipeline:\n  account:\n    type: file\n");
	assert_int_equal(d.options.filename.len, 0);
	assert_int_equal(d.problems.count, 1);
	assert_non_null(strstr(d.problems.text.ptr, "pipeline.account.file.filename"));
	desk_close(&d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_is_that_of_the_go_exporter),
		cmocka_unit_test(test_sums_go_on_from_what_is_there),
		cmocka_unit_test(test_unwritable_file_harms_nobody),
		cmocka_unit_test(test_none_is_no_account),
		cmocka_unit_test(test_file_needs_a_name),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
