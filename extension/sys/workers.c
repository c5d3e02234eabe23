/* SPDX-License-Identifier: Apache-2.0 */
/* workers.c - see workers.h.
 *
 * One lock for everything: a task is woken some thousand times a second at
 * most, and the lock is never held while one runs.
 *
 * Of the threads that are idle the last one is called first: what it needs is still in
 * its processor's caches, and the others' memory is not touched as long as one is enough.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "sys/clock.h"
#include "sys/thread.h"
#include "sys/workers.h"

enum { TASK_IDLE, TASK_READY, TASK_RUNNING, TASK_AGAIN };

/* A thread that is idle. */
struct idle {
	pthread_cond_t called; /* a task is ready, or due sooner; stopping */
	int64_t until_ms;      /* when it looks by itself, monotonic */
	bool is_listed;
	struct idle *next;
};

struct workers {
	pthread_mutex_t lock;
	struct idle *idle;	 /* the last one first */
	pthread_cond_t finished; /* a task has run */
	struct task *ready, **ready_end;
	struct heap due; /* by monotonic time */
	pthread_t *thread;
	unsigned threads, threads_max;
	unsigned width;	      /* so many tasks run at a time; one thread more waits until
			       * they are stuck, while there may be more */
	unsigned busy;	      /* threads that run a task */
	struct task *running; /* linked by next */
	int64_t moved_ms;     /* when one began or ended last, monotonic */
	int64_t stuck_ms;
	const char *name;
	bool is_stopping;
};

static void *workers_work(void *);

void task_init(struct task *task, void (*run)(struct task *, struct now))
{
	*task = (struct task){ .run = run };
}

static struct task *task_of(struct heap_node *due)
{
	return (struct task *)due;
}

static int64_t due_ms(const struct task *task)
{
	return heap_has(&task->due) ? task->due.key : NEVER_MS;
}

static void call_idle(struct workers *w)
{
	struct idle *last = w->idle;

	if (!last)
		return;
	w->idle = last->next;
	last->is_listed = false;
	pthread_cond_signal(&last->called);
}

/* Somebody who is idle looks by then. */
static void watch(struct workers *w, int64_t mono_ms)
{
	if (w->idle && w->idle->until_ms > mono_ms)
		call_idle(w);
}

/* Whether somebody has to take it. */
static bool make_ready(struct workers *w, struct task *task)
{
	if (task->state == TASK_RUNNING)
		task->state = TASK_AGAIN;
	if (task->state != TASK_IDLE)
		return false;
	task->state = TASK_READY;
	task->next = NULL;
	*w->ready_end = task;
	w->ready_end = &task->next;
	return true;
}

/* The caller takes one of them. */
static void make_due_ready(struct workers *w, int64_t mono_ms)
{
	struct heap_node *due;
	bool is_taken = false;

	while ((due = heap_first(&w->due)) && due->key <= mono_ms) {
		heap_remove(&w->due, due);
		if (!make_ready(w, task_of(due)))
			continue;
		if (is_taken)
			call_idle(w);
		is_taken = true;
	}
}

static int add_thread(struct workers *w)
{
	int error = thread_start(&w->thread[w->threads], w->name, workers_work, w);

	w->threads += !error;
	return error;
}

/* All that may run have done so for a while, so what is ready would wait for them. The
 * thread that finds that out was there for it, and now there is another one. */
static bool widen_if_stuck(struct workers *w, int64_t now_ms)
{
	if (w->width == w->threads_max || !w->ready || now_ms - w->moved_ms < w->stuck_ms)
		return false;
	w->width++;
	w->moved_ms = now_ms;
	if (w->width < w->threads_max)
		add_thread(w);
	return true;
}

/* When somebody has to look again, without being woken. */
static int64_t next_look_ms(const struct workers *w)
{
	const struct heap_node *due = heap_first(&w->due);
	int64_t next_ms = due ? due->key : NEVER_MS;

	if (w->ready && w->width < w->threads_max && w->moved_ms + w->stuck_ms < next_ms)
		next_ms = w->moved_ms + w->stuck_ms;
	return next_ms;
}

static void unlink_running(struct workers *w, struct task *task)
{
	struct task **at = &w->running;

	while (*at != task)
		at = &(*at)->next;
	*at = task->next;
}

/* Takes the first ready task and runs it; the lock is held before and after. */
static bool run_one(struct workers *w, struct now now)
{
	struct task *task = w->ready;
	bool again;

	if (!task)
		return false;
	w->ready = task->next;
	if (!w->ready)
		w->ready_end = &w->ready;
	task->state = TASK_RUNNING;
	task->begun_ms = now.mono_ms;
	task->next = w->running;
	w->running = task;
	w->busy++;
	w->moved_ms = now.mono_ms;
	watch(w, next_look_ms(w));
	pthread_mutex_unlock(&w->lock);
	task->run(task, now);
	pthread_mutex_lock(&w->lock);
	w->busy--;
	unlink_running(w, task);
	again = task->state == TASK_AGAIN;
	task->state = TASK_IDLE;
	if (again)
		make_ready(w, task);
	pthread_cond_broadcast(&w->finished);
	return true;
}

static void unlist(struct workers *w, struct idle *self)
{
	struct idle **at = &w->idle;

	while (*at != self)
		at = &(*at)->next;
	*at = self->next;
}

static void wait_for_work(struct workers *w, struct idle *self)
{
	struct timespec until;

	self->until_ms = next_look_ms(w);
	self->is_listed = true;
	self->next = w->idle;
	w->idle = self;
	if (self->until_ms == NEVER_MS) {
		pthread_cond_wait(&self->called, &w->lock);
	} else {
		until = clock_timespec(self->until_ms);
		pthread_cond_timedwait(&self->called, &w->lock, &until);
	}
	if (self->is_listed)
		unlist(w, self);
}

static void *workers_work(void *argument)
{
	struct workers *w = argument;
	struct idle self = { 0 };

	thread_condition_init(&self.called);
	pthread_mutex_lock(&w->lock);
	while (!w->is_stopping) {
		struct now now = clock_now();

		make_due_ready(w, now.mono_ms);
		if ((w->busy >= w->width && !widen_if_stuck(w, now.mono_ms)) ||
		    !run_one(w, now))
			wait_for_work(w, &self);
	}
	pthread_mutex_unlock(&w->lock);
	pthread_cond_destroy(&self.called);
	return NULL;
}

struct workers *workers_new_growing(unsigned threads, unsigned threads_max,
				    int64_t stuck_ms, const char *name, struct err *err)
{
	struct workers *w = calloc(1, sizeof(*w));
	int error = 0;

	if (!w)
		goto no_memory;
	w->ready_end = &w->ready;
	pthread_mutex_init(&w->lock, NULL);
	thread_condition_init(&w->finished);
	w->name = name;
	w->stuck_ms = stuck_ms;
	w->threads_max = threads_max;
	w->thread = calloc(threads_max ? threads_max : 1, sizeof(*w->thread));
	if (!w->thread)
		goto no_memory;
	/* With the lock, because a thread that has begun already looks at their number. */
	pthread_mutex_lock(&w->lock);
	w->width = threads;
	while (!error && w->threads < threads + (threads < threads_max))
		error = add_thread(w);
	pthread_mutex_unlock(&w->lock);
	if (!error)
		return w;
	err_set(err, "cannot start a thread: %s", strerror(-error));
	workers_free(w);
	return NULL;
no_memory:
	workers_free(w);
	err_set(err, "out of memory");
	return NULL;
}

struct workers *workers_new(unsigned threads, const char *name, struct err *err)
{
	return workers_new_growing(threads, threads, 0, name, err);
}

void workers_free(struct workers *w)
{
	unsigned i;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	while (w->idle)
		call_idle(w);
	pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->threads; i++)
		pthread_join(w->thread[i], NULL);
	pthread_cond_destroy(&w->finished);
	pthread_mutex_destroy(&w->lock);
	free(w->thread);
	heap_fini(&w->due);
	free(w);
}

void workers_wake(struct workers *w, struct task *task)
{
	pthread_mutex_lock(&w->lock);
	if (make_ready(w, task))
		call_idle(w);
	pthread_mutex_unlock(&w->lock);
}

static void set_due(struct workers *w, struct task *task, int64_t mono_ms)
{
	heap_remove(&w->due, &task->due);
	if (mono_ms == NEVER_MS)
		return;
	task->due.key = mono_ms;
	/* Without memory for the heap it runs at once, not never. */
	if (heap_put(&w->due, &task->due))
		watch(w, mono_ms);
	else if (make_ready(w, task))
		call_idle(w);
}

void workers_wake_at(struct workers *w, struct task *task, int64_t mono_ms)
{
	pthread_mutex_lock(&w->lock);
	if (due_ms(task) != mono_ms)
		set_due(w, task, mono_ms);
	pthread_mutex_unlock(&w->lock);
}

void workers_wake_by(struct workers *w, struct task *task, int64_t mono_ms)
{
	pthread_mutex_lock(&w->lock);
	if (due_ms(task) > mono_ms)
		set_due(w, task, mono_ms);
	pthread_mutex_unlock(&w->lock);
}

static void workers_unready(struct workers *w, struct task *task)
{
	struct task **at = &w->ready;

	while (*at != task)
		at = &(*at)->next;
	*at = task->next;
	if (!*at)
		w->ready_end = at;
	task->state = TASK_IDLE;
}

void workers_forget(struct workers *w, struct task *task)
{
	pthread_mutex_lock(&w->lock);
	for (;;) {
		heap_remove(&w->due, &task->due);
		if (task->state == TASK_READY)
			workers_unready(w, task);
		if (task->state == TASK_IDLE)
			break;
		task->state = TASK_RUNNING; /* not again */
		pthread_cond_wait(&w->finished, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
}

int64_t workers_busy_since(struct workers *w, char *name, size_t size)
{
	const struct task *task, *longest = NULL;
	int64_t begun_ms;

	pthread_mutex_lock(&w->lock);
	for (task = w->running; task; task = task->next)
		if (!longest || task->begun_ms <= longest->begun_ms)
			longest = task;
	begun_ms = longest ? longest->begun_ms : NEVER_MS;
	snprintf(name, size, "%s", longest && longest->name ? longest->name : "");
	pthread_mutex_unlock(&w->lock);
	return begun_ms;
}

int64_t workers_run(struct workers *w, struct now now)
{
	const struct heap_node *due;
	int64_t next;

	pthread_mutex_lock(&w->lock);
	do {
		make_due_ready(w, now.mono_ms);
	} while (run_one(w, now));
	due = heap_first(&w->due);
	next = due ? due->key : NEVER_MS;
	pthread_mutex_unlock(&w->lock);
	return next;
}
