/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c - see describe.h. */
#include <stdlib.h>
#include "graph/describe.h"

#define PAIRS_MAX 64 /* addresses of a Kubernetes node */

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
		*list = arena_alloc(d->arena, PAIRS_MAX * sizeof(**list));
	for (i = 0; *list && i < PAIRS_MAX; i++) {
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
	while (map->name && map->value && map->count < PAIRS_MAX &&
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

	vertex_any_term(g, vertex_at(g, vertex), describe_term, &d);
	close_map(&node->addresses);
	if (d.is_spoiled[0])
		spoil(&node->ipv4, arena);
	if (d.is_spoiled[1])
		spoil(&node->ipv6, arena);
}

void describe_nodes(struct walk *w, struct answer *answer, struct arena *arena)
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

void describe_values(struct walk *w, int path, struct answer *answer, struct arena *arena)
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
			vertex_any_term(w->graph, vertex, value_term, &v);
	}
	if (v.is_spoiled)
		answer->value = (struct str){ NULL, 0 };
	answer->is_null = !answer->value.ptr && !v.is_spoiled;
}
