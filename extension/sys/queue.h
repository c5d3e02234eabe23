/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - a bounded queue of pointers between threads.
 *
 * It never waits: pushing to a full queue and popping from an empty one fail at once.
 * Ownership of what a pointer points to moves with it.
 */
#ifndef SYS_QUEUE_H
#define SYS_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct queue {
	pthread_mutex_t lock;
	void **item; /* a ring of room slots */
	size_t room, first, count, max;
};

/* 0 or -errno. */
int queue_init(struct queue *, size_t max);
/* It must be empty. */
void queue_fini(struct queue *);

bool queue_push(struct queue *, void *); /* false: full, or no memory */
void *queue_pop(struct queue *);	 /* NULL: empty */
size_t queue_count(struct queue *);

#endif
