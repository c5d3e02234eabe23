/* SPDX-License-Identifier: Apache-2.0 */
/* test_shard.c - a shard tells its parts of flows and cuts, always in the same batches;
 * asks before anything is stored, and commits what all parts have stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "source/shard.h"

#define FLOW "{\"UUID\":\"u\"}"

struct fake_part {
	struct shard_part part;
	struct shard_part_state state;
	struct buf told;
	bool is_open;
};

struct house {
	struct shard_host host;
	struct receiver receiver;
	struct fake_part part[2];
	size_t parts, opened;
	struct shard_rule rule[2]; /* by settings */
	size_t asked;
	int64_t begun_ms; /* told to the part that was opened last */
	struct batch_account account;
	int64_t flows, bad;
	struct shard *shard;
};

static struct house *present;

static void fake_offer(struct receiver *receiver, const struct parcel *parcel)
{
	struct fake_part *p = (struct fake_part *)receiver;

	buf_printf(&p->told, "%zu@%lld ", parcel->count,
		   (long long)parcel->batch->clock_ms);
}

static void fake_cut(struct shard_part *part, const struct shard_cut *cut)
{
	buf_printf(&((struct fake_part *)part)->told, "|%lld ", (long long)cut->offset);
}

static void fake_look(struct shard_part *part, struct shard_part_state *state)
{
	*state = ((struct fake_part *)part)->state;
}

static void fake_release(struct shard_part *part, uint64_t made)
{
	buf_printf(&((struct fake_part *)part)->told, "+%d ", (int)made);
}

static void fake_close(struct shard_part *part)
{
	((struct fake_part *)part)->is_open = false;
}

static struct shard_part *fake_open(struct receiver *receiver,
				    const struct shard_name *name, struct err *err)
{
	struct house *h = present;
	struct fake_part *p = &h->part[h->opened];

	(void)receiver;
	(void)err;
	assert_true(str_is(name->topic, "t") && name->partition == 3);
	p->part = (struct shard_part){
		.receiver = { .offer = fake_offer },
		.interval_ms = shard_rules_find(name->rules, &h->rule[h->opened])
				       ->interval_ms,
		.cut = fake_cut,
		.look = fake_look,
		.release = fake_release,
		.close = fake_close,
	};
	h->opened++;
	h->begun_ms = name->begun_ms;
	p->told = (struct buf)BUF_INIT(1 << 20);
	p->is_open = true;
	return &p->part;
}

static void fake_rule(const struct receiver *receiver, struct shard_rule *rule)
{
	struct house *h = present;

	(void)receiver;
	*rule = h->rule[h->asked++ % h->parts];
}

static void host_count(void *context, const struct batch *batch, struct router *router)
{
	(void)router;
	((struct house *)context)->flows += (int64_t)batch->count;
}

static void host_bad_message(void *context, const struct err *err)
{
	assert_true(*err->text);
	((struct house *)context)->bad++;
}

static void host_each(void *context,
		      void (*visit)(void *to, struct receiver *, struct str capture_id),
		      void *to)
{
	struct house *h = context;
	size_t i;

	for (i = 0; i < h->parts; i++)
		visit(to, &h->receiver, STR(""));
}

/* With parts of these intervals; 0: there is no second one. */
static void house_open(struct house *h, const struct shard_place *place, int64_t first_ms,
		       int64_t second_ms)
{
	struct err err = ERR_INIT;

	*h = (struct house){ .receiver = { .open_shard = fake_open,
					   .shard_rule = fake_rule,
					   .title = "fake" },
			     .parts = second_ms ? 2 : 1,
			     .rule = { { 1, 7, first_ms, 100 },
				       { 2, 8, second_ms, 100 } } };
	h->host = (struct shard_host){ &h->account, host_count, host_bad_message,
				       host_each, h };
	present = h;
	h->shard = shard_open(&h->host, STR("t"), 3, place, &err);
	assert_non_null(h->shard);
}

static void house_close(struct house *h)
{
	size_t i;

	shard_close(h->shard);
	for (i = 0; i < h->parts; i++) {
		assert_false(h->part[i].is_open);
		buf_fini(&h->part[i].told);
	}
	assert_int_equal(atomic_load(&h->account.bytes), 0);
}

static void take(struct house *h, int64_t offset, int64_t time_ms)
{
	shard_take(h->shard, offset, time_ms, STR(FLOW), STR("Flow/1"), 1000);
}

static void assert_told(struct house *h, size_t part, const char *told)
{
	assert_string_equal(h->part[part].told.ptr ? h->part[part].told.ptr : "", told);
	buf_reset(&h->part[part].told);
}

static const struct shard_place from_start = { .from = { 5, SHARD_NO_CLOCK } };

/* A batch ends at a cut, at a multiple of any interval, and after 256 messages; a message
 * that was taken is not taken again. */
static void test_batches(void **state)
{
	struct house h;
	int64_t i;

	(void)state;
	house_open(&h, &from_start, 4, 8);
	take(&h, 5, 1);
	take(&h, 6, 2);
	take(&h, 6, 2);
	assert_told(&h, 0, "");
	take(&h, 7, 5);
	assert_told(&h, 0, "2@2 ");
	take(&h, 9, 9);
	assert_told(&h, 0, "1@5 |9 ");
	assert_told(&h, 1, "2@2 1@5 |9 ");
	for (i = 0; i < 300; i++)
		take(&h, 10 + i, 9);
	assert_told(&h, 0, "256@9 ");
	assert_int_equal(h.flows, 2 + 1 + 256);
	assert_int_equal(shard_next(h.shard), 310);
	house_close(&h);
}

static bool commit(struct house *h, bool is_ours, struct shard_place *place)
{
	bool is_wanted = shard_wants(h->shard, place);

	if (is_wanted)
		shard_committed(h->shard, is_ours);
	return is_wanted;
}

/* Nothing is released before a commit has succeeded; a cut is committed when all parts
 * have stored what is before it. */
static void test_asks_before_it_releases(void **state)
{
	struct shard_place place;
	struct house h;

	(void)state;
	house_open(&h, &from_start, 10, 10);
	take(&h, 5, 1);
	take(&h, 6, 11);
	assert_false(commit(&h, true, &place));
	h.part[0].state.made = 7;
	assert_told(&h, 0, "1@1 |6 ");
	assert_true(commit(&h, false, &place));
	assert_told(&h, 0, "");
	assert_true(commit(&h, true, &place));
	assert_told(&h, 0, "+7 ");
	assert_int_equal(place.from.offset, 5);
	assert_false(commit(&h, true, &place));
	h.part[0].state.cuts_stored = 1;
	assert_false(commit(&h, true, &place));
	assert_true(shard_is_pending(h.shard));
	h.part[0].state.cuts_stored = 0;
	h.part[1].state.cuts_stored = 1;
	assert_false(commit(&h, true, &place));
	h.part[0].state.cuts_stored = 1;
	assert_true(commit(&h, false, &place));
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 6);
	assert_int_equal(place.from.clock_ms, 1);
	assert_false(shard_is_pending(h.shard));
	assert_false(commit(&h, true, &place));
	house_close(&h);
}

/* How long each part has kept the others waiting: from the first message that it has not
 * stored. */
static void test_waits(void **state)
{
	static const struct {
		int64_t stored[2];   /* cuts */
		int64_t waits_ms[2]; /* then */
	} cases[] = {
		{ { 0, 0 }, { 100, 100 } }, { { 0, 1 }, { 100, 200 } },
		{ { 1, 2 }, { 200, 300 } }, { { 1, 0 }, { 200, 200 } },
		{ { 2, 2 }, { 300, 300 } },
	};
	struct shard_place place;
	struct house h;
	size_t i, k;

	(void)state;
	house_open(&h, &from_start, 10, 10);
	assert_false(shard_wants(h.shard, &place));
	assert_int_equal(h.part[0].part.waits_ms, 0);
	shard_take(h.shard, 5, 1, STR(FLOW), STR("Flow/1"), 100);
	shard_take(h.shard, 6, 11, STR(FLOW), STR("Flow/1"), 200);
	shard_take(h.shard, 7, 21, STR(FLOW), STR("Flow/1"), 300);
	shard_take(h.shard, 8, 22, STR(FLOW), STR("Flow/1"), 400);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (k = 0; k < 2; k++)
			h.part[k].state.cuts_stored = cases[i].stored[k];
		commit(&h, true, &place);
		for (k = 0; k < 2; k++)
			assert_int_equal(h.part[k].part.waits_ms, cases[i].waits_ms[k]);
	}
	shard_pass(h.shard, 9);
	shard_pass(h.shard, 7);
	assert_int_equal(shard_next(h.shard), 9);
	shard_at_end(h.shard, 9);
	shard_tick(h.shard, 9999);
	for (k = 0; k < 2; k++)
		h.part[k].state.cuts_stored = 3;
	commit(&h, true, &place);
	assert_int_equal(place.from.offset, 9);
	assert_int_equal(h.part[0].part.waits_ms, 0);
	house_close(&h);
}

/* At its end, after an interval, and not without; it is announced until it is behind
 * what is committed. */
static void test_quiet(void **state)
{
	struct shard_place place;
	struct house h;

	(void)state;
	house_open(&h, &from_start, 10, 0);
	take(&h, 5, 1);
	shard_tick(h.shard, 5000);
	assert_told(&h, 0, "");
	shard_at_end(h.shard, 7);
	shard_tick(h.shard, 1009);
	assert_told(&h, 0, "");
	shard_tick(h.shard, 1010);
	assert_told(&h, 0, "1@1 |7 ");
	shard_tick(h.shard, 9999);
	assert_told(&h, 0, "");
	h.part[0].state.made = 2;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 5);
	assert_int_equal(place.count, 1);
	assert_int_equal(place.announced[0].offset, 7);
	take(&h, 7, 2);
	take(&h, 8, 12);
	assert_told(&h, 0, "+2 1@2 |8 ");
	h.part[0].state.cuts_stored = 1;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 7);
	assert_int_equal(place.count, 0);
	house_close(&h);
}

/* Whoever takes over cuts where it was announced. */
static void test_announced(void **state)
{
	const struct shard_place place = { .from = { 5, 1 },
					   .announced = { { 7, 2 } },
					   .count = 1 };
	struct house h;

	(void)state;
	house_open(&h, &place, 10, 0);
	take(&h, 5, 2);
	take(&h, 8, 4);
	assert_told(&h, 0, "1@2 |7 ");
	house_close(&h);
}

/* Though nothing more comes; and it is not announced again. */
static void test_announced_at_the_end(void **state)
{
	const struct shard_place at = { .from = { 5, 1 },
					.announced = { { 7, 2 } },
					.count = 1 };
	struct shard_place place;
	struct house h;

	(void)state;
	house_open(&h, &at, 10, 0);
	take(&h, 5, 2);
	shard_tick(h.shard, 1000);
	assert_told(&h, 0, "");
	shard_at_end(h.shard, 7);
	shard_tick(h.shard, 1000);
	assert_told(&h, 0, "1@2 |7 ");
	shard_tick(h.shard, 9999);
	assert_told(&h, 0, "");
	h.part[0].state.cuts_stored = 1;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 7);
	assert_int_equal(place.count, 0);
	house_close(&h);
}

/* What may be stored is told before it is: up to the last cut, or of what is taken if some
 * is of a cut that is not over; until all of it is committed. */
static void test_what_may_be_stored(void **state)
{
	struct shard_place place;
	struct house h;

	(void)state;
	house_open(&h, &from_start, 10, 0);
	take(&h, 5, 1);
	take(&h, 6, 2);
	h.part[0].state.made = 1;
	h.part[0].state.is_split = true;
	assert_true(commit(&h, false, &place));
	assert_int_equal(place.until, 7);
	assert_false(shard_is_begun(h.shard));
	assert_true(commit(&h, true, &place));
	assert_true(shard_is_begun(h.shard));
	take(&h, 7, 11);
	take(&h, 8, 12);
	h.part[0].state.made = 2;
	h.part[0].state.is_split = false;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.until, 7);
	h.part[0].state.cuts_stored = 1;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 7);
	assert_false(shard_is_begun(h.shard));
	house_close(&h);
}

/* Committed with others: the group's interval is 8, the part's 4, and flows before 8 may be
 * stored. */
static const struct shard_place begun = {
	.from = { 5, 1 },
	.until = 8,
	.rules = { .interval_ms = 8, .rule = { { 1, 7, 4, 50 } }, .count = 1 },
};

/* It is cut as others would have, until nothing behind can be stored; and there once more.
 * Then it takes nothing, and is over when all is committed. */
static void test_ends_as_it_was_begun(void **state)
{
	struct shard_place place;
	struct house h;

	(void)state;
	house_open(&h, &begun, 10, 0);
	assert_true(shard_is_ending(h.shard));
	take(&h, 5, 3);
	take(&h, 6, 9);
	assert_told(&h, 0, "1@3 |6 ");
	shard_tick(h.shard, 1000);
	assert_told(&h, 0, "");
	take(&h, 7, 10);
	shard_tick(h.shard, 1000);
	assert_told(&h, 0, "2@10 |8 ");
	take(&h, 8, 10);
	shard_at_end(h.shard, 9);
	assert_int_equal(shard_next(h.shard), 8);
	h.part[0].state = (struct shard_part_state){ .made = 3, .cuts_stored = 1 };
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 6);
	assert_int_equal(place.announced[0].offset, 8);
	assert_int_equal(place.rules.interval_ms, 8);
	assert_int_equal(place.rules.rule[0].flows, 50);
	assert_false(shard_is_over(h.shard));
	h.part[0].state.cuts_stored = 2;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.from.offset, 8);
	assert_true(shard_is_over(h.shard));
	house_close(&h);
}

/* The first message that is ever read of it is what its objects are called after; then it
 * is known. */
static void test_begun(void **state)
{
	struct shard_place place = from_start;
	struct house h;

	(void)state;
	house_open(&h, &place, 10, 0);
	assert_int_equal(h.opened, 0);
	shard_at_end(h.shard, 5);
	shard_tick(h.shard, 9999);
	assert_false(commit(&h, true, &place));
	take(&h, 5, 1234);
	assert_int_equal(h.begun_ms, 1234);
	h.part[0].state.made = 1;
	assert_true(commit(&h, true, &place));
	assert_int_equal(place.begun_ms, 1234);
	house_close(&h);
	house_open(&h, &place, 10, 0);
	take(&h, 5, 1235);
	assert_int_equal(h.begun_ms, 1234);
	house_close(&h);
	place = (struct shard_place){ .from = { 5, 1 } };
	house_open(&h, &place, 10, 0);
	take(&h, 5, 1235);
	assert_int_equal(h.begun_ms, 0);
	house_close(&h);
}

/* Where nothing may be stored it goes by its own. */
static void test_begins_with_its_own(void **state)
{
	struct shard_place place = begun;
	struct house h;

	(void)state;
	place.until = place.from.offset;
	house_open(&h, &place, 10, 0);
	assert_false(shard_is_ending(h.shard));
	take(&h, 5, 3);
	take(&h, 6, 9);
	assert_told(&h, 0, "");
	house_close(&h);
}

/* Who makes other rows cannot end what was begun. */
static void test_other_rows(void **state)
{
	static const struct {
		int64_t until, interval_ms;
		uint32_t name, rows;
		bool is_fine;
	} cases[] = {
		{ 8, 10, 1, 7, true }, { 8, 10, 1, 6, false }, { 5, 10, 1, 6, true },
		{ 8, 10, 2, 7, true }, { 8, 10, 2, 6, false }, { 8, 8, 1, 6, false },
		{ 8, 0, 1, 6, true },
	};
	struct house h;
	size_t i;

	(void)state;
	house_open(&h, &from_start, 10, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shard_place place = begun;
		struct err err = ERR_INIT;

		place.until = cases[i].until;
		place.rules.interval_ms = cases[i].interval_ms;
		place.rules.rule[0].name = cases[i].name;
		place.rules.rule[0].rows = cases[i].rows;
		assert_true((shard_check(&h.host, &place, &err) == 0) ==
			    cases[i].is_fine);
		assert_true(cases[i].is_fine || strstr(err.text, "of pipeline fake:"));
	}
	house_close(&h);
}

/* A reload waits for what may be stored, and for nothing else. */
static void test_settings_change(void **state)
{
	struct shard_place place;
	struct house h;

	(void)state;
	house_open(&h, &from_start, 10, 0);
	assert_true(shard_is_current(h.shard));
	h.rule[0].flows = 99;
	assert_false(shard_is_current(h.shard));
	take(&h, 5, 1);
	h.part[0].state.made = 1;
	h.part[0].state.is_split = true;
	assert_true(commit(&h, true, &place));
	shard_end(h.shard);
	assert_false(shard_is_over(h.shard));
	shard_tick(h.shard, 1000);
	assert_told(&h, 0, "+1 1@1 |6 ");
	h.part[0].state.cuts_stored = 1;
	assert_true(commit(&h, true, &place));
	assert_true(shard_is_over(h.shard));
	house_close(&h);
	house_open(&h, &from_start, 10, 0);
	take(&h, 5, 1);
	shard_end(h.shard);
	assert_true(shard_is_over(h.shard));
	house_close(&h);
}

/* Whatever a message is, it costs no more than itself. */
static void test_messages(void **state)
{
	static const struct {
		const char *value, *format;
		int64_t flows, bad;
	} cases[] = {
		{ FLOW, "Flow/1", 1, 0 },
		{ "{\"Namespace\":\"flow\",\"Type\":\"store\",\"Obj\":[" FLOW "," FLOW
		  "]}",
		  "", 2, 0 },
		{ "{\"Namespace\":\"flow\",\"Type\":\"stats\",\"Obj\":{}}", "", 0, 0 },
		{ "{", "Flow/1", 0, 1 },
		{ FLOW "," FLOW, "Flow/1", 2, 0 },
		{ FLOW "]", "Flow/1", 1, 1 },
		{ FLOW, "vpclogs/1", 0, 1 },
		{ FLOW, "", 0, 0 },
		{ "", "Flow/1", 0, 0 },
		{ "", "Flow.protobuf/1", 1, 0 }, /* nothing but zeros */
		{ FLOW, "Flow.protobuf/1", 0, 1 },
		{ "", "", 0, 1 },
		{ "\xff", "Flow/1", 0, 1 },
		{ "\xff", "Flow.protobuf/1", 0, 1 },
		{ "\x12\x01\x41", "Flow.protobuf/1", 1, 0 },
	};
	struct house h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("  %s %s\n", cases[i].value, cases[i].format);
		house_open(&h, &from_start, 10, 0);
		shard_take(h.shard, 5, 1, str_of(cases[i].value), str_of(cases[i].format),
			   0);
		take(&h, 6, 20);
		assert_int_equal(h.flows, cases[i].flows);
		assert_int_equal(h.bad, cases[i].bad);
		house_close(&h);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_asks_before_it_releases),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_announced_at_the_end),
		cmocka_unit_test(test_what_may_be_stored),
		cmocka_unit_test(test_ends_as_it_was_begun),
		cmocka_unit_test(test_begun),
		cmocka_unit_test(test_begins_with_its_own),
		cmocka_unit_test(test_other_rows),
		cmocka_unit_test(test_settings_change),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}
