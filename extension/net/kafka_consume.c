/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume.c - see kafka_consume.h. What is assigned is in kafka_assign.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/prefetch.h"
#include "net/kafka_consume_private.h"
#include "sys/log.h"

/* Of a call. */
#define AT_ONCE	      1000 /* messages */
#define BYTES_AT_ONCE ((size_t)1 << 20)
#define HEADERS_BYTES 192  /* of a message of ours, with some more */
#define LOAD_MAX      4096 /* what is longer comes by itself */

/* From any thread of librdkafka's; what matters is told as an error. */
static void say_line(const rd_kafka_t *handle, int level, const char *facility,
		     const char *line)
{
	struct kafka_library library;
	struct kafka_consumer *c;

	(void)level;
	if (kafka_library_open(&library, NULL) < 0)
		return;
	c = library.opaque(handle);
	if (c) {
		pthread_mutex_lock(&c->words.lock);
		if (!c->is_silent)
			log_write(c->parts.log, LOG_DEBUG, "kafka=%s message=\"%s\"",
				  facility, LOG_QUOTED(line));
		pthread_mutex_unlock(&c->words.lock);
	}
	kafka_library_close(&library);
}

static void hear_error(rd_kafka_t *handle, int code, const char *why, void *opaque)
{
	struct kafka_consumer *c = opaque;

	(void)handle;
	log_write(c->parts.log, LOG_DEBUG, "kafka=error error=\"%s\"", LOG_QUOTED(why));
	kafka_consumer_fail(c, (rd_kafka_resp_err_t)code, why);
}

static rd_kafka_conf_t *conf_of(struct kafka_consumer *c, struct err *err)
{
	rd_kafka_conf_t *conf = kafka_conf_reader(&c->library, c->parts.settings,
						  c->parts.group, c->parts.member, err);

	if (!conf)
		return NULL;
	c->library.conf_set_opaque(conf, c);
	c->library.conf_set_error_cb(conf, hear_error);
	c->library.conf_set_log_cb(conf, say_line);
	c->library.conf_set_rebalance_cb(conf, kafka_consumer_rebalance);
	kafka_fetch_init(c, conf);
	return conf;
}

static int consumer_subscribe(struct kafka_consumer *c, struct err *err)
{
	rd_kafka_topic_partition_list_t *topics = c->library.topic_partition_list_new(1);
	rd_kafka_resp_err_t error;

	c->library.topic_partition_list_add(topics, c->parts.topic,
					    RD_KAFKA_PARTITION_UA);
	c->has_subscribed = true;
	error = c->library.subscribe(c->handle, topics);
	c->library.topic_partition_list_destroy(topics);
	return error ? err_set(err, "%s", c->library.err2str(error)) : 0;
}

static int consumer_make(struct kafka_consumer *c, struct err *err)
{
	rd_kafka_conf_t *conf;

	if (kafka_library_open(&c->library, err) < 0)
		return -EINVAL;
	conf = conf_of(c, err);
	c->handle = conf ? kafka_handle_new(&c->library, RD_KAFKA_CONSUMER, conf, err)
			 : NULL;
	if (!c->handle)
		return -EINVAL;
	c->library.poll_set_consumer(c->handle);
	return 0;
}

struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_parts *parts,
					  struct err *err)
{
	struct kafka_consumer *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(err, "out of memory");
		return NULL;
	}
	kafka_words_init(&c->words);
	atomic_init(&c->refs, 1);
	c->parts = *parts;
	if (consumer_make(c, err) == 0)
		return c;
	kafka_consumer_close(c);
	return NULL;
}

struct kafka_consumer *kafka_consumer_open(const struct kafka_consumer_parts *parts,
					   struct err *err)
{
	struct kafka_consumer *c = kafka_consumer_new(parts, err);

	if (!c || consumer_subscribe(c, err) == 0)
		return c;
	kafka_consumer_close(c);
	return NULL;
}

struct str kafka_consumer_format(const struct kafka_consumer *c,
				 const struct kafka_consumed *consumed)
{
	rd_kafka_headers_t *headers;
	const void *value;
	size_t size;

	if (c->library.message_headers(consumed->message, &headers) ||
	    c->library.header_get_last(headers, "format", &value, &size))
		return STR("");
	return (struct str){ value, size };
}

/* Another thread wrote it, on another core. Behind it are its headers, and the next
 * message, which is about as large: that is there when it is asked for. */
static void load_next(const rd_kafka_message_t *message)
{
	size_t size = message->len + 2 * HEADERS_BYTES;

	if (size <= LOAD_MAX)
		prefetch((const char *)message->payload + message->len, size);
}

static void consumer_take(struct kafka_consumer *c, rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t type;
	struct kafka_consumed consumed;

	load_next(message);
	consumed = (struct kafka_consumed){
		.partition = message->partition,
		.offset = message->offset,
		.value = { message->payload, message->len },
		.message = message,
	};

	if (kafka_consumer_found(c, message->partition))
		return;
	consumed.time_ms = c->library.message_timestamp(message, &type);
	consumed.is_append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
	c->problem[0] = '\0';
	c->parts.message(c->parts.context, &consumed);
}

static void consumer_event(struct kafka_consumer *c, const rd_kafka_message_t *message)
{
	const char *why = message->payload ? message->payload
					   : c->library.err2str(message->err);

	switch (message->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		c->problem[0] = '\0';
		if (kafka_consumer_found(c, message->partition))
			break;
		c->parts.at_end(c->parts.context, message->partition, message->offset);
		break;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		if (!kafka_consumer_strays(c, message->partition, message->offset))
			kafka_consumer_skip(c, message->partition);
		break;
	case RD_KAFKA_RESP_ERR__BAD_MSG:
	case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
	case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
		kafka_consumer_broken(c, message->partition, message->offset, why);
		break;
	default:
		kafka_consumer_fail(c, message->err, why);
	}
}

int kafka_consumer_poll(struct kafka_consumer *c, int timeout_ms)
{
	rd_kafka_message_t *message;
	size_t bytes = 0;
	int i;

	for (i = 0; i < AT_ONCE && bytes < BYTES_AT_ONCE && !c->has_failed; i++) {
		message = kafka_fetch_next(c, i ? 0 : timeout_ms);
		if (!message)
			break;
		bytes += message->len;
		if (message->err)
			consumer_event(c, message);
		else
			consumer_take(c, message);
		c->library.message_destroy(message);
	}
	return c->has_failed ? -EIO : 0;
}

int kafka_consumer_check(const struct map_of_str *settings, const char *group,
			 struct err *err)
{
	struct kafka_library library;
	rd_kafka_conf_t *conf;

	if (kafka_library_open(&library, err) < 0)
		return -EINVAL;
	conf = kafka_conf_reader(&library, settings, group, "check", err);
	if (conf)
		library.conf_destroy(conf);
	kafka_library_close(&library);
	return conf ? 0 : -EINVAL;
}
