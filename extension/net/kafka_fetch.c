/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_fetch.c - the next message of a consumer, and how librdkafka is kept fetching.
 *
 * When its queue is full librdkafka stops fetching, and looks again a second later, not
 * when the queue is empty: whoever reads faster than that waits for the rest of the
 * second. A large queue hides it, in as much memory. From 2.2 on the second is a setting
 * (fetch.queue.backoff.ms). Before, any request to a broker makes the thread of that broker
 * look at once: so when a queue that may have been full is empty, all are asked
 * something small.
 */
#include <stdlib.h>
#include "net/kafka_consume_private.h"

#define BACKOFF_VERSION 0x020200ff
#define BACKOFF_MS	"5"
#define ASK_MS		1000

static bool has_backoff(const struct kafka_library *library)
{
	return library->version() >= BACKOFF_VERSION;
}

int kafka_fetch_set_backoff(const struct kafka_library *library, rd_kafka_conf_t *conf)
{
	char why[64];

	if (!has_backoff(library))
		return 0;
	return library->conf_set(conf, "fetch.queue.backoff.ms", BACKOFF_MS, why,
				 sizeof(why));
}

void kafka_fetch_init(struct kafka_consumer *c, const rd_kafka_conf_t *conf)
{
	char text[32] = "";
	size_t size = sizeof(text);

	c->full_bytes = SIZE_MAX;
	if (has_backoff(&c->library) ||
	    c->library.conf_get(conf, "queued.max.messages.kbytes", text, &size))
		return;
	/* What librdkafka counts beside our bytes makes it full earlier. */
	c->full_bytes = strtoul(text, NULL, 10) * 1024 / 2;
}

/* Where each partition ends, which its leader knows; what it answers is of no use. */
static void ask_leaders(struct kafka_consumer *c)
{
	rd_kafka_topic_partition_list_t *list;
	int i;

	if (c->library.assignment(c->handle, &list))
		return;
	for (i = 0; i < list->cnt; i++)
		list->elems[i].offset = RD_KAFKA_OFFSET_END;
	if (list->cnt)
		c->library.offsets_for_times(c->handle, list, ASK_MS);
	c->library.topic_partition_list_destroy(list);
}

rd_kafka_message_t *kafka_fetch_next(struct kafka_consumer *c, int timeout_ms)
{
	bool may_stand = c->taken_bytes >= c->full_bytes;
	rd_kafka_message_t *message = c->library.consumer_poll(c->handle,
							       may_stand ? 0
									 : timeout_ms);

	if (!message && may_stand) {
		ask_leaders(c);
		c->taken_bytes = 0;
		message = c->library.consumer_poll(c->handle, timeout_ms);
	}
	if (message)
		c->taken_bytes += message->len;
	else
		c->taken_bytes = 0;
	return message;
}
