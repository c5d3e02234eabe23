/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_end.c - what a cluster does for others before it ends: what it has under way is
 * waited for, by those who would send it again. See kafka_progress.h.
 */
#include <stdio.h>
#include "net/kafka_private.h"

#define UNWANTED_MS 300000 /* nobody waits for what a closed one has not sent */

void kafka_note_place(struct kafka_cluster *c)
{
	char *place = *c->place ? NULL : c->library.clusterid(c->producer, 0);

	if (!place)
		return;
	pthread_mutex_lock(&c->kafka->lock);
	snprintf(c->place, sizeof(c->place), "%s", place);
	pthread_mutex_unlock(&c->kafka->lock);
	c->library.mem_free(c->producer, place);
}

void kafka_forget_place(struct kafka_cluster *c)
{
	pthread_mutex_lock(&c->kafka->lock);
	*c->place = '\0';
	pthread_mutex_unlock(&c->kafka->lock);
}

void kafka_give_back(struct kafka_cluster *c)
{
	bool is_asked;

	kafka_note_place(c);
	pthread_mutex_lock(&c->kafka->lock);
	is_asked = c->is_wanted && (!*c->place || c->must_give_up);
	c->is_wanted = c->must_give_up = false;
	pthread_mutex_unlock(&c->kafka->lock);
	if (!is_asked || !c->unreported)
		return;
	c->library.purge(c->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	/* The numbers that brokers expect next are not known to it any more. */
	c->is_fatal = true;
}

static bool has_jobs(struct kafka_cluster *c)
{
	bool has_jobs;

	pthread_mutex_lock(&c->lock);
	has_jobs = c->jobs || c->new;
	pthread_mutex_unlock(&c->lock);
	return has_jobs;
}

/* The lock of kafka is held. */
static bool may_end(struct kafka_cluster *c)
{
	if (c->refs || has_jobs(c))
		return false;
	return !c->unreported || c->kafka->is_ending ||
	       c->turn_ms - c->wanted_ms >= UNWANTED_MS;
}

bool kafka_has_ended(struct kafka_cluster *c)
{
	struct kafka *k = c->kafka;
	struct kafka_cluster **at;
	bool is_over;

	pthread_mutex_lock(&k->lock);
	is_over = may_end(c);
	for (at = &k->clusters; is_over && *at != c;)
		at = &(*at)->next;
	if (is_over) {
		*at = c->next;
		c->next = k->ended;
		k->ended = c;
		pthread_cond_signal(&k->has_ended);
	}
	pthread_mutex_unlock(&k->lock);
	return is_over;
}
