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
#include "spool/open_frames.h"

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

static void check_marked(const char *compress, enum open_kind kind, bool is_gzip)
{
	struct spool_backlog backlog;
	struct world w;
	int64_t at[6];

	world_make(&w);
	world_open(&w, start);
	write_open_as(&w, 5, compress, true, kind, at);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	assert_object(&w, 5, "[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]\n", 4, is_gzip);
	assert_false(world_has(&w, SPOOL_OPEN, 5));
	assert_false(world_has(&w, SPOOL_TMP, 5));
	spool_backlog(w.dir, &backlog);
	assert_int_equal(backlog.objects, 1);
	assert_int_equal(backlog.oldest_ms, start.mono_ms);
	world_end(&w);
}

static void test_marked_file_becomes_its_object(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < OPEN_KINDS; kind++) {
		check_marked("none", (enum open_kind)kind, false);
		check_marked("gzip", (enum open_kind)kind, true);
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
	assert_int_equal(seal_frame_append(fd, frame_seed(5), at[4], &about), 0);
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
	for (i = 0; i < OPEN_KINDS * sizeof(table) / sizeof(table[0]); i++) {
		enum open_kind kind = (enum open_kind)(i % OPEN_KINDS);
		const char *body = table[i / OPEN_KINDS].body;
		int frame = table[i / OPEN_KINDS].frame;
		int offset = table[i / OPEN_KINDS].offset;
		struct world w;
		int64_t at[6];

		print_message("  frame %d byte %d, kind %d\n", frame, offset, kind);
		world_make(&w);
		world_open(&w, start);
		write_open_as(&w, 5, i % 2 ? "gzip" : "none", true, kind, at);
		flip(&w, 5, at[frame] + offset);
		assert_int_equal(seal(&w, 5, at[4]), body ? 0 : -EBADMSG);
		if (body)
			assert_object(&w, 5, body, table[i / OPEN_KINDS].records, i % 2);
		assert_int_equal(world_has(&w, SPOOL_BAD, 5), !body);
		assert_false(world_has(&w, SPOOL_OPEN, 5));
		assert_false(world_has(&w, SPOOL_TMP, 5));
		assert_rest(&w, body ? at[frame] : -1);
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
			assert_int_equal(seal_frame_append(fd, frame_seed(5), at[1],
							   &object),
					 0);
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
	assert_int_equal(seal_frame_append(fd, frame_seed(5), at[4], &longest), 0);
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
static void check_inspection(const char *compress, enum open_kind kind)
{
	char path[SPOOL_PATH_MAX];
	struct seal_state s;
	struct world w;
	int64_t at[6], size;
	int frames = 5;

	world_make(&w);
	world_open(&w, start);
	write_open_as(&w, 5, compress, true, kind, at);
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
	check_inspection("none", OPEN_OWN);
	check_inspection("none", OPEN_USED);
	check_inspection("none", OPEN_EARLIER);
	check_inspection(NULL, OPEN_OWN);
}

/* Its frames have no seed: in a file that is used again they could be taken for others. */
static void test_a_file_of_an_earlier_version_is_not_used_again(void **state)
{
	static const bool is_kept[] = { [OPEN_OWN] = true, [OPEN_EARLIER] = false };
	static const enum open_kind kinds[] = { OPEN_OWN, OPEN_EARLIER };
	struct stat status;
	struct world w;
	int64_t at[6];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 2; i++) {
		world_make(&w);
		world_open(&w, start);
		write_open_as(&w, 5, "none", true, kinds[i], at);
		fd = spool_open_file(w.dir, SPOOL_OPEN, 5, O_RDONLY);
		assert_true(spool_has_room(w.spool, fd, 1));
		close(fd);
		assert_int_equal(seal(&w, 5, at[4]), 0);
		fd = spool_create_rows(w.dir, 6);
		assert_int_equal(fstat(fd, &status), 0);
		assert_int_equal(status.st_size > 1, is_kept[kinds[i]]);
		close(fd);
		world_end(&w);
	}
}

/* A file that another object has used: what the first bytes of a write leave of it. */
static void test_what_another_object_left_is_not_ours(void **state)
{
	struct buf used = BUF_INIT(1 << 16), own = BUF_INIT(1 << 16);
	static const int records[] = { 0, 0, 2, 3, 4, 4 };
	struct seal_state s;
	struct world w;
	int64_t at[6];
	int frames = 0;
	size_t size;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	write_open(&w, OTHER_ID, "none", true, at);
	world_read(&w, SPOOL_OPEN, OTHER_ID, &used);
	write_open(&w, 5, "none", true, at);
	world_read(&w, SPOOL_OPEN, 5, &own);
	assert_int_equal(own.len, used.len);
	for (size = 0; size <= own.len; size++) {
		if (size)
			used.ptr[size - 1] = own.ptr[size - 1];
		while (frames < 5 && (int64_t)size >= at[frames + 1])
			frames++;
		world_write(&w, SPOOL_OPEN, 5, buf_str(&used));
		assert_int_equal(seal_inspect(w.dir, 5, &s), 0);
		/* Bytes may be the same in both. */
		assert_true(s.is_begun ? frames == 0
				       : s.good >= at[frames < 4 ? frames : 4]);
		if (!s.is_begun)
			assert_true(s.records >= records[frames] &&
				    s.good <= at[frames < 4 ? frames + 1 : 4]);
		buf_fini(&s.spec);
	}
	buf_fini(&used);
	buf_fini(&own);
	world_end(&w);
}

/* Not even a file that has nothing of its own, as when the power failed. */
static void test_a_whole_file_of_another_is_begun(void **state)
{
	struct buf used = BUF_INIT(1 << 16);
	struct seal_state s;
	struct world w;
	int64_t at[6];

	(void)state;
	world_make(&w);
	world_open(&w, start);
	write_open(&w, OTHER_ID, "none", true, at);
	world_read(&w, SPOOL_OPEN, OTHER_ID, &used);
	world_write(&w, SPOOL_OPEN, 5, buf_str(&used));
	assert_int_equal(seal_inspect(w.dir, 5, &s), 0);
	assert_true(s.is_begun);
	buf_fini(&s.spec);
	assert_int_equal(seal(&w, 5, at[4]), -EBADMSG);
	buf_fini(&used);
	world_end(&w);
}

/* How many records are in the frames that are whole, before one that is not. */
static int whole_records(struct str file, struct str own, const int64_t at[6])
{
	static const int of_frame[] = { 0, 2, 1, 1, 0 };
	int records = 0, i;

	for (i = 0; i < 5; i++) {
		size_t from = (size_t)at[i], size = (size_t)(at[i + 1] - at[i]);

		if (memcmp(file.ptr + from, own.ptr + from, size) != 0)
			break;
		records += of_frame[i];
	}
	return records;
}

/* The power fails: of each block the disk has what is there now, what was there before, or
 * nothing. */
static void test_blocks_of_different_times(void **state)
{
	static const size_t sizes[] = { 16, 64, 256 };
	struct buf own = BUF_INIT(1 << 16), used = BUF_INIT(1 << 16),
		   file = BUF_INIT(1 << 16);
	struct seal_state s;
	struct world w;
	int64_t at[6];
	unsigned trial;
	int error;

	(void)state;
	srandom(1);
	world_make(&w);
	world_open(&w, start);
	write_open_as(&w, OTHER_ID, "none", true, OPEN_USED, at);
	world_read(&w, SPOOL_OPEN, OTHER_ID, &used);
	write_open_as(&w, 5, "none", true, OPEN_USED, at);
	world_read(&w, SPOOL_OPEN, 5, &own);
	for (trial = 0; trial < 3000; trial++) {
		size_t size = sizes[trial % 3], from, rare = 1 + trial % 7;

		buf_reset(&file);
		buf_put(&file, buf_str(&own));
		for (from = 0; from + size <= file.len; from += size) {
			if (random() % 9 >= (long)rare)
				continue;
			if (random() % 2)
				memcpy(file.ptr + from, used.ptr + from, size);
			else
				memset(file.ptr + from, 0, size);
		}
		world_write(&w, SPOOL_OPEN, 5, buf_str(&file));
		error = seal_inspect(w.dir, 5, &s);
		assert_int_equal(error, s.spec.len || s.is_begun ? 0 : -ENODATA);
		if (s.spec.len)
			assert_int_equal(s.records, whole_records(buf_str(&file),
								  buf_str(&own), at));
		else
			assert_int_equal(s.records, 0);
		buf_fini(&s.spec);
	}
	buf_fini(&own);
	buf_fini(&used);
	buf_fini(&file);
	world_end(&w);
}

/* Each byte of it could be the first of a frame that is as long as half of the file. */
static void test_what_looks_like_frames_takes_no_time(void **state)
{
	static const unsigned char head[16] = { 0, 0, 64, 0, 0, 0, 0, 0, FRAME_ROWS };
	const size_t size = 8 << 20;
	struct buf file = BUF_INIT(16 << 20);
	struct open_frames frames = { .seed = frame_seed(5) };
	char path[SPOOL_PATH_MAX];
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	while (file.len < size)
		buf_put(&file, (struct str){ (const char *)head, sizeof(head) });
	world_write(&w, SPOOL_OPEN, 5, buf_str(&file));
	spool_path(w.dir, SPOOL_OPEN, 5, path);
	frames.fd = io_open(path, O_RDONLY, 0);
	assert_int_equal(open_frames_end(&frames, 1000), size);
	close(frames.fd);
	buf_fini(&file);
	world_end(&w);
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
		cmocka_unit_test(test_a_file_of_an_earlier_version_is_not_used_again),
		cmocka_unit_test(test_what_another_object_left_is_not_ours),
		cmocka_unit_test(test_a_whole_file_of_another_is_begun),
		cmocka_unit_test(test_blocks_of_different_times),
		cmocka_unit_test(test_what_looks_like_frames_takes_no_time),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
