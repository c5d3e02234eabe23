/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - see queue.h. */
#include <stdlib.h>
#include "sys/queue.h"

int queue_init(struct queue *q, size_t max)
{
	*q = (struct queue){ .max = max };
	return -pthread_mutex_init(&q->lock, NULL);
}

void queue_fini(struct queue *q)
{
	free(q->item);
	q->item = NULL;
	pthread_mutex_destroy(&q->lock);
}

/* Twice the room, the oldest first. */
static bool queue_grow(struct queue *q)
{
	size_t room = q->room ? q->room * 2 : 16, i;
	void **more = malloc(room * sizeof(*more));

	if (!more)
		return false;
	for (i = 0; i < q->count; i++)
		more[i] = q->item[(q->first + i) % q->room];
	free(q->item);
	q->item = more;
	q->room = room;
	q->first = 0;
	return true;
}

bool queue_push(struct queue *q, void *item)
{
	bool ok;

	pthread_mutex_lock(&q->lock);
	ok = q->count < q->max && (q->count < q->room || queue_grow(q));
	if (ok)
		q->item[(q->first + q->count++) % q->room] = item;
	pthread_mutex_unlock(&q->lock);
	return ok;
}

void *queue_pop(struct queue *q)
{
	void *item = NULL;

	pthread_mutex_lock(&q->lock);
	if (q->count) {
		item = q->item[q->first];
		q->first = (q->first + 1) % q->room;
		q->count--;
	}
	pthread_mutex_unlock(&q->lock);
	return item;
}

size_t queue_count(struct queue *q)
{
	size_t count;

	pthread_mutex_lock(&q->lock);
	count = q->count;
	pthread_mutex_unlock(&q->lock);
	return count;
}
