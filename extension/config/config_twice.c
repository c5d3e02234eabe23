/* SPDX-License-Identifier: Apache-2.0 */
/* config_twice.c - see config_twice.h. All keys with their whole paths, sorted: of equal
 * ones the same map has both, or both have a value. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/grow.h"
#include "config/config_find.h"
#include "config/config_twice.h"

#define MEMORY_MAX ((size_t)64 << 20)
#define KEYS_MAX   100000 /* aliases may stand for more: those are let be */

struct entry {
	const char *path; /* in lower case */
	const struct yaml_node *map, *value;
	unsigned line;
};

struct twice {
	struct str file;
	struct arena arena;
	struct entry *entry;
	size_t count, room;
	struct problems *problems, *warnings;
};

static bool says_the_same(const struct yaml_node *a, const struct yaml_node *b)
{
	size_t i;

	if (a->kind != b->kind || a->count != b->count || !str_equal(a->text, b->text))
		return false;
	for (i = 0; i < a->count; i++)
		if ((a->kind == YAML_MAP && !str_equal(a->key[i], b->key[i])) ||
		    !says_the_same(a->item[i], b->item[i]))
			return false;
	return true;
}

/* In the order of their lines. */
static void tell_twice(struct twice *t, const struct entry *a, const struct entry *b)
{
	problems_add(says_the_same(a->value, b->value) ? t->warnings : t->problems,
		     STR_FMT ":%u: %s is also in line %u; remove one of the two, or "
			     "merge what is below them",
		     STR_ARG(t->file), b->line, b->path, a->line);
}

static const char *path_of(struct twice *t, const char *above, struct str key)
{
	size_t len = strlen(above), i;
	char *path = arena_bytes(&t->arena, len + key.len + 2);

	if (!path)
		return NULL;
	memcpy(path, above, len);
	if (len)
		path[len++] = '.';
	for (i = 0; i < key.len; i++)
		path[len++] = key.ptr[i] >= 'A' && key.ptr[i] <= 'Z'
				      ? (char)(key.ptr[i] - 'A' + 'a')
				      : key.ptr[i];
	path[len] = '\0';
	return path;
}

static struct entry *next_entry(struct twice *t)
{
	return grow(t->entry, t->room, t->count + 1) ? &t->entry[t->count++] : NULL;
}

static int list_map(struct twice *t, const struct yaml_node *map, const char *above);

static int list_value(struct twice *t, const struct yaml_node *value, const char *path)
{
	char index[32];
	size_t i;
	int error = 0;

	if (value->kind == YAML_MAP)
		return list_map(t, value, path);
	for (i = 0; value->kind == YAML_LIST && i < value->count && !error; i++) {
		const char *item;

		snprintf(index, sizeof(index), "[%zu]", i);
		item = path_of(t, path, str_of(index));
		error = item ? list_value(t, value->item[i], item) : -ENOMEM;
	}
	return error;
}

static int list_map(struct twice *t, const struct yaml_node *map, const char *above)
{
	const struct yaml_twice *twice;
	size_t i;
	int error = 0;

	for (twice = map->twice; twice; twice = twice->next) {
		const char *path = path_of(t, above, twice->key);
		struct entry *e = path ? next_entry(t) : NULL;

		if (!e)
			return -ENOMEM;
		*e = (struct entry){ path, map, twice->dropped, twice->line };
	}
	for (i = 0; i < map->count && !error && t->count < KEYS_MAX; i++) {
		const char *path = path_of(t, above, map->key[i]);
		struct entry *e = path ? next_entry(t) : NULL;

		if (!e)
			return -ENOMEM;
		*e = (struct entry){ path, map, map->item[i], map->key_line[i] };
		error = list_value(t, map->item[i], path);
	}
	return error;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = strcmp(a->path, b->path);

	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static bool is_value(const struct yaml_node *node)
{
	return node->kind != YAML_MAP && node->kind != YAML_NULL;
}

/* What an alias stands for is the same value. */
static bool is_twice(const struct entry *a, const struct entry *b)
{
	if (strcmp(a->path, b->path) != 0)
		return false;
	if (a->map == b->map)
		return true;
	return a->value != b->value && is_value(a->value) && is_value(b->value);
}

int config_check_twice(const struct config *c, struct problems *problems,
		       struct problems *warnings)
{
	struct twice t = { .arena = ARENA_INIT(MEMORY_MAX),
			   .problems = problems,
			   .warnings = warnings };
	const struct layer *layer = c->top;
	size_t before = problems->count, i;
	int error;

	while (layer && layer->below)
		layer = layer->below;
	if (!layer)
		return 0;
	t.file = layer->file;
	error = list_value(&t, layer->root, "");
	if (t.count)
		qsort(t.entry, t.count, sizeof(*t.entry), compare_entries);
	for (i = 1; !error && i < t.count; i++)
		if (is_twice(&t.entry[i - 1], &t.entry[i]))
			tell_twice(&t, &t.entry[i - 1], &t.entry[i]);
	free(t.entry);
	arena_fini(&t.arena);
	return error ? error : problems->count > before ? -EINVAL : 0;
}
