/* SPDX-License-Identifier: Apache-2.0 */
/* test_frame.c - frames before the damage are good, whatever the damage. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "spool/frame.h"
#include "sys/io.h"
#include "tests/unit/temporary.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	struct frame head;
	const char *payload;
} frames[] = {
	{ { .kind = FRAME_OBJECT_SPEC }, "{\"format\":1}" },
	{ { .kind = FRAME_ROWS,
	    .records = 2,
	    .first_ms = 1551199609804,
	    .last_ms = 1551199609999 },
	  ",{\"a\":1},{\"a\":2}" },
	{ { .kind = FRAME_ROWS, .records = 1, .first_ms = -1, .last_ms = INT64_MAX },
	  ",{\"a\":3}" },
	{ { .kind = FRAME_ROWS, .records = UINT32_MAX, .first_ms = INT64_MIN }, "" },
	{ { .kind = FRAME_SEAL, .records = 3 }, "p/other/20190226T164649Z/00000000.gz" },
};

/* Of the files of this test; with one an end stands behind each frame. */
static uint32_t seed;

static int64_t end_bytes(void)
{
	return seed ? FRAME_HEAD : 0;
}

static int new_file(void)
{
	char path[256];
	int fd;

	temporary_name(path, sizeof(path), "frame");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static int64_t size_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_size;
}

static int64_t write_all(int fd)
{
	int64_t size = 0;
	size_t i;

	for (i = 0; i < COUNT(frames); i++) {
		struct str payload = str_of(frames[i].payload);

		assert_int_equal(frame_append(fd, seed, size, &frames[i].head, payload),
				 0);
		size += FRAME_HEAD + (int64_t)payload.len;
		assert_int_equal(size_of(fd), size + end_bytes());
	}
	return size;
}

/* How many good frames a reader finds; each must be what was written. */
static size_t read_ahead(int fd, size_t ahead, int *error)
{
	struct frame_reader reader = FRAME_READER(fd, ahead);
	struct frame frame;
	struct str payload;
	int64_t at = 0;
	size_t i;

	reader.seed = seed;
	for (i = 0;; i++) {
		*error = frame_read_head(&reader, at, &frame);
		if (!*error)
			*error = frame_read_payload(&reader, at, &frame, &payload);
		if (!*error && frame.kind == FRAME_END)
			*error = -ENODATA;
		if (*error)
			break;
		assert_true(i < COUNT(frames));
		assert_int_equal(frame.kind, frames[i].head.kind);
		assert_int_equal(frame.records, frames[i].head.records);
		assert_true(frame.first_ms == frames[i].head.first_ms);
		assert_true(frame.last_ms == frames[i].head.last_ms);
		assert_true(str_is(payload, frames[i].payload));
		assert_int_equal(frame.bytes, payload.len);
		at += FRAME_HEAD + frame.bytes;
	}
	frame_reader_fini(&reader);
	return i;
}

/* However much is read at once. */
static size_t read_good(int fd, int *error)
{
	size_t good = read_ahead(fd, 0, error), ahead;
	int first = *error;

	for (ahead = 1; ahead < 300; ahead += 7) {
		assert_int_equal(read_ahead(fd, ahead, error), good);
		assert_int_equal(*error, first);
	}
	return good;
}

static void test_frames_read_as_written(void **state)
{
	int fd = new_file(), error;

	(void)state;
	write_all(fd);
	assert_int_equal(read_good(fd, &error), COUNT(frames));
	assert_int_equal(error, -ENODATA);
	close(fd);
}

static void test_head_is_little_endian(void **state)
{
	static const unsigned char expected[FRAME_HEAD + 1] = {
		1,    0,    0,	  0,	0,    0,    0,	  0,	2,    0,    0,
		0,    0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03,
		0x02, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'x',
	};
	struct frame head = {
		.kind = FRAME_ROWS,
		.records = 0x01020304,
		.first_ms = 0x0102030405060708,
		.last_ms = -1,
	};
	unsigned char bytes[FRAME_HEAD + 1];
	int fd = new_file();

	(void)state;
	assert_int_equal(frame_append(fd, seed, 0, &head, STR("x")), 0);
	assert_int_equal(io_read_at(fd, bytes, sizeof(bytes), 0), 0);
	assert_memory_equal(bytes, expected, 4);
	assert_memory_equal(bytes + 8, expected + 8, FRAME_HEAD + 1 - 8);
	close(fd);
}

static void test_every_cut_keeps_the_frames_before_it(void **state)
{
	int fd = new_file(), error;
	int64_t size = write_all(fd), end = size;
	size_t good = COUNT(frames);

	(void)state;
	for (size--; size >= 0; size--) {
		assert_int_equal(ftruncate(fd, size), 0);
		if (size < end) {
			end -= FRAME_HEAD;
			end -= (int64_t)strlen(frames[--good].payload);
		}
		assert_int_equal(read_good(fd, &error), good);
		assert_int_equal(error, -ENODATA);
	}
	close(fd);
}

static void test_every_flipped_bit_ends_the_good_frames(void **state)
{
	int fd = new_file(), error;
	int64_t size = write_all(fd), at, end = 0;
	size_t good = 0;
	unsigned bit;

	(void)state;
	for (at = 0; at < size; at++) {
		int64_t next = end + FRAME_HEAD + (int64_t)strlen(frames[good].payload);
		char byte, wrong;

		if (at == next) {
			end = next;
			good++;
		}
		assert_int_equal(io_read_at(fd, &byte, 1, at), 0);
		for (bit = 0; bit < 8; bit++) {
			wrong = (char)(byte ^ 1 << bit);
			assert_int_equal(io_write_at(fd, (struct str){ &wrong, 1 }, at),
					 0);
			if (read_good(fd, &error) != good)
				fail_msg("bit %u of byte %d", bit, (int)at);
			assert_int_equal(error, -ENODATA);
		}
		assert_int_equal(io_write_at(fd, (struct str){ &byte, 1 }, at), 0);
	}
	assert_int_equal(read_good(fd, &error), COUNT(frames));
	close(fd);
}

/* Half a gigabyte that is not there costs no memory. */
static void test_length_past_the_file_is_refused_at_once(void **state)
{
	int fd = new_file();
	struct frame_reader reader = FRAME_READER(fd, 64);
	struct frame frame;
	struct str payload;

	(void)state;
	write_all(fd);
	assert_int_equal(io_write_at(fd, STR("\x00\x00\x00\x1f"), 0), 0);
	assert_int_equal(frame_read_head(&reader, 0, &frame), 0);
	assert_int_equal(frame.bytes, 0x1f000000);
	assert_int_equal(frame_read_payload(&reader, 0, &frame, &payload), -ENODATA);
	assert_true(reader.window.cap < 1 << 20);
	frame_reader_fini(&reader);
	close(fd);
}

static void test_append_ends_at_the_size_it_was_told(void **state)
{
	int fd = new_file(), error;

	(void)state;
	write_all(fd);
	/* Again from the first frame on: an append that failed is written over, and the end
	 * stands where it is now. */
	assert_int_equal(frame_append(fd, seed, 0, &frames[0].head,
				      str_of(frames[0].payload)),
			 0);
	assert_int_equal(read_good(fd, &error), seed ? 1 : COUNT(frames));
	close(fd);
}

/* The disk is full in the middle of a frame. */
static void test_failed_append_leaves_the_file_as_it_was(void **state)
{
	int fd = new_file(), error;
	int64_t size = write_all(fd), room;
	struct rlimit before, limit;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (room = 0; room < FRAME_HEAD + 4 + end_bytes(); room++) {
		limit = before;
		limit.rlim_cur = (rlim_t)(size + room);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		error = frame_append(fd, seed, size, &frames[1].head, STR("rows"));
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_int_equal(error, -EFBIG);
		assert_int_equal(size_of(fd), size);
	}
	assert_int_equal(frame_append(fd, seed, size, &frames[1].head, STR("rows")), 0);
	signal(SIGXFSZ, SIG_DFL);
	close(fd);
}

/* Of another file only the spec is good, which tells whose it is. */
static void test_frames_of_another_seed_are_not_good(void **state)
{
	const uint32_t others[] = { 0, frame_seed(6), frame_seed(8), frame_seed(7) + 1 };
	uint32_t own = seed;
	size_t i;
	int fd = new_file(), error;

	(void)state;
	write_all(fd);
	for (i = 0; i < COUNT(others); i++) {
		seed = others[i];
		if (seed != own)
			assert_int_equal(read_good(fd, &error), 1);
	}
	seed = own;
	close(fd);
}

static void test_each_id_has_its_seed(void **state)
{
	uint32_t seen[1000];
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(seen); i++) {
		seen[i] = frame_seed(i + 1);
		assert_int_not_equal(seen[i], 0);
		for (k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
	}
	assert_int_not_equal(frame_seed((uint64_t)1 << 32 | 1), seen[0]);
}

static int with_seed(void **state)
{
	(void)state;
	seed = frame_seed(7);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_read_as_written),
		cmocka_unit_test(test_head_is_little_endian),
		cmocka_unit_test(test_every_cut_keeps_the_frames_before_it),
		cmocka_unit_test(test_every_flipped_bit_ends_the_good_frames),
		cmocka_unit_test(test_length_past_the_file_is_refused_at_once),
		cmocka_unit_test(test_append_ends_at_the_size_it_was_told),
		cmocka_unit_test(test_failed_append_leaves_the_file_as_it_was),
		cmocka_unit_test(test_frames_of_another_seed_are_not_good),
		cmocka_unit_test(test_each_id_has_its_seed),
	};
	int failed = cmocka_run_group_tests_name("frame", tests, NULL, NULL);

	return failed +
	       cmocka_run_group_tests_name("frame, with a seed", tests, with_seed, NULL);
}
