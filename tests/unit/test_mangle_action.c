/* SPDX-License-Identifier: Apache-2.0 */
/* test_mangle_action.c - accept and reject, whatever the order in which two
 * capture points report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "stage/stage_set.h"
#include "stage/vpclogs.h"

#define WALL_MS	    INT64_C(1795325297493) /* when the monotonic clock is 0 */
#define CONNECTIONS 6
#define MESSAGE	    4 /* flows of a message at most */
#define STEPS	    60
#define SEEDS	    300
#define RECORDS	    (STEPS * CONNECTIONS * 4)

struct world {
	struct arena arena, added;
	struct problems problems;
	struct stage_set set;
};

/* A flow at a capture point, and how its record looks before the mangle. */
struct view {
	struct flow flow;
	struct flow_metric all, last;
	struct vpclogs record;
};

struct connection {
	char key[24], uuid[2][24];
	struct view view[2];
	bool is_blocked; /* nothing gets to the second point */
	int64_t counted; /* packets of all records */
};

struct seen {
	int64_t key, all, delta;
	char action;
};

static void open_world(struct world *w)
{
	struct config *config = config_new();

	*w = (struct world){
		.arena = ARENA_INIT(1 << 20),
		.added = ARENA_INIT(64 << 20),
		.problems = PROBLEMS_INIT,
	};
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml",
				    STR("pipeline:\n"
					"  transform: {type: vpclogs}\n"
					"  mangle: {type: action}\n"
					"  action: {tid1: one, tid2: two}\n"),
				    false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	config_free(config);
	assert_string_equal(buf_str(&w->problems.text).ptr, "");
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
	arena_fini(&w->added);
}

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = ms, .wall_ms = WALL_MS + ms };
}

static void connection_open(struct connection *c, int number)
{
	int i;

	*c = (struct connection){ .counted = 0 };
	snprintf(c->key, sizeof(c->key), "10.0.0.%d", number);
	for (i = 0; i < 2; i++) {
		struct view *v = &c->view[i];

		snprintf(c->uuid[i], sizeof(c->uuid[i]), "%d-%d", number, i);
		v->all.start = WALL_MS;
		v->last.last = WALL_MS;
		v->flow = (struct flow){
			.uuid = str_of(c->uuid[i]),
			.l3_tracking_id = str_of(c->key),
			.node_tid = i ? STR("two") : STR("one"),
			.start = WALL_MS,
			.metric = &v->all,
			.last_update = &v->last,
		};
		v->record = (struct vpclogs){
			.initiator_ip = str_of(c->key),
			.target_ip = STR("10.0.1.1"),
			.flow = &v->flow,
		};
	}
}

/* That point reports so many packets more. */
static void carry(struct connection *c, int which, int64_t packets, int64_t now_ms)
{
	struct view *v = &c->view[which];

	v->last = (struct flow_metric){
		.ab_packets = packets,
		.ab_bytes = packets * 100,
		.start = v->last.last,
		.last = WALL_MS + now_ms,
	};
	v->all.ab_packets += packets;
	v->all.ab_bytes += packets * 100;
	v->all.last = v->last.last;
}

static struct records apply(struct world *w, void **item, size_t count, int64_t now_ms)
{
	static int64_t time_ms[MESSAGE];
	struct records records = {
		.shape = &vpclogs_shape,
		.item = item,
		.time_ms = time_ms,
		.count = count,
		.room = MESSAGE,
		.arena = &w->added,
	};

	mangle_action.apply(w->set.mangle_state, TAG_EGRESS, &records, at(now_ms));
	return records;
}

static struct records one(struct world *w, struct connection *c, int which,
			  int64_t packets, int64_t now_ms)
{
	static void *item[MESSAGE];

	carry(c, which, packets, now_ms);
	item[0] = &c->view[which].record;
	return apply(w, item, 1, now_ms);
}

static int64_t tick(struct world *w, struct records *records, int64_t now_ms)
{
	*records = (struct records){ .shape = &vpclogs_shape, .arena = &w->added };
	return mangle_action.tick(w->set.mangle_state, TAG_EGRESS, records, at(now_ms));
}

static void expect(const struct records *records, const char *action, int64_t all,
		   int64_t delta)
{
	const struct vpclogs *record;

	assert_int_equal(records->count, 1);
	record = records->item[0];
	assert_true(str_is(record->action, action));
	assert_int_equal(record->cumulative_packets_from_initiator, all);
	assert_int_equal(record->packets_from_initiator, delta);
}

static void test_what_both_have_seen_is_accepted(void **state)
{
	struct connection c;
	struct records records;
	struct world w;

	(void)state;
	open_world(&w);
	connection_open(&c, 1);
	assert_int_equal(one(&w, &c, 0, 7, 0).count, 0);
	records = one(&w, &c, 1, 5, 1000);
	expect(&records, "A", 5, 5);
	records = one(&w, &c, 1, 4, 2000);
	expect(&records, "A", 7, 2);
	close_world(&w);
}

/* Of the last update of either capture point, whichever side is waited for. */
static void test_reports_are_of_the_time_of_their_flows(void **state)
{
	struct connection c, other;
	struct records records;
	struct world w;

	(void)state;
	open_world(&w);
	connection_open(&c, 1);
	connection_open(&other, 2);
	one(&w, &c, 0, 7, 0);
	records = one(&w, &c, 1, 5, 1000);
	assert_int_equal(records.count, 1);
	assert_true(c.view[0].last.last < c.view[1].last.last);
	assert_int_equal(records.time_ms[0], c.view[1].last.last);
	one(&w, &other, 1, 1, 2000);
	tick(&w, &records, 22000);
	assert_int_equal(records.count, 1);
	assert_int_equal(records.time_ms[0], other.view[1].last.last);
	close_world(&w);
}

static void test_what_one_has_seen_is_rejected_in_time(void **state)
{
	struct connection c, other;
	struct records records;
	struct world w;

	(void)state;
	open_world(&w);
	connection_open(&c, 1);
	connection_open(&other, 2);
	assert_int_equal(one(&w, &c, 0, 7, 0).count, 0);
	assert_int_equal(one(&w, &other, 0, 1, 5000).count, 0);
	records = one(&w, &other, 0, 1, 5001);
	expect(&records, "R", 7, 7);
	/* Without messages it is said, too. */
	assert_int_equal(tick(&w, &records, 19000), 20000);
	assert_int_equal(records.count, 0);
	assert_int_equal(tick(&w, &records, 20000), 40000);
	expect(&records, "R", 2, 2);
	close_world(&w);
}

static void test_ibm_has_words_of_its_own(void **state)
{
	struct connection c;
	struct records records;
	struct world w;

	(void)state;
	open_world(&w);
	connection_open(&c, 1);
	c.view[0].record.action = c.view[1].record.action = STR("accepted");
	assert_int_equal(one(&w, &c, 0, 7, 0).count, 0);
	records = one(&w, &c, 0, 1, 5001);
	expect(&records, "rejected", 8, 8);
	assert_int_equal(one(&w, &c, 1, 8, 6000).count, 0);
	assert_int_equal(one(&w, &c, 0, 2, 7000).count, 1);
	records = one(&w, &c, 1, 2, 8000);
	expect(&records, "accepted", 10, 2);
	close_world(&w);
}

static void test_others_are_left_out(void **state)
{
	struct connection c;
	struct world w;

	(void)state;
	open_world(&w);
	connection_open(&c, 1);
	c.view[0].flow.node_tid = STR("three");
	assert_int_equal(one(&w, &c, 0, 7, 0).count, 0);
	assert_int_equal(one(&w, &c, 0, 7, 10000).count, 0);
	close_world(&w);
}

/* What holds of every record, and of all that came before. */
static void check_record(const struct vpclogs *record, struct connection *connections,
			 struct seen *seen, size_t *count)
{
	struct seen now = {
		.key = strtol(record->initiator_ip.ptr + 7, NULL, 10),
		.all = record->cumulative_packets_from_initiator,
		.delta = record->packets_from_initiator,
		.action = record->action.ptr[0],
	};
	size_t i;

	assert_true(now.key >= 0 && now.key < CONNECTIONS);
	assert_true(str_is(record->action, "A") || str_is(record->action, "R"));
	assert_true(now.delta >= 0 && now.delta <= now.all);
	assert_int_equal(record->bytes_from_initiator, now.delta * 100);
	assert_int_equal(record->packets_from_target, 0);
	for (i = 0; i < *count; i++)
		if (seen[i].key == now.key && seen[i].action == now.action &&
		    seen[i].all == now.all && seen[i].delta == now.delta && now.delta)
			fail_msg("twice: connection %d, %d packets, %d of them new",
				 (int)now.key, (int)now.all, (int)now.delta);
	assert_true(*count < RECORDS);
	seen[(*count)++] = now;
	connections[now.key].counted += now.delta;
}

static void check_all(const struct records *records, struct connection *connections,
		      struct seen *seen, size_t *count)
{
	size_t i;

	for (i = 0; i < records->count; i++)
		check_record(records->item[i], connections, seen, count);
}

/* As it is now, for a message. */
static void *copy_view(struct view *copy, const struct view *view)
{
	*copy = *view;
	copy->flow.metric = &copy->all;
	copy->flow.last_update = &copy->last;
	copy->record.flow = &copy->flow;
	return &copy->record;
}

/* A message of random connections, at random points. Some reports come again. */
static size_t draw(struct connection *connections, void **item, unsigned *seed,
		   int64_t now_ms)
{
	static struct view copy[MESSAGE];
	size_t count = 1 + (size_t)rand_r(seed) % MESSAGE, i;

	for (i = 0; i < count; i++) {
		struct connection *c = &connections[rand_r(seed) % CONNECTIONS];
		int which = c->is_blocked ? 0 : rand_r(seed) % 2;

		if (rand_r(seed) % 8)
			carry(c, which, 1 + rand_r(seed) % 9, now_ms);
		item[i] = copy_view(&copy[i], &c->view[which]);
	}
	return count;
}

static void run_random(unsigned seed)
{
	struct connection connections[CONNECTIONS];
	static struct seen seen[RECORDS];
	size_t count = 0;
	int64_t now_ms = 0, due_ms = 0;
	struct records records;
	struct world w;
	int i, step;

	open_world(&w);
	for (i = 0; i < CONNECTIONS; i++) {
		connection_open(&connections[i], i);
		connections[i].is_blocked = rand_r(&seed) % 3 == 0;
	}
	for (step = 0; step < STEPS; step++) {
		void *item[MESSAGE];
		size_t drawn;

		now_ms += 1 + rand_r(&seed) % 3000;
		drawn = draw(connections, item, &seed, now_ms);
		records = apply(&w, item, drawn, now_ms);
		check_all(&records, connections, seen, &count);
	}
	for (i = 0; due_ms != NEVER_MS; i++, now_ms += 20000) {
		assert_true(i < 60);
		due_ms = tick(&w, &records, now_ms);
		check_all(&records, connections, seen, &count);
	}
	for (i = 0; i < CONNECTIONS; i++) {
		const struct view *view = connections[i].view;
		int64_t one_has = view[0].all.ab_packets,
			two_has = view[1].all.ab_packets;

		assert_true(connections[i].counted <=
			    (one_has > two_has ? one_has : two_has));
		if (connections[i].is_blocked)
			assert_int_equal(connections[i].counted, one_has);
	}
	close_world(&w);
}

static void test_random_interleavings(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++)
		run_random(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_both_have_seen_is_accepted),
		cmocka_unit_test(test_reports_are_of_the_time_of_their_flows),
		cmocka_unit_test(test_what_one_has_seen_is_rejected_in_time),
		cmocka_unit_test(test_ibm_has_words_of_its_own),
		cmocka_unit_test(test_others_are_left_out),
		cmocka_unit_test(test_random_interleavings),
	};

	return cmocka_run_group_tests_name("mangle_action", tests, NULL, NULL);
}
