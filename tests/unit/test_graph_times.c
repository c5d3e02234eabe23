/* SPDX-License-Identifier: Apache-2.0 */
/* test_graph_times.c - who had what when, and what a graph takes of memory. */
#include <errno.h>
#include "graph_house.h"

#define WHO_HAS "G.V().Has('IPV4',Regex('10.0.0.1/.*'))"
#define BY_TID	"G.V().Has('TID','t')"
#define PODS	"G.V().Has('TID','t').In('Type','netns').Out('Type','container')"
#define NODES	"G.V().Dedup()"

static const char *const questions[] = {
	WHO_HAS ".ShortestPathTo(Metadata('TID',''))",
	"G.V().Has('@Host','').Has('Type','')",
	"G.V().Has('Container.ID','')",
};

static void open_synced(struct graph_house *h, size_t bytes)
{
	house_open(h, questions, COUNT(questions), bytes);
	graph_sync_begin(h->graph);
	assert_int_equal(graph_sync_end(h->graph, SECOND(0)), 0);
}

static void put_with_address(struct graph_house *h, const char *name, int64_t at_ms)
{
	char text[128];

	snprintf(text, sizeof(text), "'Name':'%s','IPV4':['10.0.0.1/24']", name);
	house_put_node(h, name, text, at_ms);
}

struct question_at {
	double second; /* -1: now */
	const char *names;
};

static void ask_all(struct graph_house *h, const char *text, const struct question_at *q,
		    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int64_t at_ms = q[i].second < 0
					? 0
					: SECOND(0) + (int64_t)(q[i].second * 1000);

		if (strcmp(house_ask(h, text, at_ms), q[i].names) != 0)
			fail_msg("%s at %g: %s instead of %s", text, q[i].second,
				 h->words.ptr, q[i].names);
	}
}

#define ASK(h, text, ...)                                                                \
	ask_all(h, text, (const struct question_at[]){ __VA_ARGS__ },                    \
		COUNT(((const struct question_at[]){ __VA_ARGS__ })))

static void test_address_that_moves(void **state)
{
	struct graph_house h;

	(void)state;
	open_synced(&h, PLENTY);
	put_with_address(&h, "a", SECOND(10));
	house_put_node(&h, "b", "'Name':'b'", SECOND(10));
	house_apply(&h, "a", 2, "IPV4", "[]", SECOND(20));
	ASK(&h, WHO_HAS, { -1, "" }, { 25, "" }, { 15, "a" }, { 5, "" });
	house_apply(&h, "b", 2, "IPV4", "['10.0.0.1/16']", SECOND(30));
	ASK(&h, WHO_HAS, { 5, "b" }, { 10, "a" }, { 19.9, "a" }, { 20, "b" }, { 25, "b" },
	    { 30, "b" }, { 99, "b" }, { -1, "b" });
	assert_int_equal(house_count(&h).tombs, 1);
	/* Another change does not make it younger. */
	house_apply(&h, "b", 3, "Type", "'x'", SECOND(40));
	put_with_address(&h, "c", SECOND(50));
	ASK(&h, WHO_HAS, { 30, "b" }, { 45, "b" }, { 50, "b c" }, { -1, "b c" });
	house_close(&h);
}

static void test_node_that_comes_back(void **state)
{
	struct graph_house h;

	(void)state;
	open_synced(&h, PLENTY);
	put_with_address(&h, "old", SECOND(10));
	house_delete_node(&h, "old", SECOND(20));
	ASK(&h, WHO_HAS, { 15, "old" }, { 25, "" }, { -1, "" });
	ASK(&h, "G.V().Has('@ID','old')", { 15, "old" }, { 20, "" }, { -1, "" });
	put_with_address(&h, "new", SECOND(30));
	ASK(&h, WHO_HAS, { 15, "old" }, { 25, "new" }, { -1, "new" });
	put_with_address(&h, "old", SECOND(40));
	house_delete_node(&h, "new", SECOND(40));
	ASK(&h, WHO_HAS, { 15, "old" }, { 25, "old" }, { 35, "new" }, { 45, "old" },
	    { -1, "old" });
	ASK(&h, NODES, { -1, "old" });
	house_delete_node(&h, "old", SECOND(50));
	house_delete_node(&h, "old", SECOND(60));
	ASK(&h, WHO_HAS, { 15, "old" }, { 35, "new" }, { 45, "old" }, { 55, "" });
	assert_int_equal(house_count(&h).tombs, 3);
	house_close(&h);
}

/* What a synchronization does not bring was there until then. */
static void test_node_that_is_not_brought(void **state)
{
	struct graph_house h;

	(void)state;
	house_open(&h, questions, COUNT(questions), PLENTY);
	graph_sync_begin(h.graph);
	put_with_address(&h, "a", SECOND(5));
	assert_int_equal(graph_sync_end(h.graph, SECOND(10)), 0);
	graph_sync_begin(h.graph);
	put_with_address(&h, "b", SECOND(20));
	assert_int_equal(graph_sync_end(h.graph, SECOND(21)), 0);
	ASK(&h, WHO_HAS, { 1, "a" }, { 10, "a" }, { 20.5, "a b" }, { 21, "b" },
	    { -1, "b" });
	assert_int_equal(house_count(&h).repaired, 2);
	house_close(&h);
}

static void put_pod(struct graph_house *h, int64_t at_ms)
{
	house_put_node(h, "ns", "'Name':'ns','Type':'netns'", at_ms);
	house_put_node(h, "if", "'Name':'if','TID':'t','IPV4':['10.0.0.1/24']", at_ms);
	house_put_node(h, "pod", "'Name':'pod','Type':'container'", at_ms);
	house_put_edge(h, "ns", "if", at_ms);
	house_put_edge(h, "ns", "pod", at_ms);
}

static void test_edges_that_are_gone(void **state)
{
	static const char path[] = WHO_HAS ".ShortestPathTo(Metadata('TID','t'))";
	struct graph_house h;

	(void)state;
	open_synced(&h, PLENTY);
	put_pod(&h, SECOND(10));
	house_put_node(&h, "other", "'Name':'other','TID':'u'", SECOND(10));
	house_put_edge(&h, "other", "other", SECOND(10));
	house_put_edge(&h, "other", "if", SECOND(10));
	ASK(&h, PODS, { 15, "pod" }, { -1, "pod" });
	house_delete_edge(&h, "ns", "pod", SECOND(20));
	house_delete_node(&h, "pod", SECOND(20));
	ASK(&h, PODS, { 15, "pod" }, { 25, "" }, { -1, "" });
	house_delete_edge(&h, "ns", "if", SECOND(30));
	house_delete_node(&h, "if", SECOND(30));
	ASK(&h, PODS, { 15, "pod" }, { 25, "" }, { 35, "" }, { -1, "" });
	ASK(&h, BY_TID ".In('Type','netns')", { 15, "ns" }, { 25, "ns" }, { 35, "" });
	ASK(&h, "G.V().Has('Type','netns').Out()", { 15, "if pod" }, { 25, "if" },
	    { 35, "" }, { -1, "" });
	ASK(&h, "G.V().Has('Type','netns').In()", { 15, "" });
	ASK(&h, "G.V().Has('Type','netns').Both()", { 15, "if pod" });
	ASK(&h, path, { 15, "if" }, { 35, "" }, { -1, "" });
	ASK(&h, WHO_HAS ".ShortestPathTo(Metadata('TID','u'))", { 15, "if other" },
	    { 35, "" });
	house_delete_edge(&h, "other", "other", SECOND(40));
	ASK(&h, "G.V().Has('TID','u').Out()", { 15, "if other" }, { 35, "other" },
	    { 39.9, "other" }, { 40, "" }, { 45, "" });
	ASK(&h, "G.V().Has('TID','u').In()", { 39.9, "other" }, { 40, "" });
	house_close(&h);
}

/* Of what is asked for, only a host is not kept: it has too many nodes. */
static void test_what_is_kept(void **state)
{
	struct graph_house h;

	(void)state;
	open_synced(&h, PLENTY);
	house_put_node(&h, "a",
		       "'Name':'a','Type':'x','TID':'t','IPV4':['10.0.0.1/8','::1'],"
		       "'Container':{'ID':'c'},'IPV6':['::1/1']",
		       SECOND(1));
	house_delete_node(&h, "a", SECOND(2));
	assert_int_equal(house_count(&h).tombs, 4);
	ASK(&h, "G.V().Has('@Host','h-1')", { 1, "" });
	ASK(&h, "G.V().Has('Container.ID','c')", { 1, "a" }, { 2, "" });
	ASK(&h, BY_TID, { 1, "a" }, { 2, "" });
	house_close(&h);
}

static void test_times_at_the_ends(void **state)
{
	struct graph_house h;

	(void)state;
	house_open(&h, questions, COUNT(questions), PLENTY);
	graph_sync_begin(h.graph);
	put_with_address(&h, "a", SECOND(10));
	assert_int_equal(graph_sync_end(h.graph, SECOND(10)), 0);
	put_with_address(&h, "b", SECOND(20));
	/* The clock was set back. */
	house_delete_node(&h, "a", SECOND(15));
	house_delete_node(&h, "b", SECOND(5));
	ASK(&h, WHO_HAS, { 0, "a" }, { 10, "a" }, { 10.05, "a" }, { 12, "a" }, { 15, "" },
	    { 25, "" });
	house_close(&h);
}

static void test_what_is_forgotten(void **state)
{
	struct graph_house h;

	(void)state;
	open_synced(&h, PLENTY);
	put_pod(&h, SECOND(10));
	house_delete_edge(&h, "ns", "pod", SECOND(20));
	house_delete_node(&h, "pod", SECOND(20));
	house_delete_node(&h, "if", SECOND(30));
	assert_int_equal(house_count(&h).tombs, 3);
	graph_expire(h.graph, SECOND(20) + KEPT_MS);
	assert_int_equal(house_count(&h).tombs, 3);
	ASK(&h, PODS, { 15, "pod" });
	graph_expire(h.graph, SECOND(20) + KEPT_MS + 100);
	assert_int_equal(house_count(&h).tombs, 2);
	ASK(&h, PODS, { 15, "" });
	ASK(&h, BY_TID, { 15, "if" });
	graph_expire(h.graph, SECOND(31) + KEPT_MS);
	assert_int_equal(house_count(&h).tombs, 0);
	ASK(&h, BY_TID, { 15, "" });
	ASK(&h, WHO_HAS, { 15, "" });
	house_close(&h);
}

/* So many as fit into a quarter of the memory, the newest ones. */
static void test_many_are_bounded(void **state)
{
	const size_t bytes = (size_t)4 << 20, most = bytes / 4 / 32;
	struct graph_house h;
	char id[32], metadata[128];
	size_t i;

	(void)state;
	open_synced(&h, bytes);
	for (i = 0; i < 2 * most; i++) {
		snprintf(id, sizeof(id), "n-%zu", i % 1000);
		snprintf(metadata, sizeof(metadata), "'Name':'%zu','TID':'t-%zu'", i,
			 i % 5000);
		house_put_node(&h, id, metadata, SECOND((int64_t)i));
		house_delete_node(&h, id, SECOND((int64_t)i) + 500);
		assert_in_range(house_count(&h).tombs, 1, most);
	}
	assert_int_equal(house_count(&h).tombs, most);
	snprintf(metadata, sizeof(metadata), "G.V().Has('TID','t-%zu')", (i - 1) % 5000);
	snprintf(id, sizeof(id), "%zu", i - 1);
	assert_string_equal(house_ask(&h, metadata, SECOND((int64_t)i - 1)), id);
	house_close(&h);
}

/* How often something is there and gone makes no difference. */
static void test_memory_returns(void **state)
{
	struct graph_house h;
	struct graph_counters first = { 0 };
	char id[32], parent[32], metadata[256];
	int round, i;
	int64_t now_ms = SECOND(0);

	(void)state;
	open_synced(&h, PLENTY);
	for (round = 0; round < 30; round++) {
		for (i = 0; i < 300; i++) {
			snprintf(id, sizeof(id), "n-%d-%d", round, i);
			snprintf(parent, sizeof(parent), "n-%d-%d", round, i / 2);
			snprintf(metadata, sizeof(metadata),
				 "'Name':'%d','TID':'t-%d-%d','Type':'%d',"
				 "'IPV4':['10.0.%d.1/24','10.0.%d.2/24']",
				 i, round, i, i % 7, i % 250, i % 250);
			house_put_node(&h, id, metadata, now_ms);
			house_put_edge(&h, parent, id, now_ms);
			house_apply(&h, id, 2, "IPV4", i & 1 ? "[]" : "['1/8','2/8']",
				    now_ms);
		}
		for (i = 0; i < 300 && round % 3; i++) {
			snprintf(id, sizeof(id), "n-%d-%d", round, i);
			snprintf(parent, sizeof(parent), "n-%d-%d", round, i / 2);
			house_delete_edge(&h, parent, id, now_ms);
			house_delete_node(&h, id, now_ms);
		}
		graph_sync_begin(h.graph);
		assert_int_equal(graph_sync_end(h.graph, now_ms), 0);
		assert_int_equal(house_count(&h).nodes, 0);
		assert_int_equal(house_count(&h).edges, 0);
		assert_true(house_count(&h).tombs > 0);
		now_ms += KEPT_MS + 1000;
		graph_expire(h.graph, now_ms);
		assert_int_equal(house_count(&h).tombs, 0);
		if (!round)
			first = house_count(&h);
		assert_int_equal(house_count(&h).bytes, first.bytes);
	}
	house_close(&h);
}

/* What grows until the limit; 0 or an error. */
static int grow_nodes(struct graph_house *h, int i)
{
	struct str json = house_json(
		h, "{'ID':'n-%d','Metadata':{'TID':'t-%d','Name':'%d','IPV4':['%d/8']}}",
		i, i, i, i);

	return graph_put_node(h->graph, json, SECOND(1), &h->err);
}

static int grow_edges(struct graph_house *h, int i)
{
	struct str json = house_json(h, "{'ID':'e','Parent':'n-%d','Child':'m-%d'}",
				     i % 10, i % 1000 + i);

	return graph_put_edge(h->graph, json, SECOND(1), &h->err);
}

static int grow_node(struct graph_house *h, int i)
{
	struct graph_op op = { .key = STR("IPV4") };
	enum graph_change change;
	char id[32];
	int n;

	if (i < 500)
		return grow_nodes(h, i);
	snprintf(id, sizeof(id), "n-%d", i % 500);
	buf_reset(&h->json);
	for (n = 0; n < 20; n++)
		buf_printf(&h->json, "%c\"%d/%d\"", n ? ',' : '[', i, n);
	buf_putc(&h->json, ']');
	op.value = buf_str(&h->json);
	return graph_apply(h->graph, str_of(id), i, &op, 1, SECOND(i), &change, &h->err);
}

static int grow_tombs(struct graph_house *h, int i)
{
	int error = grow_nodes(h, i);

	if (!error && i % 2)
		error = graph_delete_node(h->graph, house_json(h, "{'ID':'n-%d'}", i),
					  SECOND(2), &h->err);
	return error;
}

static void test_limit(void **state)
{
	static int (*const growth[])(struct graph_house *, int) = {
		grow_nodes,
		grow_edges,
		grow_node,
		grow_tombs,
	};
	static const char *const asked[] = {
		NODES,
		BY_TID,
		WHO_HAS,
		PODS,
		WHO_HAS ".ShortestPathTo(Metadata('TID','t-1'))",
		"G.V().Has('TID','t-1').Both().Both()",
	};
	static const size_t small[] = { 1000, (512 << 10) + 4095, (512 << 10) + 5000 };
	struct graph_house h;
	size_t way, i;
	int n, error;

	(void)state;
	for (way = 0; way < 2 * COUNT(growth); way++) {
		size_t bytes = (size_t)1 << (way < COUNT(growth) ? 20 : 21);

		open_synced(&h, bytes);
		error = 0;
		for (n = 0; !error && n < 200000; n++) {
			error = growth[way % COUNT(growth)](&h, n);
			assert_in_range(house_count(&h).bytes, 0, bytes);
		}
		if (error != -ENOMEM)
			fail_msg("growth %zu: %d after %d", way, error, n);
		for (i = 0; i < COUNT(asked); i++)
			assert_string_not_equal(house_ask(&h, asked[i], SECOND(1)), "?");
		house_close(&h);
	}
	/* Too small for a chunk; for slots beside it; for more of them. */
	for (i = 0; i < COUNT(small); i++) {
		open_synced(&h, small[i]);
		for (n = 0; (error = grow_nodes(&h, n)) == 0 && n < 1000; n++)
			;
		assert_int_equal(error, -ENOMEM);
		assert_int_equal(n > 0, i == 2);
		assert_string_not_equal(house_ask(&h, WHO_HAS, SECOND(1)), "?");
		house_close(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_that_moves),
		cmocka_unit_test(test_node_that_comes_back),
		cmocka_unit_test(test_node_that_is_not_brought),
		cmocka_unit_test(test_edges_that_are_gone),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_times_at_the_ends),
		cmocka_unit_test(test_what_is_forgotten),
		cmocka_unit_test(test_many_are_bounded),
		cmocka_unit_test(test_memory_returns),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
