/* SPDX-License-Identifier: Apache-2.0 */
/* test_mirror.c - a mirror that is told what was recorded. */
#include "graph_house.h"
#include "mirror/mirror.h"

#define REPLY(nodes)                                                                     \
	"{'Namespace':'Graph','Type':'SyncReply','UUID':'u','Status':200,"               \
	"'Obj':{'Nodes':[" nodes "],'Edges':[]}}"
#define NODE_A "{'ID':'a','Revision':1,'Metadata':{'Name':'a','TID':'t','MTU':1500}}"
#define NODE_B "{'ID':'b','Revision':1,'Metadata':{'Name':'b','TID':'u','MTU':9000}}"
#define BY_TID "G.V().Has('TID','t')"
#define BY_MTU "G.V().Has('MTU',1500)"

struct telling {
	struct graph_house house; /* its words; without a graph */
	struct mirror *mirror;
};

static void never_asked(void *context, struct str question)
{
	(void)context;
	(void)question;
	fail();
}

static void never_settled(void *context)
{
	(void)context;
	fail();
}

static void open_mirror(struct telling *t, size_t bytes)
{
	const struct mirror_parts parts = {
		.bytes_max = bytes,
		.resync_ms = 600000,
		.fetch = never_asked,
		.settled = never_settled,
	};

	t->house = (struct graph_house){
		.arena = ARENA_INIT(PLENTY),
		.json = BUF_INIT(PLENTY),
		.words = BUF_INIT(PLENTY),
	};
	t->mirror = mirror_new(&parts);
	assert_non_null(t->mirror);
}

static void close_mirror(struct telling *t)
{
	mirror_halt(t->mirror);
	mirror_free(t->mirror);
	house_close(&t->house);
}

static void want(struct telling *t, const char *text)
{
	struct projection *projection = projection_new();
	struct question_parsed parsed;

	assert_int_equal(question_parse(str_of(text), &parsed, &t->house.err), 0);
	assert_int_equal(projection_add(projection, &parsed.question, &t->house.err), 0);
	assert_int_equal(mirror_want(t->mirror, projection, &t->house.err), 0);
}

static void play(struct telling *t, const char *message, int second)
{
	mirror_play(t->mirror, house_json(&t->house, "%s", message), true,
		    SECOND(second));
}

/* The name of the first node; "": none; "?": the mirror does not answer. */
static const char *ask(struct telling *t, const char *text)
{
	struct graph_span span = { INT64_MIN, INT64_MAX };
	struct question_parsed parsed;
	const struct answer *answer;

	arena_reset(&t->house.arena);
	assert_int_equal(question_parse(str_of(text), &parsed, &t->house.err), 0);
	answer = mirror_answer(t->mirror, &parsed.question, NULL, 0, &t->house.arena,
			       &span);
	if (!answer)
		return "?";
	return answer->count ? arena_str(&t->house.arena, answer->node->name).ptr : "";
}

static struct mirror_counters count(struct telling *t)
{
	struct mirror_counters counters;

	mirror_count(t->mirror, &counters);
	return counters;
}

static void test_recording(void **state)
{
	struct telling t;

	(void)state;
	open_mirror(&t, PLENTY);
	play(&t, REPLY(NODE_A), 0);
	assert_string_equal(ask(&t, BY_TID), "?");
	assert_int_equal(count(&t).state, MIRROR_OFF);
	assert_int_equal(mirror_version(t.mirror), 0);
	want(&t, BY_TID);
	assert_int_equal(count(&t).state, MIRROR_OFF);
	assert_string_equal(ask(&t, BY_TID), "?");
	play(&t, REPLY(NODE_A), 1);
	assert_int_equal(count(&t).state, MIRROR_SYNCED);
	assert_true(count(&t).is_synced);
	assert_string_equal(ask(&t, BY_TID), "a");
	assert_string_equal(ask(&t, BY_MTU), "?");
	assert_int_not_equal(mirror_version(t.mirror), 0);
	play(&t, "{'Type':'NodeDeleted','Obj':" NODE_A "}", 2);
	assert_string_equal(ask(&t, BY_TID), "");
	assert_int_equal(count(&t).events[FEED_NODE_DELETED], 1);
	assert_int_equal(count(&t).tombs, 1);
	play(&t, "{'Type':'NodeAdded','Obj':5}", 3);
	assert_int_equal(count(&t).bad, 1);
	/* What is gone is forgotten in the time of the recording. */
	play(&t, "{'Type':'NodeAdded','Obj':" NODE_B "}", 2000);
	assert_int_equal(count(&t).tombs, 0);
	assert_int_equal(count(&t).nodes, 1);
	assert_int_equal(mirror_want(t.mirror, NULL, &t.house.err), 0);
	assert_int_equal(count(&t).state, MIRROR_OFF);
	assert_string_equal(ask(&t, BY_TID), "?");
	close_mirror(&t);
}

/* The present graph answers until the one with more in it is there. */
static void test_more_is_wanted(void **state)
{
	struct telling t;
	uint64_t version;

	(void)state;
	open_mirror(&t, PLENTY);
	want(&t, BY_TID);
	play(&t, REPLY(NODE_A), 1);
	version = mirror_version(t.mirror);
	want(&t, BY_TID);
	play(&t, "{'Type':'NodeAdded','Obj':" NODE_B "}", 2);
	assert_int_equal(count(&t).nodes, 2);
	want(&t, BY_TID ".Has('MTU',1500)");
	assert_string_equal(ask(&t, BY_TID), "a");
	assert_string_equal(ask(&t, BY_TID ".Has('MTU',1500)"), "?");
	play(&t, "{'Type':'NodeDeleted','Obj':" NODE_A "}", 3);
	assert_string_equal(ask(&t, BY_TID), "a");
	play(&t, REPLY(NODE_A), 4);
	assert_string_equal(ask(&t, BY_TID ".Has('MTU',1500)"), "a");
	assert_int_equal(count(&t).nodes, 1);
	assert_true(mirror_version(t.mirror) > version);
	close_mirror(&t);
}

static void test_fetched(void **state)
{
	struct telling t;

	(void)state;
	open_mirror(&t, PLENTY);
	want(&t, BY_TID);
	mirror_fetched(t.mirror, 200, house_json(&t.house, "[" NODE_A "]"));
	play(&t, REPLY(NODE_B), 1);
	assert_string_equal(ask(&t, BY_TID), "");
	mirror_fetched(t.mirror, 400, house_json(&t.house, "[" NODE_A "]"));
	mirror_fetched(t.mirror, 200, house_json(&t.house, "null"));
	mirror_fetched(t.mirror, 200, house_json(&t.house, "not JSON }"));
	mirror_fetched(t.mirror, 200, (struct str){ NULL, 0 });
	assert_string_equal(ask(&t, BY_TID), "");
	mirror_fetched(t.mirror, 200, house_json(&t.house, "[" NODE_A "," NODE_B "]"));
	assert_string_equal(ask(&t, BY_TID), "a");
	assert_int_equal(count(&t).nodes, 2);
	close_mirror(&t);
}

/* A topology that is too large is given up, and nothing of it is used any more. */
static void test_too_large(void **state)
{
	struct telling t;
	char text[256];
	int i, way;

	(void)state;
	for (way = 0; way < 2; way++) {
		open_mirror(&t, (size_t)1 << 20);
		want(&t, BY_TID);
		play(&t, REPLY(NODE_A), 1);
		for (i = 0; i < 20000 && count(&t).state == MIRROR_SYNCED; i++) {
			snprintf(text, sizeof(text),
				 "{'ID':'%d','Metadata':{'TID':'%d'}}", i, i);
			if (way)
				mirror_fetched(t.mirror, 200,
					       house_json(&t.house, "[%s]", text));
			else
				mirror_play(t.mirror,
					    house_json(&t.house,
						       "{'Type':'NodeAdded','Obj':%s}",
						       text),
					    true, SECOND(2));
		}
		assert_int_equal(count(&t).state, MIRROR_REFUSED);
		assert_string_equal(
			count(&t).error,
			"the topology is larger than topology.mirror.max_bytes");
		assert_string_equal(ask(&t, BY_TID), "?");
		play(&t, REPLY(NODE_A), 3);
		play(&t, "{'Type':'NodeDeleted','Obj':" NODE_A "}", 4);
		assert_string_equal(ask(&t, BY_TID), "?");
		assert_int_equal(count(&t).state, MIRROR_REFUSED);
		close_mirror(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_more_is_wanted),
		cmocka_unit_test(test_fetched),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
