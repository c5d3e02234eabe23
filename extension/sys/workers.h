/* SPDX-License-Identifier: Apache-2.0 */
/* workers.h - a pool of threads that run tasks, each task on one thread at a time.
 *
 * A task is idle until it is woken, by a call or by the clock. Waking a task that is
 * running makes it run again, so no event is missed; waking one that is ready changes
 * nothing. Tasks run in the order in which they became ready.
 *
 * With a pool of 0 threads workers_run() runs what is due, on the caller's thread and
 * at the time that the caller gives, so a replay is deterministic.
 */
#ifndef SYS_WORKERS_H
#define SYS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/heap.h"
#include "base/now.h"

struct workers;

/* Embedded in the object that the task works on. */
struct task {
	struct heap_node due; /* private; first */
	void (*run)(struct task *, struct now);
	const char *name; /* whose it is; borrowed; may be NULL */

	/* Private. */
	struct task *next;
	int state;
	int64_t begun_ms;
};

void task_init(struct task *, void (*run)(struct task *, struct now));

/* name is the threads' name. NULL: see err. */
struct workers *workers_new(unsigned threads, const char *name, struct err *);
/* The same; but when all its threads have run one task each for stuck_ms while another is
 * ready, there is one more, up to threads_max: for tasks that a disk may hold, or that are
 * long. A thread waits for that, and does nothing else. */
struct workers *workers_new_growing(unsigned threads, unsigned threads_max,
				    int64_t stuck_ms, const char *name, struct err *);
/* Ends the threads; no task runs afterwards, not even ready ones. */
void workers_free(struct workers *);

/* Any thread, also from the task itself. */
void workers_wake(struct workers *, struct task *);
/* Wakes it at a monotonic time, which replaces the time set before; NEVER_MS: not by
 * the clock. */
void workers_wake_at(struct workers *, struct task *, int64_t mono_ms);
/* Wakes it at that time, or earlier if an earlier time was set before. */
void workers_wake_by(struct workers *, struct task *, int64_t mono_ms);
/* Waits until the task does not run, and removes it: its memory is the caller's again.
 * Not from a task. */
void workers_forget(struct workers *, struct task *);

/* When the task began that has run longest, monotonic, and its name; NEVER_MS: none
 * runs. */
int64_t workers_busy_since(struct workers *, char *name, size_t size);

/* For pools of 0 threads: runs all tasks that are ready or due at now, and those that
 * they make ready. Returns when the next task is due (monotonic), or NEVER_MS. */
int64_t workers_run(struct workers *, struct now);

#endif
