/* SPDX-License-Identifier: Apache-2.0 */
/* test_watchdog.c - when a subscriber that hears nothing subscribes again, against
 * a model of the analyzer's gate: whoever leaves closes it for all, whoever comes
 * opens it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "source/watchdog.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND	     INT64_C(1000)
#define MINUTE	     (60 * SECOND)
#define HOUR	     (60 * MINUTE)
#define LIMIT	     (35 * SECOND)
#define STEP_MS	     10
#define OURS_MAX     10
#define BEGIN	     (1000 * SECOND)

struct ours {
	struct watchdog dog;
	int64_t back_ms; /* 0: it is connected; else when it is again */
	int64_t got, renewals;
	enum suspicion why;
};

/* What the analyzer sends, and who else comes and goes. */
struct scene {
	int64_t every_ms;		/* a message, while a burst lasts */
	int64_t burst_ms, pause_ms;	/* 0: without bursts */
	int64_t stats_ms;		/* 0: there are none */
	int64_t visit_ms, visits_every; /* 0: nobody visits */
	int64_t takes_ms;		/* of a renewal */
	int64_t lasts_ms;
	size_t ours;
};

struct world {
	struct ours ours[OURS_MAX];
	bool is_open, has_visitor;
	int64_t sent, visits;
};

static bool is_sending(const struct scene *s, int64_t at_ms)
{
	if (!s->every_ms || at_ms % s->every_ms)
		return false;
	return !s->burst_ms || at_ms % (s->burst_ms + s->pause_ms) < s->burst_ms;
}

static void send_to_all(struct world *w, const struct scene *s, int64_t now_ms,
			bool is_stats)
{
	size_t i;

	w->sent += !is_stats;
	for (i = 0; w->is_open && i < s->ours; i++) {
		if (w->ours[i].back_ms)
			continue;
		w->ours[i].got += !is_stats;
		watchdog_heard(&w->ours[i].dog, now_ms, is_stats);
	}
}

static void visit(struct world *w, const struct scene *s, int64_t at_ms)
{
	bool is_there = s->visits_every && at_ms % s->visits_every < s->visit_ms;

	if (is_there && !w->has_visitor)
		w->is_open = true;
	if (!is_there && w->has_visitor) {
		w->is_open = false;
		w->visits++;
	}
	w->has_visitor = is_there;
}

static void look(struct world *w, const struct scene *s, struct ours *o, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	if (o->back_ms) {
		if (now_ms < o->back_ms)
			return;
		o->back_ms = 0;
		w->is_open = true;
		watchdog_admitted(&o->dog, now_ms, (uint16_t)rand());
		return;
	}
	o->why = watchdog_look(&o->dog, now_ms, &next_ms);
	if (o->why == SUSPICION_NONE) {
		assert_true(next_ms > now_ms);
		return;
	}
	o->renewals++;
	watchdog_renewed(&o->dog, now_ms, o->why);
	o->back_ms = now_ms + s->takes_ms;
	w->is_open = false;
}

static void play(struct world *w, const struct scene *s)
{
	int64_t at_ms;
	size_t i;

	srand(1);
	*w = (struct world){ .is_open = true };
	for (i = 0; i < s->ours; i++) {
		watchdog_init(&w->ours[i].dog, LIMIT);
		watchdog_admitted(&w->ours[i].dog, BEGIN, (uint16_t)rand());
	}
	for (at_ms = 0; at_ms < s->lasts_ms; at_ms += STEP_MS) {
		visit(w, s, at_ms);
		if (is_sending(s, at_ms))
			send_to_all(w, s, BEGIN + at_ms, false);
		if (s->stats_ms && at_ms % s->stats_ms == 0)
			send_to_all(w, s, BEGIN + at_ms, true);
		for (i = 0; i < s->ours; i++)
			look(w, s, &w->ours[i], BEGIN + at_ms);
	}
}

/* A visitor for 2 s of every 12 s. */
static void test_streams_survive_visitors(void **state)
{
	static const struct {
		int64_t every_ms, takes_ms, lasts_ms;
		double least;
	} cases[] = {
		{ 100, 50, 2 * MINUTE, 0.85 },	 { 100, 200, 10 * MINUTE, 0.85 },
		{ 50, 100, 2 * MINUTE, 0.85 },	 { 10, 100, 2 * MINUTE, 0.85 },
		{ 300, 100, 10 * MINUTE, 0.85 },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct scene s = { .every_ms = cases[i].every_ms,
				   .stats_ms = 10 * SECOND,
				   .visit_ms = 2 * SECOND,
				   .visits_every = 12 * SECOND,
				   .takes_ms = cases[i].takes_ms,
				   .lasts_ms = cases[i].lasts_ms,
				   .ours = 1 };
		double part;

		play(&w, &s);
		part = (double)w.ours[0].got / (double)w.sent;
		if (part < cases[i].least)
			fail_msg("case %zu: %.3f of the messages", i, part);
	}
}

/* Each renewal is a visitor to the others. */
static void test_several_do_not_renew_each_other_for_ever(void **state)
{
	static const size_t ours[] = { 2, 3, 10 };
	static const int64_t takes_ms[] = { 200, 1000, 6000 };
	struct world w;
	size_t i, j, k;

	(void)state;
	for (i = 0; i < COUNT(ours); i++)
		for (j = 0; j < COUNT(takes_ms); j++) {
			struct scene s = { .every_ms = 50,
					   .stats_ms = 10 * SECOND,
					   .visit_ms = 2 * SECOND,
					   .visits_every = 5 * MINUTE,
					   .takes_ms = takes_ms[j],
					   .lasts_ms = HOUR,
					   .ours = ours[i] };

			play(&w, &s);
			for (k = 0; k < s.ours; k++)
				if (w.ours[k].renewals > w.visits)
					fail_msg(
						"%zu of ours, %lld ms: %lld renewals, %lld visits",
						s.ours, (long long)takes_ms[j],
						(long long)w.ours[k].renewals,
						(long long)w.visits);
		}
}

/* A message every so often, for so long, beginning with one now. Returns when the last
 * one came. */
static int64_t hear(struct watchdog *w, int64_t now_ms, int64_t every_ms, int64_t for_ms)
{
	int64_t at_ms;

	for (at_ms = now_ms; at_ms <= now_ms + for_ms; at_ms += every_ms)
		watchdog_heard(w, at_ms, false);
	return at_ms - every_ms;
}

/* Silence from now on: how long until it is too long; -1: never, in that time. */
static int64_t bear(struct watchdog *w, int64_t now_ms, int64_t most_ms)
{
	int64_t next_ms, at_ms;

	for (at_ms = now_ms; at_ms <= now_ms + most_ms; at_ms += STEP_MS) {
		next_ms = INT64_MAX;
		if (watchdog_look(w, at_ms, &next_ms) == SUSPICION_SILENCE)
			return at_ms - now_ms;
	}
	return -1;
}

/* Three gaps, at least a second, at most the limit, and up to a fifth less or more: of
 * several exporters one is the first, and spares the others their renewals. */
static void test_how_long_silence_may_last(void **state)
{
	static const struct {
		int64_t every_ms, for_ms; /* the stream before; 0: none */
		uint16_t random;
		int64_t expected_ms;
	} cases[] = {
		{ 50, 10 * SECOND, 0, 800 },
		{ 50, 10 * SECOND, UINT16_MAX, 1200 },
		{ 50, 10 * SECOND, UINT16_MAX / 4, 900 },
		{ 1000, 10 * SECOND, 0, 2400 },
		{ 1000, 10 * SECOND, UINT16_MAX, 3600 },
		{ 20 * SECOND, 10 * MINUTE, 0, 28 * SECOND },
		{ 20 * SECOND, 10 * MINUTE, UINT16_MAX, 42 * SECOND },
		/* Nothing is known yet, or too little. */
		{ 0, 0, 0, 28 * SECOND },
		{ 0, 0, UINT16_MAX, 42 * SECOND },
		{ 100, 1400, 0, 28 * SECOND },
		{ 100, 1500, 0, 800 },
	};
	struct watchdog w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t now_ms = BEGIN, got_ms;

		watchdog_init(&w, LIMIT);
		watchdog_admitted(&w, now_ms, cases[i].random);
		if (cases[i].every_ms)
			now_ms = hear(&w, now_ms, cases[i].every_ms, cases[i].for_ms);
		got_ms = bear(&w, now_ms, HOUR);
		if (got_ms != cases[i].expected_ms)
			fail_msg("case %zu: %lld ms", i, (long long)got_ms);
	}
}

static void test_a_gap_counts_for_five_minutes(void **state)
{
	static const struct {
		int64_t later_ms, expected_ms;
	} cases[] = { { 4 * MINUTE, 7200 }, { 7 * MINUTE, 800 } };
	struct watchdog w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t now_ms = BEGIN;

		watchdog_init(&w, LIMIT);
		watchdog_admitted(&w, now_ms, 0);
		now_ms = hear(&w, now_ms, 3 * SECOND, 9 * SECOND);
		now_ms = hear(&w, now_ms + 100, 100, cases[i].later_ms);
		assert_int_equal(bear(&w, now_ms, HOUR), cases[i].expected_ms);
	}
}

/* The connection of the renewal is there at once. */
static void renew(struct watchdog *w, int64_t now_ms)
{
	watchdog_renewed(w, now_ms, SUSPICION_SILENCE);
	watchdog_admitted(w, now_ms, 0);
}

/* Each renewal that brings nothing doubles the time, up to ten minutes; the fourth
 * waits until an hour after the first. A message ends that. */
static void test_fruitless_renewals_back_off(void **state)
{
	static const struct {
		int64_t limit_ms, every_ms, expected_ms[3];
	} cases[] = {
		{ LIMIT, 1000, { 2400, 4800, 9600 } },
		{ HOUR, 100 * SECOND, { 4 * MINUTE, 8 * MINUTE, 8 * MINUTE } },
	};
	struct watchdog w;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t now_ms = BEGIN, waited_ms;

		watchdog_init(&w, cases[i].limit_ms);
		watchdog_admitted(&w, now_ms, 0);
		now_ms = hear(&w, now_ms, cases[i].every_ms, 4 * cases[i].every_ms);
		for (j = 0; j < COUNT(cases[i].expected_ms); j++) {
			waited_ms = bear(&w, now_ms, HOUR);
			if (waited_ms != cases[i].expected_ms[j])
				fail_msg("case %zu, renewal %zu: %lld ms", i, j,
					 (long long)waited_ms);
			now_ms += waited_ms;
			renew(&w, now_ms);
		}
		assert_int_equal(bear(&w, now_ms, 30 * MINUTE), -1);
		now_ms = hear(&w, now_ms + 30 * MINUTE, 1000, 6 * MINUTE);
		assert_int_equal(bear(&w, now_ms, 10 * MINUTE), -1);
		assert_int_equal(bear(&w, now_ms + HOUR, MINUTE), 0);
		watchdog_heard(&w, now_ms + HOUR, false);
		assert_int_equal(w.patience, 1);
	}
}

/* What ended with a renewal was another's doing, unless that brought nothing: then
 * the stream itself was silent for so long. */
static void test_a_gap_is_learned_if_its_renewal_was_fruitless(void **state)
{
	static const struct {
		int64_t silent_ms, expected_ms;
	} cases[] = { { 500, 2400 }, { 7600, 3 * (2400 + 7600) * 4 / 5 } };
	struct watchdog w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t now_ms = BEGIN;

		watchdog_init(&w, LIMIT);
		watchdog_admitted(&w, now_ms, 0);
		now_ms = hear(&w, now_ms, 1000, 10 * SECOND);
		now_ms += bear(&w, now_ms, HOUR);
		renew(&w, now_ms);
		bear(&w, now_ms, 4000 < cases[i].silent_ms ? 4000 : cases[i].silent_ms);
		now_ms += cases[i].silent_ms;
		watchdog_heard(&w, now_ms, false);
		assert_int_equal(bear(&w, now_ms, HOUR), cases[i].expected_ms);
	}
}

static void test_a_quiet_stream_is_renewed_three_times_an_hour(void **state)
{
	static const struct scene silent = { .takes_ms = 100,
					     .lasts_ms = 5 * HOUR,
					     .ours = 1 };
	static const struct scene rare = {
		.every_ms = 20 * MINUTE, .takes_ms = 100, .lasts_ms = 5 * HOUR, .ours = 1
	};
	struct world w;

	(void)state;
	/* It never said anything: it is asked once. */
	play(&w, &silent);
	assert_int_equal(w.ours[0].renewals, 1);
	play(&w, &rare);
	assert_in_range(w.ours[0].renewals, 1, 15);
}

static void test_bursts_are_no_cause(void **state)
{
	static const struct scene cases[] = {
		{ .every_ms = 20,
		  .burst_ms = 200,
		  .pause_ms = 9800,
		  .takes_ms = 100,
		  .lasts_ms = HOUR,
		  .ours = 1 },
		{ .every_ms = 20,
		  .burst_ms = SECOND,
		  .pause_ms = 9 * SECOND,
		  .stats_ms = 10 * SECOND,
		  .takes_ms = 100,
		  .lasts_ms = HOUR,
		  .ours = 1 },
		{ .every_ms = SECOND,
		  .stats_ms = 10 * SECOND,
		  .takes_ms = 100,
		  .lasts_ms = HOUR,
		  .ours = 1 },
		{ .every_ms = 10 * SECOND, .takes_ms = 100, .lasts_ms = HOUR, .ours = 1 },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		play(&w, &cases[i]);
		if (w.ours[0].renewals)
			fail_msg("case %zu: %lld renewals", i,
				 (long long)w.ours[0].renewals);
		assert_int_equal(w.ours[0].got, w.sent);
	}
}

/* It is the gate of "stats" that is closed, and nobody opens it. */
static void test_stats_that_stay_away_are_asked_for_once(void **state)
{
	struct watchdog w;
	int64_t now_ms = BEGIN, next_ms;
	int renewals = 0;

	(void)state;
	watchdog_init(&w, LIMIT);
	watchdog_admitted(&w, now_ms, 0);
	watchdog_heard(&w, now_ms, true);
	for (; now_ms < BEGIN + 10 * MINUTE; now_ms += 100) {
		next_ms = INT64_MAX;
		watchdog_heard(&w, now_ms, false);
		if (watchdog_look(&w, now_ms, &next_ms) == SUSPICION_NONE)
			continue;
		assert_int_equal(watchdog_look(&w, now_ms, &next_ms), SUSPICION_NO_STATS);
		if (!renewals++)
			assert_int_equal(now_ms, BEGIN + 25 * SECOND);
		watchdog_renewed(&w, now_ms, SUSPICION_NO_STATS);
		watchdog_admitted(&w, now_ms, 0);
	}
	assert_int_equal(renewals, 1);
	assert_int_equal(watchdog_lacks_stats_since(&w), BEGIN + 25 * SECOND);
	/* They came: from now on they are missed again. */
	watchdog_heard(&w, now_ms, true);
	assert_int_equal(watchdog_lacks_stats_since(&w), 0);
	watchdog_heard(&w, now_ms + 25 * SECOND, false);
	next_ms = INT64_MAX;
	assert_int_equal(watchdog_look(&w, now_ms + 25 * SECOND, &next_ms),
			 SUSPICION_NO_STATS);
}

/* All of an analyzer's subscribers miss the same stats. */
static void test_stats_are_missed_at_different_times(void **state)
{
	static const struct {
		uint16_t random;
		int64_t expected_ms;
	} cases[] = { { 0, 25000 }, { UINT16_MAX / 5, 26000 }, { UINT16_MAX, 30000 } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t now_ms = BEGIN, next_ms = INT64_MAX;
		struct watchdog w;

		watchdog_init(&w, LIMIT);
		watchdog_admitted(&w, now_ms, cases[i].random);
		watchdog_heard(&w, now_ms, true);
		while (watchdog_look(&w, now_ms, &next_ms) == SUSPICION_NONE) {
			now_ms += STEP_MS;
			watchdog_heard(&w, now_ms, false);
		}
		assert_int_equal(now_ms - BEGIN, cases[i].expected_ms);
	}
}

static void test_it_can_be_off(void **state)
{
	struct watchdog w;
	int64_t next_ms = INT64_MAX;

	(void)state;
	watchdog_init(&w, 0);
	watchdog_admitted(&w, BEGIN, 0);
	watchdog_heard(&w, BEGIN, true);
	assert_int_equal(watchdog_look(&w, BEGIN + HOUR, &next_ms), SUSPICION_NONE);
	assert_true(next_ms == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_survive_visitors),
		cmocka_unit_test(test_several_do_not_renew_each_other_for_ever),
		cmocka_unit_test(test_how_long_silence_may_last),
		cmocka_unit_test(test_a_gap_counts_for_five_minutes),
		cmocka_unit_test(test_fruitless_renewals_back_off),
		cmocka_unit_test(test_a_gap_is_learned_if_its_renewal_was_fruitless),
		cmocka_unit_test(test_a_quiet_stream_is_renewed_three_times_an_hour),
		cmocka_unit_test(test_bursts_are_no_cause),
		cmocka_unit_test(test_stats_that_stay_away_are_asked_for_once),
		cmocka_unit_test(test_stats_are_missed_at_different_times),
		cmocka_unit_test(test_it_can_be_off),
	};

	return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
