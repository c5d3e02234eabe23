/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka.c - settings that librdkafka takes or not, and who may set them. No broker
 * is asked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/kafka.h"
#include "net/kafka_library.h"

static struct map_of_str one(struct str *name, struct str *value)
{
	return (struct map_of_str){ .name = name, .value = value, .count = 1 };
}

static void test_settings(void **state)
{
	static const struct {
		const char *name, *value, *why;
	} table[] = {
		{ "bootstrap.servers", "127.0.0.1:1,[::1]:2", NULL },
		{ "linger.ms", "50", NULL },
		{ "compression.codec", "zstd", NULL },
		{ "linger.sm", "50", "No such configuration property" },
		{ "linger.ms", "x", "Invalid value" },
		{ "compression.codec", "rar", "Invalid value" },
		{ "sasl.mechanism", "PLAIN", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct str name = str_of(table[i].name), value = str_of(table[i].value);
		struct map_of_str settings = one(&name, &value);
		struct err err = ERR_INIT;
		int error = kafka_check(&settings, &err);

		print_message("  %s: %s\n", table[i].name, table[i].value);
		assert_int_equal(error, table[i].why ? -EINVAL : 0);
		if (!table[i].why)
			continue;
		assert_non_null(strstr(err.text, table[i].why));
		assert_string_equal(err.key, table[i].name);
	}
}

/* Whatever librdkafka says of it, its older versions fail when they log in. */
static void test_scram(void **state)
{
	struct str name = STR("sasl.mechanisms"), value = STR("SCRAM-SHA-512");
	struct map_of_str settings = one(&name, &value);
	struct kafka_library library;
	struct err err = ERR_INIT;
	bool is_old;

	(void)state;
	assert_int_equal(kafka_library_open(&library, &err), 0);
	is_old = library.version() < 0x020601ff;
	kafka_library_close(&library);
	assert_int_equal(kafka_check(&settings, &err), is_old ? -EINVAL : 0);
	if (is_old)
		assert_non_null(strstr(err.text, "2.6.1 is needed; use PLAIN over TLS"));
}

static void test_not_theirs(void **state)
{
	static const struct {
		const char *name;
		bool is_theirs;
	} table[] = {
		{ "linger.ms", true },
		{ "queue.buffering.max.kbytes", true },
		{ "bootstrap.servers", false },
		{ "transactional.id", false },
		{ "enable.idempotence", false },
		{ "allow.auto.create.topics", false },
		{ "plugin.library.paths", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct str name = str_of(table[i].name), value = STR("1");
		struct map_of_str settings = one(&name, &value);
		struct err err = ERR_INIT;

		print_message("  %s\n", table[i].name);
		assert_int_equal(kafka_refuse_settings(&settings, &err),
				 table[i].is_theirs ? 0 : -EINVAL);
		assert_string_equal(err.key, table[i].is_theirs ? "" : table[i].name);
	}
}

/* Equal settings and files are one producer, which goes with the last of them. */
static void test_shared(void **state)
{
	struct str name = STR("bootstrap.servers"), value = STR("127.0.0.1:1");
	struct str other_value = STR("127.0.0.1:2");
	struct map_of_str settings = one(&name, &value);
	struct map_of_str other_settings = one(&name, &other_value);
	struct kafka *kafka = kafka_new(NULL);
	struct kafka_cluster *first, *second, *other, *later;
	struct err err = ERR_INIT;
	char why[64];

	(void)state;
	first = kafka_open(kafka, &settings, 7, &err);
	second = kafka_open(kafka, &settings, 7, &err);
	later = kafka_open(kafka, &settings, 8, &err);
	other = kafka_open(kafka, &other_settings, 7, &err);
	assert_non_null(later);
	assert_ptr_not_equal(first, later);
	assert_non_null(first);
	assert_ptr_equal(first, second);
	assert_non_null(other);
	assert_ptr_not_equal(first, other);
	kafka_close(first);
	assert_false(kafka_trouble(second, why, sizeof(why)));
	kafka_close(second);
	kafka_close(other);
	kafka_close(later);
	kafka_free(kafka);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_scram),
		cmocka_unit_test(test_not_theirs),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests_name("kafka", tests, NULL, NULL);
}
