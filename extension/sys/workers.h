/* SPDX-License-Identifier: Apache-2.0 */
/* workers.h - a pool of threads that run tasks, each task on one at a time.
 *
 * A task is idle until it is woken, by somebody or by the clock. Waking a task
 * that runs makes it run again, so nothing that happened meanwhile is missed;
 * waking one that is ready changes nothing. Tasks run in the order in which
 * they became ready.
 *
 * A pool of 0 threads has no life of its own: workers_run() runs what is due,
 * on the caller's thread and at the time it says. So a replay is deterministic.
 */
#ifndef SYS_WORKERS_H
#define SYS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/heap.h"
#include "base/now.h"

struct workers;

/* Embedded in what the task is about. */
struct task {
	struct heap_node due; /* private; first */
	void (*run)(struct task *, struct now);

	/* Private. */
	struct task *next;
	int state;
};

void task_init(struct task *, void (*run)(struct task *, struct now));

/* The name is that of the threads. NULL: see err. */
struct workers *workers_new(unsigned threads, const char *name, struct err *);
/* Ends the threads; no task runs afterwards, ready ones are left. */
void workers_free(struct workers *);

/* Any thread, and the task itself. */
void workers_wake(struct workers *, struct task *);
/* Wakes it at a monotonic time, in place of the time said before; NEVER_MS:
 * not by the clock. */
void workers_wake_at(struct workers *, struct task *, int64_t mono_ms);
/* Wakes it at that time, or earlier when that was said before. */
void workers_wake_by(struct workers *, struct task *, int64_t mono_ms);
/* Waits until the task does not run, and forgets it: its memory is the
 * caller's again. Not from a task. */
void workers_forget(struct workers *, struct task *);

/* Pools of 0 threads: runs all that is ready or due at now, and what that makes
 * ready. Returns when the next task is due (monotonic), or NEVER_MS. */
int64_t workers_run(struct workers *, struct now);

#endif
