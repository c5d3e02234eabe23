/* SPDX-License-Identifier: Apache-2.0 */
/* test_interfaces.c - silence is told per interface, tag and interval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/buf.h"
#include "stage/interfaces.h"

#define INTERVAL 100
#define WALL	 INT64_C(1000000)

static struct now at(int64_t ms)
{
	return (struct now){ ms, WALL + ms };
}

/* What is silent: "name start-end" each. */
static void assert_silent(struct interfaces *all, enum tag tag, int64_t ms,
			  const char *expected)
{
	struct buf text = BUF_INIT(65536);
	struct silence silence[8];
	size_t count = 0, i;

	/* A name is good until all have been told. */
	while (interfaces_silent(all, tag, at(ms), &silence[count]))
		assert_true(++count < 8);
	for (i = 0; i < count; i++)
		buf_printf(&text, STR_FMT " %lld-%lld ", STR_ARG(silence[i].name),
			   (long long)(silence[i].start_ms - WALL),
			   (long long)(silence[i].end_ms - WALL));
	assert_string_equal(text.len ? text.ptr : "", expected);
	buf_fini(&text);
}

static struct interfaces *some(void)
{
	struct interfaces *all = interfaces_new(INTERVAL);

	assert_non_null(all);
	return all;
}

static void test_an_interval_without_traffic_is_told(void **state)
{
	struct interfaces *all = some();

	(void)state;
	assert_int_equal(interfaces_due(all, TAG_OTHER), NEVER_MS);
	interfaces_seen(all, TAG_OTHER, STR("a"), at(0));
	interfaces_seen(all, TAG_OTHER, STR("b"), at(50));
	interfaces_seen(all, TAG_OTHER, STR(""), at(50));
	interfaces_seen(all, TAG_EGRESS, STR("a"), at(60));
	assert_int_equal(interfaces_due(all, TAG_OTHER), 100);
	assert_silent(all, TAG_OTHER, 99, "");
	assert_silent(all, TAG_OTHER, 100, "a 0-100 ");
	assert_int_equal(interfaces_due(all, TAG_OTHER), 150);
	interfaces_seen(all, TAG_OTHER, STR("b"), at(140));
	assert_silent(all, TAG_OTHER, 199, "");
	assert_silent(all, TAG_OTHER, 250, "a 100-250 b 140-250 ");
	assert_silent(all, TAG_EGRESS, 250, "a 60-250 ");
	assert_silent(all, TAG_INTERNAL, 250, "");
	interfaces_free(all);
	interfaces_free(NULL);
}

static void test_what_stays_silent_is_gone(void **state)
{
	struct interfaces *all = some();
	int64_t ms;

	(void)state;
	interfaces_seen(all, TAG_OTHER, STR("a"), at(0));
	interfaces_seen(all, TAG_OTHER, STR("b"), at(0));
	for (ms = 100; ms <= 100 * INTERFACES_TOLD_MAX; ms += 100) {
		struct buf text = BUF_INIT(100);

		interfaces_seen(all, TAG_OTHER, STR("b"), at(ms));
		buf_printf(&text, "a %lld-%lld ", (long long)ms - 100, (long long)ms);
		assert_silent(all, TAG_OTHER, ms, text.ptr);
		buf_fini(&text);
	}
	assert_silent(all, TAG_OTHER, ms, "b 600-700 ");
	interfaces_seen(all, TAG_OTHER, STR("a"), at(ms));
	assert_silent(all, TAG_OTHER, ms + 100, "b 700-800 a 700-800 ");
	for (ms += 200; ms < 2000; ms += 100) {
		struct silence silence;

		while (interfaces_silent(all, TAG_OTHER, at(ms), &silence))
			;
	}
	assert_int_equal(interfaces_due(all, TAG_OTHER), NEVER_MS);
	interfaces_free(all);
}

static void test_only_so_many_are_watched(void **state)
{
	struct interfaces *all = some();
	struct silence silence;
	size_t count = 0, i;
	char name[16];

	(void)state;
	for (i = 0; i < INTERFACES_MAX + 10; i++) {
		struct str text = { name,
				    (size_t)snprintf(name, sizeof(name), "%zu", i) };

		interfaces_seen(all, TAG_OTHER, text, at(0));
	}
	while (interfaces_silent(all, TAG_OTHER, at(100), &silence))
		count++;
	assert_int_equal(count, INTERFACES_MAX);
	interfaces_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_interval_without_traffic_is_told),
		cmocka_unit_test(test_what_stays_silent_is_gone),
		cmocka_unit_test(test_only_so_many_are_watched),
	};

	return cmocka_run_group_tests_name("interfaces", tests, NULL, NULL);
}
