/* SPDX-License-Identifier: Apache-2.0 */
/* test_seal_in_place.c - open files of rows that are sent one by one are their objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "pipeline/row_label.h"
#include "spool/sealed.h"
#include "open_files.h"

/* A world with open/<id>, a plain file. */
static void begin(struct world *w, uint64_t id, int64_t at[6])
{
	world_make(w);
	world_open(w, start);
	write_open(w, id, NULL, true, at);
}

/* new/<id> has these rows, in pieces, and says that it has so many records. */
static void assert_plain(struct world *w, uint64_t id, const char *body, int records)
{
	int fd = spool_open_file(w->dir, SPOOL_NEW, id, O_RDONLY);
	struct arena arena = ARENA_INIT(1 << 16);
	struct buf text = BUF_INIT(4096);
	char head[ENVELOPE_SIZE];
	struct sealed sealed;
	struct envelope e;
	int64_t at, size;
	int error;

	assert_true(fd >= 0);
	assert_int_equal(io_read_at(fd, head, sizeof(head), 0), 0);
	assert_int_equal(envelope_read(head, &arena, &e, NULL), 0);
	assert_int_equal(ENVELOPE_SIZE + e.size, lseek(fd, 0, SEEK_END));
	assert_int_equal(e.records, records);
	assert_true(str_is(e.key, KEY));
	assert_true(str_is(e.content_type, LABELLED_ROWS_TYPE));
	assert_true(says(&e, "tag", "other"));
	assert_int_equal(envelope_check_body(&e, fd), 0);
	envelope_sealed(&e, &sealed);
	at = sealed.offset;
	size = 0;
	while (!(error = sealed_next_rows(&sealed, fd, at + size, &at, &size))) {
		assert_non_null(buf_room(&text, (size_t)size));
		assert_int_equal(io_read_at(fd, text.ptr + text.len, (size_t)size, at),
				 0);
		buf_added(&text, (size_t)size);
	}
	assert_int_equal(error, -EAGAIN);
	assert_true(str_is(buf_str(&text), body));
	buf_fini(&text);
	arena_fini(&arena);
	close(fd);
}

#define PLAIN_BODY ",{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}"

/* The file itself, with another head: nothing was copied. */
static void test_plain_file_is_its_object(void **state)
{
	struct buf open = BUF_INIT(1 << 20), sealed = BUF_INIT(1 << 20);
	struct spool_backlog backlog;
	struct stat before, after;
	char path[SPOOL_PATH_MAX];
	struct world w;
	int64_t at[6];

	(void)state;
	begin(&w, 5, at);
	world_read(&w, SPOOL_OPEN, 5, &open);
	spool_path(w.dir, SPOOL_OPEN, 5, path);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	assert_plain(&w, 5, PLAIN_BODY, 4);
	assert_false(world_has(&w, SPOOL_OPEN, 5));
	assert_false(world_has(&w, SPOOL_TMP, 5));
	world_read(&w, SPOOL_NEW, 5, &sealed);
	spool_path(w.dir, SPOOL_NEW, 5, path);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(open.len, sealed.len);
	assert_memory_equal(open.ptr + ENVELOPE_SIZE, sealed.ptr + ENVELOPE_SIZE,
			    open.len - ENVELOPE_SIZE);
	spool_backlog(w.dir, &backlog);
	assert_int_equal(backlog.objects, 1);
	assert_int_equal(backlog.bytes, (int64_t)sealed.len);
	world_reopen(&w, start);
	spool_backlog(w.dir, &backlog);
	assert_int_equal(backlog.objects, 1);
	world_end(&w);
	buf_fini(&open);
	buf_fini(&sealed);
}

/* Killed when its head was written, as a whole or in part, but before it was moved. */
static void test_plain_file_with_any_head_is_sealed(void **state)
{
	static const size_t kept[] = { 0, 10, 100, ENVELOPE_SIZE - 1, ENVELOPE_SIZE };
	struct buf sealed = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
	struct seal_state s;
	struct world w;
	int64_t at[6];
	size_t i;

	(void)state;
	begin(&w, 5, at);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	world_read(&w, SPOOL_NEW, 5, &sealed);
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		uint64_t id = 10 + i;
		char path[SPOOL_PATH_MAX];
		int fd;

		write_open(&w, id, NULL, true, at);
		spool_path(w.dir, SPOOL_OPEN, id, path);
		fd = io_open(path, O_RDWR, 0);
		assert_int_equal(io_write_at(fd, (struct str){ sealed.ptr, kept[i] }, 0),
				 0);
		close(fd);
		assert_int_equal(seal_inspect(w.dir, id, &s), 0);
		assert_true(s.is_marked);
		assert_int_equal(s.good, at[4]);
		buf_fini(&s.spec);
		assert_int_equal(seal(&w, id, at[4]), 0);
		world_read(&w, SPOOL_NEW, id, &again);
		assert_int_equal(again.len, sealed.len);
		assert_memory_equal(again.ptr, sealed.ptr, sealed.len);
	}
	world_end(&w);
	buf_fini(&sealed);
	buf_fini(&again);
}

/* Then it is a copy of what is good, as ever, and the rest goes to bad/. */
static void test_damaged_plain_file_is_copied(void **state)
{
	struct buf file = BUF_INIT(1 << 20);
	struct arena arena = ARENA_INIT(1 << 16);
	struct envelope e;
	struct world w;
	int64_t at[6];

	(void)state;
	begin(&w, 5, at);
	flip(&w, 5, at[3] + FRAME_HEAD + 2);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	world_read(&w, SPOOL_NEW, 5, &file);
	assert_int_equal(envelope_read(file.ptr, &arena, &e, NULL), 0);
	assert_false(e.has_frames);
	assert_true(e.has_crc32c);
	assert_plain(&w, 5, ",{\"a\":1},{\"a\":2},{\"a\":3}", 3);
	assert_false(world_has(&w, SPOOL_OPEN, 5));
	assert_rest(&w, at[3]);
	arena_fini(&arena);
	buf_fini(&file);
	world_end(&w);
}

/* What an earlier version left open has no place for an envelope. */
static void test_plain_file_of_before_is_copied(void **state)
{
	struct buf file = BUF_INIT(1 << 20);
	char path[SPOOL_PATH_MAX];
	struct world w;
	int64_t at[6];

	(void)state;
	begin(&w, 4, at);
	world_read(&w, SPOOL_OPEN, 4, &file);
	world_write(&w, SPOOL_OPEN, 5, str_skip(buf_str(&file), ENVELOPE_SIZE));
	spool_path(w.dir, SPOOL_OPEN, 4, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(seal(&w, 5, at[4] - ENVELOPE_SIZE), 0);
	assert_plain(&w, 5, PLAIN_BODY, 4);
	buf_fini(&file);
	world_end(&w);
}

/* Whatever byte of the body changes, and wherever it is cut, it is seen before a row is
 * sent. */
static void test_damaged_body_with_frames_is_not_sent(void **state)
{
	struct arena arena = ARENA_INIT(1 << 16);
	char head[ENVELOPE_SIZE], byte;
	struct envelope e;
	struct world w;
	int64_t at[6], i;
	int fd;

	(void)state;
	begin(&w, 5, at);
	assert_int_equal(seal(&w, 5, at[4]), 0);
	fd = spool_open_file(w.dir, SPOOL_NEW, 5, O_RDWR);
	assert_int_equal(io_read_at(fd, head, sizeof(head), 0), 0);
	assert_int_equal(envelope_read(head, &arena, &e, NULL), 0);
	for (i = ENVELOPE_SIZE; i < at[5]; i++) {
		assert_int_equal(io_read_at(fd, &byte, 1, i), 0);
		byte ^= 0x10;
		assert_int_equal(io_write_at(fd, (struct str){ &byte, 1 }, i), 0);
		assert_int_equal(envelope_check_body(&e, fd), -ENODATA);
		byte ^= 0x10;
		assert_int_equal(io_write_at(fd, (struct str){ &byte, 1 }, i), 0);
	}
	e.records--;
	assert_int_equal(envelope_check_body(&e, fd), -ENODATA);
	e.records++;
	e.size++;
	assert_int_equal(envelope_check_body(&e, fd), -ENODATA);
	e.size--;
	assert_int_equal(envelope_check_body(&e, fd), 0);
	assert_int_equal(ftruncate(fd, at[4]), 0);
	assert_int_equal(envelope_check_body(&e, fd), -ENODATA);
	close(fd);
	arena_fini(&arena);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_file_is_its_object),
		cmocka_unit_test(test_plain_file_with_any_head_is_sealed),
		cmocka_unit_test(test_damaged_plain_file_is_copied),
		cmocka_unit_test(test_plain_file_of_before_is_copied),
		cmocka_unit_test(test_damaged_body_with_frames_is_not_sent),
	};

	return cmocka_run_group_tests_name("seal_in_place", tests, NULL, NULL);
}
