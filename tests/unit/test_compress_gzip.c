/* SPDX-License-Identifier: Apache-2.0 */
/* test_compress_gzip.c - one gzip member that says nothing about us. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>
#include <cmocka.h>
#include "stage/compress_whole.h"
#include "stage/registry.h"
#include "stage/stage_state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MEGABYTES    ((size_t)5 << 20)

struct fake_sink {
	struct byte_sink sink;
	struct buf bytes;
	size_t left; /* puts until it fails */
};

static int fake_put(struct byte_sink *sink, struct str bytes)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	if (fake->left-- == 0)
		return -EPIPE;
	buf_put(&fake->bytes, bytes);
	return 0;
}

static struct fake_sink new_sink(void)
{
	return (struct fake_sink){ { fake_put }, BUF_INIT(MEGABYTES * 2), SIZE_MAX };
}

/* The stage with its default options. */
static void *new_gzip(void)
{
	void *gzip;

	assert_int_equal(stage_state_new(&compress_gzip.stage, &gzip), 0);
	assert_int_equal(stage_state_init(&compress_gzip.stage, gzip, NULL), 0);
	return gzip;
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Rows of flow logs, of which so many in a hundred are of peers that are not seen again. */
static struct buf new_rows(size_t size, uint32_t differ)
{
	struct buf rows = BUF_INIT(MEGABYTES);
	uint32_t seed = 1, number;

	for (number = 0; buf_str(&rows).len < size; number++) {
		bool is_new = next(&seed) % 100 < differ;
		uint32_t n = is_new ? next(&seed) : number % 40,
			 m = is_new ? next(&seed) : n;

		buf_printf(
			&rows,
			"{\"start_time\":\"2026-11-22T11:%02u:%02uZ\",\"initiator_ip\":"
			"\"10.%u.%u.%u\",\"target_ip\":\"10.%u.%u.%u\",\"initiator_port\":%u,"
			"\"target_port\":%u,\"bytes_from_initiator\":%u,"
			"\"packets_from_initiator\":%u,\"bytes_from_target\":%u,"
			"\"action\":\"accepted\",\"direction\":\"%s\"}\n",
			number / 6000 % 60, number / 100 % 60, n % 200, n / 200 % 256,
			n / 51200 % 256, m % 200, m / 200 % 256, m / 51200 % 256,
			32768 + n % 28000, m % 2 ? 443u : 8080u, n % 100000 * 60,
			n % 1000, m % 100000 * 60, n % 2 ? "inbound" : "outbound");
	}
	assert_int_equal(buf_error(&rows), 0);
	return rows;
}

static size_t zlib_size(struct str rows)
{
	uLong size = compressBound(rows.len);
	Bytef *out = malloc(size);

	assert_non_null(out);
	assert_int_equal(compress2(out, &size, (const Bytef *)rows.ptr, rows.len, 6),
			 Z_OK);
	free(out);
	return size;
}

/* Text that is neither constant nor noise. */
static char *new_text(size_t size)
{
	char *text = malloc(size);
	uint32_t seed = 1;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		text[i] = (char)('a' + (seed >> 24) % 16);
	}
	return text;
}

/* Says how much will come, and lends what that takes; to be freed after the end. */
static char *expect(void *stream, int64_t bytes)
{
	int64_t memory = compress_gzip.memory(bytes);
	char *room = memory ? calloc(1, (size_t)memory) : NULL;

	assert_int_equal(compress_gzip.expect(stream, bytes), 0);
	if (room)
		compress_gzip.lend(stream, room);
	return room;
}

/* In parts; the size is told before, or is not known. */
static void compress_text(struct fake_sink *fake, const char *text, size_t size,
			  size_t part, bool is_known)
{
	void *gzip = new_gzip();
	void *stream = compress_gzip.start(gzip);
	char *room = is_known ? expect(stream, (int64_t)size) : NULL;
	size_t at;

	assert_non_null(stream);
	for (at = 0; at < size; at += part)
		assert_int_equal(compress_gzip.write(stream,
						     (struct str){ text + at,
								   size - at < part
									   ? size - at
									   : part },
						     &fake->sink),
				 0);
	assert_int_equal(compress_gzip.finish(stream, &fake->sink), 0);
	compress_gzip.end(stream);
	free(room);
	stage_state_free(&compress_gzip.stage, gzip);
}

/* Inflates the only member there is and compares. */
static void assert_inflates_to(struct str bytes, const char *text, size_t size)
{
	char *out = malloc(size + 1);
	z_stream z = { 0 };

	assert_non_null(out);
	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)bytes.ptr;
	z.avail_in = (uInt)bytes.len;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)size + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, size);
	inflateEnd(&z);
	if (size)
		assert_memory_equal(out, text, size);
	free(out);
}

static void test_members_have_no_name_and_no_time(void **state)
{
	static const char header[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	int is_known;

	(void)state;
	for (is_known = 0; is_known < 2; is_known++) {
		struct fake_sink fake = new_sink();

		compress_text(&fake, "text", 4, 4, is_known);
		assert_memory_equal(fake.bytes.ptr, header, sizeof(header) - 1);
		assert_inflates_to(buf_str(&fake.bytes), "text", 4);
		buf_fini(&fake.bytes);
	}
}

static void test_text_of_any_length_comes_back(void **state)
{
	static const size_t sizes[] = {
		0, 1, 65536, 65537, WHOLE_BYTES_MAX, WHOLE_BYTES_MAX + 1, MEGABYTES
	};
	char *text = new_text(MEGABYTES);
	size_t i;

	(void)state;
	for (i = 0; i < 2 * COUNT(sizes); i++) {
		struct fake_sink fake = new_sink();
		bool is_known = i >= COUNT(sizes);

		compress_text(&fake, text, sizes[i % COUNT(sizes)], MEGABYTES, is_known);
		assert_inflates_to(buf_str(&fake.bytes), text, sizes[i % COUNT(sizes)]);
		buf_fini(&fake.bytes);
	}
	free(text);
}

/* So pieces cost nothing, and a retry gives the same bytes. */
static void test_pieces_make_no_difference(void **state)
{
	static const size_t parts[] = { 7, 1000, 99999 };
	char *text = new_text(200000);
	int is_known;
	size_t i;

	(void)state;
	for (is_known = 0; is_known < 2; is_known++) {
		struct fake_sink whole = new_sink();

		compress_text(&whole, text, 200000, 200000, is_known);
		for (i = 0; i < COUNT(parts); i++) {
			struct fake_sink fake = new_sink();

			compress_text(&fake, text, 200000, parts[i], is_known);
			assert_true(
				str_equal(buf_str(&fake.bytes), buf_str(&whole.bytes)));
			buf_fini(&fake.bytes);
		}
		buf_fini(&whole.bytes);
	}
	free(text);
}

static void test_what_is_whole_is_counted(void **state)
{
	(void)state;
	assert_int_equal(compress_gzip.memory(WHOLE_BYTES_MAX + 1), 0);
	assert_true(compress_gzip.memory(WHOLE_BYTES_MAX) >= 2 * WHOLE_BYTES_MAX);
	assert_true(compress_gzip.memory(WHOLE_BYTES_MAX) <= 3 * WHOLE_BYTES_MAX);
}

/* More than was said is not written past the end. */
static void test_more_than_was_expected_is_refused(void **state)
{
	void *gzip = new_gzip();
	struct fake_sink fake = new_sink();
	char *text = new_text(MEGABYTES);
	void *stream = compress_gzip.start(gzip);
	char *room = expect(stream, 100);

	(void)state;
	assert_true(compress_gzip.write(stream, (struct str){ text, MEGABYTES },
					&fake.sink) < 0);
	compress_gzip.end(stream);
	free(room);
	buf_fini(&fake.bytes);
	stage_state_free(&compress_gzip.stage, gzip);
	free(text);
}

static void test_a_sink_that_fails_is_heard(void **state)
{
	void *gzip = new_gzip();
	struct fake_sink fake = new_sink();
	char *text = new_text(MEGABYTES);
	void *stream = compress_gzip.start(gzip);
	char *room;

	(void)state;
	fake.left = 1;
	assert_non_null(stream);
	assert_int_equal(compress_gzip.write(stream, (struct str){ text, MEGABYTES },
					     &fake.sink),
			 -EPIPE);
	fake.left = 0;
	assert_int_equal(compress_gzip.finish(stream, &fake.sink), -EPIPE);
	compress_gzip.end(stream);
	stream = compress_gzip.start(gzip);
	room = expect(stream, 1000);
	assert_int_equal(compress_gzip.write(stream, (struct str){ text, 1000 },
					     &fake.sink),
			 0);
	fake.left = 0;
	assert_int_equal(compress_gzip.finish(stream, &fake.sink), -EPIPE);
	compress_gzip.end(stream);
	free(room);
	compress_gzip.end(NULL);
	buf_fini(&fake.bytes);
	stage_state_free(&compress_gzip.stage, gzip);
	free(text);
}

/* Nobody who comes from zlib pays more for the store. */
static void test_members_are_not_larger_than_zlib_s(void **state)
{
	static const size_t sizes[] = { 3000, 60000, 200000, 3000000 };
	size_t size;
	uint32_t differ;

	(void)state;
	for (size = 0; size < COUNT(sizes); size++)
		for (differ = 0; differ <= 100; differ += 5) {
			struct buf rows = new_rows(sizes[size], differ);
			struct str text = buf_str(&rows);
			struct fake_sink fake = new_sink();
			size_t zlib = zlib_size(text);

			compress_text(&fake, text.ptr, text.len, text.len, true);
			assert_in_range(fake.bytes.len, 1, zlib + zlib / 100);
			buf_fini(&fake.bytes);
			buf_fini(&rows);
		}
}

static struct buf compressed(int level, struct str rows)
{
	struct fake_sink fake = new_sink();
	struct whole whole = { .bytes = rows.len };

	whole.room = malloc((size_t)whole_memory((int64_t)rows.len));
	assert_non_null(whole.room);
	assert_int_equal(whole_add(&whole, rows), 0);
	assert_int_equal(whole_compress(&whole, level, &fake.sink), 0);
	free(whole.room);
	return fake.bytes;
}

static bool makes_the_same(int level, struct str rows)
{
	struct buf six = compressed(6, rows), other = compressed(level, rows);
	bool is_same = str_equal(buf_str(&six), buf_str(&other));

	buf_fini(&six);
	buf_fini(&other);
	return is_same;
}

/* And who has many different rows pays in no more time than they need. */
static void test_the_level_follows_the_rows(void **state)
{
	static const struct {
		uint32_t differ;
		int level;
	} cases[] = { { 100, 5 }, { 40, 6 }, { 0, 7 } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf rows = new_rows(200000, cases[i].differ);

		assert_true(makes_the_same(cases[i].level, buf_str(&rows)));
		buf_fini(&rows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_have_no_name_and_no_time),
		cmocka_unit_test(test_text_of_any_length_comes_back),
		cmocka_unit_test(test_pieces_make_no_difference),
		cmocka_unit_test(test_what_is_whole_is_counted),
		cmocka_unit_test(test_more_than_was_expected_is_refused),
		cmocka_unit_test(test_a_sink_that_fails_is_heard),
		cmocka_unit_test(test_members_are_not_larger_than_zlib_s),
		cmocka_unit_test(test_the_level_follows_the_rows),
	};

	return cmocka_run_group_tests_name("compress_gzip", tests, NULL, NULL);
}
