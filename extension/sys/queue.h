/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - a bounded hand-off between threads: pointers in, pointers out.
 *
 * Nobody ever waits in it: a full queue says so at once, and so does an empty
 * one. What a pointer points to changes hands with it.
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
/* The caller has emptied it. */
void queue_fini(struct queue *);

bool queue_push(struct queue *, void *); /* false: full, or no memory */
void *queue_pop(struct queue *);	 /* NULL: empty */
size_t queue_count(struct queue *);

#endif
