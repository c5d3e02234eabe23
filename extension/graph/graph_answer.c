/* SPDX-License-Identifier: Apache-2.0 */
/* graph_answer.c - see graph_answer() in graph.h: a question's steps, one after the
 * other, and what the answer says of the nodes.
 */
#include <stdlib.h>
#include "graph/walk.h"

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

/* Calls visit for each term that a node has, until it says true. */
static bool any_term(const struct graph *g, const struct vertex *v,
		     bool (*visit)(void *context, uint32_t item), void *context)
{
	const uint32_t *plain = v->plain ? pool_at(&g->pool, v->plain) : NULL;
	const struct posting *posting = v->postings ? pool_at(&g->pool, v->postings)
						    : NULL;
	size_t i;

	for (i = 0; i < v->plain_count; i++)
		if (visit(context, plain[i]))
			return true;
	for (i = 0; i < v->postings_count; i++)
		if (visit(context, posting[i].term))
			return true;
	return false;
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

		if (path == PATH_ID ? key_search_is_met(&search, v->id)
				    : any_term(w->graph, v, key_search_is_met, &search))
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

/* The newest first, and then by ID: who takes the first takes the same each time. */
struct ranked {
	const struct graph *graph;
	uint32_t vertex;
};

static int by_age(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct vertex *v = vertex_at(x->graph, x->vertex);
	const struct vertex *w = vertex_at(y->graph, y->vertex);
	const struct term *s = term_at(x->graph, v->id), *t = term_at(y->graph, w->id);
	int order;

	if (v->created_s != w->created_s)
		return v->created_s < w->created_s ? 1 : -1;
	order = memcmp(s->text, t->text, s->len < t->len ? s->len : t->len);
	return order ? order : (s->len > t->len) - (s->len < t->len);
}

static void walk_rank(struct walk *w)
{
	struct ranked *ranked;
	size_t i;

	if (w->count < 2)
		return;
	ranked = calloc(w->count, sizeof(*ranked));
	if (!ranked) {
		w->no_memory = true;
		return;
	}
	for (i = 0; i < w->count; i++)
		ranked[i] = (struct ranked){ w->graph, w->vertex[i] };
	qsort(ranked, w->count, sizeof(*ranked), by_age);
	for (i = 0; i < w->count; i++)
		w->vertex[i] = ranked[i].vertex;
	free(ranked);
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

/* A node that is written from its terms. */
struct describing {
	const struct graph *graph;
	struct node *node;
	struct arena *arena;
	bool is_spoiled[2]; /* IPV4, IPV6: they hold something else than text */
};

static struct str describe_text(const struct describing *d, const struct term *term)
{
	char room[UUID_TEXT];

	return arena_str(d->arena, term_text(term, room));
}

static void describe_item(struct describing *d, struct strs *list,
			  const struct term *term)
{
	struct str *item;

	if (term_kind(term) == TERM_MARK) {
		if (!list->item)
			list->item = arena_alloc(d->arena, 4 * sizeof(*item));
		return;
	}
	if (list->count >= 4 && (list->count & (list->count - 1)) == 0) {
		item = arena_alloc(d->arena, 2 * list->count * sizeof(*item));
		if (!item)
			return;
		memcpy(item, list->item, list->count * sizeof(*item));
		list->item = item;
	}
	if (list->item)
		list->item[list->count++] = describe_text(d, term);
}

/* The types, or the addresses, in their order. */
static void describe_pair(struct describing *d, struct map_of_str *map,
			  const struct path *path, const struct term *term)
{
	bool is_type = path->name.ptr[path->name.len - 1] == 'e'; /* not "Address" */
	struct str **list = is_type ? &map->name : &map->value;
	size_t i;

	if (term_kind(term) == TERM_MARK)
		return;
	if (!*list)
		*list = arena_alloc(d->arena, TERMS_MAX * sizeof(**list));
	for (i = 0; *list && i < TERMS_MAX; i++) {
		if ((*list)[i].ptr)
			continue;
		(*list)[i] = describe_text(d, term);
		break;
	}
}

static bool is_list_mark(const struct term *term)
{
	return term_kind(term) == TERM_MARK && term->len;
}

/* Of a JSON number, with or without a fraction; out of range: the nearest. */
static int64_t number_of(struct str text)
{
	double number;

	if (!strpbrk(text.ptr, ".eE"))
		return strtoll(text.ptr, NULL, 10);
	number = strtod(text.ptr, NULL);
	if (number >= 0x1p63)
		return INT64_MAX;
	return number < -0x1p63 ? INT64_MIN : (int64_t)number;
}

static bool describe_term(void *context, uint32_t item)
{
	struct describing *d = context;
	const struct term *term = term_at(d->graph, item);
	const struct path *path = &d->graph->projection->path[term_path(term)];
	const struct field *field = path->field;
	bool is_text = term_kind(term) == TERM_TEXT || term_kind(term) == TERM_UUID;
	bool is_in_list = item & IN_LIST;
	void *member;

	if (!field)
		return false;
	member = (char *)d->node + field->offset;
	if (field->kind == FIELD_KIND_STR && is_text && !is_in_list)
		*(struct str *)member = describe_text(d, term);
	else if (field->kind == FIELD_KIND_STRS &&
		 (is_in_list ? is_text : is_list_mark(term)))
		describe_item(d, member, term);
	else if (field->kind == FIELD_KIND_STRS)
		d->is_spoiled[member == &d->node->ipv6] = true;
	else if (field->kind == FIELD_KIND_I64 && term_kind(term) == TERM_NUMBER &&
		 !is_in_list)
		*(int64_t *)member = number_of(describe_text(d, term));
	else if (field->kind == FIELD_KIND_MAP && is_in_list)
		describe_pair(d, member, path, term);
	return false;
}

static void close_map(struct map_of_str *map)
{
	while (map->name && map->value && map->count < TERMS_MAX &&
	       map->name[map->count].ptr && map->value[map->count].ptr)
		map->count++;
}

/* It is there, without items. */
static void spoil(struct strs *list, struct arena *arena)
{
	list->count = 0;
	if (!list->item)
		list->item = arena_alloc(arena, sizeof(*list->item));
}

static void describe_node(const struct graph *g, uint32_t vertex, struct node *node,
			  struct arena *arena)
{
	struct describing d = { .graph = g, .node = node, .arena = arena };

	any_term(g, vertex_at(g, vertex), describe_term, &d);
	close_map(&node->addresses);
	if (d.is_spoiled[0])
		spoil(&node->ipv4, arena);
	if (d.is_spoiled[1])
		spoil(&node->ipv6, arena);
}

static void describe_nodes(struct walk *w, struct answer *answer, struct arena *arena)
{
	struct node *node;
	size_t i;

	walk_rank(w);
	if (!w->count)
		return;
	node = arena_alloc(arena, w->count * sizeof(*node));
	for (i = 0; node && i < w->count; i++)
		describe_node(w->graph, w->vertex[i], &node[i], arena);
	answer->node = node;
	answer->count = w->count;
}

/* The first value of the path; text counts only if nothing else is among them. */
struct valuing {
	const struct graph *graph;
	int path;
	struct str *value;
	struct arena *arena;
	bool is_spoiled;
};

static bool value_term(void *context, uint32_t item)
{
	struct valuing *v = context;
	const struct term *term = term_at(v->graph, item);
	bool is_text = term_kind(term) == TERM_TEXT || term_kind(term) == TERM_UUID;
	char room[UUID_TEXT];

	if (term_path(term) != v->path)
		return false;
	if (!is_text || (item & IN_LIST))
		v->is_spoiled = true;
	else if (!v->value->ptr)
		*v->value = arena_str(v->arena, term_text(term, room));
	return false;
}

static void describe_values(struct walk *w, int path, struct answer *answer,
			    struct arena *arena)
{
	struct valuing v = { w->graph, path, &answer->value, arena, false };
	size_t i;

	walk_rank(w);
	answer->is_null = true;
	for (i = 0; i < w->count; i++) {
		const struct vertex *vertex = vertex_at(w->graph, w->vertex[i]);

		if (path == PATH_ID)
			value_term(&v, vertex->id);
		else
			any_term(w->graph, vertex, value_term, &v);
	}
	if (v.is_spoiled)
		answer->value = (struct str){ NULL, 0 };
	answer->is_null = !answer->value.ptr && !v.is_spoiled;
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
