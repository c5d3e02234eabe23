/* SPDX-License-Identifier: Apache-2.0 */
/* test_secret.c - secrets in files: where they are found, what is in them, and
 * how a change is seen. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys/io.h"
#include "sys/secret.h"
#include "tests/unit/temporary.h"

struct world {
	char folder[TEMPORARY_SIZE];
	char path[TEMPORARY_SIZE + 8]; /* of "key" in it */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	temporary_name(w->folder, sizeof(w->folder), "secret");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/key", w->folder);
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	io_remove_tree(w->folder);
	free(w);
	return 0;
}

/* A new file each time, as an editor or a deployment makes it. */
static void put_file(const char *path, const char *text, size_t len)
{
	char other[80];
	FILE *file;

	snprintf(other, sizeof(other), "%s~", path);
	file = fopen(other, "we");
	fwrite(text, 1, len, file);
	fclose(file);
	assert_int_equal(rename(other, path), 0);
}

static void put(const char *path, const char *text)
{
	put_file(path, text, strlen(text));
}

static int open_file(struct secret *s, const char *file, struct err *err)
{
	return secret_open(s, STR(""), str_of(file), 0, err);
}

static void assert_value(const struct secret *s, const char *value)
{
	assert_true(str_is(secret_value(s), value));
}

static void given_secrets(void **state)
{
	struct secret s;

	(void)state;
	assert_int_equal(secret_open(&s, STR("abc"), STR(""), 0, NULL), 0);
	assert_value(&s, "abc");
	assert_false(secret_refresh(&s, 100000));
	secret_close(&s);
	assert_int_equal(secret_open(&s, STR(""), STR(""), 0, NULL), 0);
	assert_value(&s, "");
	secret_close(&s);
	secret_close(&s);
}

static void contents(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: to the NUL */
		const char *value, *error;
	} table[] = {
		{ "abc", 0, "abc", NULL },
		{ "abc\n", 0, "abc", NULL },
		{ "\r\n \t\fa b\v\r\n\n", 0, "a b", NULL },
		{ "\xc3\xa9+/=", 0, "\xc3\xa9+/=", NULL },
		{ "", 0, NULL, "it is empty" },
		{ " \n\t", 0, NULL, "it is empty" },
		{ "a\nb", 0, NULL, "more than one line" },
		{ "a\0b", 3, NULL, "more than one line" },
		{ "a\x7f"
		  "b",
		  0, NULL, "more than one line" },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct secret s;
		int error;

		put_file(w->path, table[i].text,
			 table[i].len ? table[i].len : strlen(table[i].text));
		error = open_file(&s, w->path, &err);
		print_message("  %zu %s\n", i, err.text);
		assert_int_equal(error, table[i].value ? 0 : -EINVAL);
		if (table[i].value)
			assert_value(&s, table[i].value);
		if (table[i].error) {
			assert_non_null(strstr(err.text, table[i].error));
			assert_non_null(strstr(err.text, w->path));
		}
		secret_close(&s);
	}
}

static void long_files(void **state)
{
	struct world *w = *state;
	char text[SECRET_MAX + 2];
	struct err err = ERR_INIT;
	struct secret s;

	memset(text, 'x', sizeof(text));
	put_file(w->path, text, SECRET_MAX);
	assert_int_equal(open_file(&s, w->path, &err), 0);
	assert_int_equal(secret_value(&s).len, SECRET_MAX);
	secret_close(&s);
	put_file(w->path, text, SECRET_MAX + 2);
	assert_int_equal(open_file(&s, w->path, &err), -EINVAL);
	assert_non_null(strstr(err.text, "longer than 4096 bytes"));
}

static void no_files(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct secret s;

	assert_int_equal(open_file(&s, w->path, &err), -ENOENT);
	assert_non_null(strstr(err.text, w->path));
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(open_file(&s, w->folder, &err), -EISDIR);
	/* Nobody writes into it: it must not be waited for. */
	assert_int_equal(mkfifo(w->path, 0600), 0);
	assert_int_equal(open_file(&s, w->path, &err), -EINVAL);
}

static void directory_of_credentials(void **state)
{
	struct world *w = *state;
	char here[64];
	struct secret s;

	put(w->path, "of systemd");
	assert_int_equal(open_file(&s, "key", NULL), -ENOENT);
	setenv("CREDENTIALS_DIRECTORY", w->folder, 1);
	assert_int_equal(open_file(&s, "key", NULL), 0);
	assert_value(&s, "of systemd");
	secret_close(&s);
	/* Not there: the name as it stands. An absolute one is never moved. */
	snprintf(here, sizeof(here), "%s/sub", w->folder);
	setenv("CREDENTIALS_DIRECTORY", here, 1);
	assert_int_equal(open_file(&s, "key", NULL), -ENOENT);
	assert_int_equal(open_file(&s, "/proc/self/comm", NULL), 0);
	secret_close(&s);
	assert_int_equal(open_file(&s, w->path, NULL), 0);
	assert_value(&s, "of systemd");
	secret_close(&s);
}

static void changes(void **state)
{
	struct world *w = *state;
	struct secret s;

	put(w->path, "one");
	assert_int_equal(open_file(&s, w->path, NULL), 0);
	put(w->path, "two");
	assert_false(secret_refresh(&s, 999));
	assert_value(&s, "one");
	assert_true(secret_refresh(&s, 1000));
	assert_value(&s, "two");
	assert_false(secret_refresh(&s, 2000));
	put(w->path, "six");
	assert_false(secret_refresh(&s, 2999));
	assert_true(secret_refresh(&s, 3000));
	assert_value(&s, "six");
	/* Another file with the same text is no other secret. */
	put(w->path, "six\n");
	assert_false(secret_refresh(&s, 4000));
	secret_close(&s);
}

static void written_in_place(void **state)
{
	struct world *w = *state;
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct secret s;
	FILE *file;

	put(w->path, "one");
	assert_int_equal(open_file(&s, w->path, NULL), 0);
	file = fopen(w->path, "r+e");
	fputs("two", file);
	fclose(file);
	assert_int_equal(utimensat(AT_FDCWD, w->path, times, 0), 0);
	assert_true(secret_refresh(&s, 1000));
	assert_value(&s, "two");
	secret_close(&s);
}

/* The last good one stays, and a file that comes back is seen. */
static void bad_changes(void **state)
{
	struct world *w = *state;
	struct secret s;

	put(w->path, "one");
	assert_int_equal(open_file(&s, w->path, NULL), 0);
	assert_string_equal(s.problem.text, "");
	unlink(w->path);
	assert_false(secret_refresh(&s, 1000));
	assert_value(&s, "one");
	assert_non_null(strstr(s.problem.text, w->path));
	put(w->path, "");
	assert_false(secret_refresh(&s, 2000));
	assert_value(&s, "one");
	assert_non_null(strstr(s.problem.text, "it is empty"));
	put(w->path, "two");
	assert_true(secret_refresh(&s, 3000));
	assert_value(&s, "two");
	assert_string_equal(s.problem.text, "");
	secret_close(&s);
}

static void environment(void **state)
{
	(void)state;
	unsetenv("TEST_SECRET");
	assert_int_equal(secret_environment("TEST_SECRET").len, 0);
	setenv("TEST_SECRET", "abc", 1);
	assert_true(str_is(secret_environment("TEST_SECRET"), "abc"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(given_secrets),
		TEST(contents),
		TEST(long_files),
		TEST(no_files),
		TEST(directory_of_credentials),
		TEST(changes),
		TEST(written_in_place),
		TEST(bad_changes),
		TEST(environment),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
