/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_progress.c - see kafka_progress.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "net/kafka_progress.h"
#include "net/kafka_private.h"

/* For the producer before: some attempts to connect, 5 s apart at most. */
#define PATIENCE_MS 15000

#define WORD_BITS 64

static void progress_free(struct kafka_progress *d)
{
	if (!d)
		return;
	free(d->name);
	free(d->sent);
	free(d);
}

static uint64_t hash_on(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* After an outage there is one for each tenant: names are compared when it is equal. */
static uint64_t hash_of(const struct kafka_job *job)
{
	return hash_on(hash_on(0xcbf29ce484222325, job->topic), job->name);
}

static bool is_of_job(const struct kafka_progress *d, const struct kafka_job *job)
{
	size_t topic = strlen(job->topic);

	return strncmp(d->name, job->topic, topic) == 0 && d->name[topic] == '\n' &&
	       strcmp(d->name + topic + 1, job->name) == 0;
}

static size_t bytes_of(const struct kafka_progress *d)
{
	return sizeof(*d) + strlen(d->name) + d->room * sizeof(*d->sent);
}

static const char *place_of(const struct kafka_progress *d)
{
	return !*d->place && d->cluster ? d->cluster->place : d->place;
}

/* The job's own; where its link ends: there is none. The lock is held. */
static struct kafka_progress **find_left(struct kafka_cluster *c,
					 const struct kafka_job *job)
{
	struct kafka_progress **at, *d;
	uint64_t hash = hash_of(job);

	for (at = &c->kafka->left; (d = *at); at = &d->next) {
		const char *place = place_of(d);

		if (d->hash == hash && is_of_job(d, job) &&
		    (!*place || !*c->place || strcmp(place, c->place) == 0))
			break;
	}
	return at;
}

/* What another producer has under way it may not be able to send any more: it never
 * reached its brokers, or does not come back to them, while they are there for us. The
 * lock is held. */
static void ask_back(struct kafka_cluster *c, struct kafka_job *job,
		     struct kafka_cluster *other)
{
	other->wanted_ms = c->turn_ms;
	if (!*c->place)
		return;
	if (!job->waits_ms)
		job->waits_ms = c->turn_ms;
	other->is_wanted = true;
	other->must_give_up |= c->turn_ms - job->waits_ms >= PATIENCE_MS;
	kafka_wake(other);
}

/* Whether it can be taken over now. The lock is held. */
static bool is_ready(struct kafka_cluster *c, struct kafka_job *job,
		     const struct kafka_progress *d)
{
	if (d->cluster == c)
		return true;
	if (d->cluster)
		ask_back(c, job, d->cluster);
	return !d->cluster && (!*d->place || *c->place);
}

static struct kafka_progress *progress_new(const struct kafka_job *job)
{
	struct kafka_progress *d = calloc(1, sizeof(*d));
	size_t size;

	if (!d || job->group)
		return d;
	size = strlen(job->topic) + strlen(job->name) + 2;
	d->name = malloc(size);
	if (!d->name) {
		free(d);
		return NULL;
	}
	snprintf(d->name, size, "%s\n%s", job->topic, job->name);
	d->hash = hash_of(job);
	return d;
}

/* The lock is held. */
static struct kafka_progress *unlink_left(struct kafka *k, struct kafka_progress **at)
{
	struct kafka_progress *d = *at;

	*at = d->next;
	d->is_left = false;
	k->left_bytes -= bytes_of(d);
	return d;
}

/* false: there is one, but not now. *found: that of a job before, or NULL. */
static bool take_left(struct kafka_cluster *c, struct kafka_job *job,
		      struct kafka_progress **found)
{
	struct kafka_progress **at;
	bool may_begin = true;

	*found = NULL;
	if (job->group)
		return true;
	pthread_mutex_lock(&c->kafka->lock);
	at = find_left(c, job);
	if (*at)
		may_begin = is_ready(c, job, *at);
	if (*at && may_begin) {
		*found = unlink_left(c->kafka, at);
		(*found)->cluster = c;
	}
	pthread_mutex_unlock(&c->kafka->lock);
	return may_begin;
}

bool kafka_progress_begin(struct kafka_cluster *c, struct kafka_job *job)
{
	struct kafka_progress *d;

	if (job->progress)
		return true;
	if (!take_left(c, job, &d))
		return false;
	if (!d)
		d = progress_new(job);
	if (!d)
		return false;
	d->cluster = c;
	d->job = job;
	job->progress = d;
	job->unreported = d->unreported;
	return true;
}

/* The newest are first. The lock is held. */
static void drop_oldest(struct kafka *k)
{
	struct kafka_progress **at = &k->left;
	size_t bytes = 0;

	while (*at && k->left_bytes > KAFKA_LEFT_BYTES) {
		bytes += bytes_of(*at);
		if ((*at)->cluster || bytes <= KAFKA_LEFT_BYTES)
			at = &(*at)->next;
		else
			progress_free(unlink_left(k, at));
	}
}

static void leave(struct kafka *k, struct kafka_progress *d)
{
	pthread_mutex_lock(&k->lock);
	d->is_left = true;
	d->next = k->left;
	k->left = d;
	k->left_bytes += bytes_of(d);
	if (!d->unreported)
		d->cluster = NULL;
	drop_oldest(k);
	pthread_mutex_unlock(&k->lock);
}

static bool tells_nothing(const struct kafka_progress *d)
{
	size_t i;

	for (i = 0; i < d->words; i++)
		if (d->sent[i])
			return false;
	return true;
}

void kafka_progress_end(struct kafka_job *job, bool is_complete)
{
	struct kafka_progress *d = job->progress;

	job->progress = NULL;
	if (!d)
		return;
	d->job = NULL;
	if (d->name && (d->unreported || (!is_complete && !tells_nothing(d))))
		leave(d->cluster->kafka, d);
	else if (!d->unreported)
		progress_free(d);
}

bool kafka_progress_prepare(struct kafka_progress *d, int64_t at)
{
	size_t need = (size_t)at / WORD_BITS + 1;

	if (!d->name || need <= d->words)
		return true;
	if (!grow(d->sent, d->room, need))
		return false;
	memset(d->sent + d->words, 0, (need - d->words) * sizeof(*d->sent));
	d->words = need;
	return true;
}

static void note(struct kafka_progress *d, int64_t at, bool is_sent)
{
	uint64_t bit = (uint64_t)1 << ((uint64_t)at % WORD_BITS);
	uint64_t *word = d->sent + at / WORD_BITS;

	*word = is_sent ? *word | bit : *word & ~bit;
}

void kafka_progress_sent(struct kafka_progress *d, int64_t at)
{
	d->unreported++;
	if (d->name)
		note(d, at, true);
}

/* Others may ask for it. */
static void note_place(struct kafka_progress *d)
{
	struct kafka_cluster *c = d->cluster;

	pthread_mutex_lock(&c->kafka->lock);
	memcpy(d->place, c->place, sizeof(d->place));
	pthread_mutex_unlock(&c->kafka->lock);
}

void kafka_progress_reported(struct kafka_progress *d, int64_t at, bool is_written)
{
	struct kafka *k = d->cluster->kafka;

	d->unreported--;
	if (d->name && !is_written)
		note(d, at, false);
	else if (d->name && !*d->place)
		note_place(d);
	if (d->job || d->unreported)
		return;
	if (!d->is_left) {
		progress_free(d);
		return;
	}
	pthread_mutex_lock(&k->lock);
	d->cluster = NULL;
	pthread_mutex_unlock(&k->lock);
}

void kafka_progress_forget(struct kafka_cluster *c)
{
	struct kafka_progress *d;

	pthread_mutex_lock(&c->kafka->lock);
	for (d = c->kafka->left; d; d = d->next)
		if (d->cluster == c) {
			d->unreported = 0;
			d->cluster = NULL;
		}
	pthread_mutex_unlock(&c->kafka->lock);
}

void kafka_progress_free_left(struct kafka *k)
{
	struct kafka_progress *d;

	while ((d = k->left)) {
		k->left = d->next;
		progress_free(d);
	}
}

bool kafka_is_sent(const struct kafka_job *job, int64_t at)
{
	const struct kafka_progress *d = job->progress;

	return d && (size_t)at / WORD_BITS < d->words &&
	       d->sent[at / WORD_BITS] >> ((uint64_t)at % WORD_BITS) & 1;
}

int kafka_note_sent(struct kafka_job *job, int64_t at)
{
	struct kafka_progress *d = job->progress;

	if (!d || !d->name)
		return 0;
	if (!kafka_progress_prepare(d, at))
		return -ENOMEM;
	note(d, at, true);
	return 0;
}
