/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_fetch.c - an old librdkafka whose queue was full is asked something when that
 * is empty; a new one is told not to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "net/kafka_consume_private.h"

#define OLD	0x020002ff
#define NEW	0x020200ff
#define TIMEOUT 50

/* A library that has so many messages of a size, then none. */
static struct {
	int version, messages, asked, waited;
	size_t size;
	rd_kafka_message_t message;
	char set[64];
} fake;

static int fake_version(void)
{
	return fake.version;
}

static rd_kafka_conf_res_t fake_conf_get(const rd_kafka_conf_t *conf, const char *name,
					 char *to, size_t *size)
{
	(void)conf;
	assert_string_equal(name, "queued.max.messages.kbytes");
	*size = (size_t)snprintf(to, *size, "4096") + 1;
	return RD_KAFKA_CONF_OK;
}

static rd_kafka_conf_res_t fake_conf_set(rd_kafka_conf_t *conf, const char *name,
					 const char *value, char *why, size_t size)
{
	(void)conf;
	(void)why;
	(void)size;
	snprintf(fake.set, sizeof(fake.set), "%s=%s", name, value);
	return RD_KAFKA_CONF_OK;
}

static rd_kafka_message_t *fake_poll(rd_kafka_t *handle, int timeout_ms)
{
	(void)handle;
	fake.waited += timeout_ms;
	if (!fake.messages)
		return NULL;
	fake.messages--;
	fake.message.len = fake.size;
	return &fake.message;
}

static rd_kafka_resp_err_t fake_assignment(rd_kafka_t *handle,
					   rd_kafka_topic_partition_list_t **list)
{
	static rd_kafka_topic_partition_t one;
	static rd_kafka_topic_partition_list_t all = { .cnt = 1, .elems = &one };

	(void)handle;
	*list = &all;
	return 0;
}

static rd_kafka_resp_err_t fake_ask(rd_kafka_t *handle,
				    rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
	(void)handle;
	(void)timeout_ms;
	assert_int_equal(list->elems[0].offset, RD_KAFKA_OFFSET_END);
	fake.asked++;
	return 0;
}

static void fake_free(rd_kafka_topic_partition_list_t *list)
{
	(void)list;
}

static void consumer_init(struct kafka_consumer *c, int version)
{
	memset(&fake, 0, sizeof(fake));
	fake.version = version;
	*c = (struct kafka_consumer){ .library = {
					      .version = fake_version,
					      .conf_get = fake_conf_get,
					      .conf_set = fake_conf_set,
					      .consumer_poll = fake_poll,
					      .assignment = fake_assignment,
					      .offsets_for_times = fake_ask,
					      .topic_partition_list_destroy = fake_free,
				      } };
	kafka_fetch_init(c, NULL);
}

/* Takes so many, until there is none. */
static void take(struct kafka_consumer *c, int messages, size_t size)
{
	fake.messages = messages;
	fake.size = size;
	while (kafka_fetch_next(c, TIMEOUT))
		;
}

static void test_old(void **state)
{
	struct kafka_consumer c;

	(void)state;
	consumer_init(&c, OLD);
	take(&c, 1000, 1000);
	take(&c, 1000, 1000);
	take(&c, 1000, 1000);
	assert_int_equal(fake.asked, 0);
	take(&c, 3000, 1000);
	assert_int_equal(fake.asked, 1);
	take(&c, 1000, 1000);
	assert_int_equal(fake.asked, 1);
}

/* It is not waited for messages before it was asked, but behind that. */
static void test_waits_behind_the_question(void **state)
{
	struct kafka_consumer c;

	(void)state;
	consumer_init(&c, OLD);
	fake.messages = 1;
	fake.size = 3000000;
	assert_non_null(kafka_fetch_next(&c, TIMEOUT));
	fake.waited = 0;
	assert_null(kafka_fetch_next(&c, TIMEOUT));
	assert_int_equal(fake.waited, TIMEOUT);
	assert_int_equal(fake.asked, 1);
}

static void test_new(void **state)
{
	struct kafka_consumer c;

	(void)state;
	consumer_init(&c, NEW);
	take(&c, 100000, 1000);
	assert_int_equal(fake.asked, 0);
	assert_int_equal(kafka_fetch_set_backoff(&c.library, NULL), 0);
	assert_string_equal(fake.set, "fetch.queue.backoff.ms=5");
	consumer_init(&c, OLD);
	assert_int_equal(kafka_fetch_set_backoff(&c.library, NULL), 0);
	assert_string_equal(fake.set, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_waits_behind_the_question),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
