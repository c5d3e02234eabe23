/* SPDX-License-Identifier: Apache-2.0 */
/* test_ledger.c - the books balance, wherever a run was cut off. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include "spool/ledger.h"
#include "sys/clock.h"
#include "tests/unit/spool_world.h"

#define SIZE	100
#define RECORDS 3

static const struct now start = { 1000000, 1551199609804 };
static const struct ledger_sum one = { 1, RECORDS, SIZE };

static struct now later(int64_t ms)
{
	return (struct now){ start.mono_ms + ms, start.wall_ms + ms };
}

/* What failed did so in real time. */
static struct now after_days(int days)
{
	struct now now = clock_now();

	now.mono_ms += (int64_t)days * 86400 * 1000;
	return now;
}

/* As a sealer does, up to the commit, which is the last step. */
static void make_object(struct world *w, uint64_t id)
{
	char sealed[SPOOL_PATH_MAX], tmp[SPOOL_PATH_MAX];

	world_seal(w, id, SIZE, RECORDS, "k");
	spool_path(w->dir, SPOOL_NEW, id, sealed);
	spool_path(w->dir, SPOOL_TMP, id, tmp);
	assert_int_equal(rename(sealed, tmp), 0);
	world_write(w, SPOOL_OPEN, id, STR("rows"));
}

static void seal(struct world *w, uint64_t count)
{
	uint64_t id;

	while (count--) {
		id = spool_next_id(w->dir);
		make_object(w, id);
		assert_int_equal(spool_commit(w->dir, SPOOL_TMP, id, id, &one), 0);
		spool_remove(w->dir, SPOOL_OPEN, id);
		spool_add(w->dir, id, ENVELOPE_SIZE + SIZE, RECORDS, start);
	}
}

static void end_next(struct world *w, enum spool_outcome outcome)
{
	uint64_t id;

	assert_true(spool_take(w->dir, &id));
	spool_done(w->dir, id, outcome);
}

static void assert_sum(const struct ledger_sum *sum, int64_t objects)
{
	assert_int_equal(sum->objects, objects);
	assert_int_equal(sum->records, objects * RECORDS);
	assert_int_equal(sum->bytes, objects * SIZE);
}

static void assert_totals(struct world *w, int64_t sealed, int64_t uploaded,
			  int64_t evicted, int64_t quarantined)
{
	struct ledger_totals totals;

	spool_ledger(w->dir, &totals);
	assert_sum(&totals.sealed, sealed);
	assert_sum(&totals.uploaded, uploaded);
	assert_sum(&totals.evicted, evicted);
	assert_sum(&totals.quarantined, quarantined);
	assert_sum(&totals.spooled, sealed - uploaded - evicted - quarantined);
}

static void assert_kept(struct world *w, int64_t sealed, int64_t uploaded,
			int64_t evicted, int64_t quarantined)
{
	assert_totals(w, sealed, uploaded, evicted, quarantined);
	world_reopen(w, start);
	assert_totals(w, sealed, uploaded, evicted, quarantined);
}

static void world_begin(struct world *w)
{
	world_make(w);
	world_open(w, start);
}

static void ledger_path(const struct world *w, const char *name,
			char path[WORLD_PATH * 2])
{
	snprintf(path, WORLD_PATH * 2, "%s/t/%s", w->path, name);
}

static void test_totals_outlive_a_run(void **state)
{
	struct ledger_totals totals;
	struct world w;

	(void)state;
	world_begin(&w);
	seal(&w, 5);
	end_next(&w, SPOOL_STORED);
	end_next(&w, SPOOL_REFUSED);
	end_next(&w, SPOOL_LATER);
	assert_kept(&w, 5, 1, 0, 1);
	end_next(&w, SPOOL_STORED);
	seal(&w, 1);
	assert_kept(&w, 6, 2, 0, 1);
	spool_ledger(w.dir, &totals);
	assert_int_equal(totals.since_ms, start.wall_ms);
	world_end(&w);
}

static void test_losses_are_evictions(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct world w;
	uint64_t id;

	(void)state;
	world_begin(&w);
	seal(&w, 4);
	/* By somebody, and seen by the uploader. */
	assert_true(spool_take(w.dir, &id));
	spool_path(w.dir, SPOOL_NEW, id, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(spool_done(w.dir, id, SPOOL_GONE), -ENOENT);
	assert_kept(&w, 4, 0, 1, 0);
	/* Likewise, and refused. */
	assert_true(spool_take(w.dir, &id));
	spool_path(w.dir, SPOOL_NEW, id, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(spool_done(w.dir, id, SPOOL_REFUSED), -ENOENT);
	assert_kept(&w, 4, 0, 2, 0);
	/* Between two runs. */
	assert_true(spool_take(w.dir, &id));
	spool_path(w.dir, SPOOL_NEW, id, path);
	assert_int_equal(unlink(path), 0);
	world_reopen(&w, start);
	assert_totals(&w, 4, 0, 3, 0);
	/* Too old. */
	spool_tick(w.dir, later(w.options.max_age + 1));
	assert_kept(&w, 4, 0, 4, 0);
	world_end(&w);
}

static void test_a_full_spool_evicts_bad_files_too(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	w.options.max_bytes = 2 * (ENVELOPE_SIZE + SIZE);
	world_open(&w, start);
	seal(&w, 1);
	end_next(&w, SPOOL_REFUSED);
	assert_totals(&w, 1, 0, 0, 1);
	seal(&w, 3);
	spool_make_room(w.spool, start);
	assert_kept(&w, 4, 0, 2, 0);
	world_end(&w);
}

static void test_what_is_sent_again_counts_once(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w);
	seal(&w, 2);
	end_next(&w, SPOOL_REFUSED);
	end_next(&w, SPOOL_REFUSED);
	assert_int_equal(spool_ask_retry(w.path, "t"), 0);
	assert_int_equal(spool_retry(w.dir, start), 2);
	assert_kept(&w, 2, 0, 0, 0);
	end_next(&w, SPOOL_STORED);
	assert_kept(&w, 2, 1, 0, 0);
	world_end(&w);
}

static void test_no_objects_are_not_counted(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w);
	world_write(&w, SPOOL_OPEN, 1, STR("damaged"));
	assert_int_equal(spool_quarantine(w.dir, SPOOL_OPEN, 1, "it is"), 0);
	assert_kept(&w, 0, 0, 0, 0);
	world_end(&w);
}

/* The step is in the ledger, and its files are as before. */
static const struct {
	const char *what;
	enum spool_outcome outcome;
	int64_t uploaded, evicted;
} cut_steps[] = {
	{ "stored", SPOOL_STORED, 1, 0 },
	{ "gone", SPOOL_GONE, 0, 1 },
};

static void test_a_step_that_was_cut_is_taken_back(void **state)
{
	struct world w;
	uint64_t id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cut_steps) / sizeof(cut_steps[0]); i++) {
		world_begin(&w);
		seal(&w, 2);
		assert_true(spool_take(w.dir, &id));
		spool_done(w.dir, id, cut_steps[i].outcome);
		assert_totals(&w, 2, cut_steps[i].uploaded, cut_steps[i].evicted, 0);
		world_seal(&w, id, SIZE, RECORDS, "k");
		world_reopen(&w, start);
		assert_totals(&w, 2, 0, 0, 0);
		assert_kept(&w, 2, 0, 0, 0);
		world_end(&w);
	}
}

static void test_an_eviction_of_a_bad_file_that_was_cut(void **state)
{
	char sealed[SPOOL_PATH_MAX], bad[SPOOL_PATH_MAX];
	struct world w;

	(void)state;
	world_make(&w);
	w.options.max_bytes = ENVELOPE_SIZE + SIZE;
	world_open(&w, start);
	seal(&w, 1);
	end_next(&w, SPOOL_REFUSED);
	seal(&w, 1);
	spool_make_room(w.spool, start);
	assert_totals(&w, 2, 0, 1, 0);
	world_seal(&w, 1, SIZE, RECORDS, "k");
	spool_path(w.dir, SPOOL_NEW, 1, sealed);
	spool_path(w.dir, SPOOL_BAD, 1, bad);
	assert_int_equal(rename(sealed, bad), 0);
	world_reopen(&w, start);
	assert_totals(&w, 2, 0, 0, 1);
	world_end(&w);
}

static void test_a_seal_that_was_cut(void **state)
{
	char sealed[SPOOL_PATH_MAX];
	struct world w;

	(void)state;
	world_begin(&w);
	seal(&w, 1);
	make_object(&w, 7);
	assert_int_equal(spool_commit(w.dir, SPOOL_TMP, 7, 7, &one), 0);
	/* Before the open file goes it is the same object. */
	world_reopen(&w, start);
	assert_totals(&w, 2, 0, 0, 0);
	assert_false(world_has(&w, SPOOL_OPEN, 7));
	/* Before the rename there is none. */
	make_object(&w, 8);
	assert_int_equal(spool_commit(w.dir, SPOOL_TMP, 8, 8, &one), 0);
	spool_path(w.dir, SPOOL_NEW, 8, sealed);
	assert_int_equal(unlink(sealed), 0);
	world_reopen(&w, start);
	assert_true(world_has(&w, SPOOL_OPEN, 8));
	assert_kept(&w, 2, 0, 0, 0);
	world_end(&w);
}

static void test_a_commit_that_fails_is_not_counted(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w);
	seal(&w, 1);
	make_object(&w, 5);
	world_seal(&w, 5, SIZE, RECORDS, "k");
	assert_int_equal(spool_commit(w.dir, SPOOL_TMP, 5, 5, &one), -EEXIST);
	assert_totals(&w, 1, 0, 0, 0);
	assert_int_equal(spool_commit(w.dir, SPOOL_TMP, 5, 6, &one), 0);
	assert_totals(&w, 2, 0, 0, 0);
	world_end(&w);
}

/* Which of the slots the last write went to is not for the test to know. */
static void test_a_write_that_was_cut_leaves_the_step_before(void **state)
{
	char path[WORLD_PATH * 2];
	struct world w;
	int slot, fd;

	(void)state;
	for (slot = 0; slot < LEDGER_SLOTS; slot++) {
		world_begin(&w);
		seal(&w, 3);
		end_next(&w, SPOOL_STORED);
		ledger_path(&w, "ledger", path);
		world_close(&w);
		fd = io_open(path, O_WRONLY, 0);
		assert_true(fd >= 0);
		assert_int_equal(io_write_at(fd, STR("?"), slot * LEDGER_SLOT + 50), 0);
		close(fd);
		world_open(&w, start);
		/* The step before says that three were sealed; the file that was stored
		 * is taken for one that is missing, as it went without the ledger. */
		if (slot == 0)
			assert_totals(&w, 3, 1, 0, 0);
		else
			assert_totals(&w, 3, 0, 1, 0);
		world_end(&w);
	}
}

static void test_ids_are_not_used_again(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	world_begin(&w);
	seal(&w, 3);
	while (spool_take(w.dir, &id))
		spool_done(w.dir, id, SPOOL_STORED);
	world_reopen(&w, start);
	assert_int_equal(spool_next_id(w.dir), 4);
	world_end(&w);
}

static void test_a_spool_without_a_ledger(void **state)
{
	char path[WORLD_PATH * 2];
	struct world w;

	(void)state;
	world_begin(&w);
	seal(&w, 3);
	end_next(&w, SPOOL_REFUSED);
	ledger_path(&w, "ledger", path);
	world_close(&w);
	assert_int_equal(unlink(path), 0);
	world_open(&w, later(5000));
	assert_kept(&w, 3, 0, 0, 1);
	assert_non_null(strstr(world_log(&w),
			       "tenant=t ledger=new begins with what is in "
			       "the spool: objects=3 records=9\n"));
	world_end(&w);
}

static void test_a_damaged_ledger_is_put_aside(void **state)
{
	char path[WORLD_PATH * 2], bad[WORLD_PATH * 2];
	struct stat status;
	struct world w;
	const char *log;
	int fd;

	(void)state;
	world_begin(&w);
	seal(&w, 2);
	end_next(&w, SPOOL_STORED);
	ledger_path(&w, "ledger", path);
	ledger_path(&w, "ledger.bad", bad);
	world_close(&w);
	fd = io_open(path, O_WRONLY | O_TRUNC, 0);
	assert_int_equal(io_write(fd, STR("once upon a time")), 0);
	close(fd);
	world_open(&w, start);
	assert_kept(&w, 1, 0, 0, 0);
	assert_int_equal(stat(bad, &status), 0);
	log = world_log(&w);
	assert_non_null(strstr(log, "tenant=t ledger=damaged "));
	assert_non_null(
		strstr(log, "is now ledger.bad: it is damaged; its totals begin"));
	world_end(&w);
}

static void test_a_ledger_that_cannot_be_written(void **state)
{
	char path[WORLD_PATH * 2];
	struct world w;
	const char *log;

	(void)state;
	world_begin(&w);
	seal(&w, 1);
	/* As root may write to what is read-only: a directory of its name. */
	ledger_path(&w, "ledger", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	seal(&w, 2);
	end_next(&w, SPOOL_STORED);
	assert_totals(&w, 3, 1, 0, 0);
	assert_int_equal(rmdir(path), 0);
	assert_true(spool_ledger_tick(w.dir, after_days(1)) == NEVER_MS);
	assert_kept(&w, 3, 1, 0, 0);
	log = world_log(&w);
	assert_non_null(
		strstr(log, "tenant=t ledger=unwritable error=\"Is a directory\""));
	assert_non_null(strstr(log, "tenant=t ledger=ok\n"));
	assert_null(strstr(strstr(log, "ledger=unwritable") + 1, "ledger=unwritable"));
	world_end(&w);
}

static void count_and_tick(struct world *w)
{
	stats_add(&w->stats, STAT_FLOWS_RECEIVED, 5);
	assert_true(spool_ledger_tick(w->dir, after_days(1)) == NEVER_MS);
}

/* Counters go to the file that is open. A step looks for the directory's. */
static void test_a_ledger_that_was_removed(void **state)
{
	struct ledger_totals totals;
	char path[WORLD_PATH * 2];
	struct stat status;
	struct world w;

	(void)state;
	world_begin(&w);
	ledger_path(&w, "ledger", path);
	seal(&w, 1);
	count_and_tick(&w);
	assert_int_equal(unlink(path), 0);
	count_and_tick(&w);
	assert_int_equal(stat(path, &status), -1);
	seal(&w, 1);
	assert_int_equal(stat(path, &status), 0);
	count_and_tick(&w);
	assert_int_equal(unlink(path), 0);
	stats_add(&w.stats, STAT_FLOWS_RECEIVED, 5);
	assert_kept(&w, 2, 0, 0, 0);
	spool_ledger(w.dir, &totals);
	assert_int_equal(totals.counters[STAT_FLOWS_RECEIVED], 20);
	assert_null(strstr(world_log(&w), "ledger="));
	world_end(&w);
}

static void tick_with_a_full_file(struct world *w, struct now now)
{
	struct rlimit before, limit;

	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_true(spool_ledger_tick(w->dir, now) != NEVER_MS);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
}

static void test_a_ledger_is_opened_anew_after_an_error(void **state)
{
	char path[WORLD_PATH * 2];
	struct stat status;
	struct world w;

	(void)state;
	world_begin(&w);
	stats_add(&w.stats, STAT_FLOWS_RECEIVED, 10);
	tick_with_a_full_file(&w, after_days(1));
	ledger_path(&w, "ledger", path);
	assert_int_equal(unlink(path), 0);
	assert_true(spool_ledger_tick(w.dir, after_days(2)) == NEVER_MS);
	assert_int_equal(stat(path, &status), 0);
	world_end(&w);
}

static void test_counters_are_written_once_a_second(void **state)
{
	struct ledger_totals totals;
	struct world w;
	int64_t due_ms;

	(void)state;
	world_begin(&w);
	assert_true(spool_ledger_tick(w.dir, later(5000)) == NEVER_MS);
	stats_add(&w.stats, STAT_FLOWS_RECEIVED, 10);
	stats_add(&w.stats, STAT_RECORDS_SPOOLED, 1);
	due_ms = spool_ledger_tick(w.dir, later(0));
	assert_int_equal(due_ms, later(1000).mono_ms);
	world_reopen(&w, start);
	spool_ledger(w.dir, &totals);
	assert_int_equal(totals.counters[STAT_FLOWS_RECEIVED], 10);
	assert_int_equal(totals.counters[STAT_RECORDS_SPOOLED], 0);
	stats_add(&w.stats, STAT_FLOWS_RECEIVED, 5);
	assert_true(spool_ledger_tick(w.dir, later(1000)) == NEVER_MS);
	spool_ledger(w.dir, &totals);
	assert_int_equal(totals.counters[STAT_FLOWS_RECEIVED], 15);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals_outlive_a_run),
		cmocka_unit_test(test_losses_are_evictions),
		cmocka_unit_test(test_a_full_spool_evicts_bad_files_too),
		cmocka_unit_test(test_what_is_sent_again_counts_once),
		cmocka_unit_test(test_no_objects_are_not_counted),
		cmocka_unit_test(test_a_step_that_was_cut_is_taken_back),
		cmocka_unit_test(test_an_eviction_of_a_bad_file_that_was_cut),
		cmocka_unit_test(test_a_seal_that_was_cut),
		cmocka_unit_test(test_a_commit_that_fails_is_not_counted),
		cmocka_unit_test(test_a_write_that_was_cut_leaves_the_step_before),
		cmocka_unit_test(test_ids_are_not_used_again),
		cmocka_unit_test(test_a_spool_without_a_ledger),
		cmocka_unit_test(test_a_damaged_ledger_is_put_aside),
		cmocka_unit_test(test_a_ledger_that_cannot_be_written),
		cmocka_unit_test(test_a_ledger_that_was_removed),
		cmocka_unit_test(test_a_ledger_is_opened_anew_after_an_error),
		cmocka_unit_test(test_counters_are_written_once_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
