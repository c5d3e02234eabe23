/* SPDX-License-Identifier: Apache-2.0 */
/* test_router.c - who is offered which flows, and when they are gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "source/router.h"

#define RECEIVERS 5

/* Keeps what it is offered, and the flows of it as text. */
struct keeper {
	struct receiver receiver; /* first */
	const struct parcel *parcel;
	int offers;
	char text[256];
};

static void keep(struct receiver *receiver, const struct parcel *parcel)
{
	struct keeper *k = (struct keeper *)receiver;
	size_t used = 0, i;

	k->offers++;
	k->parcel = parcel;
	batch_ref(parcel->batch);
	k->text[0] = '\0';
	for (i = 0; i < parcel->count; i++) {
		size_t at = parcel->index ? parcel->index[i] : i;
		const struct flow *flow = &parcel->batch->flows[at];

		used += (size_t)snprintf(k->text + used, sizeof(k->text) - used,
					 STR_FMT " ", STR_ARG(flow->uuid));
	}
}

struct desk {
	struct router *router;
	struct keeper keeper[RECEIVERS];
	struct batch_account account;
};

static void desk_open(struct desk *d)
{
	int i;

	*d = (struct desk){ .router = router_new() };
	assert_non_null(d->router);
	for (i = 0; i < RECEIVERS; i++)
		d->keeper[i].receiver.offer = keep;
}

static void add(struct desk *d, int who, const char *capture)
{
	/* The name is the router's own copy. */
	char *copy = strdup(capture);

	assert_non_null(copy);
	assert_int_equal(router_add(d->router, &d->keeper[who].receiver, str_of(copy)),
			 0);
	memset(copy, 'x', strlen(copy));
	free(copy);
}

/* Flows called "0".."9", each of a capture of one letter; '-': of none. */
static void deliver(struct desk *d, const char *captures)
{
	static const char digits[] = "0123456789";
	struct batch *batch = batch_new(strdup(captures), strlen(captures), &d->account);
	size_t i;
	int who;

	assert_non_null(batch);
	for (i = 0; captures[i]; i++) {
		struct flow *flow = batch_add(batch);

		assert_non_null(flow);
		flow->uuid = (struct str){ digits + i, 1 };
		if (captures[i] != '-')
			flow->capture_id = (struct str){ batch->message + i, 1 };
	}
	for (who = 0; who < RECEIVERS; who++) {
		d->keeper[who].offers = 0;
		d->keeper[who].parcel = NULL;
		d->keeper[who].text[0] = '\0';
	}
	assert_true(router_deliver(d->router, batch));
}

static void let_go(struct desk *d, int who)
{
	if (d->keeper[who].parcel)
		batch_unref(d->keeper[who].parcel->batch);
	d->keeper[who].parcel = NULL;
}

static void assert_got(struct desk *d, int who, const char *flows)
{
	assert_string_equal(d->keeper[who].text, flows ? flows : "");
	assert_int_equal(d->keeper[who].offers, flows ? 1 : 0);
	let_go(d, who);
}

static void desk_close(struct desk *d)
{
	assert_true(d->account.bytes == 0);
	router_free(d->router);
}

static void test_flows_are_sorted_by_capture(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d);
	add(&d, 0, "a");
	add(&d, 1, "b");
	add(&d, 2, "");
	add(&d, 3, "c");
	add(&d, 4, "a");
	deliver(&d, "ab-aba");
	assert_got(&d, 0, "0 3 5 ");
	assert_got(&d, 1, "1 4 ");
	assert_got(&d, 2, "0 1 2 3 4 5 ");
	assert_got(&d, 3, NULL); /* nothing for it: not asked */
	assert_got(&d, 4, "0 3 5 ");
	/* Nothing is left of the batch before. */
	deliver(&d, "-cc");
	assert_got(&d, 0, NULL);
	assert_got(&d, 1, NULL);
	assert_got(&d, 2, "0 1 2 ");
	assert_got(&d, 3, "1 2 ");
	assert_got(&d, 4, NULL);
	deliver(&d, "caac");
	assert_got(&d, 0, "1 2 ");
	assert_got(&d, 3, "0 3 ");
	let_go(&d, 2);
	let_go(&d, 4);
	desk_close(&d);
}

static void test_nobody_is_asked_about_foreign_flows(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d);
	add(&d, 0, "a");
	deliver(&d, "---");
	assert_got(&d, 0, NULL);
	deliver(&d, "xyz");
	assert_got(&d, 0, NULL);
	deliver(&d, "zza");
	assert_got(&d, 0, "2 ");
	desk_close(&d);
}

static void test_batch_is_freed_by_the_last(void **state)
{
	struct desk d;
	int64_t bytes;

	(void)state;
	desk_open(&d);
	add(&d, 0, "a");
	add(&d, 1, "");
	add(&d, 2, "b");
	deliver(&d, "ab");
	bytes = d.account.bytes;
	assert_true(bytes > 2);
	let_go(&d, 1);
	assert_true(d.account.bytes == bytes);
	/* The parcel lives as long as the batch. */
	assert_int_equal(d.keeper[2].parcel->index[0], 1);
	let_go(&d, 0);
	assert_int_equal(d.keeper[2].parcel->index[0], 1);
	assert_true(d.account.bytes == bytes);
	let_go(&d, 2);
	assert_true(d.account.bytes == 0);
	desk_close(&d);
}

static void test_batch_that_nobody_keeps_is_freed(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d);
	deliver(&d, "ab");
	assert_true(d.account.bytes == 0);
	add(&d, 0, "c");
	deliver(&d, "ab");
	assert_true(d.account.bytes == 0);
	desk_close(&d);
}

/* Many captures: each receiver gets what is its own. */
static void test_thousand_captures_are_told_apart(void **state)
{
	enum { CAPTURES = 1000, FLOW_BYTES = 1024 };
	static char name[CAPTURES][8];
	struct keeper *keepers = calloc(CAPTURES, sizeof(*keepers));
	struct desk d;
	struct batch *batch;
	int i;

	(void)state;
	assert_non_null(keepers);
	desk_open(&d);
	batch = batch_new(NULL, 0, &d.account);
	assert_non_null(batch);
	for (i = 0; i < CAPTURES; i++) {
		struct flow *flow = batch_add(batch);

		snprintf(name[i], sizeof(name[i]), "c%d", i);
		keepers[i].receiver.offer = keep;
		assert_int_equal(router_add(d.router, &keepers[i].receiver,
					    str_of(name[i])),
				 0);
		flow->uuid = flow->capture_id = str_of(name[i]);
	}
	assert_true(router_deliver(d.router, batch));
	/* An index of its own for each would be two kilobytes a flow. */
	assert_true(d.account.bytes < CAPTURES * FLOW_BYTES);
	for (i = 0; i < CAPTURES; i++) {
		char expected[16];

		snprintf(expected, sizeof(expected), "c%d ", i);
		assert_string_equal(keepers[i].text, expected);
		batch_unref(batch);
	}
	free(keepers);
	desk_close(&d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows_are_sorted_by_capture),
		cmocka_unit_test(test_nobody_is_asked_about_foreign_flows),
		cmocka_unit_test(test_batch_is_freed_by_the_last),
		cmocka_unit_test(test_batch_that_nobody_keeps_is_freed),
		cmocka_unit_test(test_thousand_captures_are_told_apart),
	};

	return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
