/* SPDX-License-Identifier: Apache-2.0 */
/* graph_answer.c - see graph_answer() in graph.h: a question's steps, one after the
 * other, and what the answer says of the nodes.
 */
#include <stdlib.h>
#include "graph/describe.h"

#define TERMS_MAX 64 /* of an address, with different masks */

/* A list of terms. */
struct found_terms {
	uint32_t term[TERMS_MAX];
	size_t count;
};

static void add_found(void *context, uint32_t term)
{
	struct found_terms *found = context;

	if (found->count < TERMS_MAX)
		found->term[found->count++] = term;
}

/* The terms that pass a test of an indexed path. false: it cannot be decided. */
static bool find_terms(const struct graph *g, int path, const struct question_step *step,
		       const struct str *values, struct found_terms *found)
{
	struct str text, address;
	uint32_t term;
	size_t i;

	found->count = 0;
	for (i = 0; i < step->operands && found->count < TERMS_MAX; i++) {
		text = operand_text(&step->operand[i], values);
		if (step->test == TEST_MATCHES) {
			if (!pattern_address(text, &address))
				return false;
			term_each_of_address(g, path, address, add_found, found);
			continue;
		}
		term = term_find(g, path,
				 step->operand[i].is_number ? TERM_NUMBER : TERM_TEXT,
				 text);
		if (term)
			found->term[found->count++] = term;
	}
	return true;
}

struct key_search {
	const struct graph *graph;
	int path;
	const struct found_terms *terms; /* NULL: any term will do */
};

static bool key_search_is_met(void *context, uint32_t item)
{
	const struct key_search *s = context;
	size_t i;

	if (!s->terms)
		return term_path(term_at(s->graph, item)) == s->path;
	for (i = 0; i < s->terms->count; i++)
		if (s->terms->term[i] == TERM_OF(item))
			return true;
	return false;
}

static void keep_those(struct walk *w, int path, const struct found_terms *terms)
{
	struct key_search search = { w->graph, path, terms };
	size_t i, kept = 0;

	for (i = 0; i < w->count; i++) {
		const struct vertex *v = vertex_at(w->graph, w->vertex[i]);

		if (path == PATH_ID
			    ? key_search_is_met(&search, v->id)
			    : vertex_any_term(w->graph, v, key_search_is_met, &search))
			w->vertex[kept++] = w->vertex[i];
	}
	w->count = kept;
}

/* The first step, when an index has it. */
static void walk_to_terms(struct walk *w, int path, const struct found_terms *terms)
{
	const struct graph *g = w->graph;
	uint32_t vertex;
	size_t i;

	if (path != PATH_ID) {
		walk_to_holders(w, terms->term, terms->count);
		return;
	}
	for (i = 0; i < terms->count; i++) {
		vertex = term_at(g, terms->term[i])->postings;
		if (walk_sees(w, vertex))
			walk_add(w, vertex);
	}
	walk_settle(w);
}

static bool step_has(struct walk *w, const struct question_step *step, bool is_first,
		     const struct str *values)
{
	int path = projection_find(w->graph->projection, step->key);
	struct found_terms terms;

	if (path < 0 || !find_terms(w->graph, path, step, values, &terms))
		return false;
	if (is_first && w->graph->projection->path[path].is_indexed) {
		walk_to_terms(w, path, &terms);
		return true;
	}
	if (is_first)
		walk_to_all(w);
	keep_those(w, path, &terms);
	return true;
}

static bool step_path(struct walk *w, const struct question_step *step,
		      const struct str *values)
{
	int path = projection_find(w->graph->projection, step->key);
	struct walk targets = { .graph = w->graph, .at = w->at };
	struct found_terms terms;

	if (path < 0 || !w->graph->projection->path[path].is_indexed ||
	    !find_terms(w->graph, path, step, values, &terms))
		return false;
	walk_to_terms(&targets, path, &terms);
	walk_paths(w, &targets);
	if (targets.from > w->from)
		w->from = targets.from;
	if (targets.to && (!w->to || targets.to < w->to))
		w->to = targets.to;
	w->no_memory |= targets.no_memory;
	free(targets.vertex);
	return true;
}

/* false: it cannot be done. */
static bool take_step(struct walk *w, const struct question_step *step, bool is_first,
		      const struct str *values)
{
	int path;

	if (step->kind == STEP_HAS)
		return step_has(w, step, is_first, values);
	if (is_first)
		walk_to_all(w);
	switch (step->kind) {
	case STEP_HAS_KEY:
		path = projection_find(w->graph->projection, step->key);
		if (path >= 0)
			keep_those(w, path, NULL);
		return path >= 0;
	case STEP_IN:
		walk_along(w, true, false);
		return true;
	case STEP_OUT:
		walk_along(w, false, true);
		return true;
	case STEP_BOTH:
		walk_along(w, true, true);
		return true;
	case STEP_PATH_TO:
		return step_path(w, step, values);
	case STEP_DEDUP:
		return true;
	case STEP_LIMIT:
		walk_rank(w);
		if (step->limit < w->count)
			w->count = step->limit;
		return true;
	default:
		return false;
	}
}

/* Up to the values, if they are asked for: *value is their step. */
static bool take_steps(struct walk *w, const struct question *q, const struct str *values,
		       const struct question_step **value)
{
	size_t i;

	if (!q->steps)
		return false;
	for (i = 0; i < q->steps && !w->no_memory; i++) {
		if (q->step[i].kind == STEP_VALUES) {
			*value = &q->step[i];
			if (i == 0)
				walk_to_all(w);
			return true;
		}
		if (!take_step(w, &q->step[i], i == 0, values))
			return false;
	}
	return true;
}

static const struct answer *answer_at(struct walk *w, const struct question *q,
				      const struct str *values, struct arena *arena)
{
	const struct question_step *value = NULL;
	struct answer *answer;
	int path = -1;

	if (!take_steps(w, q, values, &value))
		return NULL;
	if (value)
		path = projection_find(w->graph->projection, value->key);
	answer = value && path < 0 ? NULL : arena_alloc(arena, sizeof(*answer));
	if (!answer)
		return NULL;
	if (value)
		describe_values(w, path, answer, arena);
	else
		describe_nodes(w, answer, arena);
	return w->no_memory || arena_error(arena) ? NULL : answer;
}

static int64_t ms_of(const struct graph *g, uint32_t time)
{
	return g->epoch_ms + ((int64_t)time - 1) * 100;
}

static void shorten_span(const struct walk *w, struct graph_span *span)
{
	if (!w->at)
		*span = (struct graph_span){ 0, 0 };
	if (w->from && ms_of(w->graph, w->from) > span->from_ms)
		span->from_ms = ms_of(w->graph, w->from);
	if (w->to && ms_of(w->graph, w->to) < span->to_ms)
		span->to_ms = ms_of(w->graph, w->to);
}

const struct answer *graph_answer(struct graph *g, const struct question *q,
				  const struct str *values, int64_t at_ms,
				  struct arena *arena, struct graph_span *span)
{
	const struct answer *answer = NULL;
	struct walk w = { .graph = g };

	pthread_rwlock_rdlock(&g->lock);
	if (g->synced) {
		w.at = at_ms && g->epoch_ms ? graph_time(g, at_ms) : 0;
		answer = answer_at(&w, q, values, arena);
		shorten_span(&w, span);
	}
	pthread_rwlock_unlock(&g->lock);
	free(w.vertex);
	return answer;
}
