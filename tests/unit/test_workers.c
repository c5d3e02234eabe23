/* SPDX-License-Identifier: Apache-2.0 */
/* test_workers.c - who runs, when, in which order, and never twice at once. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "sys/clock.h"
#include "sys/workers.h"

#define WAIT_S 20 /* for what must happen; else it failed */

/* Tasks of a pool of 0 threads write their name here. */
struct stage {
	struct workers *workers;
	char text[256];
};

struct actor {
	struct task task; /* first */
	struct stage *stage;
	char name;
	struct actor *wakes; /* when it runs, once */
	int64_t asks_ms;     /* wake_at when it runs, once; 0: not */
	int64_t ran_ms;
};

static void act(struct task *task, struct now now)
{
	struct actor *a = (struct actor *)task;
	size_t len = strlen(a->stage->text);
	struct actor *wakes = a->wakes;
	int64_t asks_ms = a->asks_ms;

	a->stage->text[len] = a->name;
	a->ran_ms = now.mono_ms;
	a->wakes = NULL;
	a->asks_ms = 0;
	if (wakes)
		workers_wake(a->stage->workers, &wakes->task);
	if (asks_ms)
		workers_wake_at(a->stage->workers, &a->task, asks_ms);
}

static struct stage *stage_new(struct actor *actors, size_t count)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	size_t i;

	assert_non_null(stage);
	stage->workers = workers_new(0, "test", NULL);
	assert_non_null(stage->workers);
	for (i = 0; i < count; i++) {
		actors[i] = (struct actor){ .stage = stage, .name = (char)('a' + i) };
		task_init(&actors[i].task, act);
	}
	return stage;
}

static void stage_free(struct stage *stage)
{
	workers_free(stage->workers);
	free(stage);
}

static void assert_run(struct stage *stage, int64_t mono_ms, const char *expected,
		       int64_t next)
{
	struct now now = { mono_ms, 0 };

	stage->text[0] = '\0';
	memset(stage->text, 0, sizeof(stage->text));
	assert_true(workers_run(stage->workers, now) == next);
	assert_string_equal(stage->text, expected);
}

static void test_ready_tasks_run_in_order(void **state)
{
	struct actor a[3];
	struct stage *s = stage_new(a, 3);

	(void)state;
	assert_run(s, 0, "", NEVER_MS);
	workers_wake(s->workers, &a[1].task);
	workers_wake(s->workers, &a[0].task);
	workers_wake(s->workers, &a[2].task);
	workers_wake(s->workers, &a[1].task); /* it is ready already */
	assert_run(s, 7, "bac", NEVER_MS);
	assert_int_equal(a[2].ran_ms, 7);
	assert_run(s, 8, "", NEVER_MS);
	stage_free(s);
}

static void test_waking_while_running_runs_again(void **state)
{
	struct actor a[3];
	struct stage *s = stage_new(a, 3);

	(void)state;
	a[0].wakes = &a[0];
	workers_wake(s->workers, &a[0].task);
	workers_wake(s->workers, &a[1].task);
	assert_run(s, 0, "aba", NEVER_MS);
	a[0].wakes = &a[2];
	workers_wake(s->workers, &a[0].task);
	assert_run(s, 0, "ac", NEVER_MS);
	stage_free(s);
}

static void test_the_clock_wakes_in_order_of_time(void **state)
{
	static const int64_t due[] = { 50, 20, 90, 25, 70, 10, 30 };
	struct actor a[7];
	struct stage *s = stage_new(a, 7);
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		workers_wake_at(s->workers, &a[i].task, due[i]);
	assert_run(s, 9, "", 10);
	assert_run(s, 10, "f", 20);
	assert_run(s, 69, "bdga", 70);
	assert_run(s, 1000, "ec", NEVER_MS);
	stage_free(s);
}

static void test_times_are_replaced_and_cancelled(void **state)
{
	struct actor a[3];
	struct stage *s = stage_new(a, 3);

	(void)state;
	workers_wake_at(s->workers, &a[0].task, 10);
	workers_wake_at(s->workers, &a[0].task, 30); /* later */
	workers_wake_at(s->workers, &a[1].task, 40);
	workers_wake_at(s->workers, &a[1].task, 20); /* sooner */
	workers_wake_at(s->workers, &a[2].task, 5);
	workers_wake_at(s->workers, &a[2].task, NEVER_MS);
	assert_run(s, 10, "", 20);
	assert_run(s, 25, "b", 30);
	assert_run(s, 30, "a", NEVER_MS);
	workers_wake_at(s->workers, &a[2].task, NEVER_MS); /* was not set */
	assert_run(s, 100, "", NEVER_MS);
	stage_free(s);
}

static void test_an_earlier_time_stays(void **state)
{
	struct actor a[3];
	struct stage *s = stage_new(a, 3);

	(void)state;
	workers_wake_at(s->workers, &a[0].task, 10);
	workers_wake_by(s->workers, &a[0].task, 30); /* later */
	workers_wake_at(s->workers, &a[1].task, 40);
	workers_wake_by(s->workers, &a[1].task, 20); /* sooner */
	workers_wake_by(s->workers, &a[2].task, 30); /* was not set */
	assert_run(s, 10, "a", 20);
	assert_run(s, 25, "b", 30);
	assert_run(s, 30, "c", NEVER_MS);
	stage_free(s);
}

static void test_past_times_wake_at_once(void **state)
{
	struct actor a[2];
	struct stage *s = stage_new(a, 2);

	(void)state;
	workers_wake_at(s->workers, &a[0].task, -5);
	workers_wake_at(s->workers, &a[1].task, 0);
	assert_run(s, 100, "ab", NEVER_MS);
	/* A task that asks for a time that has passed runs again. */
	a[0].asks_ms = 90;
	workers_wake(s->workers, &a[0].task);
	assert_run(s, 100, "aa", NEVER_MS);
	a[0].asks_ms = 101;
	workers_wake(s->workers, &a[0].task);
	assert_run(s, 100, "a", 101);
	assert_run(s, 101, "a", NEVER_MS);
	stage_free(s);
}

static void test_waking_keeps_the_time(void **state)
{
	struct actor a[1];
	struct stage *s = stage_new(a, 1);

	(void)state;
	workers_wake_at(s->workers, &a[0].task, 50);
	workers_wake(s->workers, &a[0].task);
	assert_run(s, 10, "a", 50);
	assert_run(s, 50, "a", NEVER_MS);
	stage_free(s);
}

static void test_forgotten_tasks_do_not_run(void **state)
{
	struct actor a[4];
	struct stage *s = stage_new(a, 4);
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		workers_wake(s->workers, &a[i].task);
	workers_wake_at(s->workers, &a[1].task, 10);
	workers_forget(s->workers, &a[3].task); /* the last */
	workers_forget(s->workers, &a[1].task);
	assert_run(s, 0, "ac", NEVER_MS);
	workers_forget(s->workers, &a[0].task); /* idle */
	workers_wake(s->workers, &a[3].task);
	workers_wake_at(s->workers, &a[2].task, 20);
	workers_forget(s->workers, &a[2].task);
	assert_run(s, 50, "d", NEVER_MS);
	stage_free(s);
}

/* Any mixture of times against a plain list. */
static void test_heap_agrees_with_a_list(void **state)
{
	enum { TASKS = 26 };
	struct actor a[TASKS];
	struct stage *s = stage_new(a, TASKS);
	int64_t due[TASKS];
	uint32_t random = 12345;
	int64_t mono;
	int i;

	(void)state;
	for (i = 0; i < TASKS; i++)
		due[i] = NEVER_MS;
	for (mono = 0; mono < 2000; mono++) {
		int64_t next = NEVER_MS;

		for (i = 0; i < 3; i++) {
			int which, when;

			random = random * 1664525 + 1013904223;
			which = (int)(random >> 24) % TASKS;
			when = (int)(random >> 8 & 63);
			due[which] = when > 50 ? NEVER_MS : mono + when;
			workers_wake_at(s->workers, &a[which].task, due[which]);
		}
		if (random >> 16 & 1) {
			workers_forget(s->workers, &a[5].task);
			due[5] = NEVER_MS;
		}
		memset(s->text, 0, sizeof(s->text));
		for (i = 0; i < TASKS; i++)
			if (due[i] > mono && due[i] < next)
				next = due[i];
		assert_true(workers_run(s->workers, (struct now){ mono, 0 }) == next);
		for (i = 0; i < TASKS; i++) {
			bool ran = strchr(s->text, 'a' + i) != NULL;

			assert_int_equal(ran, due[i] <= mono);
			if (ran)
				due[i] = NEVER_MS;
		}
	}
	stage_free(s);
}

/* Load: each task sees itself alone, and its last wake is never missed. */
enum { LOAD_TASKS = 8, LOAD_WAKES = 4000, LOAD_WAKERS = 3 };

struct loaded {
	struct task task;
	long plain; /* no lock: only one thread at a time */
	atomic_long wanted, seen;
	atomic_int inside;
	atomic_bool was_shared;
};

struct load {
	struct workers *workers;
	struct loaded item[LOAD_TASKS];
};

static void run_loaded(struct task *task, struct now now)
{
	struct loaded *l = (struct loaded *)task;

	(void)now;
	if (atomic_fetch_add(&l->inside, 1))
		atomic_store(&l->was_shared, true);
	l->plain++;
	atomic_store(&l->seen, atomic_load(&l->wanted));
	atomic_fetch_sub(&l->inside, 1);
}

static void *wake_many(void *argument)
{
	struct load *load = argument;
	int i;

	for (i = 0; i < LOAD_WAKES; i++) {
		struct loaded *l = &load->item[i % LOAD_TASKS];

		atomic_fetch_add(&l->wanted, 1);
		if (i % 3)
			workers_wake(load->workers, &l->task);
		else
			workers_wake_at(load->workers, &l->task, i % 2 ? 0 : 1);
		if (i % 64 == 0)
			workers_wake_at(load->workers, &load->item[0].task, NEVER_MS);
	}
	return NULL;
}

/* Waits, for a long time at most, until the task saw everything. */
static void await(struct load *load, struct loaded *l)
{
	int64_t until = clock_now().mono_ms + WAIT_S * 1000;

	workers_wake(load->workers, &l->task);
	while (atomic_load(&l->seen) != atomic_load(&l->wanted))
		assert_true(clock_now().mono_ms < until);
}

static void test_load_runs_each_task_on_one_thread_at_a_time(void **state)
{
	struct load load = { .workers = workers_new(4, "test", NULL) };
	pthread_t waker[LOAD_WAKERS];
	int i;

	(void)state;
	assert_non_null(load.workers);
	for (i = 0; i < LOAD_TASKS; i++)
		task_init(&load.item[i].task, run_loaded);
	for (i = 0; i < LOAD_WAKERS; i++)
		assert_int_equal(pthread_create(&waker[i], NULL, wake_many, &load), 0);
	for (i = 0; i < LOAD_WAKERS; i++)
		pthread_join(waker[i], NULL);
	for (i = 0; i < LOAD_TASKS; i++)
		await(&load, &load.item[i]);
	for (i = 0; i < LOAD_TASKS; i++) {
		workers_forget(load.workers, &load.item[i].task);
		assert_false(load.item[i].was_shared);
		assert_true(load.item[i].plain > 0);
	}
	workers_free(load.workers);
}

struct slow {
	struct task task;
	struct workers *workers;
	sem_t entered, leave;
	atomic_int runs;
	atomic_bool is_forgotten;
};

static void sem_await(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	assert_int_equal(sem_timedwait(sem, &until), 0);
}

static void run_slow(struct task *task, struct now now)
{
	struct slow *s = (struct slow *)task;

	/* It always wants to run again, until it is forgotten. */
	workers_wake(s->workers, task);
	workers_wake_at(s->workers, task, now.mono_ms);
	if (atomic_fetch_add(&s->runs, 1) == 0) {
		sem_post(&s->entered);
		sem_wait(&s->leave);
	}
	assert_false(atomic_load(&s->is_forgotten));
}

static void *let_go(void *argument)
{
	sem_post(argument);
	return NULL;
}

static void test_forgetting_waits_for_the_run(void **state)
{
	struct slow s = { .workers = workers_new(2, "test", NULL) };
	pthread_t thread;

	(void)state;
	assert_non_null(s.workers);
	task_init(&s.task, run_slow);
	sem_init(&s.entered, 0, 0);
	sem_init(&s.leave, 0, 0);
	workers_wake(s.workers, &s.task);
	sem_await(&s.entered);
	assert_int_equal(pthread_create(&thread, NULL, let_go, &s.leave), 0);
	workers_forget(s.workers, &s.task);
	atomic_store(&s.is_forgotten, true);
	pthread_join(thread, NULL);
	workers_free(s.workers);
	sem_destroy(&s.entered);
	sem_destroy(&s.leave);
}

/* Each hangs until it is let go. */
struct hung {
	struct task task;
	sem_t *entered, *leave;
};

static void run_hung(struct task *task, struct now now)
{
	struct hung *h = (struct hung *)task;

	(void)now;
	sem_post(h->entered);
	sem_wait(h->leave);
}

static void test_tasks_that_hang_get_threads_of_their_own(void **state)
{
	enum { HUNG = 3 };
	struct workers *workers = workers_new_growing(1, HUNG, 0, "test", NULL);
	sem_t entered, leave;
	struct hung hung[HUNG + 1];
	int i;

	(void)state;
	assert_non_null(workers);
	sem_init(&entered, 0, 0);
	sem_init(&leave, 0, 0);
	for (i = 0; i <= HUNG; i++) {
		hung[i] = (struct hung){ .entered = &entered, .leave = &leave };
		task_init(&hung[i].task, run_hung);
		workers_wake(workers, &hung[i].task);
		if (i < HUNG)
			sem_await(&entered);
	}
	/* There are no more than that. */
	assert_int_equal(sem_trywait(&entered), -1);
	for (i = 0; i <= HUNG; i++)
		sem_post(&leave);
	sem_await(&entered);
	for (i = 0; i <= HUNG; i++)
		workers_forget(workers, &hung[i].task);
	workers_free(workers);
	sem_destroy(&entered);
	sem_destroy(&leave);
}

/* Nobody wakes anything meanwhile. */
static void test_what_waits_for_stuck_threads_waits_no_longer(void **state)
{
	struct workers *workers = workers_new_growing(1, 2, 50, "test", NULL);
	sem_t entered, leave;
	struct hung hung[2];
	int i;

	(void)state;
	assert_non_null(workers);
	sem_init(&entered, 0, 0);
	sem_init(&leave, 0, 0);
	for (i = 0; i < 2; i++) {
		hung[i] = (struct hung){ .entered = &entered, .leave = &leave };
		task_init(&hung[i].task, run_hung);
	}
	workers_wake(workers, &hung[0].task);
	workers_wake(workers, &hung[1].task);
	sem_await(&entered);
	sem_await(&entered);
	for (i = 0; i < 2; i++)
		sem_post(&leave);
	for (i = 0; i < 2; i++)
		workers_forget(workers, &hung[i].task);
	workers_free(workers);
	sem_destroy(&entered);
	sem_destroy(&leave);
}

static void test_who_has_run_longest_is_known(void **state)
{
	static const char *const names[] = { "first", "second" };
	struct workers *workers = workers_new(2, "test", NULL);
	int64_t before_ms = clock_now().mono_ms, since_ms;
	struct hung hung[2];
	sem_t entered, leave[2];
	char name[8];
	int i;

	(void)state;
	assert_non_null(workers);
	assert_true(workers_busy_since(workers, name, sizeof(name)) == NEVER_MS);
	assert_string_equal(name, "");
	sem_init(&entered, 0, 0);
	for (i = 0; i < 2; i++) {
		sem_init(&leave[i], 0, 0);
		hung[i] = (struct hung){ .entered = &entered, .leave = &leave[i] };
		task_init(&hung[i].task, run_hung);
		hung[i].task.name = names[i];
		workers_wake(workers, &hung[i].task);
		sem_await(&entered);
	}
	for (i = 0; i < 2; i++) {
		since_ms = workers_busy_since(workers, name, sizeof(name));
		assert_true(since_ms >= before_ms && since_ms <= clock_now().mono_ms);
		assert_string_equal(name, names[i]);
		sem_post(&leave[i]);
		workers_forget(workers, &hung[i].task);
	}
	assert_true(workers_busy_since(workers, name, sizeof(name)) == NEVER_MS);
	workers_free(workers);
	for (i = 0; i < 2; i++)
		sem_destroy(&leave[i]);
	sem_destroy(&entered);
}

/* Two tasks: the first does not end before the second, due later or then, has run. */
struct pair {
	struct task first;
	struct task second;
	sem_t second_ran, done;
	bool in_time;
};

static void run_first(struct task *task, struct now now)
{
	struct pair *p = (struct pair *)task;
	struct timespec until;

	(void)now;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	p->in_time = sem_timedwait(&p->second_ran, &until) == 0;
	sem_post(&p->done);
}

static void run_second(struct task *task, struct now now)
{
	struct pair *p = (struct pair *)((char *)task - offsetof(struct pair, second));

	(void)now;
	sem_post(&p->second_ran);
}

static void test_idle_thread_takes_what_is_due_while_another_is_busy(void **state)
{
	struct workers *workers = workers_new(2, "test", NULL);
	struct pair p = { .in_time = false };
	int round;

	(void)state;
	assert_non_null(workers);
	task_init(&p.first, run_first);
	task_init(&p.second, run_second);
	sem_init(&p.second_ran, 0, 0);
	sem_init(&p.done, 0, 0);
	for (round = 0; round < 10; round++) {
		int64_t mono_ms = clock_now().mono_ms;

		workers_wake_at(workers, &p.first, mono_ms + 5);
		workers_wake_at(workers, &p.second, mono_ms + 5 + round % 2 * 5);
		sem_await(&p.done);
		assert_true(p.in_time);
	}
	workers_forget(workers, &p.first);
	workers_forget(workers, &p.second);
	workers_free(workers);
	sem_destroy(&p.second_ran);
	sem_destroy(&p.done);
}

static void test_freeing_leaves_ready_tasks(void **state)
{
	struct actor a[1];
	struct stage *s = stage_new(a, 1);
	struct workers *idle = workers_new(3, "test", NULL);

	(void)state;
	workers_wake(s->workers, &a[0].task);
	workers_free(s->workers);
	assert_string_equal(s->text, "");
	free(s);
	assert_non_null(idle);
	workers_free(idle);
	workers_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ready_tasks_run_in_order),
		cmocka_unit_test(test_waking_while_running_runs_again),
		cmocka_unit_test(test_the_clock_wakes_in_order_of_time),
		cmocka_unit_test(test_times_are_replaced_and_cancelled),
		cmocka_unit_test(test_an_earlier_time_stays),
		cmocka_unit_test(test_past_times_wake_at_once),
		cmocka_unit_test(test_waking_keeps_the_time),
		cmocka_unit_test(test_forgotten_tasks_do_not_run),
		cmocka_unit_test(test_heap_agrees_with_a_list),
		cmocka_unit_test(test_load_runs_each_task_on_one_thread_at_a_time),
		cmocka_unit_test(test_forgetting_waits_for_the_run),
		cmocka_unit_test(test_tasks_that_hang_get_threads_of_their_own),
		cmocka_unit_test(test_what_waits_for_stuck_threads_waits_no_longer),
		cmocka_unit_test(test_who_has_run_longest_is_known),
		cmocka_unit_test(
			test_idle_thread_takes_what_is_due_while_another_is_busy),
		cmocka_unit_test(test_freeing_leaves_ready_tasks),
	};

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
