/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool.c - what is in the directories is what there is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>
#include <cmocka.h>
#include "tests/unit/spool_world.h"

static const struct now start = { 1000000, 1551199609804 };

static struct now later(int64_t ms)
{
	return (struct now){ start.mono_ms + ms, start.wall_ms + ms };
}

static void assert_backlog(struct world *w, size_t objects, int64_t bytes)
{
	struct spool_backlog backlog;

	spool_backlog(w->dir, &backlog);
	assert_int_equal(backlog.objects, objects);
	assert_int_equal(backlog.bytes, bytes);
	assert_int_equal(stats_get(&w->stats, STAT_OBJECTS_SPOOLED), objects);
}

/* A file in new/, and the spool knows it. */
static void add(struct world *w, uint64_t id, size_t size, int64_t records,
		struct now now)
{
	world_seal(w, id, size, records, "k");
	spool_add(w->dir, id, ENVELOPE_SIZE + (int64_t)size, records, now);
	spool_make_room(w->spool, now);
}

static void assert_takes(struct world *w, uint64_t expected)
{
	uint64_t id = 0;

	assert_int_equal(spool_take(w->dir, &id), expected != 0);
	assert_int_equal(id, expected);
}

static void test_start_purges_what_was_in_the_making(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	world_write(&w, SPOOL_TMP, 7, STR("half an object"));
	world_reopen(&w, start);
	assert_false(world_has(&w, SPOOL_TMP, 7));
	assert_backlog(&w, 0, 0);
	assert_int_equal(spool_next_id(w.dir), 8);
	world_end(&w);
}

static void test_start_finds_sealed_objects_oldest_first(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	world_seal(&w, 12, 10, 3, "b");
	world_seal(&w, 3, 20, 4, "a");
	world_seal(&w, 1000000000000000, 0, 0, "c");
	world_reopen(&w, start);
	assert_backlog(&w, 3, 3 * ENVELOPE_SIZE + 30);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_SPOOLED), 7);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_RECOVERED), 7);
	assert_takes(&w, 3);
	assert_takes(&w, 12);
	assert_takes(&w, 1000000000000000);
	assert_takes(&w, 0);
	assert_int_equal(spool_next_id(w.dir), 1000000000000001);
	world_end(&w);
}

static void test_start_sorts_by_id(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	for (id = 1; id <= 30; id++)
		world_seal(&w, id * 17 % 31, 1, 1, "k");
	world_reopen(&w, start);
	for (id = 1; id <= 30; id++)
		assert_takes(&w, id);
	world_end(&w);
}

static void test_start_quarantines_what_is_not_whole(void **state)
{
	static const struct {
		size_t size; /* of the file */
		const char *why;
	} table[] = {
		{ 0, "it is cut" },
		{ ENVELOPE_SIZE - 1, "it is cut" },
		{ ENVELOPE_SIZE + 9, "it is cut, or something was added" },
		{ ENVELOPE_SIZE + 11, "it is cut, or something was added" },
	};
	struct buf file = BUF_INIT(1 << 20);
	struct world w;
	size_t i;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	for (i = 0; i < 4; i++) {
		world_seal(&w, i + 1, 10, 1, "k");
		world_read(&w, SPOOL_NEW, i + 1, &file);
		buf_puts(&file, "more");
		world_write(&w, SPOOL_NEW, i + 1,
			    (struct str){ file.ptr, table[i].size });
	}
	world_seal(&w, 5, 10, 1, "k");
	world_read(&w, SPOOL_NEW, 5, &file);
	file.ptr[20] ^= 1;
	world_write(&w, SPOOL_NEW, 5, buf_str(&file));
	world_seal(&w, 6, 10, 2, "k");
	world_reopen(&w, start);
	assert_backlog(&w, 1, ENVELOPE_SIZE + 10);
	assert_takes(&w, 6);
	for (i = 1; i <= 5; i++) {
		assert_true(world_has(&w, SPOOL_BAD, i));
		assert_false(world_has(&w, SPOOL_NEW, i));
	}
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_QUARANTINED), 5);
	world_log(&w);
	for (i = 0; i < 4; i++)
		assert_non_null(strstr(w.lines.ptr, table[i].why));
	assert_non_null(strstr(w.lines.ptr, "0 tenant=t spool=new/0000000000000005 moved "
					    "to bad/: its head is damaged\n"));
	buf_fini(&file);
	world_end(&w);
}

static void test_foreign_files_are_let_be(void **state)
{
	static const char *const names[] = {
		"readme",	    "1",
		"000000000000000x", "00000000000000001",
		"0000000000000000", "-000000000000001",
		"+000000000000001", "               1",
	};
	enum spool_folder folder;
	char path[SPOOL_PATH_MAX];
	struct world w;
	size_t i;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	for (folder = SPOOL_OPEN; folder < SPOOL_FOLDERS; folder++) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			spool_path(w.dir, folder, 1, path);
			strcpy(strrchr(path, '/') + 1, names[i]);
			close(io_open(path, O_CREAT | O_WRONLY, 0640));
		}
	}
	world_reopen(&w, start);
	assert_backlog(&w, 0, 0);
	assert_int_equal(spool_next_id(w.dir), 1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		spool_path(w.dir, SPOOL_TMP, 1, path);
		strcpy(strrchr(path, '/') + 1, names[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
	world_end(&w);
}

static void test_start_deletes_open_files_that_were_sealed(void **state)
{
	const uint64_t *ids;
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	world_write(&w, SPOOL_OPEN, 9, STR("rows"));
	world_write(&w, SPOOL_OPEN, 4, STR("rows"));
	world_write(&w, SPOOL_OPEN, 5, STR("rows"));
	world_seal(&w, 5, 1, 1, "k");
	/* Its object is cut, so that the rows are still wanted. */
	world_write(&w, SPOOL_OPEN, 2, STR("rows"));
	world_write(&w, SPOOL_NEW, 2, STR("cut"));
	world_reopen(&w, start);
	assert_int_equal(spool_left_open(w.dir, &ids), 3);
	assert_int_equal(ids[0], 2);
	assert_int_equal(ids[1], 4);
	assert_int_equal(ids[2], 9);
	assert_false(world_has(&w, SPOOL_OPEN, 5));
	assert_true(world_has(&w, SPOOL_NEW, 5));
	world_end(&w);
}

static void test_second_opener_is_refused(void **state)
{
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	assert_null(spool_open(&w.options, NULL, &err));
	assert_non_null(strstr(err.text, "another skydive-exporter uses"));
	world_reopen(&w, start);
	world_end(&w);
}

static void test_directory_that_cannot_be_made_is_an_error(void **state)
{
	struct spool_options options = { .directory = STR("/dev/null/spool") };
	struct err err = ERR_INIT;

	(void)state;
	assert_null(spool_open(&options, NULL, &err));
	assert_non_null(strstr(err.text, "spool.directory: cannot make /dev/null/spool: "
					 "Not a directory"));
}

static void test_ids_are_never_used_again(void **state)
{
	enum spool_folder folder;
	struct world w;
	uint64_t id = 0;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	assert_int_equal(spool_next_id(w.dir), 1);
	assert_int_equal(spool_next_id(w.dir), 2);
	for (folder = SPOOL_OPEN; folder < SPOOL_FOLDERS; folder++) {
		uint64_t highest = (uint64_t)(10 * ((int)folder + 1));

		world_seal(&w, highest, 1, 1, "k");
		if (folder != SPOOL_NEW) {
			char from[SPOOL_PATH_MAX], to[SPOOL_PATH_MAX];

			spool_path(w.dir, SPOOL_NEW, highest, from);
			spool_path(w.dir, folder, highest, to);
			assert_int_equal(rename(from, to), 0);
		}
		world_reopen(&w, start);
		id = spool_next_id(w.dir);
		assert_int_equal(id, highest + 1);
	}
	world_end(&w);
}

static void test_streams_rise_over_restarts(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	/* As wanted, also twice: tenants share the second. */
	assert_int_equal(spool_stream(w.spool, 1000), 1000);
	assert_int_equal(spool_stream(w.spool, 1000), 1000);
	assert_int_equal(spool_stream(w.spool, 990), 990);
	assert_int_equal(spool_stream(w.spool, 1005), 1005);
	/* The clock was set back. */
	world_reopen(&w, start);
	assert_int_equal(spool_stream(w.spool, 1000), 1006);
	assert_int_equal(spool_stream(w.spool, 1005), 1006);
	assert_int_equal(spool_stream(w.spool, 2000), 2000);
	world_reopen(&w, start);
	assert_int_equal(spool_stream(w.spool, 1), 2001);
	world_reopen(&w, start);
	assert_int_equal(spool_stream(w.spool, 1), 2002);
	world_end(&w);
}

static void test_identity(void **state)
{
	struct world w, other;
	char first[32], path[WORLD_PATH + 16];
	int fd;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	snprintf(first, sizeof(first), "%s", spool_identity(w.spool, NULL));
	assert_int_equal(strspn(first, "0123456789abcdef"), 16);
	world_reopen(&w, start);
	assert_string_equal(spool_identity(w.spool, NULL), first);
	world_make(&other);
	world_open(&other, start);
	assert_string_not_equal(spool_identity(other.spool, NULL), first);
	world_end(&other);
	/* One that is cut short is made anew. */
	world_close(&w);
	snprintf(path, sizeof(path), "%s/identity", w.path);
	fd = io_open(path, O_WRONLY | O_TRUNC, 0640);
	assert_int_equal(io_write(fd, STR("0123")), 0);
	close(fd);
	world_open(&w, start);
	assert_int_equal(strlen(spool_identity(w.spool, NULL)), 16);
	assert_string_not_equal(spool_identity(w.spool, NULL), first);
	world_end(&w);
}

static void test_stream_is_on_disk_before_it_is_given(void **state)
{
	struct buf text = BUF_INIT(64);
	char path[WORLD_PATH + 16];
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	assert_int_equal(spool_stream(w.spool, 1551199609), 1551199609);
	snprintf(path, sizeof(path), "%s/streams", w.path);
	assert_int_equal(io_read_file(path, &text), 0);
	assert_int_equal(strtoll(text.ptr, NULL, 10), 1551199609);
	buf_fini(&text);
	world_end(&w);
}

static void test_damaged_streams_are_told(void **state)
{
	static const struct {
		const char *text;
		int64_t next; /* that is given when the clock says 1000 */
	} table[] = {
		{ "00000000000000002000\n", 2001 },
		{ "00000253402300799000\n", 1000 },
		{ "99999999999999999999\n", 1000 },
		{ "0000000000000000200", 1000 },
		{ "0000000000p000002000\n", 1000 },
		{ "\n", 1000 },
		{ "", 1000 }, /* only just made */
	};
	char path[WORLD_PATH + 16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool is_damaged = table[i].next == 1000 && table[i].text[0];
		struct world w;
		int fd;

		print_message("  %s\n", table[i].text);
		world_make(&w);
		snprintf(path, sizeof(path), "%s/streams", w.path);
		fd = io_open(path, O_WRONLY | O_CREAT, 0640);
		assert_int_equal(io_write(fd, str_of(table[i].text)), 0);
		close(fd);
		world_open(&w, start);
		assert_int_equal(spool_stream(w.spool, 1000), table[i].next);
		world_reopen(&w, start);
		assert_int_equal(spool_stream(w.spool, 1000), table[i].next + 1);
		world_log(&w);
		assert_int_equal(w.lines.len && strstr(w.lines.ptr, "is damaged"),
				 is_damaged);
		world_end(&w);
	}
}

static void test_outcomes_do_what_they_say(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	stats_add(&w.stats, STAT_RECORDS_SPOOLED, 6);
	add(&w, 1, 100, 1, start);
	add(&w, 2, 200, 2, start);
	add(&w, 3, 300, 3, start);
	assert_takes(&w, 1);
	assert_takes(&w, 2);
	assert_takes(&w, 3);
	assert_takes(&w, 0);
	assert_backlog(&w, 3, 3 * ENVELOPE_SIZE + 600);

	spool_done(w.dir, 2, SPOOL_LATER);
	assert_true(world_has(&w, SPOOL_NEW, 2));
	assert_takes(&w, 2);
	assert_takes(&w, 0);

	spool_done(w.dir, 1, SPOOL_STORED);
	assert_false(world_has(&w, SPOOL_NEW, 1));
	assert_false(world_has(&w, SPOOL_BAD, 1));
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_UPLOADED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_UPLOADED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_BYTES_UPLOADED), 100);
	assert_backlog(&w, 2, 2 * ENVELOPE_SIZE + 500);

	spool_done(w.dir, 3, SPOOL_REFUSED);
	assert_false(world_has(&w, SPOOL_NEW, 3));
	assert_true(world_has(&w, SPOOL_BAD, 3));
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_QUARANTINED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_QUARANTINED), 3);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_SPOOLED), 2);
	assert_backlog(&w, 1, ENVELOPE_SIZE + 200);

	spool_done(w.dir, 77, SPOOL_STORED); /* nobody knows it */
	assert_backlog(&w, 1, ENVELOPE_SIZE + 200);
	world_end(&w);
}

static void test_oldest_of_the_largest_goes_when_full(void **state)
{
	struct stats stats = { 0 };
	struct spool_dir *mine, *other;
	struct world w;
	uint64_t id;
	int i;

	(void)state;
	world_make(&w);
	w.options.max_bytes = 10 * (ENVELOPE_SIZE + 100);
	world_open(&w, start);
	mine = w.dir;
	other = spool_dir_open(w.spool, "other", &stats, start, NULL);
	assert_non_null(other);
	w.dir = other;
	world_seal(&w, 1, 100, 1, "k");
	spool_add(other, 1, ENVELOPE_SIZE + 100, 1, start);
	w.dir = mine;
	for (i = 1; i <= 9; i++)
		add(&w, (uint64_t)i, 100, 10, start);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 0);
	assert_takes(&w, 1);

	/* 1 is under way, and the other pipeline has less. */
	add(&w, 10, 100, 10, start);
	assert_true(world_has(&w, SPOOL_NEW, 1));
	assert_false(world_has(&w, SPOOL_NEW, 2));
	assert_true(world_has(&w, SPOOL_NEW, 3));
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_EVICTED), 10);
	assert_int_equal(stats_get(&stats, STAT_OBJECTS_EVICTED), 0);
	assert_backlog(&w, 9, 9 * (ENVELOPE_SIZE + 100));

	/* Open files count: as much as three objects. */
	spool_charge(w.dir, SPOOL_OPEN, 3 * (ENVELOPE_SIZE + 100));
	add(&w, 11, 100, 10, start);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 5);
	assert_false(world_has(&w, SPOOL_NEW, 6));
	assert_true(world_has(&w, SPOOL_NEW, 7));
	spool_charge(w.dir, SPOOL_OPEN, -3 * (ENVELOPE_SIZE + 100));

	/* Everything under way: nothing goes. */
	while (spool_take(mine, &id))
		;
	assert_true(spool_take(other, &id));
	spool_charge(w.dir, SPOOL_OPEN, (int64_t)1 << 40);
	world_seal(&w, 12, 100, 10, "k");
	spool_add(mine, 12, ENVELOPE_SIZE + 100, 10, start);
	spool_make_room(w.spool, start);
	assert_false(world_has(&w, SPOOL_NEW, 12));
	assert_true(world_has(&w, SPOOL_NEW, 1));
	assert_true(world_has(&w, SPOOL_NEW, 11));
	spool_dir_close(other);
	assert_non_null(strstr(world_log(&w),
			       "1 tenant=t spool=full the oldest objects are "
			       "dropped: objects=1 records=10 bytes=4196"));
	world_end(&w);
}

/* The first at once, then what was lost in ten seconds, and the rest at the end. */
static void test_losses_are_told_together(void **state)
{
	static const int64_t at_ms[] = { 0, 0, 0, 5, 5000, 10004, 10005, 10006 };
	const char *said, *second;
	struct world w;
	size_t i;

	(void)state;
	world_make(&w);
	w.options.max_bytes = 3 * (ENVELOPE_SIZE + 100);
	world_open(&w, start);
	for (i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++)
		add(&w, i + 1, 100, 10, later(at_ms[i]));
	said = world_log(&w);
	assert_non_null(strstr(said, "dropped: objects=1 records=10 "));
	second = strstr(said, "dropped: objects=3 records=30 ");
	assert_non_null(second);
	assert_non_null(strstr(second, "dropped: objects=1 records=10 "));
	world_end(&w);
}

static void test_refused_objects_count_once(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_make(&w);
	w.options.max_bytes = 4 * (ENVELOPE_SIZE + 100);
	world_open(&w, start);
	add(&w, 1, 100, 1, start);
	assert_takes(&w, 1);
	spool_done(w.dir, 1, SPOOL_REFUSED);
	for (i = 0; i < 5; i++) {
		spool_dir_close(w.dir);
		w.dir = spool_dir_open(w.spool, "t", &w.stats, start, NULL);
		assert_non_null(w.dir);
	}
	for (i = 2; i <= 4; i++)
		add(&w, (uint64_t)i, 100, 1, start);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 0);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_BAD_EVICTED), 0);
	/* What nobody sends any more goes before what waits. */
	add(&w, 5, 100, 1, start);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_BAD_EVICTED), 1);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 0);
	assert_false(world_has(&w, SPOOL_BAD, 1));
	add(&w, 6, 100, 1, start);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 1);
	world_end(&w);
}

static void test_old_objects_go(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	w.options.max_age = 60000;
	world_open(&w, start);
	add(&w, 1, 1, 5, start);
	add(&w, 2, 1, 6, later(10));
	add(&w, 3, 1, 7, later(20));
	assert_takes(&w, 1);
	spool_tick(w.dir, later(60000));
	assert_backlog(&w, 3, 3 * (ENVELOPE_SIZE + 1));
	spool_tick(w.dir, later(60011));
	assert_true(world_has(&w, SPOOL_NEW, 1)); /* under way */
	assert_false(world_has(&w, SPOOL_NEW, 2));
	assert_true(world_has(&w, SPOOL_NEW, 3));
	spool_done(w.dir, 1, SPOOL_LATER);
	spool_tick(w.dir, later(60012));
	assert_false(world_has(&w, SPOOL_NEW, 1));
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_EVICTED), 11);
	assert_backlog(&w, 1, ENVELOPE_SIZE + 1);
	world_end(&w);
}

/* Age is that of the file, whoever runs. */
static void test_age_is_kept_over_restarts(void **state)
{
	struct spool_backlog backlog;
	struct timeval times[2] = { { 0 } };
	char path[SPOOL_PATH_MAX];
	struct world w;

	(void)state;
	world_make(&w);
	w.options.max_age = 60000;
	world_open(&w, start);
	world_seal(&w, 1, 1, 1, "k");
	spool_path(w.dir, SPOOL_NEW, 1, path);
	times[0].tv_sec = times[1].tv_sec = start.wall_ms / 1000 - 50;
	assert_int_equal(utimes(path, times), 0);
	world_reopen(&w, start);
	spool_backlog(w.dir, &backlog);
	assert_in_range(start.mono_ms - backlog.oldest_ms, 50000, 51000);
	spool_tick(w.dir, later(5000));
	assert_true(world_has(&w, SPOOL_NEW, 1));
	spool_tick(w.dir, later(10001));
	assert_false(world_has(&w, SPOOL_NEW, 1));
	world_end(&w);
}

static void test_held_bytes_are_bounded(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	assert_false(spool_hold(w.spool, 1));
	spool_set_held_max(w.spool, 100);
	assert_true(spool_hold(w.spool, 60));
	assert_true(spool_hold(w.spool, 40));
	assert_false(spool_hold(w.spool, 1));
	assert_true(spool_hold(w.spool, -1));
	assert_true(spool_hold(w.spool, 1));
	spool_set_held_max(w.spool, 10);
	assert_true(spool_hold(w.spool, -100));
	assert_true(spool_hold(w.spool, 10));
	world_end(&w);
}

static void test_directories_without_pipeline_are_reported(void **state)
{
	struct str names[] = { STR("t"), STR("other") };
	struct strs known = { names, 2 };
	struct world w;
	char path[WORLD_PATH + 16];

	(void)state;
	world_make(&w);
	world_open(&w, start);
	snprintf(path, sizeof(path), "%s/gone", w.path);
	assert_int_equal(io_make_dirs(path, 0750), 0);
	spool_report_strangers(w.spool, &known);
	world_log(&w);
	assert_non_null(strstr(w.lines.ptr, "/gone no pipeline of this name"));
	assert_null(strstr(w.lines.ptr, "/t "));
	assert_null(strstr(w.lines.ptr, "/lock "));
	assert_null(strstr(w.lines.ptr, "/streams "));
	world_end(&w);
}

/* Where a test needs a second pipeline: its own counters, the same spool. */
struct other {
	struct stats stats;
	struct spool_dir *dir, *first;
};

static void other_open(struct world *w, struct other *o)
{
	*o = (struct other){ .first = w->dir };
	o->dir = spool_dir_open(w->spool, "other", &o->stats, start, NULL);
	assert_non_null(o->dir);
}

static void other_add(struct world *w, struct other *o, uint64_t id)
{
	w->dir = o->dir;
	add(w, id, 100, 1, start);
	w->dir = o->first;
}

static void keep_bad(struct world *w, uint64_t id)
{
	add(w, id, 100, 1, start);
	assert_takes(w, id);
	assert_int_equal(spool_done(w->dir, id, SPOOL_REFUSED), 0);
}

/* Of each folder: what one pipeline cannot get rid of is not charged to another. */
static void test_nobody_loses_for_bytes_of_another(void **state)
{
	enum spool_folder folder;

	(void)state;
	for (folder = SPOOL_OPEN; folder < SPOOL_FOLDERS; folder++) {
		struct other o;
		struct world w;
		uint64_t id;

		print_message("  folder %d\n", (int)folder);
		world_make(&w);
		w.options.max_bytes = 8 * (ENVELOPE_SIZE + 100);
		world_open(&w, start);
		other_open(&w, &o);
		for (id = 1; id <= 3; id++)
			other_add(&w, &o, id);
		for (id = 1; id <= 30; id++) {
			if (folder == SPOOL_BAD)
				keep_bad(&w, id);
			else if (folder == SPOOL_NEW)
				add(&w, id, 100, 1, start);
			else
				spool_charge(w.dir, folder, ENVELOPE_SIZE + 100);
			other_add(&w, &o, id + 3);
			assert_true(spool_take(o.dir, &(uint64_t){ 0 }));
			assert_int_equal(spool_done(o.dir, id, SPOOL_STORED), 0);
		}
		assert_int_equal(stats_get(&o.stats, STAT_OBJECTS_EVICTED), 0);
		assert_int_equal(stats_get(&o.stats, STAT_OBJECTS_UPLOADED), 30);
		if (folder == SPOOL_BAD || folder == SPOOL_NEW)
			assert_true(spool_bytes(w.spool) <= w.options.max_bytes);
		spool_dir_close(o.dir);
		world_end(&w);
	}
}

static void test_what_others_do_not_use_is_borrowed_and_given_back(void **state)
{
	struct other o;
	struct world w;
	uint64_t id;

	(void)state;
	world_make(&w);
	w.options.max_bytes = 10 * (ENVELOPE_SIZE + 100);
	world_open(&w, start);
	other_open(&w, &o);
	for (id = 1; id <= 10; id++)
		add(&w, id, 100, 1, start);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 0);
	for (id = 1; id <= 7; id++)
		other_add(&w, &o, id);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_EVICTED), 5);
	assert_int_equal(stats_get(&o.stats, STAT_OBJECTS_EVICTED), 2);
	assert_false(world_has(&w, SPOOL_NEW, 5));
	assert_true(world_has(&w, SPOOL_NEW, 6));
	spool_dir_close(o.dir);
	world_end(&w);
}

static void count_call(void *context)
{
	++*(int *)context;
}

static void test_open_objects_that_take_too_much_are_asked_for(void **state)
{
	struct world w;
	int asked = 0;

	(void)state;
	world_make(&w);
	w.options.max_bytes = 1000000;
	world_open(&w, start);
	spool_on_finish(w.dir, count_call, &asked);
	assert_int_equal(spool_next_id(w.dir), 1);
	spool_charge(w.dir, SPOOL_OPEN, 1000000);
	assert_int_equal(asked, 0);
	assert_false(spool_must_finish(w.dir, 1));
	spool_charge(w.dir, SPOOL_OPEN, 1);
	assert_int_equal(asked, 1);
	assert_true(spool_must_finish(w.dir, 1));
	/* What is begun from now on is not meant. */
	assert_false(spool_must_finish(w.dir, spool_next_id(w.dir)));
	spool_charge(w.dir, SPOOL_OPEN, 1);
	assert_int_equal(asked, 1);
	world_end(&w);
}

static void test_file_that_is_gone_costs_its_object(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	stats_add(&w.stats, STAT_RECORDS_SPOOLED, 5);
	add(&w, 1, 100, 3, start);
	add(&w, 2, 100, 2, start);
	spool_path(w.dir, SPOOL_NEW, 1, path);
	assert_int_equal(unlink(path), 0);
	assert_takes(&w, 1);
	/* Whoever finds it: the one that reads, or the one that moves. */
	assert_int_equal(spool_done(w.dir, 1, SPOOL_REFUSED), -ENOENT);
	assert_takes(&w, 2);
	assert_int_equal(spool_done(w.dir, 2, SPOOL_GONE), -ENOENT);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_EVICTED), 5);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_SPOOLED), 0);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_QUARANTINED), 0);
	assert_backlog(&w, 0, 0);
	assert_non_null(strstr(world_log(&w), "spool=gone"));
	assert_null(strstr(w.lines.ptr, " moved to "));
	world_end(&w);
}

static void replace_bad(struct world *w, bool with_file)
{
	char path[SPOOL_PATH_MAX];

	spool_path(w->dir, SPOOL_BAD, 1, path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(with_file ? rmdir(path) : unlink(path), 0);
	if (with_file)
		close(io_open(path, O_CREAT | O_WRONLY, 0640));
}

static void test_refused_objects_wait_until_bad_can_be_written(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	add(&w, 1, 100, 3, start);
	add(&w, 2, 100, 2, start);
	replace_bad(&w, true);
	assert_takes(&w, 1);
	assert_int_equal(spool_done(w.dir, 1, SPOOL_REFUSED), -ENOTDIR);
	assert_takes(&w, 2); /* and the first one no more */
	assert_takes(&w, 0);
	spool_tick(w.dir, later(1000));
	spool_tick(w.dir, later(2000));
	assert_true(world_has(&w, SPOOL_NEW, 1));
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_QUARANTINED), 0);
	replace_bad(&w, false);
	spool_tick(w.dir, later(100000)); /* the folder is made anew */
	assert_true(world_has(&w, SPOOL_BAD, 1));
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_QUARANTINED), 3);
	assert_string_equal(strchr(world_log(&w), ' '),
			    " tenant=t spool=new/0000000000000001 cannot be moved to "
			    "bad/: Not a directory; it stays, as do others, and is tried "
			    "again: make bad/ writable\n"
			    "2 tenant=t spool=bad/ ok\n");
	world_end(&w);
}

static void test_bad_files_are_not_replaced(void **state)
{
	struct buf file = BUF_INIT(1 << 20);
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	add(&w, spool_next_id(w.dir), 100, 3, start);
	world_write(&w, SPOOL_BAD, 1, STR("another one"));
	assert_takes(&w, 1);
	assert_int_equal(spool_done(w.dir, 1, SPOOL_REFUSED), 0);
	world_read(&w, SPOOL_BAD, 1, &file);
	assert_string_equal(file.ptr, "another one");
	assert_true(world_has(&w, SPOOL_BAD, 2));
	buf_fini(&file);
	world_end(&w);
}

static void test_unreadable_object_waits_by_itself(void **state)
{
	int64_t at = 0;
	struct world w;
	int i;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	add(&w, 1, 100, 3, start);
	add(&w, 2, 100, 2, start);
	for (i = 0; i < 4; i++) {
		assert_takes(&w, 1);
		assert_int_equal(spool_done(w.dir, 1, SPOOL_UNREADABLE), -EAGAIN);
		assert_takes(&w, 2);
		assert_takes(&w, 0);
		spool_done(w.dir, 2, SPOOL_LATER);
		spool_tick(w.dir, later(at += (1000 << i) - 1));
		assert_takes(&w, 2);
		spool_done(w.dir, 2, SPOOL_LATER);
		spool_tick(w.dir, later(++at));
	}
	assert_takes(&w, 1);
	assert_int_equal(spool_done(w.dir, 1, SPOOL_UNREADABLE), 0);
	assert_true(world_has(&w, SPOOL_BAD, 1));
	world_end(&w);
}

/* A named pipe would keep whoever opens it waiting for ever. */
static void test_what_is_no_plain_file_goes_to_bad(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	spool_path(w.dir, SPOOL_NEW, 1, path);
	assert_int_equal(mkfifo(path, 0640), 0);
	spool_path(w.dir, SPOOL_NEW, 2, path);
	assert_int_equal(mkdir(path, 0750), 0);
	spool_path(w.dir, SPOOL_NEW, 3, path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	world_reopen(&w, start);
	assert_backlog(&w, 0, 0);
	assert_int_equal(stats_get(&w.stats, STAT_OBJECTS_QUARANTINED), 3);
	world_end(&w);
}

static void test_files_of_others_are_not_opened(void **state)
{
	static const char *const names[] = { "lock", "streams" };
	enum { LINK, HARD_LINK, PIPE, LAST };
	char path[WORLD_PATH + 16], victim[WORLD_PATH + 16];
	size_t i, how;

	(void)state;
	for (i = 0; i < 2 * LAST; i++) {
		struct err err = ERR_INIT;
		struct world w;

		how = i % LAST;
		world_make(&w);
		snprintf(path, sizeof(path), "%s/%s", w.path, names[i / LAST]);
		snprintf(victim, sizeof(victim), "%s/victim", w.path);
		close(io_open(victim, O_CREAT | O_WRONLY, 0640));
		assert_int_equal(how == LINK	    ? symlink(victim, path)
				 : how == HARD_LINK ? link(victim, path)
						    : mkfifo(path, 0640),
				 0);
		assert_null(spool_open(&w.options, w.log, &err));
		assert_non_null(strstr(err.text, "is not used: it "));
		world_log(&w);
		assert_int_equal(io_remove_tree(w.path), 0);
		buf_fini(&w.lines);
	}
}

static int create(struct world *w, enum spool_folder folder, uint64_t id)
{
	int fd = spool_create(w->dir, folder, id);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void test_files_are_made_anew_or_not_at_all(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct buf file = BUF_INIT(64);
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	world_write(&w, SPOOL_OPEN, 1, STR("rows"));
	assert_int_equal(create(&w, SPOOL_OPEN, 1), -EEXIST);
	world_read(&w, SPOOL_OPEN, 1, &file);
	assert_string_equal(file.ptr, "rows");
	/* Somebody removed the folder. */
	spool_path(w.dir, SPOOL_TMP, 1, path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(create(&w, SPOOL_TMP, 1), 0);
	buf_fini(&file);
	world_end(&w);
}

/* What the envelope says counts, not the file's time, which a copy changes. */
static void test_ages_come_from_envelopes(void **state)
{
	static const struct {
		int64_t sealed_ms, mtime_s; /* before now, or since 1970 when small */
		int64_t age_ms;
	} table[] = {
		{ -20000, 1000, 20000 },  { -20000, -50, 20000 },
		{ -20000, 100, 20000 },	  { 5000, 5, 0 }, /* no clock then */
		{ 0, 1000, 0 },		  { 0, -50, 50000 },
		{ -86400000, -86400, 0 }, /* too old: it gets a while */
		{ 86400000, 0, 0 },	  /* from the future */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct envelope envelope = { .dirname = STR("b"),
					     .key = STR("k"),
					     .content_type = STR("t"),
					     .records = 1 };
		struct spool_backlog backlog;
		struct timeval times[2] = { { 0 } };
		char path[SPOOL_PATH_MAX], head[ENVELOPE_SIZE];
		struct world w;

		print_message("  %zu\n", i);
		world_make(&w);
		w.options.max_age = 60000;
		world_open(&w, start);
		envelope.sealed_ms = table[i].sealed_ms;
		if (envelope.sealed_ms < 0 || envelope.sealed_ms > 1000000)
			envelope.sealed_ms += start.wall_ms;
		assert_int_equal(envelope_write(&envelope, head), 0);
		world_write(&w, SPOOL_NEW, 1, (struct str){ head, sizeof(head) });
		times[0].tv_sec = times[1].tv_sec = table[i].mtime_s > 0
							    ? table[i].mtime_s
							    : start.wall_ms / 1000 +
								      table[i].mtime_s;
		spool_path(w.dir, SPOOL_NEW, 1, path);
		assert_int_equal(utimes(path, times), 0);
		world_reopen(&w, start);
		spool_backlog(w.dir, &backlog);
		assert_in_range(start.mono_ms - backlog.oldest_ms, table[i].age_ms,
				table[i].age_ms + 1000);
		world_end(&w);
	}
}

static int64_t ms_to_open(struct world *w, uint64_t count)
{
	struct timespec before, after;
	uint64_t id;

	for (id = 1; id <= count; id++)
		world_seal(w, id * 7919 % 100003, 0, 1, "k");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	world_reopen(w, start);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	return (after.tv_sec - before.tv_sec) * 1000 +
	       (after.tv_nsec - before.tv_nsec) / 1000000;
}

/* Twice as many objects take about twice the time. */
static void test_start_is_in_proportion(void **state)
{
	int64_t few, many;
	struct world w;

	(void)state;
	world_make(&w);
	world_open(&w, start);
	few = ms_to_open(&w, 10000);
	many = ms_to_open(&w, 20000);
	print_message("  %d ms, %d ms\n", (int)few, (int)many);
	assert_true(many <= 3 * few + 50);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_purges_what_was_in_the_making),
		cmocka_unit_test(test_start_finds_sealed_objects_oldest_first),
		cmocka_unit_test(test_start_sorts_by_id),
		cmocka_unit_test(test_start_quarantines_what_is_not_whole),
		cmocka_unit_test(test_foreign_files_are_let_be),
		cmocka_unit_test(test_start_deletes_open_files_that_were_sealed),
		cmocka_unit_test(test_second_opener_is_refused),
		cmocka_unit_test(test_directory_that_cannot_be_made_is_an_error),
		cmocka_unit_test(test_ids_are_never_used_again),
		cmocka_unit_test(test_streams_rise_over_restarts),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_stream_is_on_disk_before_it_is_given),
		cmocka_unit_test(test_damaged_streams_are_told),
		cmocka_unit_test(test_outcomes_do_what_they_say),
		cmocka_unit_test(test_oldest_of_the_largest_goes_when_full),
		cmocka_unit_test(test_losses_are_told_together),
		cmocka_unit_test(test_refused_objects_count_once),
		cmocka_unit_test(test_old_objects_go),
		cmocka_unit_test(test_age_is_kept_over_restarts),
		cmocka_unit_test(test_held_bytes_are_bounded),
		cmocka_unit_test(test_directories_without_pipeline_are_reported),
		cmocka_unit_test(test_nobody_loses_for_bytes_of_another),
		cmocka_unit_test(test_what_others_do_not_use_is_borrowed_and_given_back),
		cmocka_unit_test(test_open_objects_that_take_too_much_are_asked_for),
		cmocka_unit_test(test_file_that_is_gone_costs_its_object),
		cmocka_unit_test(test_refused_objects_wait_until_bad_can_be_written),
		cmocka_unit_test(test_bad_files_are_not_replaced),
		cmocka_unit_test(test_unreadable_object_waits_by_itself),
		cmocka_unit_test(test_what_is_no_plain_file_goes_to_bad),
		cmocka_unit_test(test_files_of_others_are_not_opened),
		cmocka_unit_test(test_files_are_made_anew_or_not_at_all),
		cmocka_unit_test(test_ages_come_from_envelopes),
		cmocka_unit_test(test_start_is_in_proportion),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
