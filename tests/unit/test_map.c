/* SPDX-License-Identifier: Apache-2.0 */
/* test_map.c - who stays in a full map, and who goes when. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/map.h"
#include "base/now.h"

#define PLENTY (1024 * 1024)

static int freed;

static void count_free(void *value)
{
	freed++;
	free(value);
}

static void put(struct map *m, const char *key, const char *value, int64_t expires_ms)
{
	char *copy = strdup(value);

	assert_non_null(copy);
	assert_int_equal(map_put(m, str_of(key), copy, strlen(value), expires_ms), 0);
}

static const char *get(struct map *m, const char *key, int64_t now_ms)
{
	const char *value = map_get(m, str_of(key), now_ms);

	return value ? value : "(none)";
}

struct order {
	char text[64];
	int left;
};

static bool note_key(void *context, struct str key, void *value)
{
	struct order *order = context;
	size_t used = strlen(order->text);

	(void)value;
	snprintf(order->text + used, sizeof(order->text) - used, STR_FMT, STR_ARG(key));
	return --order->left > 0;
}

static void assert_order(const struct map *m, const char *expected)
{
	struct order order = { .left = 100 };

	map_each(m, note_key, &order);
	assert_string_equal(order.text, expected);
}

static void finds_what_was_put(void **state)
{
	struct map *m = map_new(10, PLENTY, count_free);

	(void)state;
	assert_string_equal(get(m, "a", 0), "(none)");
	put(m, "a", "1", NEVER_MS);
	put(m, "", "nothing", NEVER_MS);
	put(m, "a longer key than one word", "2", NEVER_MS);
	assert_string_equal(get(m, "a", INT64_MAX), "1");
	assert_string_equal(get(m, "", 0), "nothing");
	assert_string_equal(get(m, "a longer key than one word", 0), "2");
	assert_string_equal(get(m, "a longer key than one wore", 0), "(none)");
	assert_int_equal(map_count(m), 3);
	assert_int_equal(map_bytes(m), 1 + 1 + 7 + 26 + 1);
	map_free(m);
}

static void replaces_the_same_key(void **state)
{
	struct map *m = map_new(10, PLENTY, count_free);

	(void)state;
	freed = 0;
	put(m, "k", "old", 5);
	put(m, "k", "newer", 10);
	assert_int_equal(freed, 1);
	assert_int_equal(map_count(m), 1);
	assert_int_equal(map_bytes(m), 6);
	assert_string_equal(get(m, "k", 5), "newer");
	map_free(m);
	assert_int_equal(freed, 2);
}

static void forgets_the_least_recently_used(void **state)
{
	struct map *m = map_new(3, PLENTY, count_free);

	(void)state;
	put(m, "a", "1", NEVER_MS);
	put(m, "b", "2", NEVER_MS);
	put(m, "c", "3", NEVER_MS);
	assert_order(m, "cba");
	get(m, "a", 0);
	assert_order(m, "acb");
	put(m, "d", "4", NEVER_MS);
	assert_order(m, "dac");
	put(m, "c", "5", NEVER_MS);
	assert_order(m, "cda");
	assert_int_equal(map_evicted(m), 1);
	map_free(m);
}

static void forgets_until_the_bytes_fit(void **state)
{
	struct map *m = map_new(10, 10, count_free);

	(void)state;
	freed = 0;
	put(m, "a", "123", NEVER_MS);
	put(m, "b", "123", NEVER_MS);
	put(m, "c", "1", NEVER_MS);
	assert_int_equal(map_bytes(m), 10);
	put(m, "d", "1234567", NEVER_MS);
	assert_order(m, "dc");
	assert_int_equal(map_evicted(m), 2);
	assert_int_equal(freed, 2);
	map_free(m);
}

static void refuses_what_never_fits(void **state)
{
	struct map *m = map_new(10, 10, count_free);
	struct map *none = map_new(0, 10, count_free);

	(void)state;
	freed = 0;
	put(m, "a", "1", NEVER_MS);
	assert_int_equal(map_put(m, STR("a"), malloc(1), 10, NEVER_MS), -EFBIG);
	assert_int_equal(map_put(m, STR("12345678901"), malloc(1), 0, NEVER_MS), -EFBIG);
	assert_int_equal(map_put(m, STR("b"), malloc(1), SIZE_MAX, NEVER_MS), -EFBIG);
	assert_int_equal(map_put(none, STR("b"), malloc(1), 1, NEVER_MS), -EFBIG);
	assert_int_equal(freed, 4);
	assert_order(m, "a");
	assert_string_equal(get(m, "a", 0), "1");
	map_free(m);
	map_free(none);
}

static void expires_at_its_time(void **state)
{
	struct map *m = map_new(10, PLENTY, count_free);

	(void)state;
	freed = 0;
	put(m, "a", "1", 1000);
	assert_string_equal(get(m, "a", 999), "1");
	assert_int_equal(map_count(m), 1);
	assert_string_equal(get(m, "a", 1000), "(none)");
	assert_int_equal(map_count(m), 0);
	assert_int_equal(map_bytes(m), 0);
	assert_int_equal(map_evicted(m), 0);
	assert_int_equal(freed, 1);
	map_free(m);
}

static void removes(void **state)
{
	struct map *m = map_new(10, PLENTY, NULL);
	static char value[] = "not ours to free";

	(void)state;
	assert_int_equal(map_put(m, STR("a"), value, 1, NEVER_MS), 0);
	assert_int_equal(map_put(m, STR("b"), NULL, 0, NEVER_MS), 0);
	map_remove(m, STR("a"));
	map_remove(m, STR("absent"));
	assert_order(m, "b");
	map_remove(m, STR("b"));
	assert_int_equal(map_bytes(m), 0);
	map_free(m);
	map_free(NULL);
}

static void visits_until_told_to_stop(void **state)
{
	struct map *m = map_new(10, PLENTY, count_free);
	struct order order = { .left = 2 };

	(void)state;
	put(m, "a", "1", NEVER_MS);
	put(m, "b", "2", NEVER_MS);
	put(m, "c", "3", NEVER_MS);
	map_each(m, note_key, &order);
	assert_string_equal(order.text, "cb");
	map_free(m);
}

static void holds_many(void **state)
{
	struct map *m = map_new(5000, PLENTY, count_free);
	char key[32];
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "G.V().Has('TID', '%d')", i);
		put(m, key, key, NEVER_MS);
	}
	assert_int_equal(map_count(m), 5000);
	assert_int_equal(map_evicted(m), 15000);
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "G.V().Has('TID', '%d')", i);
		assert_string_equal(get(m, key, 0), i < 15000 ? "(none)" : key);
	}
	map_free(m);
}

static void renews(void **state)
{
	struct map *m = map_new(10, PLENTY, count_free);

	(void)state;
	put(m, "a", "1", 10);
	put(m, "b", "2", 10);
	assert_null(map_renew(m, STR("c"), 5, 20));
	assert_string_equal(map_renew(m, STR("a"), 5, 20), "1");
	assert_order(m, "ab");
	assert_null(map_renew(m, STR("b"), 10, 30));
	assert_string_equal(get(m, "a", 19), "1");
	assert_null(map_get(m, STR("a"), 20));
	map_free(m);
}

static void expires_the_oldest(void **state)
{
	struct map *m = map_new(10, PLENTY, count_free);

	(void)state;
	freed = 0;
	put(m, "a", "1", 10);
	put(m, "b", "2", 11);
	put(m, "c", "3", NEVER_MS);
	put(m, "d", "4", 5);
	map_expire(m, 9);
	assert_order(m, "dcba");
	map_expire(m, 11);
	assert_order(m, "dc");
	assert_int_equal(freed, 2);
	map_free(m);
}

/* What grows in place pushes out the others, and itself when it is too large alone. */
static void test_weigh(void **state)
{
	struct map *m = map_new(10, 100, NULL);
	static int value;

	(void)state;
	assert_non_null(m);
	assert_int_equal(map_put(m, STR("a"), &value, 20, NEVER_MS), 0);
	assert_int_equal(map_put(m, STR("b"), &value, 20, NEVER_MS), 0);
	map_weigh(m, STR("none"), 1000);
	map_weigh(m, STR("b"), 40);
	assert_int_equal(map_count(m), 2);
	assert_int_equal(map_bytes(m), 62);
	map_weigh(m, STR("b"), 90);
	assert_null(map_get(m, STR("a"), 0));
	assert_int_equal(map_bytes(m), 91);
	map_weigh(m, STR("b"), 100);
	assert_int_equal(map_count(m), 0);
	assert_int_equal(map_bytes(m), 0);
	map_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weigh),
		cmocka_unit_test(finds_what_was_put),
		cmocka_unit_test(replaces_the_same_key),
		cmocka_unit_test(forgets_the_least_recently_used),
		cmocka_unit_test(forgets_until_the_bytes_fit),
		cmocka_unit_test(refuses_what_never_fits),
		cmocka_unit_test(expires_at_its_time),
		cmocka_unit_test(removes),
		cmocka_unit_test(renews),
		cmocka_unit_test(expires_the_oldest),
		cmocka_unit_test(visits_until_told_to_stop),
		cmocka_unit_test(holds_many),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
