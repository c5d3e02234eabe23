/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_past.c - which names of jobs stay known, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "net/kafka_past.h"

#define NAME "logs/egress/20261128T120000Z/20261128/%08u"

static const char *name_of(unsigned number)
{
	static char name[64];

	snprintf(name, sizeof(name), NAME, number);
	return name;
}

/* As after a commit. */
static void go(struct kafka_past *past, unsigned number)
{
	struct buf text = BUF_INIT(2 * KAFKA_PAST_MAX);

	assert_int_equal(kafka_past_put(past, name_of(number), &text), 0);
	assert_true(text.len <= KAFKA_PAST_MAX);
	assert_int_equal(kafka_past_set(past, buf_str(&text)), 0);
	buf_fini(&text);
}

/* As after a start. */
static void read_again(struct kafka_past *past)
{
	struct kafka_past next;

	kafka_past_init(&next);
	assert_int_equal(kafka_past_read(&next, buf_str(&past->text)), 0);
	kafka_past_fini(past);
	*past = next;
}

static void test_empty(void **state)
{
	struct kafka_past past;

	(void)state;
	kafka_past_init(&past);
	assert_int_equal(kafka_past_read(&past, STR("")), 0);
	assert_false(kafka_past_has(&past, ""));
	assert_false(kafka_past_has(&past, name_of(1)));
	go(&past, 1);
	assert_true(kafka_past_has(&past, name_of(1)));
	assert_false(kafka_past_has(&past, "logs"));
	assert_true(str_is(buf_str(&past.text),
			   "logs/egress/20261128T120000Z/20261128/00000001\n"));
	kafka_past_fini(&past);
}

static void test_the_last_ones_are_known(void **state)
{
	struct kafka_past past;
	unsigned i;

	(void)state;
	kafka_past_init(&past);
	for (i = 1; i <= 200; i++)
		go(&past, i);
	for (i = 140; i <= 200; i++)
		assert_true(kafka_past_has(&past, name_of(i)));
	assert_false(kafka_past_has(&past, name_of(1)));
	kafka_past_fini(&past);
}

/* What was the last one when somebody began stays, whatever is sent then. */
static void test_the_doubtful_stay(void **state)
{
	struct kafka_past past;
	unsigned run, i, number = 0;

	(void)state;
	kafka_past_init(&past);
	for (run = 0; run < 20; run++) {
		for (i = 0; i < 100; i++)
			go(&past, ++number);
		read_again(&past);
		read_again(&past);
		for (i = 100; i <= number; i += 100)
			assert_true(kafka_past_has(&past, name_of(i)));
		assert_false(kafka_past_has(&past, name_of(number - 99)));
	}
	/* And they leave room for others. */
	for (run = 0; run < 100; run++) {
		go(&past, ++number);
		read_again(&past);
	}
	for (i = 0; i < 100; i++)
		go(&past, ++number);
	for (i = 0; i < 30; i++)
		assert_true(kafka_past_has(&past, name_of(number - i)));
	kafka_past_fini(&past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_the_last_ones_are_known),
		cmocka_unit_test(test_the_doubtful_stay),
	};

	return cmocka_run_group_tests_name("kafka_past", tests, NULL, NULL);
}
