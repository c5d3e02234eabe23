/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_pairs.c - see yaml_pairs.h. */
#include <stdlib.h>
#include "config/yaml_pairs.h"

static struct yaml_pair *pairs_append(struct yaml_pairs *p, struct arena *arena)
{
	size_t room = p->room ? p->room * 2 : 4;
	struct yaml_pair *pair;

	if (p->count == p->room) {
		pair = arena_alloc(arena, room * sizeof(*pair));
		if (!pair)
			return NULL;
		if (p->count)
			memcpy(pair, p->pair, p->count * sizeof(*pair));
		p->pair = pair;
		p->room = room;
	}
	pair = &p->pair[p->count];
	pair->position = p->count++;
	return pair;
}

bool yaml_pairs_add(struct yaml_pairs *p, struct str key, unsigned line,
		    struct yaml_node *value, struct arena *arena)
{
	struct yaml_pair *pair = pairs_append(p, arena);

	if (!pair)
		return false;
	pair->key = key;
	pair->line = line;
	pair->value = value;
	pair->weight = (int64_t)pair->position;
	return true;
}

bool yaml_pairs_merge(struct yaml_pairs *p, const struct yaml_node *map,
		      struct arena *arena)
{
	size_t i;

	for (i = 0; i < map->count; i++) {
		struct yaml_pair *pair = pairs_append(p, arena);

		if (!pair)
			return false;
		pair->key = map->key[i];
		pair->line = map->key_line[i];
		pair->value = map->item[i];
		pair->weight = -1 - (int64_t)pair->position;
	}
	return true;
}

static int compare_keys(const void *left, const void *right)
{
	const struct yaml_pair *a = left, *b = right;
	size_t len = a->key.len < b->key.len ? a->key.len : b->key.len;
	int order = len ? memcmp(a->key.ptr, b->key.ptr, len) : 0;

	if (order)
		return order;
	if (a->key.len != b->key.len)
		return a->key.len < b->key.len ? -1 : 1;
	return a->weight > b->weight ? -1 : a->weight < b->weight;
}

static int compare_positions(const void *left, const void *right)
{
	const struct yaml_pair *a = left, *b = right;

	return a->position < b->position ? -1 : a->position > b->position;
}

/* dropped was added, and so was the one that stays: "<<" may bring it again. */
static bool pairs_note(const struct yaml_pair *kept, const struct yaml_pair *dropped,
		       const struct yaml_twice **twice, struct arena *arena)
{
	struct yaml_twice *t;

	if (kept->weight < 0 || dropped->weight < 0)
		return true;
	t = arena_alloc(arena, sizeof(*t));
	if (!t)
		return false;
	*t = (struct yaml_twice){ *twice, kept->key, dropped->value, dropped->line };
	*twice = t;
	return true;
}

/* Two sorts instead of comparing each key with each. */
bool yaml_pairs_drop_duplicates(struct yaml_pairs *p, const struct yaml_twice **twice,
				struct arena *arena)
{
	size_t i, kept = 0;

	if (!p->count)
		return true;
	qsort(p->pair, p->count, sizeof(*p->pair), compare_keys);
	for (i = 0; i < p->count; i++)
		if (!kept || !str_equal(p->pair[kept - 1].key, p->pair[i].key))
			p->pair[kept++] = p->pair[i];
		else if (!pairs_note(&p->pair[kept - 1], &p->pair[i], twice, arena))
			return false;
	p->count = kept;
	qsort(p->pair, p->count, sizeof(*p->pair), compare_positions);
	return true;
}

bool yaml_pairs_fill(const struct yaml_pairs *p, struct yaml_node *node,
		     struct arena *arena)
{
	bool is_map = node->kind == YAML_MAP;
	size_t i;

	if (!p->count)
		return true;
	node->item = arena_alloc(arena, p->count * sizeof(*node->item));
	if (is_map) {
		node->key = arena_alloc(arena, p->count * sizeof(*node->key));
		node->key_line = arena_alloc(arena, p->count * sizeof(*node->key_line));
	}
	if (arena_error(arena))
		return false;
	node->count = p->count;
	for (i = 0; i < p->count; i++) {
		node->item[i] = p->pair[i].value;
		if (!is_map)
			continue;
		node->key[i] = p->pair[i].key;
		node->key_line[i] = p->pair[i].line;
	}
	return true;
}
