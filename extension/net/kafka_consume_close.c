/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_close.c - the end of a consumer. When its topic was deleted librdkafka
 * (2.0.2) never ends; so that is left to a thread of its own, which nobody waits for
 * longer than for one that ends. See kafka_consume.h.
 */
#include <poll.h>
#include <stdlib.h>
#include "net/kafka_consume_private.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define END_MS	2000
#define POLL_MS 5

static void consumer_unref(struct kafka_consumer *c)
{
	if (atomic_fetch_sub(&c->refs, 1) > 1)
		return;
	kafka_library_close(&c->library);
	kafka_words_fini(&c->words);
	free(c->search);
	free(c);
}

static void *consumer_destroy(void *argument)
{
	struct kafka_consumer *c = argument;

	c->library.destroy(c->handle);
	atomic_store(&c->is_destroyed, true);
	consumer_unref(c);
	return NULL;
}

/* Who closes it owns the log. */
static void be_silent(struct kafka_consumer *c)
{
	pthread_mutex_lock(&c->words.lock);
	c->is_silent = true;
	pthread_mutex_unlock(&c->words.lock);
}

static void destroy_beside(struct kafka_consumer *c)
{
	int64_t until_ms = clock_now().mono_ms + END_MS;
	pthread_t thread;

	atomic_fetch_add(&c->refs, 1);
	if (thread_start(&thread, "kafka-end", consumer_destroy, c) < 0) {
		consumer_destroy(c);
		return;
	}
	pthread_detach(thread);
	while (!atomic_load(&c->is_destroyed) && clock_now().mono_ms < until_ms)
		poll(NULL, 0, POLL_MS);
	be_silent(c);
}

void kafka_consumer_close(struct kafka_consumer *c)
{
	if (!c)
		return;
	c->is_closing = true;
	if (c->handle) {
		c->library.consumer_close(c->handle);
		destroy_beside(c);
	}
	consumer_unref(c);
}
