/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_close.c - the end of a consumer. When its topic was deleted librdkafka
 * (2.0.2) never ends; so that is left to a thread of its own, which nobody waits for
 * longer than for one that ends. See kafka_consume.h.
 *
 * Before 2.3.0 librdkafka aborts the process when a consumer is destroyed that has joined
 * its group and never learned what is assigned to it (its issue 4312). Such a one is
 * closed, and left as it is.
 */
#include <poll.h>
#include <stdlib.h>
#include "net/kafka_consume_private.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define END_MS	       2000
#define POLL_MS	       5
#define MENDED_VERSION 0x020300ff

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

static bool has_member_id(const struct kafka_consumer *c)
{
	char *id = c->library.memberid(c->handle);
	bool has = id && *id;

	c->library.mem_free(c->handle, id);
	return has;
}

/* Whether the group may have taken it. Who has failed before that asks no more. */
static bool may_have_joined(const struct kafka_consumer *c)
{
	return c->has_subscribed && (!c->has_failed || has_member_id(c));
}

static void leave(struct kafka_consumer *c)
{
	atomic_fetch_add(&c->refs, 1);
	be_silent(c);
}

static void consumer_end(struct kafka_consumer *c)
{
	bool may_abort = c->library.version() < MENDED_VERSION && may_have_joined(c);

	c->library.consumer_close(c->handle);
	if (may_abort && !c->was_assigned)
		leave(c);
	else
		destroy_beside(c);
}

void kafka_consumer_close(struct kafka_consumer *c)
{
	if (!c)
		return;
	c->is_closing = true;
	if (c->handle)
		consumer_end(c);
	consumer_unref(c);
}
