/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c - what a host hears, and that nobody waits for it. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/buf.h"
#include "sys/log.h"

/* Keeps lines as "level text"; blocks in the first one when told to. */
struct host {
	struct buf lines;
	size_t count;
	bool blocks;
	sem_t entered, leave;
};

static void keep_line(void *context, enum skydive_log_level level, const char *text)
{
	struct host *h = context;

	buf_printf(&h->lines, "%d %s\n", (int)level, text);
	h->count++;
	if (h->blocks && h->count == 1) {
		sem_post(&h->entered);
		sem_wait(&h->leave);
	}
}

static struct log *open_log(struct host *h, enum log_level level)
{
	struct skydive_host host = {
		.size = sizeof(host),
		.context = h,
		.log = keep_line,
	};
	struct log *log;

	*h = (struct host){ .lines = BUF_INIT(1 << 20) };
	sem_init(&h->entered, 0, 0);
	sem_init(&h->leave, 0, 0);
	log = log_new(&host, level, NULL);
	assert_non_null(log);
	return log;
}

static void assert_lines(struct host *h, struct log *log, const char *expected)
{
	log_free(log);
	assert_string_equal(buf_str(&h->lines).ptr, expected);
	buf_fini(&h->lines);
	sem_destroy(&h->entered);
	sem_destroy(&h->leave);
}

static void test_lines_arrive_in_order_with_their_level(void **state)
{
	struct host h;
	struct log *log = open_log(&h, LOG_INFO);

	(void)state;
	log_write(log, LOG_ERROR, "a=%d", 1);
	log_write(log, LOG_WARNING, "b=%s", "x");
	log_write(log, LOG_INFO, "c");
	log_write(log, LOG_DEBUG, "not made");
	assert_lines(&h, log, "0 a=1\n1 b=x\n2 c\n");
}

static void test_level_may_change(void **state)
{
	struct host h;
	struct log *log = open_log(&h, LOG_ERROR);

	(void)state;
	log_write(log, LOG_WARNING, "a");
	log_set_level(log, LOG_DEBUG);
	log_write(log, LOG_DEBUG, "b");
	log_set_level(log, LOG_WARNING);
	log_write(log, LOG_INFO, "c");
	assert_lines(&h, log, "3 b\n");
}

static void test_repeats_are_counted(void **state)
{
	struct host h;
	struct log *log = open_log(&h, LOG_INFO);
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		log_write(log, LOG_WARNING, "again");
	log_write(log, LOG_ERROR, "again"); /* another level: another line */
	log_write(log, LOG_INFO, "other");
	log_write(log, LOG_INFO, "last");
	log_write(log, LOG_INFO, "last");
	assert_lines(&h, log,
		     "1 again\n1 the line above came 4 more times\n0 again\n"
		     "2 other\n2 last\n2 the line above came 1 more times\n");
}

static void test_text_of_others_stays_on_its_line(void **state)
{
	struct host h;
	struct log *log = open_log(&h, LOG_INFO);
	char expected[1100], longest[2000];

	(void)state;
	log_write(log, LOG_INFO, "reply=%s",
		  "a\r\nb\tc\x1b[31m\x7f\x01"
		  "d \xc3\xa9");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	log_write(log, LOG_INFO, "%s", longest);
	snprintf(expected, sizeof(expected),
		 "2 reply=a  b c [31m  d \xc3\xa9\n2 %.1023s\n", longest);
	assert_lines(&h, log, expected);
}

/* A value between quotes ends where its quotes do, whatever others say. */
static void test_quotes_are_escaped(void **state)
{
	static const struct {
		const char *text, *quoted;
	} table[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "say \"x\"", "say \\\"x\\\"" },
		{ "C:\\ \"", "C:\\\\ \\\"" },
	};
	struct log_quoted out;
	char text[3000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(log_quote(&out, table[i].text), table[i].quoted);
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(strlen(log_quote(&out, text)) % 2, 0);
}

static void test_stuck_host_stops_nobody(void **state)
{
	struct buf expected = BUF_INIT(1 << 20);
	struct host h;
	struct log *log = open_log(&h, LOG_INFO);
	int i;

	(void)state;
	h.blocks = true;
	log_write(log, LOG_INFO, "first");
	sem_wait(&h.entered);
	/* The ring holds 256 lines; nothing here waits for the host. */
	for (i = 0; i < 300; i++)
		log_write(log, LOG_INFO, "line=%d", i);
	sem_post(&h.leave);
	buf_puts(&expected, "2 first\n2 line=0\n1 log=overflow lines_dropped=44\n");
	for (i = 1; i < 256; i++)
		buf_printf(&expected, "2 line=%d\n", i);
	assert_lines(&h, log, buf_str(&expected).ptr);
	buf_fini(&expected);
}

/* Dropped lines are told between repeats: "above" must mean the right one. */
static void test_overflow_ends_repeats(void **state)
{
	struct host h;
	struct log *log = open_log(&h, LOG_INFO);
	int i;

	(void)state;
	h.blocks = true;
	log_write(log, LOG_INFO, "same");
	sem_wait(&h.entered);
	for (i = 0; i < 300; i++)
		log_write(log, LOG_INFO, "same");
	sem_post(&h.leave);
	assert_lines(&h, log,
		     "2 same\n2 the line above came 1 more times\n"
		     "1 log=overflow lines_dropped=44\n"
		     "2 same\n2 the line above came 254 more times\n");
}

static void test_no_log_is_silent(void **state)
{
	struct log *log = log_new(NULL, LOG_DEBUG, NULL);

	(void)state;
	log_write(NULL, LOG_ERROR, "nobody hears");
	assert_non_null(log);
	log_write(log, LOG_ERROR, "nobody hears");
	log_free(log);
	log_free(NULL);
}

enum { WRITERS = 4, LINES = 200 };

static void *write_lines(void *argument)
{
	struct log *log = argument;
	int i;

	for (i = 0; i < LINES; i++) {
		log_write(log, LOG_INFO, "thread=%lx line=%d",
			  (unsigned long)pthread_self(), i);
		log_set_level(log, LOG_INFO);
	}
	return NULL;
}

static void test_every_line_is_told_or_counted(void **state)
{
	struct host h;
	struct log *log = open_log(&h, LOG_INFO);
	pthread_t thread[WRITERS];
	size_t told = 0, dropped = 0;
	const char *at;
	int i;

	(void)state;
	for (i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, write_lines, log), 0);
	for (i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	log_free(log);
	for (at = buf_str(&h.lines).ptr; (at = strstr(at, "thread=")); at++)
		told++;
	for (at = buf_str(&h.lines).ptr; (at = strstr(at, "lines_dropped=")); at++)
		dropped += (size_t)strtoul(at + 14, NULL, 10);
	assert_int_equal(told + dropped, WRITERS * LINES);
	buf_fini(&h.lines);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_arrive_in_order_with_their_level),
		cmocka_unit_test(test_level_may_change),
		cmocka_unit_test(test_repeats_are_counted),
		cmocka_unit_test(test_text_of_others_stays_on_its_line),
		cmocka_unit_test(test_quotes_are_escaped),
		cmocka_unit_test(test_stuck_host_stops_nobody),
		cmocka_unit_test(test_overflow_ends_repeats),
		cmocka_unit_test(test_no_log_is_silent),
		cmocka_unit_test(test_every_line_is_told_or_counted),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
