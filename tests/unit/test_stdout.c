/* SPDX-License-Identifier: Apache-2.0 */
/* test_stdout.c - the writer "stdout": what is printed, and to whom it cannot be. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys/io.h"
#include "writer/writer.h"
#include "tests/unit/temporary.h"

#define BODY  ((size_t)300000) /* more than a pipe holds */
#define TITLE "--- bucket/p/0.gz ---\n"

/* A writer, and a file that has an object. */
struct desk {
	void *writer;
	struct sealed object;
	struct put put;
	struct buf body;
	int done;
};

static void count_done(struct put *put)
{
	struct desk *d = put->context;

	d->done++;
}

static void desk_open(struct desk *d)
{
	char path[TEMPORARY_SIZE];

	*d = (struct desk){ .body = BUF_INIT(1 << 20) };
	d->writer = calloc(1, writer_stdout.state->size);
	assert_non_null(d->writer);
	while (d->body.len < BODY)
		buf_putc(&d->body, (char)('a' + d->body.len % 23));
	d->object = (struct sealed){ .dirname = STR("bucket"),
				     .key = STR("p/0.gz"),
				     .size = (int64_t)BODY };
	d->put = (struct put){ .object = &d->object, .done = count_done, .context = d };
	d->put.fd = temporary_file(path, sizeof(path), "stdout");
	assert_true(d->put.fd >= 0);
	unlink(path);
	assert_int_equal(io_write(d->put.fd, buf_str(&d->body)), 0);
}

static void desk_close(struct desk *d)
{
	close(d->put.fd);
	buf_fini(&d->body);
	free(d->writer);
}

/* With another standard output, which is then closed. */
static void print_to(struct desk *d, int fd)
{
	int mine;

	assert_true(fd >= 0);
	fflush(stdout);
	mine = dup(STDOUT_FILENO);
	assert_true(mine >= 0);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	writer_stdout.put(d->writer, &d->put);
	dup2(mine, STDOUT_FILENO);
	close(mine);
	assert_int_equal(d->done, 1);
}

static void test_an_object_follows_its_title(void **state)
{
	char path[TEMPORARY_SIZE];
	struct buf found = BUF_INIT(1 << 20);
	struct desk d;

	(void)state;
	desk_open(&d);
	print_to(&d, temporary_file(path, sizeof(path), "stdout"));
	assert_int_equal(d.put.result, PUT_STORED);
	assert_int_equal(io_read_file(path, &found), 0);
	unlink(path);
	assert_int_equal(found.len, strlen(TITLE) + BODY + 1);
	assert_memory_equal(found.ptr, TITLE, strlen(TITLE));
	assert_memory_equal(found.ptr + strlen(TITLE), d.body.ptr, BODY);
	assert_int_equal(found.ptr[found.len - 1], '\n');
	buf_fini(&found);
	desk_close(&d);
}

static void test_what_cannot_be_printed_is_told(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d);
	print_to(&d, open("/dev/full", O_WRONLY | O_CLOEXEC));
	assert_int_equal(d.put.result, PUT_FAILED);
	assert_string_equal(d.put.error, "cannot write to standard output: No space left "
					 "on device");
	desk_close(&d);
}

static void test_nothing_is_begun_once_cancelled(void **state)
{
	struct desk d;
	char byte;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	desk_open(&d);
	writer_stdout.cancel(d.writer, &d.put);
	print_to(&d, ends[1]);
	assert_int_equal(d.put.result, PUT_FAILED);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	desk_close(&d);
}

/* Reads the title, cancels, and reads on, or leaves it at that. */
struct reader {
	struct desk *desk;
	int fd;
	bool goes_on;
	size_t got;
};

static void *read_pipe(void *context)
{
	struct reader *r = context;
	char bytes[4096];
	ssize_t n = read(r->fd, bytes, strlen(TITLE));

	writer_stdout.cancel(r->desk->writer, &r->desk->put);
	do {
		r->got += n > 0 ? (size_t)n : 0;
		n = r->goes_on ? read(r->fd, bytes, sizeof(bytes)) : 0;
	} while (n > 0);
	return NULL;
}

static void test_what_has_begun_is_printed_while_somebody_reads(void **state)
{
	static const struct {
		bool goes_on;
		enum put_result result;
		size_t got;
	} cases[] = {
		{ true, PUT_STORED, sizeof(TITLE) - 1 + BODY + 1 },
		{ false, PUT_FAILED, sizeof(TITLE) - 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader r = { .goes_on = cases[i].goes_on };
		pthread_t thread;
		struct desk d;
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		desk_open(&d);
		r.desk = &d;
		r.fd = ends[0];
		assert_int_equal(pthread_create(&thread, NULL, read_pipe, &r), 0);
		print_to(&d, ends[1]);
		pthread_join(thread, NULL);
		close(ends[0]);
		assert_int_equal(d.put.result, cases[i].result);
		assert_int_equal(r.got, cases[i].got);
		desk_close(&d);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_object_follows_its_title),
		cmocka_unit_test(test_what_cannot_be_printed_is_told),
		cmocka_unit_test(test_nothing_is_begun_once_cancelled),
		cmocka_unit_test(test_what_has_begun_is_printed_while_somebody_reads),
	};

	return cmocka_run_group_tests_name("stdout", tests, NULL, NULL);
}
