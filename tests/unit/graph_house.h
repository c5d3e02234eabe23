/* SPDX-License-Identifier: Apache-2.0 */
/* graph_house.h - a graph that is told and asked in short words. JSON is written with
 * single quotes.
 */
#ifndef TESTS_UNIT_GRAPH_HOUSE_H
#define TESTS_UNIT_GRAPH_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "graph/graph.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define PLENTY	       ((size_t)64 << 20)
#define KEPT_MS	       INT64_C(1500000)
#define SECOND(number) (INT64_C(1000000000000) + (number)*INT64_C(1000))

struct graph_house {
	struct projection *projection;
	struct graph *graph;
	struct arena arena; /* of what was answered last */
	struct buf json, words;
	struct err err;
};

/* Double quotes instead of single ones; until the next one. */
static inline struct str house_json(struct graph_house *h, const char *fmt, ...)
{
	va_list args;
	char *quote, text[8192];

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while ((quote = strchr(text, '\'')))
		*quote = '"';
	buf_reset(&h->json);
	buf_puts(&h->json, text);
	return buf_str(&h->json);
}

static inline void house_open(struct graph_house *h, const char *const *texts,
			      size_t count, size_t bytes)
{
	const struct graph_limits limits = { bytes, KEPT_MS };
	struct question_parsed parsed;
	size_t i;

	*h = (struct graph_house){
		.projection = projection_new(),
		.arena = ARENA_INIT(PLENTY),
		.json = BUF_INIT(PLENTY),
		.words = BUF_INIT(PLENTY),
	};
	assert_non_null(h->projection);
	for (i = 0; i < count; i++) {
		assert_int_equal(question_parse(str_of(texts[i]), &parsed, &h->err), 0);
		parsed.question.reads_metric = true;
		assert_int_equal(projection_add(h->projection, &parsed.question, &h->err),
				 0);
	}
	h->graph = graph_new(h->projection, &limits);
	assert_non_null(h->graph);
}

static inline void house_close(struct graph_house *h)
{
	graph_free(h->graph);
	projection_free(h->projection);
	arena_fini(&h->arena);
	buf_fini(&h->json);
	buf_fini(&h->words);
}

static inline void house_put_node(struct graph_house *h, const char *id,
				  const char *metadata, int64_t at_ms)
{
	struct str json =
		house_json(h, "{'ID':'%s','Host':'h-1','Revision':1,'Metadata':{%s}}", id,
			   metadata);

	assert_int_equal(graph_put_node(h->graph, json, at_ms, &h->err), 0);
}

static inline struct str house_edge(struct graph_house *h, const char *parent,
				    const char *child)
{
	return house_json(h, "{'ID':'%s-%s','Parent':'%s','Child':'%s'}", parent, child,
			  parent, child);
}

static inline void house_put_edge(struct graph_house *h, const char *parent,
				  const char *child, int64_t at_ms)
{
	assert_int_equal(graph_put_edge(h->graph, house_edge(h, parent, child), at_ms,
					&h->err),
			 0);
}

static inline void house_delete_node(struct graph_house *h, const char *id, int64_t at_ms)
{
	assert_int_equal(graph_delete_node(h->graph, house_json(h, "{'ID':'%s'}", id),
					   at_ms, &h->err),
			 0);
}

static inline void house_delete_edge(struct graph_house *h, const char *parent,
				     const char *child, int64_t at_ms)
{
	assert_int_equal(graph_delete_edge(h->graph, house_edge(h, parent, child), at_ms,
					   &h->err),
			 0);
}

/* An operation; value NULL: the key is deleted. */
static inline enum graph_change house_apply(struct graph_house *h, const char *id,
					    int64_t revision, const char *key,
					    const char *value, int64_t at_ms)
{
	const struct graph_op op = {
		.key = str_of(key),
		.value = value ? house_json(h, "%s", value) : (struct str){ NULL, 0 },
	};
	enum graph_change change;

	assert_int_equal(graph_apply(h->graph, str_of(id), revision, &op, 1, at_ms,
				     &change, &h->err),
			 0);
	return change;
}

static inline const struct answer *house_answer(struct graph_house *h, const char *text,
						int64_t at_ms)
{
	struct graph_span span = { INT64_MIN, INT64_MAX };
	struct question_parsed parsed;

	arena_reset(&h->arena);
	assert_int_equal(question_parse(str_of(text), &parsed, &h->err), 0);
	return graph_answer(h->graph, &parsed.question, NULL, at_ms, &h->arena, &span);
}

/* The names of the nodes in their order, or "=value"; "?": it has no answer. */
static inline const char *house_ask(struct graph_house *h, const char *text,
				    int64_t at_ms)
{
	const struct answer *answer = house_answer(h, text, at_ms);
	size_t i;

	buf_reset(&h->words);
	buf_puts(&h->words, answer ? "" : "?");
	if (answer && (answer->value.ptr || strstr(text, "Values"))) {
		buf_putc(&h->words, '=');
		buf_put(&h->words, answer->is_null ? STR("null") : answer->value);
	}
	for (i = 0; answer && i < answer->count; i++) {
		buf_puts(&h->words, i ? " " : "");
		buf_put(&h->words, answer->node[i].name);
	}
	return h->words.ptr;
}

static inline struct graph_counters house_count(struct graph_house *h)
{
	struct graph_counters counters;

	graph_count(h->graph, &counters);
	return counters;
}

#endif
