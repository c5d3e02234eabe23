/* SPDX-License-Identifier: Apache-2.0 */
/* test_envelope.c - what is said about an object survives, or is not believed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "spool/envelope.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALL(literal)                                                                     \
	{                                                                                \
		"" literal "", sizeof(literal) - 1                                       \
	}
#define ARENA_MAX (64 * 1024)

static struct str names[] = { ALL("first-timestamp"), ALL("odd \"name\"\n") };
static struct str values[] = { ALL("1551199609804"), ALL("\x01\xc3\xa9\\") };

static const struct envelope sample = {
	.dirname = ALL("bucket"),
	.key = ALL("p/other/20190226T164649Z/00000000.gz"),
	.content_type = ALL("application/json"),
	.content_encoding = ALL("gzip"),
	.metadata = { names, values, COUNT(names) },
	.records = 1234567,
	.size = INT64_MAX - ENVELOPE_SIZE,
	.sealed_ms = 1551199609804,
	.sha256 = { 0x00, 0x01, 0x7f, 0x80, 0xff, [31] = 0xa5 },
	.md5 = { 0xfe, 0x0d, [15] = 0x5a },
};

static void assert_str(struct str actual, struct str expected)
{
	assert_int_equal(actual.len, expected.len);
	if (expected.len)
		assert_memory_equal(actual.ptr, expected.ptr, expected.len);
}

static void assert_same(const struct envelope *actual, const struct envelope *expected)
{
	size_t i;

	assert_str(actual->dirname, expected->dirname);
	assert_str(actual->key, expected->key);
	assert_str(actual->title, expected->title);
	assert_str(actual->content_type, expected->content_type);
	assert_str(actual->content_encoding, expected->content_encoding);
	assert_true(actual->records == expected->records);
	assert_true(actual->size == expected->size);
	assert_true(actual->sealed_ms == expected->sealed_ms);
	assert_memory_equal(actual->sha256, expected->sha256, 32);
	assert_memory_equal(actual->md5, expected->md5, 16);
	assert_int_equal(actual->metadata.count, expected->metadata.count);
	for (i = 0; i < expected->metadata.count; i++) {
		assert_str(actual->metadata.name[i], expected->metadata.name[i]);
		assert_str(actual->metadata.value[i], expected->metadata.value[i]);
	}
}

static void test_odd_keys_come_back(void **state)
{
	static const struct str keys[] = {
		ALL("plain"),
		ALL(""),
		ALL("/a//b/../c"),
		ALL("\"quoted\" 'too' \\ <&>"),
		ALL("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7/\xe2\x80\xa8"),
		ALL("line\nfeed\r\n"),
		ALL("\x01\x1f\x7f\t\b\f"),
		ALL("a\0b"),
		ALL("{\"key\":1}"),
		ALL("%s%n"),
		ALL(" "),
	};
	char head[ENVELOPE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(keys); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct envelope written = sample, read;
		struct err err = ERR_INIT;

		print_message("  %zu\n", i);
		written.key = keys[i];
		written.title = keys[COUNT(keys) - 1 - i];
		assert_int_equal(envelope_write(&written, head), 0);
		assert_int_equal(envelope_read(head, &arena, &read, &err), 0);
		/* What was read does not point into what may be gone. */
		memset(head, 'x', sizeof(head));
		assert_same(&read, &written);
		arena_fini(&arena);
	}
}

static void test_head_is_text_that_shows_what_it_is(void **state)
{
	char head[ENVELOPE_SIZE];
	size_t i;

	(void)state;
	assert_int_equal(envelope_write(&sample, head), 0);
	assert_int_equal(head[0], '{');
	assert_int_equal(head[ENVELOPE_SIZE - 1], '\n');
	for (i = 0; i < ENVELOPE_SIZE; i++)
		assert_true((unsigned char)head[i] >= 0x20 || head[i] == '\n');
	assert_non_null(memmem(head, sizeof(head), "/00000000.gz\"", 13));
}

static void test_no_metadata_and_no_encoding_are_fine(void **state)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct envelope written = sample, read;
	char head[ENVELOPE_SIZE];

	(void)state;
	written.metadata.count = 0;
	written.content_encoding = STR("");
	assert_int_equal(envelope_write(&written, head), 0);
	assert_int_equal(envelope_read(head, &arena, &read, NULL), 0);
	assert_same(&read, &written);
	arena_fini(&arena);
}

/* The longest key that fits, and one byte more. */
static void test_too_long_a_key_is_refused(void **state)
{
	char key[2 * ENVELOPE_SIZE], head[ENVELOPE_SIZE];
	struct envelope written = sample, read;
	size_t longest = 0, len;

	(void)state;
	memset(key, 'k', sizeof(key));
	for (len = 0; len < sizeof(key); len++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		int error;

		written.key = (struct str){ key, len };
		memset(head, '#', sizeof(head));
		error = envelope_write(&written, head);
		if (error) {
			assert_int_equal(error, -ENAMETOOLONG);
		} else {
			assert_int_equal(longest, len ? len - 1 : 0);
			longest = len;
			assert_int_equal(envelope_read(head, &arena, &read, NULL), 0);
			assert_int_equal(read.key.len, len);
		}
		arena_fini(&arena);
	}
	assert_in_range(longest, 3000, ENVELOPE_SIZE - 1);
}

static void test_every_flipped_bit_is_seen(void **state)
{
	char head[ENVELOPE_SIZE];
	size_t at;
	unsigned bit;

	(void)state;
	assert_int_equal(envelope_write(&sample, head), 0);
	for (at = 0; at < sizeof(head); at++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);

		for (bit = 0; bit < 8; bit++) {
			struct envelope read;
			struct err err = ERR_INIT;

			head[at] = (char)(head[at] ^ 1 << bit);
			if (envelope_read(head, &arena, &read, &err) != -EINVAL)
				fail_msg("bit %u of byte %zu", bit, at);
			assert_string_equal(err.text, "its head is damaged");
			head[at] = (char)(head[at] ^ 1 << bit);
			arena_reset(&arena);
		}
		arena_fini(&arena);
	}
}

static void test_what_was_never_finished_is_refused(void **state)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	char head[ENVELOPE_SIZE];
	struct envelope read;
	struct err err = ERR_INIT;

	(void)state;
	memset(head, 0, sizeof(head));
	assert_int_equal(envelope_read(head, &arena, &read, &err), -EINVAL);
	memset(head, ' ', sizeof(head));
	assert_int_equal(envelope_read(head, &arena, &read, &err), -EINVAL);
	arena_fini(&arena);
}

static void write_file(FILE *file, const struct envelope *envelope, const char *body)
{
	char head[ENVELOPE_SIZE];

	assert_int_equal(envelope_write(envelope, head), 0);
	rewind(file);
	assert_int_equal(fwrite(head, sizeof(head), 1, file), 1);
	assert_int_equal(fwrite(body, strlen(body), 1, file), 1);
	assert_int_equal(fflush(file), 0);
}

/* A body is told from another by either sum, whichever the head has. */
static void test_body_is_the_one_that_was_sealed(void **state)
{
	static const char body[] = "123456789", other[] = "123456798";
	static const unsigned char sha256[32] = {
		0x15, 0xe2, 0xb0, 0xd3, 0xc3, 0x38, 0x91, 0xeb, 0xb0, 0xf1, 0xef,
		0x60, 0x9e, 0xc4, 0x19, 0x42, 0x0c, 0x20, 0xe3, 0x20, 0xce, 0x94,
		0xc6, 0x5f, 0xbc, 0x8c, 0x33, 0x12, 0x44, 0x8e, 0xb2, 0x25,
	};
	struct envelope sums[] = { { .has_crc32c = true, .crc32c = 0xe3069283 },
				   { .has_crc32c = false } };
	FILE *file = tmpfile();
	size_t i;

	(void)state;
	assert_non_null(file);
	memcpy(sums[1].sha256, sha256, sizeof(sha256));
	for (i = 0; i < COUNT(sums); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		char head[ENVELOPE_SIZE];
		struct envelope read;

		sums[i].size = (int64_t)strlen(body);
		write_file(file, &sums[i], body);
		rewind(file);
		assert_int_equal(fread(head, sizeof(head), 1, file), 1);
		assert_int_equal(envelope_read(head, &arena, &read, NULL), 0);
		assert_int_equal(read.has_crc32c, sums[i].has_crc32c);
		assert_int_equal(envelope_check_body(&read, fileno(file)), 0);
		write_file(file, &sums[i], other);
		assert_int_equal(envelope_check_body(&read, fileno(file)), -ENODATA);
		arena_fini(&arena);
	}
	fclose(file);
}

static void test_writer_sees_the_same(void **state)
{
	struct sealed sealed;

	(void)state;
	envelope_sealed(&sample, &sealed);
	assert_str(sealed.dirname, sample.dirname);
	assert_str(sealed.key, sample.key);
	assert_str(sealed.content_type, sample.content_type);
	assert_str(sealed.content_encoding, sample.content_encoding);
	assert_int_equal(sealed.metadata.count, COUNT(names));
	assert_true(sealed.size == sample.size);
	assert_int_equal(sealed.offset, ENVELOPE_SIZE);
	assert_memory_equal(sealed.sha256, sample.sha256, 32);
	assert_memory_equal(sealed.md5, sample.md5, 16);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_keys_come_back),
		cmocka_unit_test(test_head_is_text_that_shows_what_it_is),
		cmocka_unit_test(test_no_metadata_and_no_encoding_are_fine),
		cmocka_unit_test(test_too_long_a_key_is_refused),
		cmocka_unit_test(test_every_flipped_bit_is_seen),
		cmocka_unit_test(test_what_was_never_finished_is_refused),
		cmocka_unit_test(test_body_is_the_one_that_was_sealed),
		cmocka_unit_test(test_writer_sees_the_same),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
