/* SPDX-License-Identifier: Apache-2.0 */
/* test_uploader.c - from the spool to a store that does what the test says. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>
#include "sys/clock.h"
#include "writer/uploader.h"
#include "tests/unit/spool_world.h"

#define UNDER_WAY_MAX 4
#define SIZE	      100 /* of a body */

static const struct now start = { 1000000, 1551199609804 };

/* The state of the fake writer. */
struct fake {
	struct put *put[UNDER_WAY_MAX]; /* under way, in order of arrival */
	unsigned count;
	unsigned puts, cancels;
	char key[64]; /* of the last put */
	/* Says how every put went at once, on the caller's thread. */
	bool answers;
	enum put_result result;
	sem_t arrived;
	enum token_state token; /* of store_with_token */
};

static void take_out(struct fake *f, unsigned which)
{
	f->count--;
	for (; which < f->count; which++)
		f->put[which] = f->put[which + 1];
}

static void answer(struct fake *f, unsigned which, enum put_result result,
		   const char *why, int64_t retry_after_ms)
{
	struct put *put = f->put[which];

	assert_true(which < f->count);
	take_out(f, which);
	put->result = result;
	put->retry_after_ms = retry_after_ms;
	snprintf(put->error, sizeof(put->error), "%s", why);
	put->done(put);
}

static void fake_put(void *self, struct put *put)
{
	struct fake *f = self;

	assert_true(f->count < UNDER_WAY_MAX);
	f->put[f->count++] = put;
	f->puts++;
	snprintf(f->key, sizeof(f->key), STR_FMT, STR_ARG(put->object->key));
	if (f->answers)
		answer(f, f->count - 1, f->result, "no", 0);
	sem_post(&f->arrived);
}

static void fake_cancel(void *self, struct put *put)
{
	struct fake *f = self;
	unsigned i;

	f->cancels++;
	for (i = 0; i < f->count && f->put[i] != put; i++)
		;
	answer(f, i, PUT_FAILED, "canceled", 0);
}

static const struct writer store_fake = {
	.name = "fake",
	.put = fake_put,
	.cancel = fake_cancel,
};

static enum token_state fake_token(void *self, char *why, size_t size)
{
	struct fake *f = self;

	snprintf(why, size, f->token == TOKEN_FINE ? "" : "no new token");
	return f->token;
}

static const struct writer store_with_token = {
	.name = "fake",
	.put = fake_put,
	.cancel = fake_cancel,
	.token = fake_token,
};

struct house {
	struct world w;
	struct fake fake;
	struct workers *workers;
	struct uploader *uploader;
	unsigned most; /* at a time; 0: two */
	int64_t stored_bytes;
};

static void note_stored(void *context, const struct sealed *object, struct now now)
{
	struct house *h = context;

	(void)now;
	h->stored_bytes += object->size;
}

static void open_uploader(struct house *h, const struct writer *writer, uint64_t seed)
{
	struct uploader_parts parts = {
		.writer = writer,
		.state = &h->fake,
		.dir = h->w.dir,
		.workers = h->workers,
		.stats = &h->w.stats,
		.log = h->w.log,
		.seed = seed,
		.most = h->most ? h->most : 2,
		.stored = note_stored,
		.context = h,
	};

	h->uploader = uploader_new(&parts);
	assert_non_null(h->uploader);
}

static void house_open(struct house *h, unsigned threads)
{
	*h = (struct house){ .stored_bytes = 0 };
	sem_init(&h->fake.arrived, 0, 0);
	world_make(&h->w);
	world_open(&h->w, start);
	h->workers = workers_new(threads, "test", NULL);
	assert_non_null(h->workers);
	open_uploader(h, &store_fake, 42);
}

/* What the log says; the uploader, which writes to it, goes before it. */
static const char *house_log(struct house *h)
{
	uploader_free(h->uploader);
	h->uploader = NULL;
	return world_log(&h->w);
}

static void house_close(struct house *h)
{
	uploader_free(h->uploader);
	workers_free(h->workers);
	sem_destroy(&h->fake.arrived);
	world_end(&h->w);
}

static void add_at(struct house *h, uint64_t id, const char *key, struct now now)
{
	world_seal(&h->w, id, SIZE, 1, key);
	spool_add(h->w.dir, id, ENVELOPE_SIZE + SIZE, 1, now);
	uploader_wake(h->uploader);
}

static void add(struct house *h, uint64_t id, const char *key)
{
	add_at(h, id, key, start);
}

static int64_t run_at(struct house *h, int64_t mono_ms)
{
	return workers_run(h->workers, (struct now){ mono_ms, start.wall_ms });
}

static size_t waiting(struct house *h)
{
	struct spool_backlog backlog;

	spool_backlog(h->w.dir, &backlog);
	return backlog.objects;
}

static void assert_status(struct house *h, bool is_degraded, unsigned under_way,
			  const char *error)
{
	struct uploader_status status;

	uploader_status(h->uploader, &status);
	assert_int_equal(status.degraded_ms != 0, is_degraded);
	assert_int_equal(status.sent_ms == NEVER_MS, under_way == 0);
	assert_int_equal(status.under_way, under_way);
	assert_string_equal(status.error, error);
}

static void test_oldest_objects_go_first_a_few_at_a_time(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 2, "b");
	add(&h, 1, "a");
	add(&h, 3, "c");
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 2);
	assert_true(str_is(h.fake.put[0]->object->key, "a"));
	assert_true(str_is(h.fake.put[1]->object->key, "b"));
	assert_true(str_is(h.fake.put[0]->object->dirname, "bucket"));
	assert_int_equal(h.fake.put[0]->object->size, SIZE);
	assert_int_equal(h.fake.put[0]->object->offset, ENVELOPE_SIZE);
	assert_status(&h, false, 2, "");
	answer(&h.fake, 1, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms);
	assert_true(world_has(&h.w, SPOOL_NEW, 1));
	assert_false(world_has(&h.w, SPOOL_NEW, 2));
	assert_int_equal(h.fake.count, 2);
	assert_string_equal(h.fake.key, "c");
	assert_int_equal(h.stored_bytes, SIZE);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms);
	assert_int_equal(waiting(&h), 0);
	assert_int_equal(h.stored_bytes, 3 * SIZE);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_UPLOADED), 3);
	assert_int_equal(run_at(&h, start.mono_ms + 100000), NEVER_MS);
	house_close(&h);
}

/* Objects that wait for long because of that are noticed, those that come now are not. */
static void test_no_more_than_the_limit_at_a_time(void **state)
{
	static const unsigned table[] = { 1, 3 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct house h;
		uint64_t id;

		house_open(&h, 0);
		uploader_free(h.uploader);
		h.most = table[i];
		open_uploader(&h, &store_fake, 42);
		for (id = 1; id <= 5; id++)
			add(&h, id, "k");
		run_at(&h, start.mono_ms + 9999);
		assert_int_equal(h.fake.count, table[i]);
		assert_int_equal(stats_get(&h.w.stats, STAT_LIMIT_UPLOADS), 0);
		uploader_wake(h.uploader);
		run_at(&h, start.mono_ms + 10000);
		assert_int_equal(stats_get(&h.w.stats, STAT_LIMIT_UPLOADS), 1);
		/* The last ones wait for nobody. */
		while (h.fake.count) {
			answer(&h.fake, 0, PUT_STORED, "", 0);
			run_at(&h, start.mono_ms + 9000);
		}
		assert_int_equal(waiting(&h), 0);
		house_close(&h);
	}
}

/* Nor is what a failure or the order holds back. */
static void test_a_pause_is_not_the_limit(void **state)
{
	struct house h;
	uint64_t id;

	(void)state;
	house_open(&h, 0);
	for (id = 1; id <= 5; id++)
		add(&h, id, "k");
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_FAILED, "no", 0);
	answer(&h.fake, 0, PUT_FAILED, "no", 0);
	run_at(&h, start.mono_ms + 70000);
	assert_int_equal(h.fake.count, 0);
	run_at(&h, start.mono_ms + 200000);
	assert_int_equal(h.fake.count, 1);
	assert_int_equal(stats_get(&h.w.stats, STAT_LIMIT_UPLOADS), 0);
	house_close(&h);
}

static void test_keys_are_clean_unless_the_writer_keeps_them(void **state)
{
	struct writer keeping = store_fake;
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "/../..//a/./b/../../../etc/x.gz");
	run_at(&h, start.mono_ms);
	assert_string_equal(h.fake.key, "etc/x.gz");
	uploader_free(h.uploader);
	keeping.keeps_keys = true;
	open_uploader(&h, &keeping, 1);
	uploader_wake(h.uploader);
	run_at(&h, start.mono_ms);
	assert_string_equal(h.fake.key, "/../..//a/./b/../../../etc/x.gz");
	house_close(&h);
}

/* The wait after failure n is at most 0.5 s * 2^n, never over a minute. */
static void test_backoff_grows_within_its_bounds(void **state)
{
	int64_t longest[10] = { 0 };
	uint64_t seed;
	struct house h;
	int i;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	for (seed = 1; seed <= 200; seed++) {
		int64_t now = start.mono_ms;

		uploader_free(h.uploader);
		open_uploader(&h, &store_fake, seed * 0x9e3779b97f4a7c15u);
		uploader_wake(h.uploader);
		run_at(&h, now);
		for (i = 0; i < 10; i++) {
			int64_t most = 500 << i < 60000 ? 500 << i : 60000, next;
			unsigned puts = h.fake.puts;

			assert_int_equal(h.fake.count, 1);
			answer(&h.fake, 0, PUT_FAILED, "no", 0);
			next = run_at(&h, now);
			/* It looks after the spool meanwhile, and sends nothing. */
			while (h.fake.count == 0) {
				assert_int_equal(h.fake.puts, puts);
				assert_in_range(next, now + 1, start.mono_ms + 10000000);
				if (next - now > longest[i])
					longest[i] = next - now;
				assert_true(next - now <= 5000);
				most -= next - now;
				now = next;
				next = run_at(&h, now);
			}
			assert_true(most >= 0);
		}
	}
	/* Full jitter: some come near to the most there may be. */
	assert_true(longest[0] > 400 && longest[1] > 800 && longest[2] > 1600);
	house_close(&h);
}

static void test_store_says_how_long_to_wait(void **state)
{
	struct house h;
	int64_t now, next;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_FAILED, "slow down", 120000);
	now = start.mono_ms;
	while ((next = run_at(&h, now)) < start.mono_ms + 120000 && h.fake.count == 0)
		now = next;
	assert_int_equal(h.fake.count, 0);
	assert_int_equal(next, start.mono_ms + 120000);
	uploader_wake(h.uploader); /* something new does not hurry it */
	run_at(&h, start.mono_ms + 119999);
	assert_int_equal(h.fake.count, 0);
	run_at(&h, start.mono_ms + 120000);
	assert_int_equal(h.fake.count, 1);
	house_close(&h);
}

static void test_after_a_failure_one_is_tried(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	add(&h, 2, "b");
	add(&h, 3, "c");
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 2);
	answer(&h.fake, 0, PUT_FAILED, "no", 0);
	answer(&h.fake, 0, PUT_FAILED, "no", 0);
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 0);
	run_at(&h, start.mono_ms + 60000);
	assert_int_equal(h.fake.count, 1);
	assert_string_equal(h.fake.key, "a");
	run_at(&h, start.mono_ms + 120000);
	assert_int_equal(h.fake.count, 1);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms + 120000);
	assert_int_equal(h.fake.count, 2);
	house_close(&h);
}

/* It was sent while the store worked: that does not end the pause, nor is it worth a line. */
static void test_stored_after_another_failed(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	add(&h, 2, "b");
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_FAILED, "no", 0);
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms + 10);
	assert_int_equal(h.fake.count, 0);
	assert_status(&h, true, 0, "no");
	run_at(&h, start.mono_ms + 60000);
	assert_string_equal(h.fake.key, "a");
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms + 60000);
	assert_status(&h, false, 0, "");
	assert_string_equal(
		house_log(&h),
		"1 tenant=t store=fake state=degraded error=\"no\" objects are kept and "
		"tried again\n"
		"2 tenant=t store=fake state=ok\n");
	house_close(&h);
}

/* Refused before and after another one was stored: that is a verdict. */
static void test_refused_beside_others_goes_to_bad(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	add(&h, 2, "b");
	add(&h, 3, "c");
	run_at(&h, start.mono_ms);
	answer(&h.fake, 1, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_REFUSED, "KeyTooLongError", 0);
	run_at(&h, start.mono_ms);
	assert_true(world_has(&h.w, SPOOL_NEW, 1));
	assert_status(&h, false, 1, "");
	answer(&h.fake, 0, PUT_STORED, "", 0);
	add(&h, 4, "d");
	add(&h, 5, "e");
	run_at(&h, start.mono_ms);
	assert_string_equal(h.fake.key, "d");
	answer(&h.fake, 0, PUT_REFUSED, "KeyTooLongError", 0);
	run_at(&h, start.mono_ms);
	assert_true(world_has(&h.w, SPOOL_BAD, 1));
	assert_false(world_has(&h.w, SPOOL_NEW, 1));
	assert_int_equal(h.fake.count, 2);
	assert_status(&h, false, 2, "");
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_QUARANTINED), 1);
	assert_int_equal(stats_get(&h.w.stats, STAT_UPLOAD_FAILURES), 0);
	assert_non_null(strstr(house_log(&h),
			       "0 tenant=t store=fake key=a refused, moved "
			       "to bad/0000000000000001: KeyTooLongError\n"));
	house_close(&h);
}

/* With no other that is accepted it is the store: all is kept, whatever it says. */
static void test_refused_alone_is_kept(void **state)
{
	int64_t now = start.mono_ms;
	struct house h;
	int i;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	add(&h, 2, "b");
	h.fake.answers = true;
	h.fake.result = PUT_REFUSED;
	for (i = 0; i < 100; i++, now += 60000)
		run_at(&h, now);
	assert_in_range(h.fake.puts, 50, 250);
	assert_true(world_has(&h.w, SPOOL_NEW, 1) && world_has(&h.w, SPOOL_NEW, 2));
	assert_status(&h, true, 0, "no");
	h.fake.result = PUT_STORED;
	run_at(&h, now);
	assert_int_equal(waiting(&h), 0);
	assert_status(&h, false, 0, "");
	house_close(&h);
}

/* The store was mended in between: nothing is given up. */
static void test_refused_once_is_sent_again(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	run_at(&h, start.mono_ms);
	add(&h, 2, "b");
	answer(&h.fake, 0, PUT_REFUSED, "no", 0);
	run_at(&h, start.mono_ms);
	assert_status(&h, true, 0, "no");
	run_at(&h, start.mono_ms + 60000);
	assert_string_equal(h.fake.key, "b");
	h.fake.answers = true;
	h.fake.result = PUT_STORED;
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms + 60000);
	assert_string_equal(h.fake.key, "a");
	assert_int_equal(waiting(&h), 0);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_QUARANTINED), 0);
	house_close(&h);
}

static void test_pause_of_a_day_is_not_heeded(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_FAILED, "busy", 86400000);
	run_at(&h, start.mono_ms);
	assert_status(
		&h, true, 0,
		"busy; it asks for a pause of 86400 s: too long, it is tried sooner");
	run_at(&h, start.mono_ms + 60000);
	assert_int_equal(h.fake.count, 1);
	answer(&h.fake, 0, PUT_FAILED, "busy", 120000);
	run_at(&h, start.mono_ms + 60000);
	assert_status(&h, true, 0,
		      "busy; it asks for a pause until 2019-02-26T16:48:50Z");
	house_close(&h);
}

static void test_streams_go_one_at_a_time(void **state)
{
	struct writer stream = store_fake;
	struct house h;

	(void)state;
	stream.is_stream = true;
	house_open(&h, 0);
	uploader_free(h.uploader);
	open_uploader(&h, &stream, 1);
	add(&h, 1, "a");
	add(&h, 2, "b");
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 1);
	assert_string_equal(h.fake.key, "a");
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms);
	assert_string_equal(h.fake.key, "b");
	house_close(&h);
}

static void test_one_line_for_each_change(void **state)
{
	static const struct {
		enum put_result result;
		const char *error;
	} table[] = {
		{ PUT_STORED, "" },	{ PUT_FAILED, "down" }, { PUT_FAILED, "down" },
		{ PUT_FAILED, "down" }, { PUT_FAILED, "no" },	{ PUT_FAILED, "down" },
		{ PUT_FAILED, "no" },	{ PUT_STORED, "" },	{ PUT_STORED, "" },
		{ PUT_FAILED, "down" },
	};
	int64_t now = start.mono_ms;
	struct house h;
	size_t i;

	(void)state;
	house_open(&h, 0);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (waiting(&h) == 0)
			add(&h, i + 1, "a");
		run_at(&h, now);
		answer(&h.fake, 0, table[i].result, table[i].error, 0);
		run_at(&h, now);
		assert_status(&h, table[i].result == PUT_FAILED, 0, table[i].error);
		now += 60000;
	}
	assert_int_equal(stats_get(&h.w.stats, STAT_UPLOAD_FAILURES), 7);
	assert_string_equal(
		house_log(&h),
		"1 tenant=t store=fake state=degraded error=\"down\" objects are kept and "
		"tried again\n"
		"1 tenant=t store=fake state=degraded error=\"no\" objects are kept and "
		"tried again\n"
		"2 tenant=t store=fake state=ok\n"
		"1 tenant=t store=fake state=degraded error=\"down\" objects are kept and "
		"tried again\n");
	house_close(&h);
}

/* It works yet, and will not for long: that is said before, once. A token that is not
 * there fails the puts, which then say so. */
static void test_a_token_that_ends_is_told_before_it_does(void **state)
{
	static const enum token_state tokens[] = {
		TOKEN_WAITING, TOKEN_FINE,   TOKEN_ENDING, TOKEN_ENDING,
		TOKEN_FINE,    TOKEN_FAILED, TOKEN_ENDING,
	};
	int64_t now = start.mono_ms;
	struct house h;
	size_t i;

	(void)state;
	house_open(&h, 0);
	uploader_free(h.uploader);
	open_uploader(&h, &store_with_token, 42);
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		h.fake.token = tokens[i];
		add(&h, i + 1, "a");
		run_at(&h, now);
		assert_status(&h, false, 1,
			      tokens[i] == TOKEN_ENDING ? "no new token" : "");
		answer(&h.fake, 0, PUT_STORED, "", 0);
		now += 60000;
	}
	assert_string_equal(house_log(&h),
			    "1 tenant=t store=fake state=ok warning=\"no new token\"\n"
			    "2 tenant=t store=fake state=ok\n"
			    "1 tenant=t store=fake state=ok warning=\"no new token\"\n");
	house_close(&h);
}

/* Each attempt says how long it took: that is no other cause. And a store that
 * says something new every time does not fill the log. */
static void test_lines_of_one_failure_are_few(void **state)
{
	int64_t now = start.mono_ms;
	const char *log, *at;
	struct house h;
	char why[64];
	int i, lines = 0;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	for (i = 0; i < 200; i++) {
		if (i < 100)
			snprintf(why, sizeof(why), "nothing came for %d ms", 30000 + i);
		else
			snprintf(why, sizeof(why), "%c%c", 'a' + i % 26, 'a' + i / 26);
		run_at(&h, now);
		answer(&h.fake, 0, PUT_FAILED, why, 0);
		run_at(&h, now);
		assert_status(&h, true, 0, why);
		now += 60000;
	}
	log = house_log(&h);
	assert_non_null(strstr(log, "30000 ms"));
	assert_null(strstr(log, "30001 ms"));
	for (at = log; (at = strstr(at, "state=degraded")); at++)
		lines++;
	assert_int_equal(lines, 8);
	house_close(&h);
}

static void test_files_that_are_damaged_since_go_to_bad(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	add(&h, 2, "b");
	add(&h, 3, "c");
	world_write(&h.w, SPOOL_NEW, 1, STR("cut"));
	world_write(&h.w, SPOOL_NEW, 2, STR(""));
	run_at(&h, start.mono_ms);
	run_at(&h, start.mono_ms + 5000);
	assert_true(world_has(&h.w, SPOOL_BAD, 1));
	assert_true(world_has(&h.w, SPOOL_BAD, 2));
	assert_string_equal(h.fake.key, "c");
	assert_status(&h, false, 1, "");
	house_close(&h);
}

/* The process has no descriptor left: that is nothing against the object. */
static void test_files_that_cannot_be_opened_now_are_kept(void **state)
{
	struct rlimit before, none;
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	run_at(&h, start.mono_ms);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(world_has(&h.w, SPOOL_NEW, 1));
	assert_status(&h, true, 0, "cannot open it: Too many open files");
	run_at(&h, start.mono_ms + 60000);
	assert_int_equal(h.fake.count, 1);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms + 60000);
	assert_int_equal(waiting(&h), 0);
	assert_status(&h, false, 0, "");
	house_close(&h);
}

static void test_freeing_cancels_what_is_under_way(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	add(&h, 2, "b");
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 2);
	uploader_free(h.uploader);
	assert_int_equal(h.fake.cancels, 2);
	assert_int_equal(h.fake.count, 0);
	/* They are there for the next one. */
	assert_true(world_has(&h.w, SPOOL_NEW, 1));
	open_uploader(&h, &store_fake, 1);
	uploader_wake(h.uploader);
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 2);
	/* That is no failure of the writer, and no news. */
	assert_string_equal(house_log(&h), "");
	assert_int_equal(stats_get(&h.w.stats, STAT_UPLOAD_FAILURES), 0);
	house_close(&h);
}

static void test_what_ended_before_freeing_counts(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	add(&h, 1, "a");
	run_at(&h, start.mono_ms);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	uploader_free(h.uploader);
	assert_int_equal(h.fake.cancels, 0);
	assert_int_equal(waiting(&h), 0);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_UPLOADED), 1);
	open_uploader(&h, &store_fake, 1);
	house_close(&h);
}

static void test_writers_that_answer_at_once_empty_the_spool(void **state)
{
	struct house h;
	uint64_t id;

	(void)state;
	house_open(&h, 0);
	h.fake.answers = true;
	h.fake.result = PUT_STORED;
	for (id = 1; id <= 20; id++)
		add(&h, id, "k");
	run_at(&h, start.mono_ms);
	assert_int_equal(waiting(&h), 0);
	assert_int_equal(h.fake.puts, 20);
	house_close(&h);
}

/* A thread of its own ends the puts, as the net thread does. */
static void *answer_all(void *argument)
{
	struct fake *f = argument;
	struct put *put;

	while (sem_wait(&f->arrived) == 0 && (put = f->put[0])) {
		f->put[0] = NULL;
		put->result = PUT_STORED;
		put->done(put);
	}
	return NULL;
}

static void threaded_put(void *self, struct put *put)
{
	struct fake *f = self;

	f->put[0] = put;
	sem_post(&f->arrived);
}

/* Takes one put at a time, so that the fake needs no lock. Threads have the real time. */
static void test_puts_end_on_another_thread(void **state)
{
	const struct writer threaded = { .name = "threaded", .put = threaded_put };
	struct house h;
	pthread_t thread;
	uint64_t id;

	(void)state;
	house_open(&h, 2);
	uploader_free(h.uploader);
	open_uploader(&h, &threaded, 1);
	assert_int_equal(pthread_create(&thread, NULL, answer_all, &h.fake), 0);
	for (id = 1; id <= 20; id++) {
		struct uploader_status status;

		add_at(&h, id, "k", clock_now());
		while (waiting(&h))
			uploader_status(h.uploader, &status);
	}
	uploader_free(h.uploader);
	sem_post(&h.fake.arrived);
	pthread_join(thread, NULL);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_UPLOADED), 20);
	open_uploader(&h, &store_fake, 1);
	house_close(&h);
}

static bool fake_trouble(void *self, char *why, size_t size)
{
	const struct fake *f = self;

	snprintf(why, size, "%s", f->token == TOKEN_FAILED ? "brokers are away" : "");
	return f->token == TOKEN_FAILED;
}

static const struct writer store_with_trouble = {
	.name = "fake",
	.put = fake_put,
	.cancel = fake_cancel,
	.is_stream = true,
	.trouble = fake_trouble,
};

/* A put that waits has not failed, but the store is said to. */
static void test_what_waits_is_trouble(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, 0);
	uploader_free(h.uploader);
	open_uploader(&h, &store_with_trouble, 42);
	h.fake.token = TOKEN_FAILED;
	run_at(&h, start.mono_ms);
	assert_status(&h, false, 0, "");
	add(&h, 1, "a");
	run_at(&h, start.mono_ms);
	run_at(&h, start.mono_ms + 5000);
	assert_status(&h, true, 1, "brokers are away");
	assert_int_equal(h.fake.puts, 1);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms + 5100);
	assert_status(&h, false, 0, "");
	uploader_free(h.uploader);
	open_uploader(&h, &store_fake, 1);
	assert_non_null(
		strstr(world_said(&h.w), "state=degraded error=\"brokers are away"));
	house_close(&h);
}

/* A row of an object becomes one of its own in bad/, and is counted there. */
static void test_a_row_is_put_aside(void **state)
{
	struct house h;
	struct put *put;
	uint64_t id;

	(void)state;
	house_open(&h, 0);
	id = spool_next_id(h.w.dir);
	world_seal(&h.w, id, SIZE, 3, "a");
	spool_add(h.w.dir, id, ENVELOPE_SIZE + SIZE, 3, start);
	stats_add(&h.w.stats, STAT_RECORDS_SPOOLED, 3);
	uploader_wake(h.uploader);
	run_at(&h, start.mono_ms);
	put = h.fake.put[0];
	assert_int_equal(put->aside(put, STR("a row"), 2), 0);
	answer(&h.fake, 0, PUT_STORED, "", 0);
	run_at(&h, start.mono_ms);
	assert_int_equal(waiting(&h), 0);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_UPLOADED), 2);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_QUARANTINED), 1);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_SPOOLED), 0);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_QUARANTINED), 1);
	/* It is a sound object, under the same key. */
	assert_int_equal(spool_ask_retry(h.w.path, "t"), 0);
	assert_int_equal(spool_retry(h.w.dir, start), 1);
	uploader_wake(h.uploader);
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.count, 1);
	put = h.fake.put[0];
	assert_true(str_is(put->object->key, "a"));
	assert_int_equal(put->object->size, strlen("a row"));
	assert_true(str_is(put->object->metadata.name[put->object->metadata.count - 1],
			   SEALED_FIRST_ROW));
	assert_true(str_is(put->object->metadata.value[put->object->metadata.count - 1],
			   "2"));
	house_close(&h);
}

static struct row_labels want_labels(const void *values)
{
	(void)values;
	return (struct row_labels){ .are_wanted = true };
}

/* What was made for another kind of writer is not sent, and not lost. */
static void test_rows_of_another_kind(void **state)
{
	struct writer by_record = store_fake;
	struct house h;

	(void)state;
	by_record.labels = want_labels;
	house_open(&h, 0);
	uploader_free(h.uploader);
	open_uploader(&h, &by_record, 42);
	add(&h, 1, "a");
	run_at(&h, start.mono_ms);
	assert_int_equal(h.fake.puts, 0);
	assert_true(world_has(&h.w, SPOOL_BAD, 1));
	assert_non_null(strstr(world_said(&h.w),
			       "it was made for another writer than kafka; "
			       "with such a pipeline.write.type again "));
	house_close(&h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest_objects_go_first_a_few_at_a_time),
		cmocka_unit_test(test_no_more_than_the_limit_at_a_time),
		cmocka_unit_test(test_a_pause_is_not_the_limit),
		cmocka_unit_test(test_keys_are_clean_unless_the_writer_keeps_them),
		cmocka_unit_test(test_backoff_grows_within_its_bounds),
		cmocka_unit_test(test_store_says_how_long_to_wait),
		cmocka_unit_test(test_after_a_failure_one_is_tried),
		cmocka_unit_test(test_stored_after_another_failed),
		cmocka_unit_test(test_refused_beside_others_goes_to_bad),
		cmocka_unit_test(test_refused_alone_is_kept),
		cmocka_unit_test(test_refused_once_is_sent_again),
		cmocka_unit_test(test_pause_of_a_day_is_not_heeded),
		cmocka_unit_test(test_streams_go_one_at_a_time),
		cmocka_unit_test(test_one_line_for_each_change),
		cmocka_unit_test(test_a_token_that_ends_is_told_before_it_does),
		cmocka_unit_test(test_lines_of_one_failure_are_few),
		cmocka_unit_test(test_files_that_are_damaged_since_go_to_bad),
		cmocka_unit_test(test_files_that_cannot_be_opened_now_are_kept),
		cmocka_unit_test(test_freeing_cancels_what_is_under_way),
		cmocka_unit_test(test_what_ended_before_freeing_counts),
		cmocka_unit_test(test_writers_that_answer_at_once_empty_the_spool),
		cmocka_unit_test(test_puts_end_on_another_thread),
		cmocka_unit_test(test_what_waits_is_trouble),
		cmocka_unit_test(test_a_row_is_put_aside),
		cmocka_unit_test(test_rows_of_another_kind),
	};

	return cmocka_run_group_tests_name("uploader", tests, NULL, NULL);
}
