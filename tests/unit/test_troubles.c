/* SPDX-License-Identifier: Apache-2.0 */
/* test_troubles.c - what is wrong is found, said with since when and what to do, and
 * weighs what it should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "monitor/snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SECOND	     1000
#define MINUTE	     (60 * SECOND)
#define MONO	     (1000 * MINUTE)
#define WALL	     INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

struct world {
	struct tenant_figures tenant[2];
	struct source_figures source;
	struct snapshot snapshot;
};

/* All is well. */
static void make(struct world *w)
{
	int i, limit;

	*w = (struct world){ .source = { .url = "ws://a:1/" } };
	w->source.status = (struct source_status){ .state = SOURCE_SUBSCRIBED,
						   .is_ready = true };
	for (i = 0; i < 2; i++) {
		snprintf(w->tenant[i].name, sizeof(w->tenant[i].name), "t%d", i);
		w->tenant[i].status.sent_ms = NEVER_MS;
		w->tenant[i].status.oldest_ms = NEVER_MS;
		for (limit = 0; limit < LIMITS; limit++)
			w->tenant[i].status.limits.since_ms[limit] = NEVER_MS;
	}
	w->snapshot = (struct snapshot){
		.now = { MONO, WALL },
		.tenant = w->tenant,
		.tenants = 2,
		.source = &w->source,
		.sources = 1,
		.exporter = { .pending_warning_ms = 15 * MINUTE,
			      .busy = { .worker_since_ms = NEVER_MS,
					.sealer_since_ms = NEVER_MS },
			      .topology.mirror = { .state = MIRROR_SYNCED,
						   .is_synced = true,
						   .age_s = 3,
						   .resync_ms = 10 * MINUTE } },
	};
}

static void worker_is_stuck(struct world *w, int64_t ms)
{
	w->snapshot.exporter.busy.worker_since_ms = MONO - ms;
	snprintf(w->snapshot.exporter.busy.worker, 72, "t1");
}

static void sealer_is_stuck(struct world *w, int64_t ms)
{
	w->snapshot.exporter.busy.sealer_since_ms = MONO - ms;
	snprintf(w->snapshot.exporter.busy.sealer, 72, "t0");
}

static void source_is_down(struct world *w, int64_t ms)
{
	w->source.status = (struct source_status){ .state = SOURCE_CONNECTING,
						   .down_s = ms / SECOND,
						   .error = "401: wrong" };
}

static void topic_is_not_read(struct world *w, int64_t ms)
{
	source_is_down(w, ms);
	w->source.status.partitions.are_there = true;
}

static void source_is_starved(struct world *w, int64_t ms)
{
	source_is_down(w, ms);
	w->source.status.state = SOURCE_STARVED;
}

static void source_is_half_silent(struct world *w, int64_t ms)
{
	w->source.status.half_silent_s = ms / SECOND;
}

static void topology_is_down(struct world *w, int64_t ms)
{
	w->snapshot.exporter.topology.down = true;
	w->snapshot.exporter.topology.down_since_ms = WALL - ms;
	snprintf(w->snapshot.exporter.topology.error, 256, "refused");
}

static void mirror_is_old(struct world *w, int64_t ms)
{
	w->snapshot.exporter.topology.mirror.age_s = ms / SECOND;
}

static void mirror_is_refused(struct world *w, int64_t ms)
{
	struct mirror_counters *mirror = &w->snapshot.exporter.topology.mirror;

	mirror->state = MIRROR_REFUSED;
	mirror->is_synced = false;
	mirror->since_ms = WALL - ms;
	snprintf(mirror->error, sizeof(mirror->error), "too large");
}

static void upload_is_stuck(struct world *w, int64_t ms)
{
	w->tenant[0].status.sent_ms = MONO - ms;
}

static void object_waits(struct world *w, int64_t ms)
{
	w->tenant[1].status.oldest_ms = MONO - ms;
	snprintf(w->tenant[1].status.error, PUT_ERROR_MAX, "503");
}

static void store_fails(struct world *w, int64_t ms)
{
	w->tenant[1].status.degraded_ms = WALL - ms;
	snprintf(w->tenant[1].status.error, PUT_ERROR_MAX, "403");
}

static void limit_is_reached(struct world *w, int64_t ms)
{
	w->tenant[1].status.limits.since_ms[LIMIT_SPOOL] = MONO - ms;
}

/* Each is a trouble from this time on, and not a second earlier. */
static const struct {
	void (*happens)(struct world *, int64_t ms);
	int64_t limit_ms;
	enum trouble_kind kind;
	const char *who, *detail;
	int ready, healthy; /* status of /readyz and /healthz */
} cases[] = {
	{ worker_is_stuck, MINUTE, TROUBLE_WORKER, "t1", "", 503, 503 },
	{ sealer_is_stuck, 10 * MINUTE, TROUBLE_SEALER, "t0", "", 200, 200 },
	{ source_is_down, 0, TROUBLE_CONNECTING, "ws://a:1/", "401: wrong", 503, 200 },
	{ topic_is_not_read, 0, TROUBLE_UNREAD, "ws://a:1/", "401: wrong", 503, 200 },
	{ source_is_starved, 0, TROUBLE_STARVED, "ws://a:1/", "401: wrong", 503, 200 },
	{ source_is_half_silent, SECOND, TROUBLE_HALF_SILENT, "ws://a:1/", "", 200, 200 },
	{ topology_is_down, 0, TROUBLE_TOPOLOGY, "", "refused", 200, 200 },
	{ mirror_is_old, 11 * MINUTE, TROUBLE_MIRROR, "", "", 200, 200 },
	{ mirror_is_refused, 0, TROUBLE_MIRROR, "", "too large", 200, 200 },
	{ upload_is_stuck, 10 * MINUTE, TROUBLE_UPLOAD, "t0", "", 200, 200 },
	{ object_waits, 15 * MINUTE, TROUBLE_PENDING, "t1", "503", 200, 200 },
	{ store_fails, 0, TROUBLE_STORE, "t1", "403", 200, 200 },
	{ limit_is_reached, 0, TROUBLE_LIMIT, "t1", "spool_bytes", 200, 200 },
};

static bool is_of_program(enum trouble_kind kind)
{
	return kind != TROUBLE_UPLOAD && kind != TROUBLE_PENDING &&
	       kind != TROUBLE_STORE && kind != TROUBLE_LIMIT;
}

static void check_said(const struct world *w, size_t i, int64_t ms)
{
	const struct trouble_meaning *kind = &trouble_kinds[cases[i].kind];
	const struct trouble *trouble = &w->snapshot.trouble[0];
	struct buf text = BUF_INIT(4096);
	char age[32];

	assert_int_equal(w->snapshot.troubles, 1);
	assert_int_equal(trouble->kind, cases[i].kind);
	assert_int_equal(w->snapshot.trouble_count[cases[i].kind], 1);
	assert_string_equal(trouble->who, cases[i].who);
	assert_string_equal(trouble->detail, cases[i].detail);
	assert_int_equal(trouble->since_ms, WALL - ms);
	assert_true(w->tenant[0].trouble == (trouble->tenant == 0 ? trouble : NULL));
	assert_true(w->tenant[1].trouble == (trouble->tenant == 1 ? trouble : NULL));
	assert_int_equal(trouble->tenant == NO_TENANT, is_of_program(trouble->kind));
	assert_int_equal(troubles_put(&w->snapshot, TROUBLE_UNREADY, &text) > 0,
			 cases[i].ready == 503);
	assert_int_equal(troubles_put(&w->snapshot, TROUBLE_UNHEALTHY, &text) > 0,
			 cases[i].healthy == 503);
	buf_reset(&text);
	trouble_put(trouble, WALL, &text);
	snprintf(age, sizeof(age), "Z (%d s)", (int)(ms / SECOND));
	assert_non_null(strstr(buf_str(&text).ptr, age));
	assert_non_null(strstr(text.ptr, kind->what));
	assert_non_null(strstr(text.ptr, kind->remedy));
	buf_fini(&text);
}

static void each_is_found_at_its_time(void **state)
{
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		make(&w);
		cases[i].happens(&w, cases[i].limit_ms);
		troubles_find(&w.snapshot);
		check_said(&w, i, cases[i].limit_ms);
		free(w.snapshot.trouble);
		if (!cases[i].limit_ms)
			continue;
		make(&w);
		cases[i].happens(&w, cases[i].limit_ms - SECOND);
		troubles_find(&w.snapshot);
		assert_int_equal(w.snapshot.troubles, 0);
	}
}

static void all_have_a_case(void **state)
{
	bool has_case[TROUBLES] = { false };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		has_case[cases[i].kind] = true;
	for (i = 0; i < TROUBLES; i++)
		assert_true(has_case[i]);
}

static void a_line_has_all_of_it(void **state)
{
	struct buf text = BUF_INIT(4096);
	struct world w;

	(void)state;
	make(&w);
	source_is_down(&w, 75 * SECOND);
	troubles_find(&w.snapshot);
	assert_int_equal(troubles_put(&w.snapshot, TROUBLE_WARNS, &text), 1);
	assert_string_equal(buf_str(&text).ptr,
			    "ws://a:1/: connecting since 2023-11-14T22:12:05Z (75 s): "
			    "401: wrong; see whether the analyzer runs and can be "
			    "reached from here\n");
	free(w.snapshot.trouble);
	buf_fini(&text);
}

/* Of a tenant the worst; of all the heaviest first, then the oldest. */
static void they_are_in_order(void **state)
{
	static const enum trouble_kind expected[] = { TROUBLE_WORKER, TROUBLE_STARVED,
						      TROUBLE_PENDING, TROUBLE_UPLOAD,
						      TROUBLE_TOPOLOGY };
	struct world w;
	size_t i;

	(void)state;
	make(&w);
	topology_is_down(&w, SECOND);
	upload_is_stuck(&w, 11 * MINUTE);
	object_waits(&w, 16 * MINUTE);
	store_fails(&w, 16 * MINUTE);
	source_is_starved(&w, SECOND);
	worker_is_stuck(&w, MINUTE);
	troubles_find(&w.snapshot);
	assert_int_equal(w.snapshot.troubles, COUNT(expected));
	for (i = 0; i < COUNT(expected); i++)
		assert_int_equal(w.snapshot.trouble[i].kind, expected[i]);
	free(w.snapshot.trouble);
}

static void lines_are_bounded(void **state)
{
	static struct tenant_figures many[1000];
	struct buf text = BUF_INIT(1 << 20);
	struct world w;
	size_t i, lines = 0;

	(void)state;
	make(&w);
	for (i = 0; i < COUNT(many); i++) {
		many[i] = w.tenant[0];
		many[i].status.degraded_ms = WALL;
	}
	w.snapshot.tenant = many;
	w.snapshot.tenants = COUNT(many);
	troubles_find(&w.snapshot);
	assert_int_equal(troubles_put(&w.snapshot, TROUBLE_WARNS, &text), COUNT(many));
	for (i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	assert_int_equal(lines, 21);
	assert_non_null(strstr(buf_str(&text).ptr, "\nand 980 more: see /status\n"));
	free(w.snapshot.trouble);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found_at_its_time),
		cmocka_unit_test(all_have_a_case),
		cmocka_unit_test(a_line_has_all_of_it),
		cmocka_unit_test(they_are_in_order),
		cmocka_unit_test(lines_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
