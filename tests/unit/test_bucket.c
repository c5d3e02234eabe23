/* SPDX-License-Identifier: Apache-2.0 */
/* test_bucket.c - when which records become an object, and under what key.
 *
 * A case is a table of calls against a sink that writes down what it seals:
 * "key first last number: rows", times in milliseconds after T0.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "pipeline/bucket.h"

#define T0   INT64_C(1551199609544) /* 2019-02-26T16:46:49.544Z */
#define BOOT 5000		    /* monotonic, at T0 */

struct fake_object {
	bool is_open;
	int64_t slot_ms;
	struct buf rows;
};

struct fake_sink {
	struct sink sink;
	struct fake_object open[TAG_COUNT][OPEN_MAX];
	struct buf sealed; /* a line an object */
	bool append_fails, seal_fails, stream_fails;
	size_t room; /* bytes of an open object at most */
	int appends; /* that were tried */
	int64_t lowest_stream;
	int64_t held, held_max;
	int64_t last_first_ms, last_last_ms; /* of the last append */
	int64_t lost_flows, records;	     /* of all objects */
};

/* That of the place; NULL: more are open than may be. */
static struct fake_object *find(struct fake_sink *fake, struct object_place place)
{
	struct fake_object *found = NULL;
	int i;

	for (i = 0; i < OPEN_MAX; i++) {
		struct fake_object *o = &fake->open[place.tag][i];

		if (o->is_open && o->slot_ms == place.slot_ms)
			return o;
		if (!o->is_open)
			found = o;
	}
	return found;
}

static int fake_append(struct sink *sink, struct object_place place,
		       const struct rows *rows)
{
	struct fake_sink *fake = (struct fake_sink *)sink;
	struct fake_object *o = find(fake, place);

	fake->appends++;
	if (fake->append_fails)
		return -EIO;
	assert_non_null(o);
	if (o->rows.len + rows->bytes.len > fake->room)
		return -ENOSPC;
	o->is_open = true;
	o->slot_ms = place.slot_ms;
	assert_true(rows->count > 0);
	fake->last_first_ms = rows->first_ms;
	fake->last_last_ms = rows->last_ms;
	buf_put(&o->rows, rows->bytes);
	return 0;
}

static int fake_seal(struct sink *sink, struct object_place place,
		     const struct object *object)
{
	struct fake_sink *fake = (struct fake_sink *)sink;
	struct fake_object *o = find(fake, place);

	if (fake->seal_fails)
		return -EIO;
	assert_true(o && o->is_open);
	buf_printf(&fake->sealed, STR_FMT " %lld %lld %lld:" STR_FMT "\n",
		   STR_ARG(object->key), (long long)(object->first_ms - T0),
		   (long long)(object->last_ms - T0), (long long)object->records,
		   STR_ARG(buf_str(&o->rows)));
	fake->lost_flows += object->lost_flows;
	fake->records += object->records;
	buf_reset(&o->rows);
	o->is_open = false;
	return 0;
}

static int64_t fake_stream(struct sink *sink, int64_t wanted, int64_t last)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	if (fake->stream_fails)
		return -EIO;
	if (wanted <= last)
		wanted = last + 1;
	return wanted > fake->lowest_stream ? wanted : fake->lowest_stream;
}

static bool fake_hold(struct sink *sink, int64_t size)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	if (size > 0 && fake->held + size > fake->held_max)
		return false;
	fake->held += size;
	assert_true(fake->held >= 0);
	return true;
}

struct world {
	struct fake_sink fake;
	struct stats stats;
	struct bucket_limits limits;
	struct bucket bucket[TAG_COUNT];
};

static void open_world(struct world *w, const struct bucket_limits *limits)
{
	int tag, i;

	*w = (struct world){ .limits = *limits };
	w->fake.sink = (struct sink){ fake_append, fake_seal, fake_stream, fake_hold,
				      NULL };
	w->fake.sealed = (struct buf)BUF_INIT(65536);
	w->fake.held_max = INT64_MAX;
	w->fake.room = SIZE_MAX;
	for (tag = 0; tag < TAG_COUNT; tag++) {
		for (i = 0; i < OPEN_MAX; i++)
			w->fake.open[tag][i].rows = (struct buf)BUF_INIT(65536);
		bucket_init(&w->bucket[tag], (enum tag)tag, &w->limits, &w->fake.sink,
			    &w->stats);
	}
}

static void close_world(struct world *w)
{
	int tag, i;

	for (tag = 0; tag < TAG_COUNT; tag++) {
		bucket_fini(&w->bucket[tag]);
		for (i = 0; i < OPEN_MAX; i++)
			buf_fini(&w->fake.open[tag][i].rows);
	}
	assert_int_equal(w->fake.held, 0);
	buf_fini(&w->fake.sealed);
}

/* Of the one object that is open of the tag. */
static const char *open_rows(const struct world *w, enum tag tag)
{
	const struct fake_object *o = w->fake.open[tag];

	assert_false(o[0].is_open && o[1].is_open);
	return o[0].is_open ? o[0].rows.ptr : o[1].is_open ? o[1].rows.ptr : "";
}

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = BOOT + ms, .wall_ms = T0 + ms };
}

static int64_t time_after(struct str row)
{
	struct str name = str_until(row, '@');

	return name.len < row.len ? T0 + atoll(row.ptr + name.len + 1) : 0;
}

/* A row " n" for every word of text; "n@t": of that time after T0. */
static void add_rows(struct bucket *b, const char *text)
{
	struct str rest = str_of(text);

	while (rest.len) {
		struct str row = str_until(rest, ' ');

		buf_putc(bucket_row(b), ' ');
		buf_put(bucket_row(b), str_until(row, '@'));
		bucket_row_done(b, time_after(row));
		rest = str_skip(rest, row.len + 1);
	}
}

enum call { COMMIT, TICK, FLUSH, FAIL_APPEND, FAIL_SEAL, FAIL_STREAM, MEND };

struct step {
	int64_t ms;
	enum call call;
	enum tag tag;
	const char *rows;   /* of a commit */
	const char *sealed; /* by this call */
	int64_t due;	    /* TICK: what it returns, after T0; 0: never */
};

static void run_step(struct world *w, const struct step *step)
{
	struct bucket *b = &w->bucket[step->tag];
	int64_t due;

	buf_reset(&w->fake.sealed);
	switch (step->call) {
	case COMMIT:
		add_rows(b, step->rows);
		bucket_commit(b, at(step->ms));
		break;
	case TICK:
		due = bucket_tick(b, at(step->ms));
		assert_int_equal(due, step->due ? BOOT + step->due : NEVER_MS);
		break;
	case FLUSH:
		bucket_flush(b, at(step->ms));
		break;
	case FAIL_APPEND:
		w->fake.append_fails = true;
		break;
	case FAIL_SEAL:
		w->fake.seal_fails = true;
		break;
	case FAIL_STREAM:
		w->fake.stream_fails = true;
		break;
	case MEND:
		w->fake.append_fails = w->fake.seal_fails = w->fake.stream_fails = false;
		break;
	}
	assert_string_equal(buf_str(&w->fake.sealed).ptr,
			    step->sealed ? step->sealed : "");
}

static void run(const struct bucket_limits *limits, const struct step *steps,
		size_t count, int64_t dropped)
{
	struct world w;
	size_t i;

	open_world(&w, limits);
	for (i = 0; i < count; i++)
		run_step(&w, &steps[i]);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), dropped);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_ENCODED),
			 stats_get(&w.stats, STAT_RECORDS_SPOOLED));
	close_world(&w);
}

#define RUN(limits, steps, dropped)                                                      \
	run((limits), (steps), sizeof(steps) / sizeof((steps)[0]), (dropped))

#define DAY_MS 86400000

static struct bucket_limits limits_of(int64_t records, int64_t age_ms, int64_t stream_ms,
				      int64_t held)
{
	return (struct bucket_limits){
		.prefix = STR("logs"),
		.layout = { .text = STR(LAYOUT_EXPORTER) },
		.max_records = records,
		.max_age_ms = age_ms,
		.max_stream_ms = stream_ms,
		.max_held = held,
		.first_age_ms = age_ms,
	};
}

#define KEY_49 "logs/internal/20190226T164649Z/0000000"
#define KEY_50 "logs/internal/20190226T164650Z/0000000"

static void test_full_objects_are_sealed_and_the_rest_stays(void **state)
{
	struct bucket_limits limits = limits_of(3, 2000, DAY_MS, 1000);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "0 1 2 3 4 5 6 7",
		  KEY_49 "0.gz 0 0 3: 0 1 2\n" KEY_49 "1.gz 0 0 3: 3 4 5\n", 0 },
		{ 0, TICK, TAG_INTERNAL, NULL, "", 2000 },
		{ 0, COMMIT, TAG_INTERNAL, "100", KEY_49 "2.gz 0 0 3: 6 7 100\n", 0 },
		{ 1, TICK, TAG_INTERNAL, NULL, "", 0 },
		{ 2000, TICK, TAG_INTERNAL, NULL, "", 0 },
		{ 2001, FLUSH, TAG_INTERNAL, NULL, "", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

/* Age counts from the previous sealing, so after a pause the next record is
 * sealed at once. */
static void test_aged_objects_are_sealed_by_a_tick(void **state)
{
	struct bucket_limits limits = limits_of(100, 1000, DAY_MS, 1000);
	static const struct step steps[] = {
		{ 0, TICK, TAG_INTERNAL, NULL, "", 0 },
		{ 0, COMMIT, TAG_INTERNAL, "1", "", 0 },
		{ 0, COMMIT, TAG_EGRESS, "2", "", 0 },
		{ 0, TICK, TAG_INTERNAL, NULL, "", 1000 },
		{ 999, TICK, TAG_INTERNAL, NULL, "", 1000 },
		{ 1000, TICK, TAG_EGRESS, NULL,
		  "logs/egress/20190226T164650Z/00000000.gz 0 1000 1: 2\n", 0 },
		{ 1000, TICK, TAG_INTERNAL, NULL, KEY_50 "0.gz 0 1000 1: 1\n", 0 },
		{ 1500, COMMIT, TAG_INTERNAL, "3", "", 0 },
		{ 1500, TICK, TAG_INTERNAL, NULL, "", 2000 },
		{ 2001, TICK, TAG_INTERNAL, NULL, KEY_50 "1.gz 1000 2001 1: 3\n", 0 },
		{ 5003, COMMIT, TAG_INTERNAL, "4", KEY_50 "2.gz 2001 5003 1: 4\n", 0 },
		{ 5003, COMMIT, TAG_INTERNAL, "5", "", 0 },
		{ 6003, COMMIT, TAG_INTERNAL, "", KEY_50 "3.gz 5003 6003 1: 5\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static void test_the_first_object_may_be_younger(void **state)
{
	struct bucket_limits limits = limits_of(100, 1000, DAY_MS, 1000);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "1", "", 0 },
		{ 0, TICK, TAG_INTERNAL, NULL, "", 300 },
		{ 300, TICK, TAG_INTERNAL, NULL, KEY_49 "0.gz 0 300 1: 1\n", 0 },
		{ 400, COMMIT, TAG_INTERNAL, "2", "", 0 },
		{ 400, TICK, TAG_INTERNAL, NULL, "", 1300 },
	};

	(void)state;
	limits.first_age_ms = 300;
	RUN(&limits, steps, 0);
}

static void test_no_age_seals_after_each_batch(void **state)
{
	struct bucket_limits limits = limits_of(10, 0, DAY_MS, 100);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "1", KEY_49 "0.gz 0 0 1: 1\n", 0 },
		{ 5, COMMIT, TAG_INTERNAL, "2", KEY_49 "1.gz 0 5 1: 2\n", 0 },
		{ 6, COMMIT, TAG_INTERNAL, "", "", 0 },
		{ 7, COMMIT, TAG_INTERNAL, "1 2 3 4 5 6 7 8 9 10 11",
		  KEY_49 "2.gz 5 7 10: 1 2 3 4 5 6 7 8 9 10\n" KEY_49 "3.gz 7 7 1: 11\n",
		  0 },
		{ 8, TICK, TAG_INTERNAL, NULL, "", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static void test_streams_end_after_their_time(void **state)
{
	struct bucket_limits limits = limits_of(1, 60000, 2000, 100);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "0", KEY_49 "0.gz 0 0 1: 0\n", 0 },
		{ 700, COMMIT, TAG_INTERNAL, "1", KEY_49 "1.gz 0 700 1: 1\n", 0 },
		{ 1400, COMMIT, TAG_INTERNAL, "2", KEY_49 "2.gz 700 1400 1: 2\n", 0 },
		{ 2100, COMMIT, TAG_INTERNAL, "3",
		  "logs/internal/20190226T164651Z/00000000.gz 1400 2100 1: 3\n", 0 },
		{ 2800, COMMIT, TAG_INTERNAL, "4",
		  "logs/internal/20190226T164651Z/00000001.gz 2100 2800 1: 4\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

/* Streams shorter than a second would share their id. */
static void test_streams_never_share_an_id(void **state)
{
	struct bucket_limits limits = limits_of(1, 60000, 1, 100);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "0", KEY_49 "0.gz 0 0 1: 0\n", 0 },
		{ 100, COMMIT, TAG_INTERNAL, "1", KEY_50 "0.gz 0 100 1: 1\n", 0 },
		{ 200, COMMIT, TAG_INTERNAL, "2",
		  "logs/internal/20190226T164651Z/00000000.gz 100 200 1: 2\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static void test_stream_ids_stay_above_those_of_the_sink(void **state)
{
	struct bucket_limits limits = limits_of(1, 60000, DAY_MS, 100);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "0",
		  "logs/internal/20190226T170000Z/00000000.gz 0 0 1: 0\n", 0 },
		{ 10, COMMIT, TAG_INTERNAL, "1",
		  "logs/internal/20190226T170000Z/00000001.gz 0 10 1: 1\n", 0 },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, &limits);
	w.fake.lowest_stream = 1551200400;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		run_step(&w, &steps[i]);
	close_world(&w);
}

static void test_flush_seals_what_there_is(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 1000);
	static const struct step steps[] = {
		{ 0, FLUSH, TAG_INTERNAL, NULL, "", 0 },
		{ 0, COMMIT, TAG_INTERNAL, "1 2", "", 0 },
		{ 9, FLUSH, TAG_INTERNAL, NULL, KEY_49 "0.gz 0 9 2: 1 2\n", 0 },
		{ 9, FLUSH, TAG_INTERNAL, NULL, "", 0 },
		{ 9, TICK, TAG_INTERNAL, NULL, "", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

/* What the sink does not take is held, the newest of it, and tried again each
 * second without waiting for another batch. */
static void test_rows_are_held_while_the_sink_fails(void **state)
{
	struct bucket_limits limits = limits_of(100, 1000, DAY_MS, 3);
	static const struct step steps[] = {
		{ 0, FAIL_APPEND, TAG_INTERNAL, NULL, "", 0 },
		{ 0, COMMIT, TAG_INTERNAL, "1 2 3 4 5", "", 0 },
		{ 0, TICK, TAG_INTERNAL, NULL, "", 1000 },
		{ 1000, TICK, TAG_INTERNAL, NULL, "", 2000 },
		{ 2000, TICK, TAG_INTERNAL, NULL, "", 3000 },
		{ 2500, MEND, TAG_INTERNAL, NULL, "", 0 },
		{ 2500, TICK, TAG_INTERNAL, NULL, "", 3000 },
		{ 3000, TICK, TAG_INTERNAL, NULL,
		  "logs/internal/20190226T164652Z/00000000.gz 0 3000 3: 3 4 5\n", 0 },
		{ 3100, COMMIT, TAG_INTERNAL, "6", "", 0 },
		{ 3100, TICK, TAG_INTERNAL, NULL, "", 4000 },
	};

	(void)state;
	RUN(&limits, steps, 2);
}

static void test_rows_that_were_not_held_are_lost_to_the_object(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 3);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	w.fake.append_fails = true;
	add_rows(&w.bucket[0], "1 2 3 4 5");
	bucket_commit(&w.bucket[0], at(0));
	w.fake.append_fails = false;
	bucket_flush(&w.bucket[0], at(2000));
	assert_int_equal(w.fake.lost_flows, 2);
	close_world(&w);
}

static void test_held_rows_go_out_with_the_next_batch(void **state)
{
	struct bucket_limits limits = limits_of(4, 60000, DAY_MS, 100);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "1 2", "", 0 },
		{ 0, FAIL_APPEND, TAG_INTERNAL, NULL, "", 0 },
		{ 10, COMMIT, TAG_INTERNAL, "3 4 5", "", 0 },
		{ 20, MEND, TAG_INTERNAL, NULL, "", 0 },
		{ 20, COMMIT, TAG_INTERNAL, "6", "", 0 },
		{ 1010, COMMIT, TAG_INTERNAL, "7 8",
		  KEY_50 "0.gz 0 1010 4: 1 2 3 4\n" KEY_50 "1.gz 1010 1010 4: 5 6 7 8\n",
		  0 },
		{ 1010, TICK, TAG_INTERNAL, NULL, "", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

/* Nothing is dropped before the sink was asked again, but not with each batch. */
static void test_the_sink_is_asked_again_before_rows_are_dropped(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 3);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	w.fake.append_fails = true;
	add_rows(&w.bucket[0], "1 2 3");
	bucket_commit(&w.bucket[0], at(0));
	add_rows(&w.bucket[0], "4");
	bucket_commit(&w.bucket[0], at(49));
	assert_int_equal(w.fake.appends, 1);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 1);
	add_rows(&w.bucket[0], "5");
	bucket_commit(&w.bucket[0], at(50));
	assert_int_equal(w.fake.appends, 2);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 2);
	w.fake.append_fails = false;
	add_rows(&w.bucket[0], "6 7");
	bucket_commit(&w.bucket[0], at(100));
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 2);
	assert_string_equal(open_rows(&w, 0), " 3 4 5 6 7");
	assert_int_equal(w.fake.held, 0);
	close_world(&w);
}

/* As many rows as there is room for; the object is sealed before it is due. */
static void test_an_object_without_room_is_sealed_early(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 100);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	w.fake.room = 6;
	add_rows(&w.bucket[0], "1 2 3 4 5 6 7 8");
	bucket_commit(&w.bucket[0], at(0));
	assert_string_equal(w.fake.sealed.ptr,
			    "logs/egress/20190226T164649Z/00000000.gz 0 0 2: 1 2\n"
			    "logs/egress/20190226T164649Z/00000001.gz 0 0 3: 3 4 5\n");
	assert_string_equal(open_rows(&w, 0), " 6 7 8");
	/* There is none at all: what is there is sealed, the rest waits. */
	w.fake.room = 1;
	add_rows(&w.bucket[0], "9");
	bucket_commit(&w.bucket[0], at(10));
	assert_non_null(strstr(w.fake.sealed.ptr, "/00000002.gz 0 10 3: 6 7 8\n"));
	assert_int_equal(w.fake.held, 2);
	w.fake.room = 6;
	assert_int_equal(bucket_tick(&w.bucket[0], at(1010)), BOOT + 60010);
	assert_string_equal(open_rows(&w, 0), " 9");
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 0);
	close_world(&w);
}

/* The same sequence number, and the rows of the open object once. */
static void test_a_failed_seal_is_repeated(void **state)
{
	struct bucket_limits limits = limits_of(2, 60000, DAY_MS, 100);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_INTERNAL, "1 2", KEY_49 "0.gz 0 0 2: 1 2\n", 0 },
		{ 0, FAIL_SEAL, TAG_INTERNAL, NULL, "", 0 },
		{ 10, COMMIT, TAG_INTERNAL, "3 4 5", "", 0 },
		{ 10, TICK, TAG_INTERNAL, NULL, "", 1010 },
		{ 1010, TICK, TAG_INTERNAL, NULL, "", 2010 },
		{ 1500, MEND, TAG_INTERNAL, NULL, "", 0 },
		{ 2010, TICK, TAG_INTERNAL, NULL, KEY_49 "1.gz 0 2010 2: 3 4\n", 62010 },
		{ 2020, FLUSH, TAG_INTERNAL, NULL, KEY_49 "2.gz 2010 2020 1: 5\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static void test_no_stream_id_is_a_failed_seal(void **state)
{
	struct bucket_limits limits = limits_of(1, 60000, DAY_MS, 100);
	static const struct step steps[] = {
		{ 0, FAIL_STREAM, TAG_INTERNAL, NULL, "", 0 },
		{ 0, COMMIT, TAG_INTERNAL, "1", "", 0 },
		{ 0, TICK, TAG_INTERNAL, NULL, "", 1000 },
		{ 0, MEND, TAG_INTERNAL, NULL, "", 0 },
		{ 1000, TICK, TAG_INTERNAL, NULL, KEY_50 "0.gz 0 1000 1: 1\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static void test_the_sink_limits_the_bytes_held(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 100);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	w.fake.append_fails = true;
	w.fake.held_max = 8;
	add_rows(&w.bucket[0], "1 2 3");
	bucket_commit(&w.bucket[0], at(0));
	assert_int_equal(w.fake.held, 6);
	/* Nine bytes: the oldest rows go, at least as many bytes as are new. */
	add_rows(&w.bucket[0], "45");
	bucket_commit(&w.bucket[0], at(10));
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 2);
	assert_int_equal(w.fake.held, 5);
	add_rows(&w.bucket[0], "6");
	bucket_commit(&w.bucket[0], at(20));
	assert_int_equal(w.fake.held, 7);
	assert_int_equal(w.fake.appends, 1);
	w.fake.append_fails = false;
	assert_int_equal(bucket_tick(&w.bucket[0], at(1000)), BOOT + 60000);
	assert_int_equal(w.fake.held, 0);
	assert_string_equal(open_rows(&w, 0), " 3 45 6");
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_ENCODED), 3);
	close_world(&w);
}

static void test_what_is_held_at_the_end_is_given_back_and_counted(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 100);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	w.fake.append_fails = true;
	add_rows(&w.bucket[1], "1 2 3");
	bucket_commit(&w.bucket[1], at(0));
	bucket_flush(&w.bucket[1], at(5));
	assert_int_equal(w.fake.held, 6);
	bucket_fini(&w.bucket[1]);
	assert_int_equal(w.fake.held, 0);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 3);
	close_world(&w);
}

static void test_long_rows_are_dropped_alone(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 100);
	struct world w;
	char *room;
	size_t i;

	(void)state;
	open_world(&w, &limits);
	for (i = 0; i < 3; i++) {
		add_rows(&w.bucket[0], i ? "b" : "a");
		room = buf_room(bucket_row(&w.bucket[0]), (1 << 20) + 1);
		assert_non_null(room);
		memset(room, 'x', (1 << 20) + 1);
		buf_added(bucket_row(&w.bucket[0]), (1 << 20) + 1);
		bucket_row_done(&w.bucket[0], 0);
	}
	/* One that did not even fit into memory. */
	buf_putc(bucket_row(&w.bucket[0]), 'x');
	bucket_row(&w.bucket[0])->error = -ENOMEM;
	bucket_row_done(&w.bucket[0], 0);
	add_rows(&w.bucket[0], "c");
	bucket_commit(&w.bucket[0], at(0));
	assert_string_equal(open_rows(&w, 0), " a b b c");
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_TOO_LONG), 4);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_ENCODED), 4);
	/* The object says so. */
	bucket_flush(&w.bucket[0], at(1));
	assert_int_equal(w.fake.lost_flows, 4);
	close_world(&w);
}

static void test_rows_reach_the_sink_with_each_batch(void **state)
{
	struct bucket_limits limits = limits_of(100, 60000, DAY_MS, 100);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	add_rows(&w.bucket[0], "1 2");
	bucket_commit(&w.bucket[0], at(100));
	assert_string_equal(open_rows(&w, 0), " 1 2");
	add_rows(&w.bucket[0], "3");
	bucket_commit(&w.bucket[0], at(200));
	assert_string_equal(open_rows(&w, 0), " 1 2 3");
	assert_int_equal(w.fake.appends, 2);
	assert_int_equal(w.fake.last_first_ms, T0 + 100);
	assert_int_equal(w.fake.last_last_ms, T0 + 200);
	bucket_commit(&w.bucket[0], at(300));
	assert_int_equal(w.fake.appends, 2);
	close_world(&w);
}

/* The wall clock may jump; intervals do not follow. */
static void test_intervals_are_monotonic(void **state)
{
	struct bucket_limits limits = limits_of(100, 1000, DAY_MS, 100);
	struct now late = { BOOT + 10, T0 + 3600000 },
		   early = { BOOT + 1000, T0 - 3600000 };
	struct world w;

	(void)state;
	open_world(&w, &limits);
	add_rows(&w.bucket[TAG_INTERNAL], "1");
	bucket_commit(&w.bucket[TAG_INTERNAL], at(0));
	assert_int_equal(bucket_tick(&w.bucket[TAG_INTERNAL], late), BOOT + 1000);
	assert_int_equal(bucket_tick(&w.bucket[TAG_INTERNAL], early), NEVER_MS);
	assert_string_equal(w.fake.sealed.ptr,
			    "logs/internal/20190226T154649Z/00000000.gz "
			    "0 -3600000 1: 1\n");
	close_world(&w);
}

static void test_an_endless_age_is_never_due(void **state)
{
	struct bucket_limits limits = limits_of(100, INT64_MAX, INT64_MAX, 100);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	add_rows(&w.bucket[0], "1");
	bucket_commit(&w.bucket[0], at(0));
	assert_int_equal(bucket_tick(&w.bucket[0], at(100000)), NEVER_MS);
	close_world(&w);
}

static struct bucket_limits limits_with(const char *layout)
{
	struct bucket_limits limits = limits_of(1000, 600000, DAY_MS, 1000);
	struct err err = ERR_INIT;

	assert_int_equal(layout_init(&limits.layout, str_of(layout), &err), 0);
	return limits;
}

#define BORDER 190456 /* 16:50:00 */
#define HOUR   790456 /* 17:00:00 */

/* Whatever comes first, a tick or rows; the key has the slot in which they came. */
static void test_no_object_has_rows_of_two_slots(void **state)
{
	struct bucket_limits limits = limits_with(
		"{hour}:{minute}/{tag}/{stream_hex}/{sequence}");
	static const struct step steps[] = {
		{ 1, COMMIT, TAG_INTERNAL, "0", NULL, 0 },
		{ 2, TICK, TAG_INTERNAL, NULL, NULL, BORDER },
		{ BORDER - 1, COMMIT, TAG_INTERNAL, "1", NULL, 0 },
		{ BORDER, TICK, TAG_INTERNAL, NULL,
		  "logs/16:45/internal/5c756e38/00000000 1 190456 2: 0 1\n", 0 },
		{ BORDER + 1, COMMIT, TAG_INTERNAL, "2", NULL, 0 },
		{ BORDER + 2, TICK, TAG_INTERNAL, NULL, NULL, BORDER + 300000 },
		{ BORDER + 300001, COMMIT, TAG_INTERNAL, "3 4",
		  "logs/16:50/internal/5c756e38/00000001 190456 490457 1: 2\n", 0 },
		/* A clock that goes back is another slot too. */
		{ 5, COMMIT, TAG_INTERNAL, "5",
		  "logs/16:55/internal/5c756e38/00000002 490457 5 2: 3 4\n", 0 },
		{ 6, FLUSH, TAG_INTERNAL, NULL,
		  "logs/16:45/internal/5c756e38/00000003 5 6 1: 5\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static void test_a_slot_that_cannot_be_sealed_takes_no_more_rows(void **state)
{
	struct bucket_limits limits = limits_with(
		"{minute}/{tag}/{stream_hex}/{sequence}");
	static const struct step steps[] = {
		{ 1, COMMIT, TAG_INTERNAL, "0", NULL, 0 },
		{ 2, FAIL_SEAL, TAG_INTERNAL, NULL, NULL, 0 },
		{ BORDER, COMMIT, TAG_INTERNAL, "1", NULL, 0 },
		{ BORDER + 1, MEND, TAG_INTERNAL, NULL, NULL, 0 },
		{ BORDER + 1000, COMMIT, TAG_INTERNAL, "2",
		  "logs/45/internal/5c756e39/00000000 1 191456 1: 0\n", 0 },
		{ BORDER + 1001, FLUSH, TAG_INTERNAL, NULL,
		  "logs/50/internal/5c756e39/00000001 191456 191457 2: 1 2\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

/* A folder for each hour, in it one for each stream: numbers count in that. */
static void test_streams_end_with_their_slot(void **state)
{
	struct bucket_limits limits = limits_with("{hour}/{tag}/{stream}/{sequence}");
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_OTHER, "0", NULL, 0 },
		{ 1000, FLUSH, TAG_OTHER, NULL,
		  "logs/16/other/20190226T164650Z/00000000 0 1000 1: 0\n", 0 },
		{ 2000, COMMIT, TAG_OTHER, "1", NULL, 0 },
		{ 3000, FLUSH, TAG_OTHER, NULL,
		  "logs/16/other/20190226T164650Z/00000001 1000 3000 1: 1\n", 0 },
		{ HOUR, COMMIT, TAG_OTHER, "2", NULL, 0 },
		{ HOUR + 1000, FLUSH, TAG_OTHER, NULL,
		  "logs/17/other/20190226T170001Z/00000000 790456 791456 1: 2\n", 0 },
	};

	(void)state;
	RUN(&limits, steps, 0);
}

static struct bucket_limits limits_until(const char *layout, int64_t max_late_ms)
{
	struct bucket_limits limits = limits_with(layout);

	limits.max_late_ms = max_late_ms;
	return limits;
}

static void run_late(const struct bucket_limits *limits, const struct step *steps,
		     size_t count, int64_t late)
{
	struct world w;
	size_t i;

	open_world(&w, limits);
	for (i = 0; i < count; i++)
		run_step(&w, &steps[i]);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_LATE), late);
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_DROPPED_HELD), 0);
	close_world(&w);
}

#define RUN_LATE(limits, steps, late)                                                    \
	run_late((limits), (steps), sizeof(steps) / sizeof((steps)[0]), (late))

#define MINUTE_LAYOUT "{hour}:{minute}/{tag}/{stream_hex}/{sequence}"

/* For a minute the slot before is open, to rows of its time alone: what is older,
 * or of the future, comes to the present slot. Both count in one sequence. */
static void test_rows_come_into_the_slot_of_their_time(void **state)
{
	struct bucket_limits limits = limits_until(MINUTE_LAYOUT, 60000);
	static const struct step steps[] = {
		{ 1, COMMIT, TAG_INTERNAL, "0@0 old@-400000 new@9999999", NULL, 0 },
		{ 2, TICK, TAG_INTERNAL, NULL, NULL, BORDER + 60000 },
		{ BORDER - 1, COMMIT, TAG_INTERNAL, "1@190456", NULL, 0 },
		{ BORDER, TICK, TAG_INTERNAL, NULL, NULL, BORDER + 60000 },
		{ BORDER + 1, COMMIT, TAG_INTERNAL,
		  "2@190457 3@190455 4@190456 5@-109544", NULL, 0 },
		{ BORDER + 2, COMMIT, TAG_INTERNAL, "6@-109545 7@190455", NULL, 0 },
		{ BORDER + 2, TICK, TAG_INTERNAL, NULL, NULL, BORDER + 60000 },
		{ BORDER + 59999, COMMIT, TAG_INTERNAL, "8@190455", NULL, 0 },
		{ BORDER + 60000, TICK, TAG_INTERNAL, NULL,
		  "logs/16:45/internal/5c756e74/00000000 1 250456 8: "
		  "0 old new 1 3 5 7 8\n",
		  BORDER + 360000 },
		{ BORDER + 60001, COMMIT, TAG_INTERNAL, "9@190455 10@190457", NULL, 0 },
		{ BORDER + 360000, COMMIT, TAG_INTERNAL, "11@490457",
		  "logs/16:50/internal/5c756e74/00000001 190456 550456 5: "
		  "2 4 6 9 10\n",
		  0 },
		{ BORDER + 360001, FLUSH, TAG_INTERNAL, NULL,
		  "logs/16:55/internal/5c756e74/00000002 550456 550457 1: 11\n", 0 },
	};

	(void)state;
	RUN_LATE(&limits, steps, 3); /* old, 6 and 9 */
}

/* Records and age are limits of each object. */
static void test_both_open_objects_have_their_limits(void **state)
{
	struct bucket_limits limits = limits_until(MINUTE_LAYOUT, 300000);
	static const struct step steps[] = {
		{ BORDER + 1, COMMIT, TAG_OTHER, "a@0 1@190456 b@0 2@190457 c@0 d@0",
		  "logs/16:45/other/5c756e38/00000000 190457 190457 3: a b c\n", 0 },
		{ BORDER + 2, COMMIT, TAG_OTHER, "3@190456",
		  "logs/16:50/other/5c756e38/00000001 190457 190458 3: 1 2 3\n", 0 },
		{ BORDER + 3, COMMIT, TAG_OTHER, "4@190456", NULL, 0 },
		/* One ages from the first row of all, the other from the last sealing. */
		{ BORDER + 4, TICK, TAG_OTHER, NULL, NULL, BORDER + 100001 },
		{ BORDER + 100001, TICK, TAG_OTHER, NULL,
		  "logs/16:45/other/5c756e38/00000002 190457 290457 1: d\n",
		  BORDER + 100002 },
		{ BORDER + 100002, TICK, TAG_OTHER, NULL,
		  "logs/16:50/other/5c756e38/00000003 190458 290458 1: 4\n", 0 },
	};

	(void)state;
	limits.max_records = 3;
	limits.max_age_ms = limits.first_age_ms = 100000;
	RUN_LATE(&limits, steps, 0);
}

/* What is flushed is in two objects, the earlier slot first. */
static void test_flush_seals_both_open_objects(void **state)
{
	struct bucket_limits limits = limits_until(MINUTE_LAYOUT, 60000);
	static const struct step steps[] = {
		{ BORDER + 1, COMMIT, TAG_OTHER, "1@190456 a@0", NULL, 0 },
		{ BORDER + 2, FLUSH, TAG_OTHER, NULL,
		  "logs/16:45/other/5c756e38/00000000 190457 190458 1: a\n"
		  "logs/16:50/other/5c756e38/00000001 190457 190458 1: 1\n",
		  0 },
		{ BORDER + 3, TICK, TAG_OTHER, NULL, NULL, 0 },
	};

	(void)state;
	RUN_LATE(&limits, steps, 0);
}

/* Streams of two slots go on side by side, each counted from 0, none with the id
 * of the other. */
static void test_open_slots_have_streams_of_their_own(void **state)
{
	struct bucket_limits limits = limits_until("{hour}/{tag}/{stream}/{sequence}",
						   60000);
	static const struct step steps[] = {
		{ HOUR - 1, COMMIT, TAG_OTHER, "a@0", NULL, 0 },
		{ HOUR - 1, FLUSH, TAG_OTHER, NULL,
		  "logs/16/other/20190226T165959Z/00000000 790455 790455 1: a\n", 0 },
		{ HOUR, COMMIT, TAG_OTHER, "1@790456 b@1", NULL, 0 },
		{ HOUR, FLUSH, TAG_OTHER, NULL,
		  "logs/16/other/20190226T165959Z/00000001 790455 790456 1: b\n"
		  "logs/17/other/20190226T170000Z/00000000 790456 790456 1: 1\n",
		  0 },
		{ HOUR + 1, COMMIT, TAG_OTHER, "2@790456 c@1", NULL, 0 },
		{ HOUR + 1, FLUSH, TAG_OTHER, NULL,
		  "logs/16/other/20190226T165959Z/00000002 790456 790457 1: c\n"
		  "logs/17/other/20190226T170000Z/00000001 790456 790457 1: 2\n",
		  0 },
		/* The streams end, too: both in one second. */
		{ HOUR + 9000, COMMIT, TAG_OTHER, "3@790456 d@1", NULL, 0 },
		{ HOUR + 9000, FLUSH, TAG_OTHER, NULL,
		  "logs/16/other/20190226T170009Z/00000000 790457 799456 1: d\n"
		  "logs/17/other/20190226T170010Z/00000000 790457 799456 1: 3\n",
		  0 },
	};

	(void)state;
	limits.max_stream_ms = 5000;
	RUN_LATE(&limits, steps, 0);
}

/* Rows that wait in memory keep their time, not their turn: once the sink takes
 * them, what is too late then is late. A slot that cannot be sealed is not mixed
 * with another one. */
static void test_rows_that_wait_for_the_sink_keep_their_time(void **state)
{
	struct bucket_limits limits = limits_until(MINUTE_LAYOUT, 60000);
	static const struct step steps[] = {
		{ 1, COMMIT, TAG_OTHER, "a@0", NULL, 0 },
		{ 1, FAIL_APPEND, TAG_OTHER, NULL, NULL, 0 },
		{ 1, FAIL_SEAL, TAG_OTHER, NULL, NULL, 0 },
		{ BORDER - 1, COMMIT, TAG_OTHER, "b@1", NULL, 0 },
		{ BORDER + 1, COMMIT, TAG_OTHER, "1@190456 c@0", NULL, 0 },
		{ BORDER + 2, MEND, TAG_OTHER, NULL, NULL, 0 },
		{ BORDER + 1001, COMMIT, TAG_OTHER, "2@190456", NULL, 0 },
		{ BORDER + 1002, FAIL_SEAL, TAG_OTHER, NULL, NULL, 0 },
		{ BORDER + 60000, COMMIT, TAG_OTHER, "3@190456 d@0", NULL, 0 },
		{ BORDER + 300000, COMMIT, TAG_OTHER, "x@490456", NULL, 0 },
		{ BORDER + 300001, MEND, TAG_OTHER, NULL, NULL, 0 },
		{ BORDER + 361000, COMMIT, TAG_OTHER, "",
		  "logs/16:50/other/5c756fa1/00000000 190456 551456 2: 1 2\n"
		  "logs/16:45/other/5c756fa1/00000001 1 551456 3: a b c\n",
		  0 },
		{ BORDER + 361001, FLUSH, TAG_OTHER, NULL,
		  "logs/16:55/other/5c756fa1/00000002 551456 551457 3: 3 d x\n", 0 },
	};

	(void)state;
	RUN_LATE(&limits, steps, 2);
}

/* What is lost while both are open is missed in both windows, and only there. */
static void test_losses_belong_to_the_windows_of_their_time(void **state)
{
	struct bucket_limits limits = limits_until(MINUTE_LAYOUT, 60000);
	struct world w;

	(void)state;
	open_world(&w, &limits);
	w.bucket[0].lost_flows += 1;
	add_rows(&w.bucket[0], "a@0 b@190456");
	bucket_commit(&w.bucket[0], at(BORDER + 1));
	w.bucket[0].lost_flows += 10;
	bucket_tick(&w.bucket[0], at(BORDER + 60000));
	assert_int_equal(w.fake.lost_flows, 11);
	w.bucket[0].lost_flows += 100;
	bucket_flush(&w.bucket[0], at(BORDER + 60001));
	assert_int_equal(w.fake.lost_flows, 11 + 111);
	add_rows(&w.bucket[0], "c@190456");
	bucket_flush(&w.bucket[0], at(BORDER + 60002));
	assert_int_equal(w.fake.lost_flows, 11 + 111);
	close_world(&w);
}

/* Times are foreign bytes; a wall clock may jump by hours. */
static void test_any_time_has_a_slot(void **state)
{
	struct bucket_limits limits = limits_until(MINUTE_LAYOUT, 300000);
	static const int64_t times[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX };
	static const int64_t jumps[] = { 0, 300000, -300000, 3600000, -3600000, 600000 };
	struct world w;
	int64_t rows = 0;
	size_t i, j;

	(void)state;
	open_world(&w, &limits);
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		struct now now = { BOOT + (int64_t)i, T0 + jumps[i] };

		for (j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			add_rows(&w.bucket[0], "x");
			w.bucket[0].rows.row[w.bucket[0].rows.count - 1].time_ms =
				times[j];
		}
		add_rows(&w.bucket[0], "a@0 b@-300000 c@300000 d@-600000");
		rows += (int64_t)j + 4;
		bucket_commit(&w.bucket[0], now);
	}
	bucket_flush(&w.bucket[0], at(10));
	assert_int_equal(stats_get(&w.stats, STAT_RECORDS_ENCODED), rows);
	assert_int_equal(w.fake.records, rows);
	close_world(&w);
}

/* Named by a partition: it ends when it is told to, whatever it has, how old it is, and
 * what the sink says; all rows wait, and nothing is dropped. */
static void test_named(void **state)
{
	const struct object_name name = { .stream = STR("t-3-17"), .sequence = 2 };
	struct bucket_limits limits = limits_of(INT64_MAX, 1000, DAY_MS, 2);
	static const struct step steps[] = {
		{ 0, COMMIT, TAG_OTHER, "a b c", "", 0 },
		{ 5000, COMMIT, TAG_OTHER, "d", "", 0 },
		{ 5000, FAIL_APPEND, TAG_OTHER, NULL, "", 0 },
		{ 5000, COMMIT, TAG_OTHER, "e f g h", "", 0 },
		{ 5000, FLUSH, TAG_OTHER, NULL, "", 0 },
		{ 5000, MEND, TAG_OTHER, NULL, "", 0 },
		{ 5000, FAIL_SEAL, TAG_OTHER, NULL, "", 0 },
		{ 5000, FLUSH, TAG_OTHER, NULL, "", 0 },
		{ 5000, MEND, TAG_OTHER, NULL, "", 0 },
		{ 5000, FLUSH, TAG_OTHER, NULL,
		  "logs/other/t-3-17/00000002.gz 0 5000 8: a b c d e f g h\n", 0 },
		{ 5000, FLUSH, TAG_OTHER, NULL, "", 0 },
	};

	(void)state;
	limits.name = &name;
	RUN(&limits, steps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_objects_are_sealed_and_the_rest_stays),
		cmocka_unit_test(test_aged_objects_are_sealed_by_a_tick),
		cmocka_unit_test(test_the_first_object_may_be_younger),
		cmocka_unit_test(test_no_age_seals_after_each_batch),
		cmocka_unit_test(test_streams_end_after_their_time),
		cmocka_unit_test(test_streams_never_share_an_id),
		cmocka_unit_test(test_stream_ids_stay_above_those_of_the_sink),
		cmocka_unit_test(test_flush_seals_what_there_is),
		cmocka_unit_test(test_rows_are_held_while_the_sink_fails),
		cmocka_unit_test(test_rows_that_were_not_held_are_lost_to_the_object),
		cmocka_unit_test(test_held_rows_go_out_with_the_next_batch),
		cmocka_unit_test(test_a_failed_seal_is_repeated),
		cmocka_unit_test(test_no_stream_id_is_a_failed_seal),
		cmocka_unit_test(test_the_sink_is_asked_again_before_rows_are_dropped),
		cmocka_unit_test(test_an_object_without_room_is_sealed_early),
		cmocka_unit_test(test_the_sink_limits_the_bytes_held),
		cmocka_unit_test(test_what_is_held_at_the_end_is_given_back_and_counted),
		cmocka_unit_test(test_long_rows_are_dropped_alone),
		cmocka_unit_test(test_rows_reach_the_sink_with_each_batch),
		cmocka_unit_test(test_intervals_are_monotonic),
		cmocka_unit_test(test_an_endless_age_is_never_due),
		cmocka_unit_test(test_no_object_has_rows_of_two_slots),
		cmocka_unit_test(test_a_slot_that_cannot_be_sealed_takes_no_more_rows),
		cmocka_unit_test(test_streams_end_with_their_slot),
		cmocka_unit_test(test_rows_come_into_the_slot_of_their_time),
		cmocka_unit_test(test_both_open_objects_have_their_limits),
		cmocka_unit_test(test_flush_seals_both_open_objects),
		cmocka_unit_test(test_open_slots_have_streams_of_their_own),
		cmocka_unit_test(test_rows_that_wait_for_the_sink_keep_their_time),
		cmocka_unit_test(test_losses_belong_to_the_windows_of_their_time),
		cmocka_unit_test(test_any_time_has_a_slot),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
