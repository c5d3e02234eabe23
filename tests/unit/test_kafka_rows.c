/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_rows.c - labelled rows of a file, and names of topics. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys/io.h"
#include "writer/kafka_private.h"
#include "writer/kafka_rows.h"

#define OFFSET 11
#define ROWS   3000

/* Rows of all lengths up to more than a part. */
static size_t length_of(int i)
{
	return i % 500 == 499 ? 100000 : (size_t)i % 97;
}

static int make_file(struct buf *body)
{
	int fd = memfd_create("rows", MFD_CLOEXEC), i;

	for (i = 0; i < ROWS; i++) {
		size_t begun = row_label_begin(body, STR("key")), n;

		for (n = length_of(i); n; n--)
			buf_putc(body, (char)i);
		row_label_end(body, begun, STR("key"), i);
	}
	assert_int_equal(buf_error(body), 0);
	assert_true(fd >= 0);
	assert_int_equal(io_write_at(fd, buf_str(body), OFFSET), 0);
	return fd;
}

static void test_all_rows(void **state)
{
	struct buf body = BUF_INIT(8 << 20);
	int fd = make_file(&body), i, pass;
	struct row_label label;
	struct kafka_rows rows;
	struct str text;

	(void)state;
	kafka_rows_init(&rows, fd, OFFSET, (int64_t)body.len);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < ROWS; i++) {
			assert_int_equal(rows.number, i);
			assert_int_equal(kafka_rows_get(&rows, &label, &text), 0);
			/* The same one, until it is done. */
			assert_int_equal(kafka_rows_get(&rows, &label, &text), 0);
			assert_int_equal(label.time_ms, i);
			assert_int_equal(label.row.len, length_of(i));
			assert_int_equal(text.len, ROW_LABEL_SIZE + 3 + label.row.len);
			kafka_rows_next(&rows, text);
		}
		assert_int_equal(kafka_rows_get(&rows, &label, &text), -EAGAIN);
		kafka_rows_rewind(&rows);
	}
	kafka_rows_fini(&rows);
	close(fd);
	buf_fini(&body);
}

static void test_damage(void **state)
{
	struct buf body = BUF_INIT(8 << 20);
	int fd = make_file(&body), error = 0;
	struct row_label label;
	struct kafka_rows rows;
	struct str text;

	(void)state;
	/* Half a row at the end. */
	kafka_rows_init(&rows, fd, OFFSET, (int64_t)body.len - 1);
	while (!(error = kafka_rows_get(&rows, &label, &text)))
		kafka_rows_next(&rows, text);
	assert_int_equal(error, -EINVAL);
	assert_int_equal(rows.number, ROWS - 1);
	kafka_rows_fini(&rows);
	/* A file that is shorter than it says. */
	kafka_rows_init(&rows, fd, OFFSET, (int64_t)body.len + 100);
	while (!(error = kafka_rows_get(&rows, &label, &text)))
		kafka_rows_next(&rows, text);
	assert_int_equal(error, -ENODATA);
	kafka_rows_fini(&rows);
	close(fd);
	buf_fini(&body);
}

static void test_topics(void **state)
{
	static const struct {
		const char *template, *name; /* NULL: it is refused */
	} table[] = {
		{ "flows", "flows" },
		{ "{tenant}-{tag}", "a_b-egress" },
		{ "x.{tag}.{tag}_Y9", "x.egress.egress_Y9" },
		{ "", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ "a b", NULL },
		{ "a/b", NULL },
		{ "{tenant", NULL },
		{ "tenant}", NULL },
		{ "{Tenant}", NULL },
		{ "{}", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct str template = str_of(table[i].template);
		struct buf name = BUF_INIT(1024);
		struct err err = ERR_INIT;
		int error = kafka_topic_check(template, &err);

		print_message("  \"%s\"\n", table[i].template);
		assert_int_equal(error, table[i].name ? 0 : -EINVAL);
		assert_string_equal(err.key, table[i].name ? "" : "topic");
		if (table[i].name) {
			kafka_topic_put(template, STR("a b"), STR("egress"), &name);
			assert_true(str_is(buf_str(&name), table[i].name));
		}
		buf_fini(&name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_rows),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_topics),
	};

	return cmocka_run_group_tests_name("kafka_rows", tests, NULL, NULL);
}
