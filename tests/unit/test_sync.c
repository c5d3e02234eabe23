/* SPDX-License-Identifier: Apache-2.0 */
/* test_sync.c - when all of the topology is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "mirror/mirror_private.h"

#define FAR	     INT64_C(1000000000)
#define PERIOD	     INT64_C(600000)
#define START	     INT64_C(100000)
#define ASKED(s, ms) ask(s, ms, ms)

static uint64_t connects, periods, gaps;

/* Not due before the second time, and asked for then. */
static void ask(struct sync *s, int64_t before_ms, int64_t due_ms)
{
	int64_t until_ms = FAR;
	char uuid[64] = "", other[64] = "";

	if (before_ms < due_ms) {
		assert_false(sync_is_due(s, due_ms - 1, uuid, &until_ms));
		assert_int_equal(until_ms, due_ms);
		until_ms = before_ms;
		assert_false(sync_is_due(s, due_ms - 1, uuid, &until_ms));
		assert_int_equal(until_ms, before_ms);
	}
	assert_true(sync_is_due(s, due_ms, uuid, &until_ms));
	assert_non_null(strstr(uuid, "sync-"));
	assert_false(sync_is_due(s, due_ms, other, &until_ms));
	assert_string_equal(other, "");
}

static void test_after_connect(void **state)
{
	struct sync s = { .asked_ms = 0 };
	int64_t until_ms = FAR;
	char uuid[64];

	(void)state;
	connects = periods = 0;
	assert_false(sync_is_due(&s, START, uuid, &until_ms));
	assert_int_equal(until_ms, FAR);
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	assert_int_equal(connects, 1);
	sync_done(&s, PERIOD, &periods, START + 2000);
	ask(&s, START, START + 12000);
	assert_int_equal(periods, 1);
	assert_int_equal(connects, 1);
}

static void test_uuids_differ(void **state)
{
	struct sync s = { .asked_ms = 0 };
	char uuid[3][64];
	int64_t until_ms = FAR;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		sync_restart(&s, &connects, START);
		assert_true(sync_is_due(&s, START, uuid[i], &until_ms));
	}
	assert_string_not_equal(uuid[0], uuid[1]);
	assert_string_not_equal(uuid[1], uuid[2]);
}

/* Every ten minutes or so. */
static void test_period(void **state)
{
	struct sync s = { .asked_ms = 0 };
	int64_t now_ms = START, least = FAR, most = 0;
	int i;

	(void)state;
	periods = 0;
	sync_restart(&s, &connects, now_ms);
	ASKED(&s, now_ms);
	sync_done(&s, PERIOD, &periods, now_ms);
	ask(&s, now_ms, now_ms + 10000);
	for (i = 0; i < 300; i++) {
		int64_t due_ms;

		sync_done(&s, PERIOD, &periods, now_ms);
		due_ms = s.due_ms - now_ms;
		assert_in_range(due_ms, PERIOD * 8 / 10, PERIOD * 12 / 10);
		least = due_ms < least ? due_ms : least;
		most = due_ms > most ? due_ms : most;
		now_ms = s.due_ms;
		ASKED(&s, now_ms);
	}
	assert_true(most > least);
	assert_int_equal(periods, 301);
}

static void test_soon(void **state)
{
	struct sync s = { .asked_ms = 0 };

	(void)state;
	gaps = periods = connects = 0;
	sync_restart(&s, &connects, START);
	sync_soon(&s, &gaps, START);
	ASKED(&s, START);
	sync_done(&s, PERIOD, &periods, START);
	/* What is due before then will do. */
	sync_soon(&s, &gaps, START + 1);
	ask(&s, START, START + 10000);
	assert_int_equal(periods, 1);
	sync_done(&s, PERIOD, &periods, START + 20000);
	sync_soon(&s, &gaps, START + 25000);
	sync_soon(&s, &gaps, START + 26000);
	ask(&s, START, START + 50000);
	assert_int_equal(gaps, 1);
	/* Its reply brings what was missed meanwhile. */
	sync_soon(&s, &gaps, START + 51000);
	sync_done(&s, PERIOD, &periods, START + 52000);
	assert_in_range(s.due_ms, START + 52000 + PERIOD * 8 / 10, FAR);
	sync_soon(&s, &gaps, START + 100000);
	ASKED(&s, START + 100000);
	assert_int_equal(gaps, 2);
	assert_int_equal(periods, 1);
	assert_int_equal(connects, 1);
}

static void test_later(void **state)
{
	struct sync s = { .asked_ms = 0 };

	(void)state;
	gaps = periods = 0;
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	sync_done(&s, PERIOD, &periods, START);
	/* What is due before then will do. */
	sync_later(&s, &gaps, START);
	ask(&s, START, START + 10000);
	assert_int_equal(gaps, 0);
	sync_done(&s, PERIOD, &periods, START + 10000);
	sync_later(&s, &gaps, START + 20000);
	sync_later(&s, &gaps, START + 30000);
	ask(&s, START, START + 320000);
	assert_int_equal(gaps, 1);
	assert_int_equal(periods, 1);
}

/* A node that could not be fetched, for another reason than that it is gone. */
static void test_fetch_failed(void **state)
{
	const struct mirror_parts parts = { .bytes_max = 1 << 20, .resync_ms = PERIOD };
	static const int no_failure[] = { 400, 401, 405 }, failure[] = { -1, 403, 503 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct mirror *m = mirror_new(&parts);

		assert_non_null(m);
		mirror_fetched(m, no_failure[i], STR("Node 'x' does not exist"));
		assert_int_equal(m->sync.due_ms, 0);
		mirror_fetched(m, failure[i], STR(""));
		assert_int_not_equal(m->sync.due_ms, 0);
		mirror_free(m);
	}
}

static void test_late(void **state)
{
	struct sync s = { .asked_ms = 0 };
	int64_t until_ms = FAR;

	(void)state;
	assert_false(sync_is_late(&s, START, START + 99000, &until_ms));
	assert_int_equal(until_ms, FAR);
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	assert_false(sync_is_late(&s, START - 5000, START + 14999, &until_ms));
	assert_int_equal(until_ms, START + 15000);
	assert_true(sync_is_late(&s, START - 5000, START + 15000, &until_ms));
	until_ms = FAR;
	assert_false(sync_is_late(&s, START + 10000, START + 15000, &until_ms));
	assert_int_equal(until_ms, START + 25000);
	assert_true(sync_is_late(&s, START + 10000, START + 25000, &until_ms));
	sync_done(&s, PERIOD, &periods, START + 25000);
	assert_false(sync_is_late(&s, START, START + 99000, &until_ms));
}

/* Twice in a row in the middle of a reply. */
static void test_broke(void **state)
{
	struct sync s = { .asked_ms = 0 };
	int64_t until_ms = FAR;

	(void)state;
	sync_restart(&s, &connects, START);
	assert_false(sync_broke(&s));
	ASKED(&s, START);
	assert_false(sync_broke(&s));
	assert_false(sync_is_late(&s, START, START + 99000, &until_ms));
	assert_false(sync_broke(&s));
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	assert_true(sync_broke(&s));
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	sync_done(&s, PERIOD, &periods, START);
	assert_false(sync_broke(&s));
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	assert_false(sync_broke(&s));
	/* A connection asks anew, whatever was asked before. */
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	sync_restart(&s, &connects, START);
	ASKED(&s, START);
	sync_done(&s, PERIOD, &periods, START);
	ask(&s, START, START + 10000);
}

/* A reply that is under way is not for the other graph, and no second one is asked for
 * beside it. */
static void test_anew(void **state)
{
	struct sync s = { .asked_ms = 0 };
	uint64_t connect = 0;
	int64_t until_ms = INT64_MAX;
	char uuid[64];

	(void)state;
	sync_anew(&s, &connect, 1000);
	assert_true(sync_is_due(&s, 1000, uuid, &until_ms));
	sync_anew(&s, &connect, 3000);
	assert_false(sync_is_due(&s, 15999, uuid, &until_ms));
	assert_int_equal(until_ms, 16000);
	assert_true(sync_is_due(&s, 16000, uuid, &until_ms));
	assert_int_equal(connect, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_connect), cmocka_unit_test(test_uuids_differ),
		cmocka_unit_test(test_period),	      cmocka_unit_test(test_soon),
		cmocka_unit_test(test_later),	      cmocka_unit_test(test_fetch_failed),
		cmocka_unit_test(test_late),	      cmocka_unit_test(test_broke),
		cmocka_unit_test(test_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
