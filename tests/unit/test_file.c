/* SPDX-License-Identifier: Apache-2.0 */
/* test_file.c - the writer "file": where objects land, and how. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "writer/writer.h"
#include "sys/io.h"
#include "tests/unit/temporary.h"

#define PATH_BYTES 512
#define ALL(literal)                                                                     \
	{                                                                                \
		"" literal "", sizeof(literal) - 1                                       \
	}

static struct str names[] = { ALL("first-timestamp"), ALL("num-records") };
static struct str values[] = { ALL("1551199609804"), ALL("2") };

/* A configured writer, and a file that has an object at an offset. */
struct desk {
	char top[PATH_BYTES / 2];
	void *writer;
	struct sealed object;
	struct put put;
	int done;
};

static void count_done(struct put *put)
{
	struct desk *d = put->context;

	d->done++;
}

static void set_directory(struct desk *d, const char *path)
{
	const struct field *field = shape_find(writer_file.state, STR("directory"));

	assert_non_null(field);
	*(struct str *)((char *)d->writer + field->offset) = str_of(path);
}

static void desk_open(struct desk *d, size_t size)
{
	struct buf body = BUF_INIT(1 << 24);
	char path[PATH_BYTES];

	*d = (struct desk){ .done = 0 };
	temporary_name(d->top, sizeof(d->top), "file");
	assert_non_null(mkdtemp(d->top));
	d->writer = calloc(1, writer_file.state->size);
	assert_non_null(d->writer);
	set_directory(d, d->top);
	assert_int_equal(writer_file.init(d->writer, NULL, NULL), 0);
	d->object = (struct sealed){
		.dirname = STR("bucket"),
		.key = STR("p/other/00000000.gz"),
		.content_type = STR("application/json"),
		.content_encoding = STR("gzip"),
		.metadata = { names, values, 2 },
		.size = (int64_t)size,
		.offset = 7,
	};
	snprintf(path, sizeof(path), "%s/sealed", d->top);
	d->put = (struct put){ .object = &d->object, .done = count_done, .context = d };
	d->put.fd = io_open(path, O_RDWR | O_CREAT, 0640);
	assert_true(d->put.fd >= 0);
	buf_puts(&body, "before>");
	while (body.len < size + 7)
		buf_putc(&body, (char)('a' + body.len % 23));
	assert_int_equal(io_write(d->put.fd, buf_str(&body)), 0);
	unlink(path);
	buf_fini(&body);
}

static void desk_close(struct desk *d)
{
	close(d->put.fd);
	free(d->writer);
	assert_int_equal(io_remove_tree(d->top), 0);
}

static void put(struct desk *d, enum put_result result)
{
	d->done = 0;
	d->put.result = PUT_FAILED;
	d->put.error[0] = '\0';
	writer_file.put(d->writer, &d->put);
	assert_int_equal(d->done, 1);
	if (d->put.result != result)
		fail_msg("%d: %s", (int)d->put.result, d->put.error);
}

static void read_below(struct desk *d, const char *name, struct buf *b)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", d->top, name);
	buf_reset(b);
	assert_int_equal(io_read_file(path, b), 0);
}

static int count_name(void *context, const char *name)
{
	(void)name;
	++*(int *)context;
	return 0;
}

static int names_in(struct desk *d, const char *directory)
{
	char path[PATH_BYTES];
	int count = 0;

	snprintf(path, sizeof(path), "%s/%s", d->top, directory);
	assert_int_equal(io_list(path, count_name, &count), 0);
	return count;
}

static void assert_body(const struct buf *b, size_t size)
{
	size_t i;

	assert_int_equal(b->len, size);
	for (i = 0; i < size; i++)
		assert_int_equal(b->ptr[i], (char)('a' + (i + 7) % 23));
}

static void test_object_and_headers_are_written(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 262144, 262145, 700000 };
	struct buf b = BUF_INIT(1 << 20);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct desk d;

		desk_open(&d, sizes[i]);
		put(&d, PUT_STORED);
		read_below(&d, "bucket/p/other/00000000.gz", &b);
		assert_body(&b, sizes[i]);
		read_below(&d, "bucket/p/other/00000000.gz.headers", &b);
		assert_string_equal(buf_str(&b).ptr,
				    "content-type: application/json\n"
				    "content-encoding: gzip\n"
				    "x-amz-meta-first-timestamp: 1551199609804\n"
				    "x-amz-meta-num-records: 2\n");
		assert_int_equal(names_in(&d, "bucket/p/other"), 2); /* no parts */
		desk_close(&d);
	}
	buf_fini(&b);
}

static void test_no_encoding_has_no_line(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct desk d;

	(void)state;
	desk_open(&d, 1);
	d.object.content_encoding = STR("");
	d.object.metadata.count = 0;
	put(&d, PUT_STORED);
	read_below(&d, "bucket/p/other/00000000.gz.headers", &b);
	assert_string_equal(buf_str(&b).ptr, "content-type: application/json\n");
	buf_fini(&b);
	desk_close(&d);
}

/* A retry replaces what is there. */
static void test_same_key_is_replaced(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct desk d;

	(void)state;
	desk_open(&d, 1000);
	put(&d, PUT_STORED);
	d.object.size = 10;
	put(&d, PUT_STORED);
	read_below(&d, "bucket/p/other/00000000.gz", &b);
	assert_body(&b, 10);
	buf_fini(&b);
	desk_close(&d);
}

static void test_nothing_is_written_outside_the_directory(void **state)
{
	static const char *const buckets[] = {
		"../../x", "/../x", "..", "x/../..", "./x", "", "a/../../../x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
		struct buf inner = BUF_INIT(PATH_BYTES), b = BUF_INIT(1 << 20);
		struct desk d;

		print_message("  \"%s\"\n", buckets[i]);
		desk_open(&d, 5);
		buf_printf(&inner, "%s/in/side", d.top);
		set_directory(&d, buf_str(&inner).ptr);
		d.object.dirname = str_of(buckets[i]);
		d.object.key = STR("key");
		put(&d, PUT_STORED);
		assert_int_equal(names_in(&d, ""), 1);
		assert_int_equal(names_in(&d, "in"), 1);
		read_below(&d,
			   strchr(buckets[i], 'x') && i != 3 ? "in/side/x/key"
							     : "in/side/key",
			   &b);
		assert_body(&b, 5);
		buf_fini(&inner);
		buf_fini(&b);
		desk_close(&d);
	}
}

static void test_unwritable_directory_is_tried_again(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d, 5);
	set_directory(&d, "/dev/null/objects");
	put(&d, PUT_FAILED);
	assert_non_null(
		strstr(d.put.error, "cannot write /dev/null/objects/bucket/p/other"));
	assert_non_null(strstr(d.put.error, "Not a directory"));
	set_directory(&d, d.top);
	put(&d, PUT_STORED);
	desk_close(&d);
}

static void test_names_that_no_file_can_have_are_refused(void **state)
{
	char key[5000];
	struct desk d;

	(void)state;
	memset(key, 'k', sizeof(key));
	desk_open(&d, 5);
	d.object.key = (struct str){ key, 300 };
	put(&d, PUT_REFUSED);
	d.object.key = (struct str){ key, sizeof(key) };
	put(&d, PUT_REFUSED);
	desk_close(&d);
}

static void test_cut_files_are_not_stored(void **state)
{
	struct stat status;
	char path[PATH_BYTES];
	struct desk d;

	(void)state;
	desk_open(&d, 5);
	d.object.size = 6;
	put(&d, PUT_FAILED);
	snprintf(path, sizeof(path), "%s/bucket/p/other/00000000.gz", d.top);
	assert_int_equal(stat(path, &status), -1);
	assert_int_equal(names_in(&d, "bucket/p/other"), 1); /* its headers */
	desk_close(&d);
}

static void test_directory_must_be_set(void **state)
{
	struct err err = ERR_INIT;
	void *writer = calloc(1, writer_file.state->size);

	(void)state;
	assert_non_null(writer);
	assert_int_equal(writer_file.init(writer, NULL, &err), -EINVAL);
	assert_string_equal(err.key, "directory");
	free(writer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_object_and_headers_are_written),
		cmocka_unit_test(test_no_encoding_has_no_line),
		cmocka_unit_test(test_same_key_is_replaced),
		cmocka_unit_test(test_nothing_is_written_outside_the_directory),
		cmocka_unit_test(test_unwritable_directory_is_tried_again),
		cmocka_unit_test(test_names_that_no_file_can_have_are_refused),
		cmocka_unit_test(test_cut_files_are_not_stored),
		cmocka_unit_test(test_directory_must_be_set),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
