/* SPDX-License-Identifier: Apache-2.0 */
/* test_graph_threads.c - one thread changes a graph while others ask it: each answer is
 * of one moment.
 */
#include <pthread.h>
#include "graph_house.h"

#define CHANGES 3000
#define ASKERS	2
#define ASKED	3000

static const char *const questions[] = {
	"G.V().Has('TID','')",
	"G.V().Has('IPV4',Regex('1/.*')).ShortestPathTo(Metadata('TID',''))",
	"G.V().Has('Type','')",
};

/* What the askers found wrong; they must not fail themselves. */
struct asking {
	struct graph *graph;
	size_t wrong;
	pthread_t thread;
};

/* Type and name of a node are changed together. */
static bool is_right(const struct answer *answer)
{
	size_t i;

	for (i = 0; answer && i < answer->count; i++)
		if (!str_equal(answer->node[i].type, answer->node[i].name))
			return false;
	return answer != NULL;
}

static void *ask_often(void *context)
{
	static const char *const asked[] = {
		"G.V().Has('TID','t-1')",
		"G.V().Has('IPV4',Regex('10.0.0.1/.*'))",
		"G.V().Has('TID','t-2').ShortestPathTo(Metadata('TID','t-3')).Both()",
		"G.V().HasKey('@ID').Limit(2)",
	};
	struct asking *a = context;
	struct arena arena = ARENA_INIT(PLENTY);
	struct err err = ERR_INIT;
	struct question_parsed parsed;
	size_t i;

	for (i = 0; i < ASKED; i++) {
		struct graph_span span = { INT64_MIN, INT64_MAX };
		const struct answer *answer;

		arena_reset(&arena);
		question_parse(str_of(asked[i % COUNT(asked)]), &parsed, &err);
		answer = graph_answer(a->graph, &parsed.question, NULL,
				      i % 2 ? SECOND((int64_t)i) : 0, &arena, &span);
		a->wrong += !is_right(answer);
	}
	arena_fini(&arena);
	return NULL;
}

static void change_once(struct graph_house *h, int i)
{
	char id[32], next[32], text[256], value[32], address[32];
	const struct graph_op ops[] = {
		{ STR("Type"), { value, 0 } },
		{ STR("IPV4"), { address, 0 } },
		{ STR("Name"), { value, 0 } },
	};
	struct graph_op op[COUNT(ops)];
	enum graph_change change;

	snprintf(id, sizeof(id), "n-%d", i % 5);
	snprintf(next, sizeof(next), "n-%d", (i + 1) % 5);
	snprintf(value, sizeof(value), "\"%d\"", i);
	snprintf(address, sizeof(address), "[\"10.0.0.%d/24\"]", i % 3);
	snprintf(text, sizeof(text), "'Name':'%d','Type':'%d','TID':'t-%d'", i, i, i % 5);
	memcpy(op, ops, sizeof(op));
	op[0].value.len = op[2].value.len = strlen(value);
	op[1].value.len = strlen(address);
	switch (i % 4) {
	case 0:
		house_put_node(h, id, text, SECOND(i));
		house_put_edge(h, id, next, SECOND(i));
		break;
	case 1:
		house_delete_edge(h, next, id, SECOND(i));
		house_delete_node(h, next, SECOND(i));
		break;
	case 2:
		house_put_node(h, id, text, SECOND(i));
		assert_int_equal(graph_apply(h->graph, str_of(id), i + 2, op, COUNT(op),
					     SECOND(i), &change, &h->err),
				 0);
		break;
	default:
		graph_expire(h->graph, SECOND(i) + KEPT_MS - 50000);
		if (i % 300 != 3)
			break;
		graph_sync_begin(h->graph);
		house_put_node(h, id, text, SECOND(i));
		assert_int_equal(graph_sync_end(h->graph, SECOND(i)), 0);
	}
}

static void test_askers(void **state)
{
	struct asking asking[ASKERS];
	struct graph_house h;
	int i;

	(void)state;
	house_open(&h, questions, COUNT(questions), PLENTY);
	graph_sync_begin(h.graph);
	assert_int_equal(graph_sync_end(h.graph, SECOND(0)), 0);
	for (i = 0; i < ASKERS; i++) {
		asking[i] = (struct asking){ .graph = h.graph };
		assert_int_equal(pthread_create(&asking[i].thread, NULL, ask_often,
						&asking[i]),
				 0);
	}
	for (i = 0; i < CHANGES; i++)
		change_once(&h, i);
	for (i = 0; i < ASKERS; i++) {
		pthread_join(asking[i].thread, NULL);
		assert_int_equal(asking[i].wrong, 0);
	}
	house_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_askers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
