/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_topology_stream.c - messages of a topology's subscription, one a line, whole and
 * in pieces; then questions about what came of them.
 */
#include "fuzz.h"
#include "graph/feed.h"

#define GRAPH_BYTES ((size_t)3 << 20)
#define ANSWER_MAX  ((size_t)256 << 20)
#define TIME_MS	    INT64_C(1700000000000)

static const char *const asked[] = {
	"G.V().Has('TID','59013970-9959-57f1-971f-a5f875859a1f').Values('Type')",
	"G.V().Has('IPV4',Regex('10.10.0.11/.*')).ShortestPathTo(Metadata('TID','t')).In()",
	"G.V().Has('RoutingTables.Src','10.10.0.101').In().Has('Type','host')",
	"G.V().Has('Container.ID','c').Both()",
	"G.V().Has('@Host',Within('node-1','node-2')).HasKey('MTU').Limit(5)",
	"G.V().Has('@ID',Within('a','b')).Has('a.b.c.d',1)",
	"G.V().Values('K8s.Extra.ObjectMeta.OwnerReferences.0.Kind')",
	"G.V().HasKey('@ID')",
};

static const char whole[] =
	"{\"Namespace\":\"Graph\",\"Type\":\"SyncReply\",\"UUID\":\"u\",\"Status\":200,"
	"\"Obj\":{\"Nodes\":[{\"ID\":\"a\",\"Metadata\":{\"Type\":\"x\"}},{\"ID\":\"b\"}],"
	"\"Edges\":[{\"ID\":\"e\",\"Parent\":\"a\",\"Child\":\"b\"}]}}";

struct mirrored {
	struct projection *projection;
	struct graph *graph;
	struct feed feed;
	struct arena arena;
	int64_t now_ms;
	bool is_full;
};

static void note_stale(void *context, struct str id)
{
	(void)context;
	fuzz_touch(id);
}

static void note_gap(void *context)
{
	(void)context;
}

static const struct feed_user user = { note_stale, note_gap };

static void touch_answer(const struct answer *answer)
{
	size_t i, j;

	fuzz_touch(answer->value);
	for (i = 0; i < answer->count; i++) {
		const struct node *node = &answer->node[i];

		fuzz_touch(node->name);
		fuzz_touch(node->host);
		fuzz_touch(node->owner_kind);
		for (j = 0; j < node->ipv4.count; j++)
			fuzz_touch(node->ipv4.item[j]);
		for (j = 0; j < node->addresses.count; j++)
			fuzz_touch(node->addresses.value[j]);
	}
}

/* Returns how many nodes the last one has. */
static size_t ask_all(struct mirrored *m)
{
	struct question_parsed parsed;
	struct err err = ERR_INIT;
	size_t i, nodes = 0;

	for (i = 0; i < 2 * sizeof(asked) / sizeof(asked[0]); i++) {
		const int64_t at_ms = i % 2 ? 0 : TIME_MS + 300;
		struct graph_span span = { INT64_MIN, INT64_MAX };
		const struct answer *answer;

		arena_reset(&m->arena);
		question_parse(str_of(asked[i / 2]), &parsed, &err);
		answer = graph_answer(m->graph, &parsed.question, NULL, at_ms, &m->arena,
				      &span);
		fuzz_check(!answer == !graph_is_synced(m->graph),
			   "a graph answers when it is synchronized");
		if (answer)
			touch_answer(answer);
		nodes = answer ? answer->count : 0;
	}
	return nodes;
}

static void open_mirrored(struct mirrored *m)
{
	const struct graph_limits limits = { GRAPH_BYTES, 5000 };
	struct question_parsed parsed;
	struct err err = ERR_INIT;
	size_t i;

	*m = (struct mirrored){ .arena = ARENA_INIT(ANSWER_MAX), .now_ms = TIME_MS };
	m->projection = projection_new();
	fuzz_check(m->projection, "there is memory for a projection");
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		fuzz_check(question_parse(str_of(asked[i]), &parsed, &err) == 0,
			   "it is a question");
		parsed.question.reads_metric = true;
		fuzz_check(projection_add(m->projection, &parsed.question, &err) == 0,
			   "a graph can answer it");
	}
	m->graph = graph_new(m->projection, &limits);
	fuzz_check(m->graph, "there is memory for a graph");
	feed_init(&m->feed, m->graph, &user, m);
	feed_expect(&m->feed, NULL);
}

static void hear(struct mirrored *m, struct str message, size_t piece_bytes)
{
	struct err err = ERR_INIT;
	struct str piece;
	int error;

	do {
		piece = (struct str){ message.ptr, piece_bytes };
		if (piece.len > message.len)
			piece.len = message.len;
		message = str_skip(message, piece.len);
		err.text[0] = '\0';
		error = feed_hear(&m->feed, piece, true, !message.len, m->now_ms, &err);
		fuzz_check(error != -22 || *err.text, "whoever fails says why");
		fuzz_check_line(err.text);
		m->is_full |= error == -12;
	} while (message.len && !m->is_full);
	m->now_ms += 100;
}

static void check_bytes(struct mirrored *m)
{
	struct graph_counters counters;

	graph_count(m->graph, &counters);
	fuzz_check(counters.bytes <= GRAPH_BYTES, "a graph stays below its limit");
}

/* After all of it, another SyncReply makes the graph what that says. */
static void close_mirrored(struct mirrored *m)
{
	struct graph_counters counters;

	check_bytes(m);
	ask_all(m);
	if (!m->is_full)
		hear(m, str_of(whole), sizeof(whole));
	if (!m->is_full) {
		graph_count(m->graph, &counters);
		fuzz_check(counters.nodes == 2 && counters.edges == 1 && ask_all(m) == 2,
			   "a graph is what the last SyncReply says");
		graph_expire(m->graph, m->now_ms + 100000);
		graph_count(m->graph, &counters);
		fuzz_check(counters.tombs == 0, "what is gone is forgotten");
	}
	feed_fini(&m->feed);
	graph_free(m->graph);
	projection_free(m->projection);
	arena_fini(&m->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { SIZE_MAX, 1000, 13 };
	struct mirrored m;
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct str rest = fuzz_str(data, size);

		open_mirrored(&m);
		while (rest.len && !m.is_full) {
			struct str line = str_until(rest, '\n');

			hear(&m, line, pieces[i]);
			rest = str_skip(rest, line.len + 1);
		}
		close_mirrored(&m);
	}
	return 0;
}
