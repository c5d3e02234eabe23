/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_progress.c - what of a job is left to the next one. No broker is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "net/kafka_private.h"

#define OTHERS_MS 15000

struct world {
	struct kafka *kafka;
	struct kafka_cluster one, other;
};

static struct kafka_cluster cluster_at(struct kafka *kafka, const char *place)
{
	struct kafka_cluster c = { .kafka = kafka, .events = -1 };

	strncpy(c.place, place, sizeof(c.place) - 1);
	return c;
}

static int begin_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->kafka = kafka_new(NULL);
	w->one = cluster_at(w->kafka, "here");
	w->other = cluster_at(w->kafka, "here");
	*state = w;
	return 0;
}

static int end_world(void **state)
{
	struct world *w = *state;

	kafka_free(w->kafka);
	free(w);
	return 0;
}

static struct kafka_job job_of(const char *topic, const char *name)
{
	return (struct kafka_job){ .topic = topic, .name = name };
}

static struct kafka_progress *begin(struct kafka_cluster *c, struct kafka_job *job)
{
	assert_true(kafka_progress_begin(c, job));
	return job->progress;
}

static void send_all(struct kafka_progress *p, int64_t count)
{
	int64_t at;

	for (at = 0; at < count; at++) {
		assert_true(kafka_progress_prepare(p, at));
		kafka_progress_sent(p, at);
	}
}

/* What nobody has sent before, of so many. */
static int64_t to_send(const struct kafka_job *job, int64_t count)
{
	int64_t at, found = 0;

	for (at = 0; at < count; at++)
		found += !kafka_is_sent(job, at);
	return found;
}

/* Of a hundred, the even ones are written, every third one is under way, others failed. */
static struct kafka_progress *leave_some(struct kafka_cluster *c)
{
	struct kafka_job job = job_of("topic", "object");
	struct kafka_progress *p = begin(c, &job);
	int64_t at;

	send_all(p, 100);
	for (at = 0; at < 100; at++)
		if (at % 3)
			kafka_progress_reported(p, at, at % 2 == 0);
	kafka_progress_end(&job, false);
	assert_null(job.progress);
	return p;
}

static void report_rest(struct kafka_progress *p, bool is_written)
{
	int64_t at;

	for (at = 0; at < 100; at += 3)
		kafka_progress_reported(p, at, is_written);
}

static void test_what_is_complete_is_forgotten(void **state)
{
	struct world *w = *state;
	struct kafka_job job = job_of("topic", "object");
	struct kafka_progress *p = begin(&w->one, &job);

	send_all(p, 1);
	kafka_progress_reported(p, 0, true);
	assert_true(kafka_is_sent(&job, 0));
	kafka_progress_end(&job, true);
	begin(&w->one, &job);
	assert_false(kafka_is_sent(&job, 0));
	kafka_progress_end(&job, true);
}

static void test_the_same_cluster_goes_on(void **state)
{
	struct world *w = *state;
	struct kafka_progress *p = leave_some(&w->one);
	struct kafka_job next = job_of("topic", "object");

	assert_ptr_equal(begin(&w->one, &next), p);
	assert_int_equal(next.unreported, 34);
	/* The odd ones, but not every third of them. */
	assert_int_equal(to_send(&next, 100), 33);
	assert_false(kafka_is_sent(&next, 100));
	assert_false(kafka_is_sent(&next, 1000));
	report_rest(p, false);
	assert_int_equal(to_send(&next, 100), 67);
	kafka_progress_end(&next, false);
}

static void test_it_is_for_its_job(void **state)
{
	static const struct {
		const char *topic, *name;
	} table[] = {
		{ "topic", "object2" },
		{ "topic2", "object" },
		{ "topic", "objec" },
		{ "topi", "object" },
	};
	struct world *w = *state;
	struct kafka_progress *p = leave_some(&w->one);
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kafka_job job = job_of(table[i].topic, table[i].name);

		assert_ptr_not_equal(begin(&w->one, &job), p);
		assert_int_equal(to_send(&job, 100), 100);
		kafka_progress_end(&job, true);
	}
	report_rest(p, true);
}

static void test_another_cluster_waits(void **state)
{
	struct world *w = *state;
	struct kafka_progress *p = leave_some(&w->one);
	struct kafka_job next = job_of("topic", "object");

	*w->other.place = '\0';
	w->other.turn_ms = 1000;
	assert_false(kafka_progress_begin(&w->other, &next));
	assert_int_equal(w->one.wanted_ms, 1000);
	assert_false(w->one.is_wanted);
	w->other = cluster_at(w->kafka, "here");
	w->other.turn_ms = 2000;
	assert_false(kafka_progress_begin(&w->other, &next));
	assert_true(w->one.is_wanted);
	w->other.turn_ms += OTHERS_MS - 1;
	assert_false(kafka_progress_begin(&w->other, &next));
	assert_false(w->one.must_give_up);
	w->other.turn_ms += 1;
	assert_false(kafka_progress_begin(&w->other, &next));
	assert_true(w->one.must_give_up);
	report_rest(p, true);
	assert_ptr_equal(begin(&w->other, &next), p);
	assert_int_equal(next.unreported, 0);
	assert_int_equal(to_send(&next, 100), 33);
	kafka_progress_end(&next, true);
}

/* At another place all is sent; nobody knows before it is reached. */
static void test_places(void **state)
{
	struct world *w = *state;
	struct kafka_progress *p = leave_some(&w->one);
	struct kafka_job next = job_of("topic", "object");

	report_rest(p, true);
	*w->other.place = '\0';
	assert_false(kafka_progress_begin(&w->other, &next));
	w->other = cluster_at(w->kafka, "there");
	assert_ptr_not_equal(begin(&w->other, &next), p);
	assert_int_equal(to_send(&next, 100), 100);
	kafka_progress_end(&next, true);
	w->other = cluster_at(w->kafka, "here");
	assert_ptr_equal(begin(&w->other, &next), p);
	kafka_progress_end(&next, true);
}

/* What was never sent anywhere is no reason to wait. */
static void test_nothing_is_left(void **state)
{
	struct world *w = *state;
	struct kafka_job job = job_of("topic", "object");
	struct kafka_progress *p = begin(&w->one, &job);

	send_all(p, 3);
	kafka_progress_reported(p, 0, false);
	kafka_progress_reported(p, 1, false);
	kafka_progress_reported(p, 2, false);
	kafka_progress_end(&job, false);
	assert_null(w->kafka->left);
	*w->other.place = '\0';
	begin(&w->other, &job);
	kafka_progress_end(&job, true);
}

static void test_a_transaction_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct kafka_job job = job_of("topic", "object");
	struct kafka_progress *p;

	job.group = "group";
	p = begin(&w->one, &job);
	send_all(p, 2);
	kafka_progress_reported(p, 0, true);
	assert_false(kafka_is_sent(&job, 0));
	assert_int_equal(kafka_note_sent(&job, 0), 0);
	assert_false(kafka_is_sent(&job, 0));
	kafka_progress_end(&job, false);
	kafka_progress_reported(p, 1, false);
	assert_null(w->kafka->left);
}

static void test_a_cluster_that_ended_has_nothing(void **state)
{
	struct world *w = *state;
	struct kafka_progress *p = leave_some(&w->one);
	struct kafka_job next = job_of("topic", "object");

	kafka_progress_forget(&w->one);
	assert_ptr_equal(begin(&w->other, &next), p);
	assert_int_equal(next.unreported, 0);
	kafka_progress_end(&next, true);
}

/* The oldest are forgotten, not those with messages under way. */
static void test_it_is_bounded(void **state)
{
	static const char *const names[] = { "1", "2", "3", "4" };
	struct world *w = *state;
	struct kafka_progress *p = leave_some(&w->one);
	int64_t last = (int64_t)KAFKA_LEFT_BYTES * 2 - 1; /* a quarter of it in bits */
	struct kafka_job job;
	size_t i;

	for (i = 0; i < 4; i++) {
		job = job_of("topic", names[i]);
		begin(&w->one, &job);
		assert_int_equal(kafka_note_sent(&job, last), 0);
		kafka_progress_end(&job, false);
	}
	for (i = 0; i < 4; i++) {
		job = job_of("topic", names[i]);
		begin(&w->one, &job);
		assert_int_equal(kafka_is_sent(&job, last), i > 0);
		kafka_progress_end(&job, true);
	}
	report_rest(p, true);
	assert_ptr_equal(w->kafka->left, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_complete_is_forgotten,
						begin_world, end_world),
		cmocka_unit_test_setup_teardown(test_the_same_cluster_goes_on,
						begin_world, end_world),
		cmocka_unit_test_setup_teardown(test_it_is_for_its_job, begin_world,
						end_world),
		cmocka_unit_test_setup_teardown(test_another_cluster_waits, begin_world,
						end_world),
		cmocka_unit_test_setup_teardown(test_places, begin_world, end_world),
		cmocka_unit_test_setup_teardown(test_nothing_is_left, begin_world,
						end_world),
		cmocka_unit_test_setup_teardown(test_a_transaction_leaves_nothing,
						begin_world, end_world),
		cmocka_unit_test_setup_teardown(test_a_cluster_that_ended_has_nothing,
						begin_world, end_world),
		cmocka_unit_test_setup_teardown(test_it_is_bounded, begin_world,
						end_world),
	};

	return cmocka_run_group_tests_name("kafka_progress", tests, NULL, NULL);
}
