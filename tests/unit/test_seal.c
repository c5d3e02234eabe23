/* SPDX-License-Identifier: Apache-2.0 */
/* test_seal.c - open files become objects, as much of them as is good. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>
#include <cmocka.h>
#include "sys/digest.h"
#include "open_files.h"

/* new/<id> is a good file that has this body, unzipped, and so many records. */
static void assert_object(struct world *w, uint64_t id, const char *body, int records,
			  bool is_gzip)
{
	struct buf file = BUF_INIT(1 << 20);
	struct arena arena = ARENA_INIT(1 << 16);
	struct envelope e;
	unsigned char sum[SHA256_SIZE];
	char plain[4096], number[16];
	struct str bytes;

	world_read(w, SPOOL_NEW, id, &file);
	assert_true(file.len > ENVELOPE_SIZE);
	assert_int_equal(envelope_read(file.ptr, &arena, &e, NULL), 0);
	bytes = str_skip(buf_str(&file), ENVELOPE_SIZE);
	assert_int_equal(bytes.len, e.size);
	assert_int_equal(digest_sha256(bytes, sum), 0);
	assert_memory_equal(sum, e.sha256, sizeof(sum));
	assert_int_equal(e.records, records);
	assert_true(str_is(e.key, KEY));
	assert_true(str_is(e.dirname, "bucket"));
	assert_true(str_is(e.content_type, "application/json"));
	assert_true(str_is(e.content_encoding, is_gzip ? "gzip" : ""));
	assert_true(says(&e, "first-timestamp", "1551199549804"));
	assert_true(says(&e, "last-timestamp", "1551199609804"));
	snprintf(number, sizeof(number), "%d", records);
	assert_true(says(&e, "num-records", number));
	assert_int_equal(e.metadata.count, 3);
	if (is_gzip) {
		z_stream z = { .next_in = (Bytef *)file.ptr + ENVELOPE_SIZE,
			       .avail_in = (uInt)bytes.len,
			       .next_out = (Bytef *)plain,
			       .avail_out = sizeof(plain) };

		assert_int_equal(inflateInit2(&z, 31), Z_OK);
		assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
		assert_int_equal(z.avail_in, 0);
		bytes = (struct str){ plain, z.total_out };
		inflateEnd(&z);
	}
	assert_int_equal(bytes.len, strlen(body));
	assert_memory_equal(bytes.ptr, body, bytes.len);
	arena_fini(&arena);
	buf_fini(&file);
}

static void test_marked_file_becomes_its_object(void **state)
{
	static const char *const compress[] = { "none", "gzip" };
	int64_t at[6];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct spool_backlog backlog;
		struct world w;

		world_make(&w);
		world_open(&w, start);
		write_open(&w, 5, compress[i], true, at);
		assert_int_equal(seal(&w, 5, at[4]), 0);
		assert_object(&w, 5, "[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]\n", 4, i);
		assert_false(world_has(&w, SPOOL_OPEN, 5));
		assert_false(world_has(&w, SPOOL_TMP, 5));
		spool_backlog(w.dir, &backlog);
		assert_int_equal(backlog.objects, 1);
		assert_int_equal(backlog.oldest_ms, start.mono_ms);
		world_end(&w);
	}
}

static void test_lost_flows_are_told(void **state)
{
	struct buf file = BUF_INIT(1 << 20);
	struct arena arena = ARENA_INIT(1 << 16);
	struct object about = object;
	struct envelope e;
	char path[SPOOL_PATH_MAX];
	struct world w;
	int64_t at[6];
	int fd;

	(void)state;
	about.lost_flows = 17;
	world_make(&w);
	world_open(&w, start);
	write_open(&w, 5, "none", false, at);
	spool_path(w.dir, SPOOL_OPEN, 5, path);
	fd = io_open(path, O_RDWR, 0);
	assert_int_equal(seal_frame_append(fd, at[4], &about), 0);
	close(fd);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	world_read(&w, SPOOL_NEW, 5, &file);
	assert_int_equal(envelope_read(file.ptr, &arena, &e, NULL), 0);
	assert_true(says(&e, "lost-flows", "17"));
	arena_fini(&arena);
	buf_fini(&file);
	world_end(&w);
}

static void test_sealing_again_gives_the_same_bytes(void **state)
{
	struct buf first = BUF_INIT(1 << 20), second = BUF_INIT(1 << 20);
	struct world w;
	int64_t at[6];

	(void)state;
	world_make(&w);
	world_open(&w, start);
	write_open(&w, 1, "gzip", true, at);
	write_open(&w, 2, "gzip", true, at);
	assert_int_equal(seal(&w, 1, at[4]), 0);
	world_reopen(&w, start);
	assert_int_equal(seal_object(w.dir, 2, at[4], w.log, (struct now){ 5, 6 }), 0);
	world_read(&w, SPOOL_NEW, 1, &first);
	world_read(&w, SPOOL_NEW, 2, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.ptr, second.ptr, first.len);
	buf_fini(&first);
	buf_fini(&second);
	world_end(&w);
}

/* The crash was between the rename and the unlink. */
static void test_copy_of_a_sealed_object_goes_at_the_next_start(void **state)
{
	const uint64_t *ids;
	struct world w;
	int64_t at[6];

	(void)state;
	world_make(&w);
	world_open(&w, start);
	write_open(&w, 5, "none", true, at);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	write_open(&w, 5, "none", true, at);
	world_reopen(&w, start);
	assert_false(world_has(&w, SPOOL_OPEN, 5));
	assert_int_equal(spool_left_open(w.dir, &ids), 0);
	assert_object(&w, 5, "[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]\n", 4, false);
	world_end(&w);
}

static void test_damaged_rows_end_the_object(void **state)
{
	static const struct {
		int frame, offset;
		const char *body; /* NULL: nothing is left */
		int records;
	} table[] = {
		{ 3, FRAME_HEAD, "[{\"a\":1},{\"a\":2},{\"a\":3}]\n", 3 },
		{ 3, FRAME_HEAD + 7, "[{\"a\":1},{\"a\":2},{\"a\":3}]\n", 3 },
		{ 3, 0, "[{\"a\":1},{\"a\":2},{\"a\":3}]\n", 3 }, /* its length */
		{ 2, 3, "[{\"a\":1},{\"a\":2}]\n", 2 },
		{ 3, 4, "[{\"a\":1},{\"a\":2},{\"a\":3}]\n", 3 },  /* its CRC */
		{ 3, 12, "[{\"a\":1},{\"a\":2},{\"a\":3}]\n", 3 }, /* records */
		{ 2, FRAME_HEAD + 3, "[{\"a\":1},{\"a\":2}]\n", 2 },
		{ 1, FRAME_HEAD + 1, NULL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct world w;
		int64_t at[6];

		print_message("  frame %d byte %d\n", table[i].frame, table[i].offset);
		world_make(&w);
		world_open(&w, start);
		write_open(&w, 5, i % 2 ? "gzip" : "none", true, at);
		flip(&w, 5, at[table[i].frame] + table[i].offset);
		assert_int_equal(seal(&w, 5, at[4]), table[i].body ? 0 : -EBADMSG);
		if (table[i].body)
			assert_object(&w, 5, table[i].body, table[i].records, i % 2);
		assert_int_equal(world_has(&w, SPOOL_BAD, 5), !table[i].body);
		assert_false(world_has(&w, SPOOL_OPEN, 5));
		assert_false(world_has(&w, SPOOL_TMP, 5));
		assert_rest(&w, table[i].body ? at[table[i].frame] : -1);
		world_end(&w);
	}
}

static void test_useless_files_go_to_bad(void **state)
{
	enum { OBJECT_SPEC, MARK, NO_MARK, NO_ROWS, EMPTY, LAST };
	static const char *const why[] = {
		[OBJECT_SPEC] = "the spec of its object is damaged",
		[MARK] = "nothing in it can be used",
		[NO_MARK] = "nothing in it can be used",
		[NO_ROWS] = "nothing in it can be used",
		[EMPTY] = "nothing in it can be used",
	};
	int i;

	(void)state;
	for (i = 0; i < LAST; i++) {
		struct world w;
		int64_t at[6];
		char path[SPOOL_PATH_MAX], expected[128];
		int fd;

		print_message("  %d\n", i);
		world_make(&w);
		world_open(&w, start);
		write_open(&w, 5, "none", i != NO_MARK, at);
		spool_path(w.dir, SPOOL_OPEN, 5, path);
		if (i == OBJECT_SPEC)
			flip(&w, 5, FRAME_HEAD + 3);
		if (i == MARK)
			flip(&w, 5, at[4] + FRAME_HEAD + 3);
		if (i == EMPTY)
			assert_int_equal(truncate(path, 0), 0);
		if (i == NO_ROWS) {
			fd = io_open(path, O_RDWR, 0);
			assert_int_equal(ftruncate(fd, at[1]), 0);
			assert_int_equal(seal_frame_append(fd, at[1], &object), 0);
			close(fd);
		}
		assert_int_equal(seal(&w, 5, at[i == NO_ROWS ? 1 : 4]), -EBADMSG);
		assert_true(world_has(&w, SPOOL_BAD, 5));
		assert_false(world_has(&w, SPOOL_OPEN, 5));
		assert_false(world_has(&w, SPOOL_NEW, 5));
		assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_QUARANTINED), 1);
		snprintf(expected, sizeof(expected),
			 "spool=open/0000000000000005 moved "
			 "to bad/: %s\n",
			 why[i]);
		assert_non_null(strstr(world_log(&w), expected));
		world_end(&w);
	}
}

static void test_file_that_is_not_there_is_an_error(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	assert_int_equal(seal(&w, 5, 0), -ENOENT);
	world_end(&w);
}

static void test_too_long_a_key_goes_to_bad(void **state)
{
	struct object longest = object;
	char path[SPOOL_PATH_MAX], key[5000];
	struct world w;
	int64_t at[6];
	int fd;

	(void)state;
	memset(key, 'k', sizeof(key));
	longest.key = (struct str){ key, sizeof(key) };
	world_make(&w);
	world_open(&w, start);
	write_open(&w, 5, "none", false, at);
	spool_path(w.dir, SPOOL_OPEN, 5, path);
	fd = io_open(path, O_RDWR, 0);
	assert_int_equal(seal_frame_append(fd, at[4], &longest), 0);
	close(fd);
	assert_int_equal(seal(&w, 5, at[4]), -EBADMSG);
	assert_true(world_has(&w, SPOOL_BAD, 5));
	assert_false(world_has(&w, SPOOL_TMP, 5));
	world_end(&w);
}

/* Nothing changes while there is no room for tmp/; then it goes on. */
static void test_failure_leaves_everything_as_it_was(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct world w;
	int64_t at[6];

	(void)state;
	world_make(&w);
	world_open(&w, start);
	write_open(&w, 5, "none", true, at);
	spool_path(w.dir, SPOOL_TMP, 5, path);
	assert_int_equal(mkdir(path, 0750), 0);
	assert_int_equal(seal(&w, 5, at[4]), -EEXIST);
	assert_true(world_has(&w, SPOOL_OPEN, 5));
	assert_false(world_has(&w, SPOOL_NEW, 5));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	assert_object(&w, 5, "[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]\n", 4, false);
	world_end(&w);
}

/* Cut at every byte: the good prefix, and what is in it. */
static void check_inspection(const char *compress)
{
	char path[SPOOL_PATH_MAX];
	struct seal_state s;
	struct world w;
	int64_t at[6], size;
	int frames = 5;

	world_make(&w);
	world_open(&w, start);
	write_open(&w, 5, compress, true, at);
	spool_path(w.dir, SPOOL_OPEN, 5, path);
	for (size = at[5]; size >= 0; size--) {
		static const int records[] = { 0, 0, 2, 3, 4, 4 };

		assert_int_equal(truncate(path, size), 0);
		if (frames && size < at[frames])
			frames--;
		assert_int_equal(seal_inspect(w.dir, 5, &s), 0);
		assert_int_equal(s.is_begun, frames == 0);
		if (frames)
			assert_int_equal(s.good, at[frames < 4 ? frames : 4]);
		assert_int_equal(s.records, records[frames]);
		assert_int_equal(s.is_marked, frames == 5);
		if (records[frames]) {
			assert_int_equal(s.first_ms, 100);
			assert_int_equal(s.last_ms, 200 + frames - (frames == 5 ? 3 : 2));
		}
		buf_fini(&s.spec);
	}
	world_end(&w);
}

static void test_inspection_trusts_the_good_prefix(void **state)
{
	(void)state;
	check_inspection("none");
	check_inspection(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marked_file_becomes_its_object),
		cmocka_unit_test(test_lost_flows_are_told),
		cmocka_unit_test(test_sealing_again_gives_the_same_bytes),
		cmocka_unit_test(test_copy_of_a_sealed_object_goes_at_the_next_start),
		cmocka_unit_test(test_damaged_rows_end_the_object),
		cmocka_unit_test(test_useless_files_go_to_bad),
		cmocka_unit_test(test_file_that_is_not_there_is_an_error),
		cmocka_unit_test(test_too_long_a_key_goes_to_bad),
		cmocka_unit_test(test_failure_leaves_everything_as_it_was),
		cmocka_unit_test(test_inspection_trusts_the_good_prefix),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
