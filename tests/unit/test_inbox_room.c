/* SPDX-License-Identifier: Apache-2.0 */
/* test_inbox_room.c - who pays when memory for batches is short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tenant/inbox_room.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TENANTS	     4
#define MANY	     1000
#define MB	     ((int64_t)1 << 20)
#define LIMIT	     (64 * MB)

struct world {
	struct batch_account batches;
	struct inbox_room room;
	struct inbox_owner owner[MANY];
	size_t owners;
};

static void open_world(struct world *w, size_t owners)
{
	size_t i;

	*w = (struct world){ .owners = owners };
	inbox_room_init(&w->room, &w->batches, LIMIT);
	for (i = 0; i < owners; i++)
		inbox_room_join(&w->room, &w->owner[i]);
}

static void close_world(struct world *w)
{
	size_t i;

	for (i = 0; i < w->owners; i++)
		inbox_room_leave(&w->room, &w->owner[i]);
	inbox_room_fini(&w->room);
}

static void test_who_owns_more_than_its_share_pays(void **state)
{
	static const struct {
		int64_t bytes, owned[TENANTS]; /* MB */
		const char *may_have, *may_wait;
	} table[] = {
		{ 64, { 61, 1, 1, 1 }, "yyyy", "nyyy" },
		{ 47, { 44, 1, 1, 1 }, "yyyy", "yyyy" },
		/* Each has flows of its own: one holds nearly everything. */
		{ 65, { 62, 1, 1, 1 }, "nyyy", "nyyy" },
		{ 65, { 20, 15, 15, 15 }, "nyyy", "nnnn" },
		{ 66, { 30, 30, 3, 3 }, "nnyy", "nnyy" },
		/* All have the same flows, and one is slow. */
		{ 65, { 65, 4, 4, 4 }, "nyyy", "nyyy" },
		{ 65, { 65, 65, 4, 4 }, "nnyy", "nnyy" },
		{ 65, { 65, 65, 65, 65 }, "nnnn", "nnnn" },
		/* Far above nobody gets any but who has none. */
		{ 81, { 78, 1, 2, 0 }, "nnny", "nyyy" },
		/* What nobody holds yet is on its way to them. */
		{ 70, { 3, 2, 1, 0 }, "yyyy", "yyyy" },
	};
	size_t i, t;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct world *w = malloc(sizeof(*w));

		assert_non_null(w);
		open_world(w, TENANTS);
		w->batches.bytes = table[i].bytes * MB;
		for (t = 0; t < TENANTS; t++)
			inbox_own(&w->owner[t], table[i].owned[t] * MB);
		for (t = 0; t < TENANTS; t++) {
			print_message("  %zu %zu\n", i, t);
			assert_int_equal(inbox_may_have(&w->room, &w->owner[t], 1000),
					 table[i].may_have[t] == 'y');
			assert_int_equal(inbox_may_wait(&w->room, &w->owner[t], 1000),
					 table[i].may_wait[t] == 'y');
		}
		close_world(w);
		free(w);
	}
}

/* However many there are. */
static void test_a_thousand_that_keep_up_lose_nothing(void **state)
{
	struct world *w = malloc(sizeof(*w));
	size_t i;

	(void)state;
	assert_non_null(w);
	open_world(w, MANY);
	w->batches.bytes = LIMIT + MB;
	for (i = 1; i < MANY; i++)
		inbox_own(&w->owner[i], MB / 2);
	inbox_own(&w->owner[0], LIMIT + MB);
	for (i = 0; i < MANY; i++)
		assert_int_equal(inbox_may_have(&w->room, &w->owner[i], 1000), i != 0);
	close_world(w);
	free(w);
}

static void test_shares_are_made_anew(void **state)
{
	static const struct {
		int64_t now_ms, bytes;
		bool may_have;
	} steps[] = {
		{ 1000, 65 * MB, false },
		{ 1049, 65 * MB, false }, /* as it was a moment ago */
		{ 1050, 65 * MB, true },
	};
	struct world *w = malloc(sizeof(*w));
	size_t i;

	(void)state;
	assert_non_null(w);
	open_world(w, 2);
	inbox_own(&w->owner[0], 40 * MB);
	inbox_own(&w->owner[1], 25 * MB);
	for (i = 0; i < COUNT(steps); i++) {
		w->batches.bytes = steps[i].bytes;
		assert_int_equal(inbox_may_have(&w->room, &w->owner[0], steps[i].now_ms),
				 steps[i].may_have);
		inbox_own(&w->owner[1], i ? 0 : 20 * MB);
	}
	/* Or when much has changed. */
	inbox_own(&w->owner[1], -20 * MB);
	assert_true(inbox_may_have(&w->room, &w->owner[0], 1051));
	w->batches.bytes = 66 * MB + 1;
	assert_false(inbox_may_have(&w->room, &w->owner[0], 1051));
	close_world(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_owns_more_than_its_share_pays),
		cmocka_unit_test(test_a_thousand_that_keep_up_lose_nothing),
		cmocka_unit_test(test_shares_are_made_anew),
	};

	return cmocka_run_group_tests_name("inbox_room", tests, NULL, NULL);
}
