/* SPDX-License-Identifier: Apache-2.0 */
/* test_recent.c - the last objects, the newest first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tenant/recent.h"

struct seen {
	char text[512];
	size_t count;
};

static void note(struct recent *r, int n)
{
	struct sealed object = { .dirname = STR("bucket"), .records = n, .size = 10 * n };
	char key[16];

	snprintf(key, sizeof(key), "k/%d", n);
	object.key = str_of(key);
	recent_note(r, &object, (struct now){ 0, 1000 * n });
}

static void see(void *context, const struct recent_object *object)
{
	struct seen *seen = context;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%s %d %d %d\n",
		 object->place, (int)object->records, (int)object->bytes,
		 (int)object->stored_ms);
	seen->count++;
}

static void the_newest_come_first(void **state)
{
	struct seen seen = { .count = 0 };
	struct recent r;
	int n;

	(void)state;
	recent_init(&r);
	recent_each(&r, see, &seen);
	assert_int_equal(seen.count, 0);
	assert_int_equal(recent_stored_ms(&r), 0);
	note(&r, 1);
	note(&r, 2);
	recent_each(&r, see, &seen);
	assert_string_equal(seen.text, "bucket/k/2 2 20 2000\nbucket/k/1 1 10 1000\n");
	assert_int_equal(recent_stored_ms(&r), 2000);
	for (n = 3; n <= 23; n++)
		note(&r, n);
	seen = (struct seen){ .count = 0 };
	recent_each(&r, see, &seen);
	assert_int_equal(seen.count, RECENT_OBJECTS);
	assert_int_equal(strncmp(seen.text, "bucket/k/23 ", 12), 0);
	assert_non_null(strstr(seen.text, "\nbucket/k/14 14 140 14000\n"));
	recent_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_newest_come_first) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
