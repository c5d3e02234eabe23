/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_inbox.c - what goes between the thread of a cluster and all others. See kafka.h.
 */
#include <stdio.h>
#include <unistd.h>
#include "net/kafka_private.h"

void kafka_wake(struct kafka_cluster *c)
{
	uint64_t one = 1;
	ssize_t n = write(c->events, &one, sizeof(one));

	(void)n; /* it is full: the thread is about to look */
}

void kafka_start(struct kafka_cluster *c, struct kafka_job *job)
{
	job->cluster = c;
	job->unreported = 0;
	pthread_mutex_lock(&c->lock);
	job->next = c->new;
	c->new = job;
	pthread_mutex_unlock(&c->lock);
	kafka_wake(c);
}

bool kafka_trouble(struct kafka_cluster *c, char *why, size_t size)
{
	pthread_mutex_lock(&c->lock);
	snprintf(why, size, "%s", c->problem);
	pthread_mutex_unlock(&c->lock);
	return *why != '\0';
}

void kafka_set_problem(struct kafka_cluster *c, const char *why)
{
	pthread_mutex_lock(&c->lock);
	snprintf(c->problem, sizeof(c->problem), "%s", why);
	pthread_mutex_unlock(&c->lock);
}
