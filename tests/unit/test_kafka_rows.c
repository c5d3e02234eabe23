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
#include "spool/frame.h"
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

/* Twice: it can be read again from its begin. */
static void assert_all_rows(int fd, const struct sealed *object)
{
	struct row_label label;
	struct kafka_rows rows;
	struct str text;
	int pass, i;

	kafka_rows_init(&rows, fd, object);
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
		/* However often that is asked. */
		assert_int_equal(kafka_rows_get(&rows, &label, &text), -EAGAIN);
		kafka_rows_rewind(&rows);
	}
	kafka_rows_fini(&rows);
}

static void test_all_rows(void **state)
{
	struct buf body = BUF_INIT(8 << 20);
	int fd = make_file(&body);
	const struct sealed object = { .offset = OFFSET, .size = (int64_t)body.len };

	(void)state;
	assert_all_rows(fd, &object);
	close(fd);
	buf_fini(&body);
}

static void test_damage(void **state)
{
	struct buf body = BUF_INIT(8 << 20);
	int fd = make_file(&body), error = 0;
	struct sealed object = { .offset = OFFSET };
	struct row_label label;
	struct kafka_rows rows;
	struct str text;

	(void)state;
	/* Half a row at the end. */
	object.size = (int64_t)body.len - 1;
	kafka_rows_init(&rows, fd, &object);
	while (!(error = kafka_rows_get(&rows, &label, &text)))
		kafka_rows_next(&rows, text);
	assert_int_equal(error, -EINVAL);
	assert_int_equal(rows.number, ROWS - 1);
	kafka_rows_fini(&rows);
	/* A file that is shorter than it says. */
	object.size = (int64_t)body.len + 100;
	kafka_rows_init(&rows, fd, &object);
	while (!(error = kafka_rows_get(&rows, &label, &text)))
		kafka_rows_next(&rows, text);
	assert_int_equal(error, -ENODATA);
	kafka_rows_fini(&rows);
	close(fd);
	buf_fini(&body);
}

/* The same rows with frames around them, some of which have none; from a spec to a seal
 * frame, behind which is nothing of it. */
static int make_frames(const struct buf *body, struct sealed *object)
{
	int fd = memfd_create("frames", MFD_CLOEXEC);
	struct str rest = buf_str(body);
	struct row_label label;
	int64_t at = OFFSET;
	size_t needed;
	int n = 0;

	assert_int_equal(frame_append(fd, 0, at,
				      &(struct frame){ .kind = FRAME_OBJECT_SPEC },
				      STR("{}")),
			 0);
	at += FRAME_HEAD + 2;
	while (rest.len) {
		struct str rows = rest;
		int i;

		for (i = 0; i < n % 700 && rest.len; i++)
			assert_int_equal(row_label_read(&rest, &label, &needed), 0);
		rows.len -= rest.len;
		assert_int_equal(frame_append(fd, 0, at,
					      &(struct frame){ .kind = FRAME_ROWS },
					      rows),
				 0);
		at += FRAME_HEAD + (int64_t)rows.len;
		n += 97;
	}
	assert_int_equal(frame_append(fd, 0, at, &(struct frame){ .kind = FRAME_SEAL },
				      STR("{}")),
			 0);
	*object = (struct sealed){
		.offset = OFFSET,
		.size = at + FRAME_HEAD + 2 - OFFSET,
		.has_frames = true,
	};
	return fd;
}

static void test_rows_in_frames(void **state)
{
	struct buf body = BUF_INIT(8 << 20);
	int plain = make_file(&body);
	struct sealed object;
	int fd = make_frames(&body, &object);

	(void)state;
	assert_all_rows(fd, &object);
	close(fd);
	close(plain);
	buf_fini(&body);
}

/* The last row, and the one after which a frame ends. */
static void test_damaged_frames(void **state)
{
	static const struct {
		int64_t bytes; /* of the frame, less than the row has */
		int64_t size;  /* of the body, less than the frames have */
		int error;
	} table[] = { { 0, 0, -EAGAIN }, { 1, 0, -EINVAL }, { 0, 1, -EINVAL } };
	struct buf row = BUF_INIT(1024);
	size_t begun = row_label_begin(&row, STR("")), i;

	(void)state;
	buf_puts(&row, "text");
	row_label_end(&row, begun, STR(""), 1);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fd = memfd_create("frames", MFD_CLOEXEC), error;
		struct str bytes = { row.ptr, row.len - (size_t)table[i].bytes };
		struct sealed object = { .has_frames = true };
		struct row_label label;
		struct kafka_rows rows;
		struct str text;

		assert_int_equal(frame_append(fd, 0, 0,
					      &(struct frame){ .kind = FRAME_ROWS },
					      bytes),
				 0);
		object.size = FRAME_HEAD + (int64_t)bytes.len - table[i].size;
		kafka_rows_init(&rows, fd, &object);
		while (!(error = kafka_rows_get(&rows, &label, &text)))
			kafka_rows_next(&rows, text);
		assert_int_equal(error, table[i].error);
		assert_int_equal(rows.number, error == -EAGAIN);
		kafka_rows_fini(&rows);
		close(fd);
	}
	buf_fini(&row);
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
		cmocka_unit_test(test_rows_in_frames),
		cmocka_unit_test(test_damaged_frames),
		cmocka_unit_test(test_topics),
	};

	return cmocka_run_group_tests_name("kafka_rows", tests, NULL, NULL);
}
