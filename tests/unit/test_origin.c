/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a configuration file is as it was: by what stat(2) says, or by its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "settings/origin.h"
#include "temporary.h"

static const unsigned char main_sum[SHA256_SIZE] = "one", other_sum[SHA256_SIZE] = "two";

struct file {
	char path[TEMPORARY_SIZE];
	int fd;
	int64_t written_ms;
};

static void put(struct file *f, const char *text)
{
	struct stat status;

	assert_true(write(f->fd, text, strlen(text)) > 0);
	assert_int_equal(fstat(f->fd, &status), 0);
	f->written_ms = (int64_t)status.st_ctim.tv_sec * 1000 +
			status.st_ctim.tv_nsec / 1000000;
}

static int make(void **state)
{
	static struct file f;

	f.fd = temporary_file(f.path, sizeof(f.path), "origin");
	put(&f, "host_id: a\n");
	*state = &f;
	return 0;
}

static int take_away(void **state)
{
	struct file *f = *state;

	unlink(f->path);
	return close(f->fd);
}

static struct origin look(const struct file *f, const unsigned char *main,
			  int64_t later_ms)
{
	struct origin origin;

	origin_look(&origin, f->path, main, f->written_ms + later_ms);
	return origin;
}

static void a_file_is_sure_three_seconds_later(void **state)
{
	struct origin early = look(*state, main_sum, 2999);
	struct origin late = look(*state, main_sum, 3001);

	assert_false(origin_equal(&early, &early));
	assert_false(origin_equal(&early, &late));
	assert_false(origin_equal(&late, &early));
	assert_true(origin_equal(&late, &late));
}

static void a_changed_file_is_seen(void **state)
{
	struct origin before = look(*state, main_sum, 5000), after;

	put(*state, "workers: 1\n");
	after = look(*state, main_sum, 5000);
	assert_false(origin_equal(&before, &after));
	after.bytes = before.bytes;
	after.written = before.written;
	after.changed = before.changed;
	assert_true(origin_equal(&before, &after));
	after.inode++;
	assert_false(origin_equal(&before, &after));
}

static void the_main_file_counts(void **state)
{
	struct origin a = look(*state, main_sum, 5000), b = look(*state, other_sum, 5000);

	origin_read(&a, STR("host_id: a\n"));
	origin_read(&b, STR("host_id: a\n"));
	assert_false(origin_equal(&a, &b));
	assert_false(origin_same_text(&a, &b));
}

static void the_same_text_may_be_another_file(void **state)
{
	struct origin a = look(*state, main_sum, 0), b = { 0 };

	origin_look(&b, "/nowhere", main_sum, 0);
	assert_false(origin_same_text(&a, &a));
	origin_read(&a, STR("host_id: a\n"));
	memcpy(b.main, a.main, SHA256_SIZE);
	assert_false(origin_same_text(&a, &b));
	assert_false(origin_same_text(&b, &a));
	origin_read(&b, STR("host_id: a\n"));
	assert_true(origin_same_text(&a, &b));
	origin_read(&b, STR("host_id: b\n"));
	assert_false(origin_same_text(&a, &b));
}

static void what_is_not_there_is_never_the_same(void **state)
{
	struct origin origin;

	(void)state;
	origin_look(&origin, "/nowhere", main_sum, INT64_C(1) << 50);
	assert_false(origin_equal(&origin, &origin));
}

/* tmpfs keeps this time, ext4 makes it the year 2446: both have more nanoseconds than
 * an int64_t has. */
static void a_file_of_the_far_future_is_never_sure(void **state)
{
	const struct timespec times[] = { { .tv_sec = INT64_MAX },
					  { .tv_sec = INT64_MAX } };
	struct file *f = *state;
	struct origin origin;

	assert_int_equal(futimens(f->fd, times), 0);
	origin = look(f, main_sum, 5000);
	assert_false(origin.is_sure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_sure_three_seconds_later, make,
						take_away),
		cmocka_unit_test_setup_teardown(a_changed_file_is_seen, make, take_away),
		cmocka_unit_test_setup_teardown(the_main_file_counts, make, take_away),
		cmocka_unit_test_setup_teardown(the_same_text_may_be_another_file, make,
						take_away),
		cmocka_unit_test_setup_teardown(a_file_of_the_far_future_is_never_sure,
						make, take_away),
		cmocka_unit_test(what_is_not_there_is_never_the_same),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
