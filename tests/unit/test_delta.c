/* SPDX-License-Identifier: Apache-2.0 */
/* test_delta.c - what reports of a flow add up to, whatever is repeated, lost,
 * forgotten or nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "stage/delta.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MINUTE	     INT64_C(60000)

/* A report: totals, the change, and when. */
struct report {
	struct flow_metric metric, last_update;
	struct flow_tcp_metric tcp;
	bool has_tcp;
	int64_t finish;
};

static struct delta take_of(struct deltas *deltas, const char *uuid, struct report r,
			    int64_t now_ms)
{
	struct flow flow = {
		.uuid = str_of(uuid),
		.metric = &r.metric,
		.last_update = &r.last_update,
		.tcp_metric = r.has_tcp ? &r.tcp : NULL,
		.finish_type = r.finish,
	};
	struct delta delta;

	deltas_take(deltas, &flow, (struct now){ now_ms, 0 }, &delta);
	return delta;
}

static struct delta take(struct deltas *deltas, struct report r)
{
	return take_of(deltas, "u", r, 0);
}

static struct deltas *some(size_t max)
{
	struct deltas *deltas = deltas_new(max);

	assert_non_null(deltas);
	return deltas;
}

#define CARRIED(total, change)                                                           \
	.metric = { total, 10 * (total), 2 * (total), 20 * (total), 0, 0, 0 },           \
	.last_update = { change, 10 * (change), 2 * (change), 20 * (change), 0, 0, 0 }

static void assert_carried(struct delta delta, int64_t packets)
{
	assert_int_equal(delta.ab_packets, packets);
	assert_int_equal(delta.ab_bytes, 10 * packets);
	assert_int_equal(delta.ba_packets, 2 * packets);
	assert_int_equal(delta.ba_bytes, 20 * packets);
}

static void test_reports_add_up_to_the_totals(void **state)
{
	static const struct {
		int64_t total, change, delta;
	} steps[] = {
		{ 5, 3, 3 },   /* seen first when it has had 2 */
		{ 9, 4, 4 },   /* the usual */
		{ 20, 4, 11 }, /* 7 were in reports that were lost */
		{ 20, 4, 0 },  /* repeated */
		{ 21, 4, 1 },  /* whatever the change says */
		{ 4, 4, 4 },   /* another flow of that name: it is new */
		{ 5, 1, 1 },
	};
	struct deltas *deltas = some(10);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		struct report r = { CARRIED(steps[i].total, steps[i].change) };

		assert_carried(take(deltas, r), steps[i].delta);
	}
	deltas_free(deltas);
	deltas_free(NULL);
}

static void test_the_end_repeats_the_last_change(void **state)
{
	struct deltas *deltas = some(10);
	struct report r = { CARRIED(3, 3) };

	(void)state;
	assert_carried(take(deltas, r), 3);
	r.finish = FINISH_TIMEOUT;
	assert_carried(take(deltas, r), 0);
	/* It is forgotten then. */
	r.finish = FINISH_NOT;
	assert_carried(take(deltas, r), 3);
	deltas_free(deltas);
}

static void test_nonsense_is_never_negative(void **state)
{
	static const struct {
		struct flow_metric metric, last_update;
		int64_t ab_packets, ba_bytes;
	} cases[] = {
		{ { .ab_packets = -5 }, { .ab_packets = -7 }, 0, 0 },
		{ { .ab_packets = 5 }, { .ab_packets = 9 }, 5, 0 },
		{ { .ba_bytes = INT64_MAX }, { .ba_bytes = INT64_MIN }, 0, 0 },
		{ { .ba_bytes = INT64_MIN, .start = INT64_MIN },
		  { .ba_bytes = INT64_MAX, .start = INT64_MIN, .last = INT64_MIN },
		  0,
		  0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct deltas *deltas = some(10);
		struct report r = { .metric = cases[i].metric,
				    .last_update = cases[i].last_update };
		struct delta delta = take(deltas, r);

		assert_int_equal(delta.ab_packets, cases[i].ab_packets);
		assert_int_equal(delta.ba_bytes, cases[i].ba_bytes);
		delta = take(deltas, r);
		assert_int_equal(delta.ab_packets, 0);
		assert_int_equal(delta.ba_bytes, 0);
		deltas_free(deltas);
	}
}

static void test_time_never_runs_backwards(void **state)
{
	static const struct {
		int64_t start, last, start_ms, last_ms;
	} cases[] = {
		{ 5 * MINUTE, 4 * MINUTE, 5 * MINUTE, 5 * MINUTE }, /* a clock set back */
		{ 5 * MINUTE, 5 * MINUTE, 5 * MINUTE, 5 * MINUTE },
		{ -1, 3, 0, 3 },
		{ -5, -3, 0, 0 },
		{ INT64_MIN, INT64_MIN, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct deltas *deltas = some(10);
		struct report r = { CARRIED(1, 1) };
		struct delta delta;

		r.last_update.start = cases[i].start;
		r.last_update.last = cases[i].last;
		delta = take(deltas, r);
		assert_int_equal(delta.start_ms, cases[i].start_ms);
		assert_int_equal(delta.last_ms, cases[i].last_ms);
		deltas_free(deltas);
	}
}

static void test_flows_are_told_apart_and_forgotten(void **state)
{
	struct deltas *deltas = some(2);
	struct report r = { CARRIED(3, 1) };

	(void)state;
	assert_carried(take_of(deltas, "a", r, 0), 1);
	assert_carried(take_of(deltas, "b", r, 0), 1);
	assert_carried(take_of(deltas, "a", r, DELTA_IDLE_MS - 1), 0);
	/* b is idle for too long, a was renewed. */
	assert_carried(take_of(deltas, "b", r, DELTA_IDLE_MS), 1);
	assert_carried(take_of(deltas, "a", r, DELTA_IDLE_MS), 0);
	/* There is room for two: b goes. */
	assert_carried(take_of(deltas, "c", r, DELTA_IDLE_MS), 1);
	assert_carried(take_of(deltas, "a", r, DELTA_IDLE_MS), 0);
	assert_carried(take_of(deltas, "b", r, DELTA_IDLE_MS), 1);
	/* Without a name nothing can be known. */
	assert_carried(take_of(deltas, "", r, DELTA_IDLE_MS), 1);
	assert_carried(take_of(deltas, "", r, DELTA_IDLE_MS), 1);
	deltas_free(deltas);
}

static void test_the_time_is_that_of_the_change(void **state)
{
	struct deltas *deltas = some(10);
	struct report r = { CARRIED(1, 1) };
	struct delta delta;

	(void)state;
	r.last_update.start = 10 * MINUTE;
	r.last_update.last = 11 * MINUTE;
	delta = take(deltas, r);
	assert_int_equal(delta.start_ms, 10 * MINUTE);
	assert_int_equal(delta.last_ms, 11 * MINUTE);
	/* Idle in between: nothing was lost. */
	r = (struct report){ CARRIED(2, 1) };
	r.last_update.start = 14 * MINUTE;
	r.last_update.last = 15 * MINUTE;
	assert_int_equal(take(deltas, r).start_ms, 14 * MINUTE);
	/* A report was lost: its time belongs to this one. */
	r = (struct report){ CARRIED(9, 1) };
	r.last_update.start = 19 * MINUTE;
	r.last_update.last = 20 * MINUTE;
	delta = take(deltas, r);
	assert_int_equal(delta.start_ms, 15 * MINUTE);
	assert_int_equal(delta.last_ms, 20 * MINUTE);
	deltas_free(deltas);
}

static void test_is_first_only_when_nothing_came_before(void **state)
{
	struct deltas *deltas = some(10);
	struct report r = { CARRIED(3, 3) };

	(void)state;
	assert_true(take_of(deltas, "a", r, 0).is_first);
	assert_false(take_of(deltas, "a", r, 0).is_first);
	r.metric.ba_bytes++;
	assert_false(take_of(deltas, "b", r, 0).is_first);
	deltas_free(deltas);
}

static void test_events_are_told_once(void **state)
{
	struct deltas *deltas = some(10);
	struct report r = { CARRIED(1, 1) };

	(void)state;
	r.has_tcp = true;
	r.last_update.start = 1000;
	r.tcp.ab_syn_start = 999; /* before we saw it */
	r.tcp.ba_syn_start = 1000;
	assert_int_equal(take(deltas, r).events, DELTA_BA_SYN);
	assert_int_equal(take(deltas, r).events, 0);
	r.tcp.ab_fin_start = 1001;
	assert_int_equal(take(deltas, r).events, DELTA_AB_FIN);
	r.tcp.ba_fin_start = 1002;
	assert_int_equal(take(deltas, r).events, DELTA_BA_FIN | DELTA_END);
	r.finish = FINISH_TIMEOUT;
	assert_int_equal(take(deltas, r).events, 0);
	deltas_free(deltas);
}

static void test_a_flow_ends_once(void **state)
{
	static const struct {
		struct flow_tcp_metric tcp;
		int64_t finish;
		unsigned events;
	} cases[] = {
		{ { 0 }, FINISH_NOT, 0 },
		{ { 0 }, FINISH_TIMEOUT, DELTA_END },
		{ { 0 }, FINISH_TCP_RST, DELTA_END },
		{ { .ab_rst_start = 5 }, FINISH_NOT, DELTA_AB_RST | DELTA_END },
		{ { .ba_rst_start = 5 }, FINISH_TCP_RST, DELTA_BA_RST | DELTA_END },
		{ { .ba_fin_start = 5 }, FINISH_NOT, DELTA_BA_FIN },
		{ { .ab_fin_start = 5, .ba_fin_start = 6 },
		  FINISH_NOT,
		  DELTA_AB_FIN | DELTA_BA_FIN | DELTA_END },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct deltas *deltas = some(10);
		struct report r = { CARRIED(1, 1) };

		r.has_tcp = true;
		r.tcp = cases[i].tcp;
		r.finish = cases[i].finish;
		assert_int_equal(take(deltas, r).events, cases[i].events);
		deltas_free(deltas);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports_add_up_to_the_totals),
		cmocka_unit_test(test_the_end_repeats_the_last_change),
		cmocka_unit_test(test_nonsense_is_never_negative),
		cmocka_unit_test(test_time_never_runs_backwards),
		cmocka_unit_test(test_flows_are_told_apart_and_forgotten),
		cmocka_unit_test(test_the_time_is_that_of_the_change),
		cmocka_unit_test(test_is_first_only_when_nothing_came_before),
		cmocka_unit_test(test_events_are_told_once),
		cmocka_unit_test(test_a_flow_ends_once),
	};

	return cmocka_run_group_tests_name("delta", tests, NULL, NULL);
}
