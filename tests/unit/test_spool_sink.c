/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool_sink.c - rows go in, objects come out, also of an earlier run. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>
#include "spool/frame.h"
#include "tests/unit/spool_house.h"

static int append_to(struct house *h, struct object_place place, const char *text,
		     size_t count)
{
	struct rows rows = { str_of(text), count, 100, 200 };

	return h->sink->append(h->sink, place, &rows);
}

static int append(struct house *h, enum tag tag, const char *text, size_t count)
{
	return append_to(h, (struct object_place){ tag, 0 }, text, count);
}

static int seal_of(struct house *h, struct object_place place, const char *key)
{
	struct object object = {
		.key = str_of(key),
		.first_ms = 100,
		.last_ms = 200,
		.records = 1,
	};

	return h->sink->seal(h->sink, place, &object);
}

static int seal(struct house *h, enum tag tag, const char *key)
{
	return seal_of(h, (struct object_place){ tag, 0 }, key);
}

static void run_jobs(struct house *h)
{
	workers_run(h->workers, start);
}

/* The object that waits longest; it then no longer waits. */
static void assert_next(struct house *h, const char *key, const char *body)
{
	struct buf file = BUF_INIT(1 << 20);
	struct arena arena = ARENA_INIT(1 << 16);
	struct envelope e;
	struct err err = ERR_INIT;
	uint64_t id;

	assert_true(spool_take(h->w.dir, &id));
	world_read(&h->w, SPOOL_NEW, id, &file);
	if (envelope_read(file.ptr, &arena, &e, &err) < 0)
		fail_msg("%s", err.text);
	if (!str_is(e.key, key))
		fail_msg(STR_FMT " is not %s", STR_ARG(e.key), key);
	assert_string_equal(file.ptr + ENVELOPE_SIZE, body);
	assert_false(world_has(&h->w, SPOOL_OPEN, id));
	arena_fini(&arena);
	buf_fini(&file);
}

static void assert_no_more(struct house *h)
{
	uint64_t id;

	assert_false(spool_take(h->w.dir, &id));
}

static void test_rows_become_objects_of_their_tags(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	assert_int_equal(append(&h, TAG_OTHER, ",{\"a\":1}", 1), 0);
	assert_int_equal(append(&h, TAG_EGRESS, ",{\"e\":1}", 1), 0);
	assert_int_equal(append(&h, TAG_OTHER, ",{\"a\":2}", 1), 0);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 0);
	assert_int_equal(seal(&h, TAG_OTHER, "k1"), 0);
	/* The next object of the tag begins while the first is made. */
	assert_int_equal(append(&h, TAG_OTHER, ",{\"a\":3}", 1), 0);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 1);
	assert_int_equal(h.sealed, 0);
	assert_no_more(&h);
	run_jobs(&h);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 0);
	assert_int_equal(h.sealed, 1);
	assert_next(&h, "k1", "[{\"a\":1},{\"a\":2}]\n");
	assert_int_equal(seal(&h, TAG_OTHER, "k2"), 0);
	assert_int_equal(seal(&h, TAG_EGRESS, "k3"), 0);
	run_jobs(&h);
	assert_next(&h, "k3", "[{\"e\":1}]\n");
	assert_next(&h, "k2", "[{\"a\":3}]\n");
	assert_no_more(&h);
	house_close(&h);
}

static void test_what_is_not_sealed_stays_open(void **state)
{
	const uint64_t *ids;
	struct house h;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	append(&h, TAG_EGRESS, ",{\"e\":1}", 1);
	seal(&h, TAG_EGRESS, "k"); /* but its task never runs */
	house_restart(&h);
	assert_int_equal(spool_left_open(h.w.dir, &ids), 2);
	house_close(&h);
}

static void test_recovery_keeps_the_key_or_gives_one(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1},{\"a\":2}", 2);
	append(&h, TAG_EGRESS, ",{\"e\":1}", 1);
	seal(&h, TAG_EGRESS, "its key");
	append(&h, TAG_EGRESS, ",{\"e\":2}", 1);
	house_restart(&h);
	spool_sink_recover(h.spool_sink, start);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_RECOVERED), 4);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_SPOOLED), 4);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 3);
	run_jobs(&h);
	assert_next(&h, "p/other/20190226T164649Z/00000000.gz",
		    "[{\"a\":1},{\"a\":2}]\n");
	assert_next(&h, "its key", "[{\"e\":1}]\n");
	assert_next(&h, "p/egress/20190226T164649Z/00000000.gz", "[{\"e\":2}]\n");
	assert_no_more(&h);
	house_close(&h);
}

/* The layout is the object's own, not that of today. A spec of before there were
 * slots in it: its slot is when its first rows came. */
static void test_recovery_keeps_the_layout(void **state)
{
	struct err err = ERR_INIT;
	struct house h;

	(void)state;
	house_open(&h);
	assert_int_equal(
		layout_init(&h.layout,
			    STR("d={year}{month}{day}{hour}/{tag}/{stream}/{sequence}"),
			    &err),
		0);
	house_restart(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	append(&h, TAG_OTHER, ",{\"a\":2}", 1);
	h.layout = (struct layout){ 0 };
	house_restart(&h);
	append(&h, TAG_EGRESS, ",{\"e\":1}", 1);
	house_restart(&h);
	spool_sink_recover(h.spool_sink, start);
	run_jobs(&h);
	assert_next(&h, "p/d=1970010100/other/20190226T164649Z/00000000",
		    "[{\"a\":1},{\"a\":2}]\n");
	assert_next(&h, "p/egress/20190226T164649Z/00000000.gz", "[{\"e\":1}]\n");
	house_close(&h);
}

#define HOURLY "h={hour}/{tag}/{stream}/{sequence}"
#define MINUTE "{hour}:{minute}/{tag}/{stream_hex}/{sequence}"

/* Two objects of a tag, whatever order their rows come and are sealed in. */
static void test_a_tag_has_two_slots_open(void **state)
{
	const struct object_place one = { TAG_OTHER, 3600000 },
				  two = { TAG_OTHER, 7200000 };
	const struct object_place three = { TAG_OTHER, 10800000 };
	struct house h;

	(void)state;
	house_open(&h);
	assert_int_equal(append_to(&h, one, ",{\"a\":1}", 1), 0);
	assert_int_equal(append_to(&h, two, ",{\"b\":1}", 1), 0);
	assert_int_equal(append_to(&h, one, ",{\"a\":2}", 1), 0);
	/* A third one has to wait. */
	assert_int_equal(append_to(&h, three, ",{\"c\":1}", 1), -EBUSY);
	assert_int_equal(seal_of(&h, three, "k0"), -EBUSY);
	assert_int_equal(seal_of(&h, one, "k1"), 0);
	assert_int_equal(append_to(&h, three, ",{\"c\":2}", 1), 0);
	assert_int_equal(append_to(&h, two, ",{\"b\":2}", 1), 0);
	assert_int_equal(seal_of(&h, three, "k3"), 0);
	assert_int_equal(seal_of(&h, two, "k2"), 0);
	run_jobs(&h);
	assert_next(&h, "k1", "[{\"a\":1},{\"a\":2}]\n");
	assert_next(&h, "k2", "[{\"b\":1},{\"b\":2}]\n");
	assert_next(&h, "k3", "[{\"c\":2}]\n");
	assert_no_more(&h);
	house_close(&h);
}

static void set_layout(struct house *h, const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(layout_init(&h->layout, str_of(text), &err), 0);
	house_restart(h);
}

/* Killed with both open: each gets the key of its slot, not of when its rows came. */
static void test_recovery_keeps_the_slot(void **state)
{
	static const struct {
		const char *layout;
		int64_t slot_ms, next_ms;
		const char *key[3]; /* of the one slot, the next, and the one again */
	} cases[] = {
		{ MINUTE,
		  86400000 + 7200000,
		  86400000 + 7500000,
		  { "p/02:00/other/5c756d79/00000000", "p/02:05/other/5c756d79/00000001",
		    "p/02:00/other/5c756d79/00000002" } },
		/* Streams of a slot are its own, and count from 0. */
		{ HOURLY,
		  86400000 + 7200000,
		  86400000 + 10800000,
		  { "p/h=02/other/20190226T164649Z/00000000",
		    "p/h=03/other/20190226T164650Z/00000000",
		    "p/h=02/other/20190226T164649Z/00000001" } },
		/* Hours of two days are two slots. */
		{ HOURLY,
		  86400000 + 7200000,
		  2 * 86400000 + 7200000,
		  { "p/h=02/other/20190226T164649Z/00000000",
		    "p/h=02/other/20190226T164650Z/00000000",
		    "p/h=02/other/20190226T164651Z/00000000" } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct object_place one = { TAG_OTHER, cases[i].slot_ms };
		struct object_place two = { TAG_OTHER, cases[i].next_ms };
		struct house h;

		house_open(&h);
		set_layout(&h, cases[i].layout);
		append_to(&h, one, ",{\"a\":1}", 1);
		append_to(&h, two, ",{\"b\":1}", 1);
		set_layout(&h, cases[i].layout);
		append_to(&h, one, ",{\"a\":2}", 1);
		house_restart(&h);
		spool_sink_recover(h.spool_sink, start);
		run_jobs(&h);
		assert_next(&h, cases[i].key[0], "[{\"a\":1}]\n");
		assert_next(&h, cases[i].key[1], "[{\"b\":1}]\n");
		assert_next(&h, cases[i].key[2], "[{\"a\":2}]\n");
		assert_no_more(&h);
		/* Nothing that comes is in a stream of these. */
		assert_true(h.sink->stream(h.sink, start.wall_ms / 1000, 0) >
			    start.wall_ms / 1000 + (int64_t)i);
		house_close(&h);
	}
}

/* Killed in the middle of a write: what was whole is sealed, in order. */
static void test_recovery_cuts_half_written_frames(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;
	struct house h;
	int i;

	(void)state;
	house_open(&h);
	for (i = 0; i < 3; i++) {
		append(&h, TAG_OTHER, ",{\"a\":1}", 1);
		append(&h, TAG_OTHER, ",{\"a\":2}", 1);
		spool_path(h.w.dir, SPOOL_OPEN, (uint64_t)i + 1, path);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(truncate(path, status.st_size - FRAME_HEAD - 1), 0);
		house_restart(&h);
		spool_sink_free(h.spool_sink);
		house_start(&h);
	}
	spool_sink_recover(h.spool_sink, start);
	run_jobs(&h);
	assert_next(&h, "p/other/20190226T164649Z/00000000.gz", "[{\"a\":1}]\n");
	assert_next(&h, "p/other/20190226T164649Z/00000001.gz", "[{\"a\":1}]\n");
	assert_next(&h, "p/other/20190226T164649Z/00000002.gz", "[{\"a\":1}]\n");
	assert_no_more(&h);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_RECOVERED), 3);
	house_close(&h);
}

static struct stat status_of(const struct house *h, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;

	spool_path(h->w.dir, SPOOL_OPEN, id, path);
	assert_int_equal(stat(path, &status), 0);
	return status;
}

/* A file of rows is used again, and what it had before is nobody's. */
static void test_rows_are_written_over_those_before(void **state)
{
	struct stat first, second;
	struct house h;
	int i;

	(void)state;
	house_open(&h);
	for (i = 0; i < 9; i++)
		append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	first = status_of(&h, 1);
	seal(&h, TAG_OTHER, "k1");
	run_jobs(&h);
	append(&h, TAG_OTHER, ",{\"a\":2}", 1);
	second = status_of(&h, 2);
	assert_int_equal(second.st_ino, first.st_ino);
	assert_true(second.st_size >= first.st_size);
	append(&h, TAG_OTHER, ",{\"a\":3}", 1);
	house_restart(&h);
	spool_sink_recover(h.spool_sink, start);
	run_jobs(&h);
	spool_take(h.w.dir, &(uint64_t){ 0 });
	assert_next(&h, "p/other/20190226T164649Z/00000000.gz",
		    "[{\"a\":2},{\"a\":3}]\n");
	assert_no_more(&h);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_QUARANTINED), 0);
	house_close(&h);
}

/* Counts files that have more than the byte of those that are empty. */
static int count_rows(void *context, const char *name)
{
	const struct house *h = ((void **)context)[0];
	char path[WORLD_PATH + 64];
	struct stat status;

	snprintf(path, sizeof(path), "%s/.spare/%s", h->w.path, name);
	assert_int_equal(stat(path, &status), 0);
	*(int *)((void **)context)[1] += status.st_size > 1;
	return 0;
}

static int kept_rows(struct house *h)
{
	char path[WORLD_PATH + 64];
	int count = 0;
	void *context[] = { h, &count };

	snprintf(path, sizeof(path), "%s/.spare", h->w.path);
	assert_int_equal(io_list(path, count_rows, context), 0);
	return count;
}

static void make_objects(struct house *h)
{
	assert_int_equal(append(h, TAG_OTHER, ",{\"a\":1}", 1), 0);
	assert_int_equal(append(h, TAG_EGRESS, ",{\"e\":1}", 1), 0);
	assert_int_equal(seal(h, TAG_OTHER, "k"), 0);
	assert_int_equal(seal(h, TAG_EGRESS, "l"), 0);
	run_jobs(h);
}

/* Not when there is little room, nor when a write of rows or of a seal failed, nor for a
 * pipeline that has gone. */
static void test_rows_are_kept_while_there_is_plenty(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct house h;

	(void)state;
	house_open(&h);
	make_objects(&h);
	assert_int_equal(kept_rows(&h), 2);
	spool_keep_less(h.w.spool);
	assert_int_equal(kept_rows(&h), 0);
	assert_false(spool_has_plenty(h.w.spool));
	make_objects(&h);
	assert_int_equal(kept_rows(&h), 2);
	assert_true(spool_has_plenty(h.w.spool));
	/* A directory is where the next file is to be. */
	spool_path(h.w.dir, SPOOL_OPEN, 5, path);
	assert_int_equal(mkdir(path, 0750), 0);
	assert_true(append(&h, TAG_OTHER, ",{\"a\":1}", 1) < 0);
	assert_int_equal(kept_rows(&h), 0);
	make_objects(&h);
	assert_int_equal(kept_rows(&h), 2);
	spool_path(h.w.dir, SPOOL_OPEN, 8, path);
	assert_int_equal(mkdir(path, 0750), 0);
	assert_true(seal(&h, TAG_OTHER, "k") < 0);
	assert_int_equal(kept_rows(&h), 0);
	make_objects(&h);
	assert_int_equal(kept_rows(&h), 2);
	spool_sink_free(h.spool_sink);
	spool_dir_close(h.w.dir);
	assert_int_equal(kept_rows(&h), 0);
	h.w.dir = spool_dir_open(h.w.spool, "t", &h.w.stats, start, NULL);
	assert_non_null(h.w.dir);
	house_start(&h);
	house_close(&h);
}

/* What recovery makes must not be overwritten by what comes then. */
static void test_new_streams_are_above_that_of_recovery(void **state)
{
	struct house h;
	int64_t floor = start.wall_ms / 1000 + 1000;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	/* Once with the clock going on, once behind what was given out. */
	house_restart(&h);
	spool_sink_recover(h.spool_sink, start);
	run_jobs(&h);
	assert_next(&h, "p/other/20190226T164649Z/00000000.gz", "[{\"a\":1}]\n");
	assert_true(h.sink->stream(h.sink, start.wall_ms / 1000, 0) >
		    start.wall_ms / 1000);
	assert_int_equal(h.sink->stream(h.sink, floor, 0), floor);
	append(&h, TAG_OTHER, ",{\"a\":2}", 1);
	house_restart(&h);
	spool_sink_recover(h.spool_sink, start);
	run_jobs(&h);
	assert_next(&h, "p/other/20190226T164649Z/00000000.gz", "[{\"a\":1}]\n");
	assert_next(&h, "p/other/20190226T170330Z/00000000.gz", "[{\"a\":2}]\n");
	assert_true(h.sink->stream(h.sink, start.wall_ms / 1000, 0) > floor + 1);
	house_close(&h);
}

/* What the old one has still to seal comes before what the new one does; also when its
 * last stream is of this second. */
static void test_the_old_one_keeps_streams(void **state)
{
	const int64_t wanted[] = { 1000, start.wall_ms / 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		int64_t first, second, far = 9000000000;
		struct spool_sink *old;
		struct sink *sink;
		struct house h;

		house_open(&h);
		old = h.spool_sink;
		sink = h.sink;
		first = sink->stream(sink, wanted[i], 0);
		spool_sink_keep_order(old, start);
		house_start(&h);
		second = h.sink->stream(h.sink, wanted[i], 0);
		/* A tag that had none, one whose stream was too old, one with two
		 * slots. */
		assert_in_range(sink->stream(sink, far, 0), first + 1, second - 1);
		assert_in_range(sink->stream(sink, far, first), first + 1, second - 1);
		first = sink->stream(sink, far, first);
		assert_in_range(sink->stream(sink, far, first), first + 1, second - 1);
		spool_sink_free(old);
		house_close(&h);
	}
}

/* The old and the new one of a reload, in the same second. */
static void test_two_sinks_never_share_a_stream(void **state)
{
	struct spool_sink *old;
	struct house h;
	struct sink *sink;
	int64_t first, second;

	(void)state;
	house_open(&h);
	old = h.spool_sink;
	sink = h.sink;
	first = sink->stream(sink, 1000, 0);
	/* Tags of one spool_sink may. */
	assert_int_equal(sink->stream(sink, 1000, 0), first);
	house_start(&h);
	second = h.sink->stream(h.sink, 1000, 0);
	assert_true(second > first);
	assert_true(sink->stream(sink, 1000, 0) > second);
	spool_sink_free(old);
	house_close(&h);
}

/* Changes one byte of a file. */
static void damage(const char *path, int64_t at)
{
	int fd = io_open(path, O_RDWR, 0);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(io_read_at(fd, &byte, 1, at), 0);
	byte ^= 0x40;
	assert_int_equal(io_write_at(fd, (struct str){ &byte, 1 }, at), 0);
	close(fd);
}

static void test_recovery_of_useless_files(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct house h;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	spool_path(h.w.dir, SPOOL_OPEN, 1, path);
	damage(path, FRAME_HEAD + 3); /* in its spec */
	append(&h, TAG_EGRESS, ",{\"e\":1}", 1);
	spool_path(h.w.dir, SPOOL_OPEN, 2, path);
	{
		struct frame_reader reader = FRAME_READER(io_open(path, O_RDONLY, 0), 0);
		struct frame frame;

		assert_int_equal(frame_read_head(&reader, 0, &frame), 0);
		close(reader.fd);
		frame_reader_fini(&reader);
		/* The spec, and no rows. */
		assert_int_equal(truncate(path, FRAME_HEAD + frame.bytes), 0);
	}
	append(&h, TAG_INGRESS, ",{\"i\":1}", 1);
	spool_path(h.w.dir, SPOOL_OPEN, 3, path);
	assert_int_equal(truncate(path, 0), 0); /* killed when it was made */
	append(&h, TAG_INTERNAL, ",{\"n\":1}", 1);
	spool_path(h.w.dir, SPOOL_OPEN, 4, path);
	assert_int_equal(truncate(path, FRAME_HEAD + 1), 0);
	house_restart(&h);
	spool_sink_recover(h.spool_sink, start);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 0);
	assert_true(world_has(&h.w, SPOOL_BAD, 1));
	assert_false(world_has(&h.w, SPOOL_OPEN, 3) || world_has(&h.w, SPOOL_BAD, 3));
	assert_false(world_has(&h.w, SPOOL_OPEN, 4) || world_has(&h.w, SPOOL_BAD, 4));
	assert_false(world_has(&h.w, SPOOL_OPEN, 1));
	assert_false(world_has(&h.w, SPOOL_OPEN, 2));
	assert_false(world_has(&h.w, SPOOL_BAD, 2));
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_QUARANTINED), 1);
	house_close(&h);
}

static void test_failed_seal_is_tried_again(void **state)
{
	struct now later = { start.mono_ms + 1000, start.wall_ms + 1000 };
	char path[SPOOL_PATH_MAX];
	struct house h;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	seal(&h, TAG_OTHER, "k");
	spool_path(h.w.dir, SPOOL_TMP, 1, path);
	assert_int_equal(mkdir(path, 0750), 0);
	assert_int_equal(workers_run(h.workers, start), later.mono_ms);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 1);
	assert_int_equal(h.sealed, 0);
	assert_int_equal(rmdir(path), 0);
	workers_run(h.workers, later);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 0);
	assert_next(&h, "k", "[{\"a\":1}]\n");
	house_close(&h);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

/* Of two objects that cannot be made, and rows that have to wait: one line when the
 * first of these waits, one when the last does no more. */
static void test_the_log_hears_of_the_spool_once(void **state)
{
	struct now later = { start.mono_ms + 1000, start.wall_ms + 1000 };
	char path[SPOOL_PATH_MAX];
	const char *said;
	struct house h;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	seal(&h, TAG_OTHER, "well");
	run_jobs(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	append(&h, TAG_EGRESS, ",{\"a\":1}", 1);
	spool_path(h.w.dir, SPOOL_TMP, 2, path);
	assert_int_equal(mkdir(path, 0750), 0);
	seal(&h, TAG_OTHER, "a");
	seal(&h, TAG_EGRESS, "b");
	workers_run(h.workers, start);
	spool_set_held_max(h.w.spool, 100);
	assert_true(h.sink->hold(h.sink, 100));
	assert_int_equal(rmdir(path), 0);
	workers_run(h.workers, later);
	assert_true(h.sink->hold(h.sink, -100));
	assert_true(h.sink->hold(h.sink, 0));
	house_stop(&h);
	said = world_log(&h.w);
	assert_int_equal(count_of(said, "spool=unwritable"), 1);
	assert_int_equal(count_of(said, "spool=ok"), 1);
	house_close(&h);
}

/* There is no room for these rows in memory, either. */
static void test_the_log_hears_of_rows_that_cannot_wait(void **state)
{
	const char *said;
	struct house h;

	(void)state;
	house_open(&h);
	spool_set_held_max(h.w.spool, 10);
	assert_false(h.sink->hold(h.sink, 11));
	assert_false(h.sink->hold(h.sink, 12));
	assert_true(h.sink->hold(h.sink, 0));
	house_stop(&h);
	said = world_log(&h.w);
	assert_int_equal(count_of(said, "spool=unwritable"), 1);
	assert_int_equal(count_of(said, "spool=ok"), 1);
	house_close(&h);
}

static void test_failed_append_keeps_nothing(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct house h;

	(void)state;
	house_open(&h);
	/* The next id is taken by something that is no file. */
	spool_path(h.w.dir, SPOOL_OPEN, 1, path);
	assert_int_equal(mkdir(path, 0750), 0);
	assert_true(append(&h, TAG_OTHER, ",{\"a\":1}", 1) < 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(append(&h, TAG_OTHER, ",{\"a\":2}", 1), 0);
	seal(&h, TAG_OTHER, "k");
	run_jobs(&h);
	assert_next(&h, "k", "[{\"a\":2}]\n");
	house_close(&h);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* As with a thousand pipelines: files are closed between batches, if the descriptors
 * up to three quarters of all are taken. */
static void test_few_descriptors_are_kept(void **state)
{
	static const struct {
		int last_taken, kept;
	} cases[] = { { 47, 1 }, { 48, 0 } };
	struct rlimit before, few;
	struct house h;
	size_t i;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int taken[64], count = 0, used;

		house_open(&h);
		used = open_descriptors();
		append(&h, TAG_OTHER, ",{\"a\":1}", 1);
		assert_int_equal(open_descriptors(), used + 1);
		spool_sink_free(h.spool_sink);
		assert_int_equal(open_descriptors(), used);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		house_start(&h);
		do {
			taken[count] = dup(0);
		} while (taken[count++] < cases[i].last_taken);
		used = open_descriptors();
		append(&h, TAG_OTHER, ",{\"a\":2}", 1);
		assert_int_equal(open_descriptors(), used + cases[i].kept);
		append(&h, TAG_EGRESS, ",{\"e\":1}", 1);
		append(&h, TAG_OTHER, ",{\"a\":3}", 1);
		assert_int_equal(open_descriptors(), used + cases[i].kept);
		seal(&h, TAG_OTHER, "k");
		assert_int_equal(open_descriptors(), used);
		while (count)
			close(taken[--count]);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		run_jobs(&h);
		assert_next(&h, "k", "[{\"a\":2},{\"a\":3}]\n");
		house_close(&h);
	}
}

/* Open files count in the limit of the spool; what they become does, too. */
static void test_spool_is_charged_once(void **state)
{
	struct house h;
	int i;

	(void)state;
	house_open(&h);
	h.w.options.max_bytes = 3 * (ENVELOPE_SIZE + 1000);
	spool_sink_free(h.spool_sink);
	world_reopen(&h.w, start);
	house_start(&h);
	for (i = 0; i < 50; i++) {
		uint64_t id;

		append(&h, TAG_OTHER, ",{\"a\":1}", 1);
		seal(&h, TAG_OTHER, "k");
		run_jobs(&h);
		assert_true(spool_take(h.w.dir, &id));
		spool_done(h.w.dir, id, SPOOL_STORED);
	}
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_EVICTED), 0);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_UPLOADED), 50);
	for (i = 0; i < 3; i++) {
		append(&h, TAG_OTHER, ",{\"a\":1}", 1);
		seal(&h, TAG_OTHER, "k");
	}
	run_jobs(&h);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_EVICTED), 0);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	seal(&h, TAG_OTHER, "k");
	run_jobs(&h);
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_EVICTED), 1);
	house_close(&h);
}

/* Removed by hand, or by what cleans up temporary files. */
static void test_open_file_that_is_gone_costs_its_object(void **state)
{
	char path[SPOOL_PATH_MAX];
	struct house h;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	stats_add(&h.w.stats, STAT_RECORDS_SPOOLED, 1);
	spool_path(h.w.dir, SPOOL_OPEN, 1, path);
	assert_int_equal(unlink(path), 0);
	seal(&h, TAG_OTHER, "k");
	append(&h, TAG_EGRESS, ",{\"e\":1}", 1);
	seal(&h, TAG_EGRESS, "k2");
	run_jobs(&h);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 0);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_EVICTED), 1);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_SPOOLED), 0);
	assert_next(&h, "k2", "[{\"e\":1}]\n");
	assert_no_more(&h);
	house_close(&h);
}

/* What cannot be opened as a file is tried some times, longer apart each time. */
static void test_unreadable_open_file_goes_to_bad_at_last(void **state)
{
	struct now now = start;
	char path[SPOOL_PATH_MAX];
	struct house h;
	int i;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	seal(&h, TAG_OTHER, "k");
	spool_path(h.w.dir, SPOOL_OPEN, 1, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0640), 0);
	for (i = 0; i < 4; i++) {
		int64_t next = workers_run(h.workers, now);

		assert_int_equal(next - now.mono_ms, 1000 << i);
		now.mono_ms = next;
	}
	workers_run(h.workers, now);
	assert_int_equal(spool_sink_sealing(h.spool_sink), 0);
	assert_true(world_has(&h.w, SPOOL_BAD, 1));
	assert_int_equal(stats_get(&h.w.stats, STAT_OBJECTS_QUARANTINED), 1);
	assert_int_equal(stats_get(&h.w.stats, STAT_RECORDS_QUARANTINED), 1);
	house_close(&h);
}

static void test_every_byte_is_owned_until_it_is_gone(void **state)
{
	struct house h;
	int64_t open_bytes;
	uint64_t id;

	(void)state;
	house_open(&h);
	append(&h, TAG_OTHER, ",{\"a\":1}", 1);
	open_bytes = spool_bytes(h.w.spool);
	assert_true(open_bytes > FRAME_HEAD);
	seal(&h, TAG_OTHER, "k");
	assert_int_equal(spool_bytes(h.w.spool), open_bytes);
	run_jobs(&h);
	assert_int_equal(spool_bytes(h.w.spool), ENVELOPE_SIZE + 10);
	assert_true(spool_take(h.w.dir, &id));
	assert_int_equal(spool_done(h.w.dir, id, SPOOL_REFUSED), 0);
	assert_int_equal(spool_bytes(h.w.spool), ENVELOPE_SIZE + 10);
	house_stop(&h);
	world_reopen(&h.w, start);
	assert_int_equal(spool_bytes(h.w.spool), ENVELOPE_SIZE + 10);
	house_start(&h);
	house_close(&h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_become_objects_of_their_tags),
		cmocka_unit_test(test_what_is_not_sealed_stays_open),
		cmocka_unit_test(test_recovery_keeps_the_key_or_gives_one),
		cmocka_unit_test(test_recovery_keeps_the_layout),
		cmocka_unit_test(test_a_tag_has_two_slots_open),
		cmocka_unit_test(test_recovery_keeps_the_slot),
		cmocka_unit_test(test_recovery_cuts_half_written_frames),
		cmocka_unit_test(test_rows_are_written_over_those_before),
		cmocka_unit_test(test_rows_are_kept_while_there_is_plenty),
		cmocka_unit_test(test_new_streams_are_above_that_of_recovery),
		cmocka_unit_test(test_the_old_one_keeps_streams),
		cmocka_unit_test(test_two_sinks_never_share_a_stream),
		cmocka_unit_test(test_recovery_of_useless_files),
		cmocka_unit_test(test_failed_seal_is_tried_again),
		cmocka_unit_test(test_the_log_hears_of_the_spool_once),
		cmocka_unit_test(test_the_log_hears_of_rows_that_cannot_wait),
		cmocka_unit_test(test_failed_append_keeps_nothing),
		cmocka_unit_test(test_few_descriptors_are_kept),
		cmocka_unit_test(test_spool_is_charged_once),
		cmocka_unit_test(test_open_file_that_is_gone_costs_its_object),
		cmocka_unit_test(test_unreadable_open_file_goes_to_bad_at_last),
		cmocka_unit_test(test_every_byte_is_owned_until_it_is_gone),
	};

	return cmocka_run_group_tests_name("spool_sink", tests, NULL, NULL);
}
