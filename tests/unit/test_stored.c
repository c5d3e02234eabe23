/* SPDX-License-Identifier: Apache-2.0 */
/* test_stored.c - the journal of stored objects. */
#include "spool/stored.h"
#include "tests/unit/spool_world.h"

static const struct now start = { 1000000, 1551199609804 };

static void assert_same(const struct stored_line *a, const struct stored_line *b)
{
	assert_true(str_equal(a->key, b->key));
	assert_true(str_equal(a->place, b->place));
	assert_int_equal(a->at_ms, b->at_ms);
	assert_int_equal(a->records, b->records);
	assert_int_equal(a->bytes, b->bytes);
	assert_int_equal(a->missed, b->missed);
}

static void test_what_is_written_is_read(void **state)
{
	const struct stored_line lines[] = {
		{ .at_ms = 1, .key = STR("logs/a.gz"), .records = 3, .bytes = 100 },
		{ .at_ms = 2, .place = STR("http://h/b") },
		{ .at_ms = 3, .missed = 7 },
		{ .at_ms = 4, .key = STR("a \"b\"\\\n\xc3\xa9\x01") },
	};
	struct stored_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct arena arena = ARENA_INIT(4096);
		struct buf b = BUF_INIT(4096);

		stored_line_put(&b, &lines[i]);
		assert_int_equal(b.ptr[b.len - 1], '\n');
		assert_null(memchr(b.ptr, '\n', b.len - 1));
		b.len--;
		assert_true(stored_line_read(buf_str(&b), &arena, &line));
		assert_same(&line, &lines[i]);
		arena_fini(&arena);
		buf_fini(&b);
	}
}

static void test_what_is_no_line(void **state)
{
	static const char *const cases[] = {
		"",
		"{}",
		"[]",
		"{\"key\":\"\"}",
		"{\"key\":\"a\"",
		"{\"key\":\"a\"}x",
		"{\"key\":\"a\",\"bytes\":-1}",
		"{\"key\":1}",
	};
	struct stored_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena = ARENA_INIT(4096);

		if (stored_line_read(str_of(cases[i]), &arena, &line))
			fail_msg("%s", cases[i]);
		arena_fini(&arena);
	}
}

/* What was read: "@place" and "key:records:bytes", a blank behind each. */
static int see(void *context, const struct stored_line *line)
{
	struct buf *b = context;

	if (line->place.len)
		buf_printf(b, "@" STR_FMT " ", STR_ARG(line->place));
	if (line->missed)
		buf_printf(b, "-%d ", (int)line->missed);
	if (line->key.len)
		buf_printf(b, STR_FMT ":%d:%d ", STR_ARG(line->key), (int)line->records,
			   (int)line->bytes);
	return 0;
}

static void assert_journal(struct world *w, const char *expected, size_t expected_broken)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	size_t broken;

	assert_int_equal(stored_read(w->path, "t", see, &b, &broken, &err), 0);
	assert_string_equal(b.len ? buf_str(&b).ptr : "", expected);
	assert_int_equal(broken, expected_broken);
	buf_fini(&b);
}

static void store(struct world *w, const char *place, const char *key)
{
	uint64_t id = spool_next_id(w->dir);

	world_seal(w, id, 10, 2, key);
	spool_add(w->dir, id, ENVELOPE_SIZE + 10, 2, start);
	assert_true(spool_take(w->dir, &id));
	spool_note_stored(w->dir, id, str_of(place), str_of(key), start);
	assert_int_equal(spool_done(w->dir, id, SPOOL_STORED), 0);
}

static void journal_path(const struct world *w, const char *name,
			 char path[WORLD_PATH * 2])
{
	snprintf(path, WORLD_PATH * 2, "%s/t/%s", w->path, name);
}

static void test_objects_stand_below_their_place(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	assert_journal(&w, "", 0);
	store(&w, "p", "a");
	store(&w, "p", "b");
	store(&w, "q", "c");
	world_reopen(&w, start);
	store(&w, "q", "d");
	assert_journal(&w, "@p a:2:10 b:2:10 @q c:2:10 @q d:2:10 ", 0);
	world_end(&w);
}

static void test_a_line_that_was_cut_costs_only_itself(void **state)
{
	char path[WORLD_PATH * 2];
	struct stat status;
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	store(&w, "p", "a");
	store(&w, "p", "b");
	journal_path(&w, "stored", path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size - 5), 0);
	world_reopen(&w, start);
	store(&w, "p", "c");
	assert_journal(&w, "@p a:2:10 @p c:2:10 ", 1);
	world_end(&w);
}

static void test_a_full_file_takes_the_place_of_the_older(void **state)
{
	char path[WORLD_PATH * 2], key[2048];
	struct stat status;
	struct world w;
	int i;

	(void)state;
	world_make(&w);
	w.options.max_bytes = (int64_t)1 << 20; /* so it has the least */
	world_open(&w, start);
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	for (i = 0; i < 100; i++)
		store(&w, "p", key);
	journal_path(&w, "stored", path);
	assert_int_equal(stat(path, &status), 0);
	assert_in_range(status.st_size, 1, 68 << 10);
	journal_path(&w, "stored.old", path);
	assert_int_equal(stat(path, &status), 0);
	assert_in_range(status.st_size, 64 << 10, 68 << 10);
	store(&w, "p", "newest");
	{
		struct buf b = BUF_INIT(1 << 20);
		size_t broken;

		assert_int_equal(stored_read(w.path, "t", see, &b, &broken, NULL), 0);
		assert_memory_equal(b.ptr, "@p k", 4);
		assert_non_null(strstr(buf_str(&b).ptr, " @p k"));
		assert_non_null(strstr(b.ptr, "newest:2:10 "));
		buf_fini(&b);
	}
	world_end(&w);
}

static void test_what_cannot_be_written_is_noted(void **state)
{
	char path[WORLD_PATH * 2];
	struct world w;
	const char *log;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	journal_path(&w, "stored", path);
	assert_int_equal(mkdir(path, 0700), 0);
	store(&w, "p", "a");
	store(&w, "p", "b");
	assert_int_equal(rmdir(path), 0);
	store(&w, "p", "c");
	assert_journal(&w, "@p -2 c:2:10 ", 0);
	log = world_log(&w);
	assert_non_null(
		strstr(log, "tenant=t stored=unwritable error=\"Is a directory\""));
	assert_null(strstr(strstr(log, "stored=unwritable") + 1, "stored=unwritable"));
	assert_non_null(strstr(log, "tenant=t stored=ok\n"));
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_what_is_no_line),
		cmocka_unit_test(test_objects_stand_below_their_place),
		cmocka_unit_test(test_a_line_that_was_cut_costs_only_itself),
		cmocka_unit_test(test_a_full_file_takes_the_place_of_the_older),
		cmocka_unit_test(test_what_cannot_be_written_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
