/* SPDX-License-Identifier: Apache-2.0 */
/* config_rename.c - see config_rename.h. */
#include <errno.h>
#include "config/config_find.h"
#include "config/config_rename.h"

static struct layer *last_layer(struct config *c)
{
	struct layer *layer = c->top;

	while (layer && layer->below)
		layer = layer->below;
	return layer;
}

static void rename_remove_at(struct yaml_node *map, size_t i)
{
	size_t behind = --map->count - i;

	memmove(&map->item[i], &map->item[i + 1], behind * sizeof(*map->item));
	memmove(&map->key[i], &map->key[i + 1], behind * sizeof(*map->key));
	memmove(&map->key_line[i], &map->key_line[i + 1],
		behind * sizeof(*map->key_line));
}

/* Takes the key of that path out of its map, and maps that are empty then. NULL:
 * it is not there. */
static struct yaml_node *rename_detach(struct yaml_node *map, struct str path)
{
	struct yaml_node *item = NULL, *inner;
	size_t i;

	for (i = 0; map->kind == YAML_MAP && i < map->count && !item; i++) {
		inner = map->item[i];
		if (str_equal_nocase(map->key[i], path)) {
			item = inner;
			rename_remove_at(map, i);
		} else if (config_path_is_below(path, map->key[i])) {
			item = rename_detach(inner, str_skip(path, map->key[i].len + 1));
			if (item && inner->count == 0)
				rename_remove_at(map, i);
		}
	}
	return item;
}

/* Dotted, at the top: as good as in its place. */
static int rename_attach(struct config *c, struct yaml_node *map, const char *path,
			 struct yaml_node *value, unsigned line)
{
	size_t room = map->count + 1;
	struct yaml_node **item = arena_alloc(&c->arena, room * sizeof(*item));
	struct str *key = arena_alloc(&c->arena, room * sizeof(*key));
	unsigned *key_line = arena_alloc(&c->arena, room * sizeof(*key_line));

	if (!item || !key || !key_line)
		return -ENOMEM;
	if (map->count) {
		memcpy(item, map->item, map->count * sizeof(*item));
		memcpy(key, map->key, map->count * sizeof(*key));
		memcpy(key_line, map->key_line, map->count * sizeof(*key_line));
	}
	item[map->count] = value;
	key[map->count] = str_of(path);
	key_line[map->count] = line;
	map->item = item;
	map->key = key;
	map->key_line = key_line;
	map->count = room;
	return 0;
}

static struct yaml_node *new_value(struct config *c, const char *text, unsigned line)
{
	struct yaml_node *node = arena_alloc(&c->arena, sizeof(*node));

	if (node)
		*node = (struct yaml_node){ .kind = YAML_STR,
					    .line = line,
					    .text = str_of(text) };
	return node;
}

static int rename_imply(struct config *c, struct layer *layer,
			const struct config_rename *r, unsigned line)
{
	struct config_place place;
	struct yaml_node *value;

	if (!r->implied || config_find_in(layer, str_of(r->implied), &place))
		return 0;
	value = new_value(c, r->implied_as, line);
	return value ? rename_attach(c, layer->root, r->implied, value, line) : -ENOMEM;
}

static int rename_value(struct config *c, struct layer *layer,
			const struct config_rename *r, const struct config_place *place,
			struct problems *warnings)
{
	unsigned line = place->line;
	struct yaml_node *value;

	if (place->value->kind != YAML_STR || !str_is(place->value->text, r->value))
		return 0;
	value = new_value(c, r->new_value, line);
	rename_detach(layer->root, str_of(r->from));
	if (!value || rename_attach(c, layer->root, r->from, value, line))
		return -ENOMEM;
	problems_add(warnings, STR_FMT ":%u: %s: \"%s\" is now written \"%s\"%s%s%s%s",
		     STR_ARG(layer->file), line, r->from, r->value, r->new_value,
		     r->implied ? ", with " : "", r->implied ? r->implied : "",
		     r->implied ? ": " : "", r->implied ? r->implied_as : "");
	return rename_imply(c, layer, r, line);
}

static int rename_key(struct config *c, struct layer *layer,
		      const struct config_rename *r, const struct config_place *place,
		      struct problems *warnings)
{
	unsigned line = place->line;
	struct yaml_node *value = rename_detach(layer->root, str_of(r->from));
	struct config_place today;

	if (config_find_in(layer, str_of(r->to), &today)) {
		problems_add(warnings,
			     STR_FMT ":%u: %s is an old name of %s, which is set, too; "
				     "the old one is ignored",
			     STR_ARG(layer->file), line, r->from, r->to);
		return 0;
	}
	problems_add(warnings, STR_FMT ":%u: %s is now called %s", STR_ARG(layer->file),
		     line, r->from, r->to);
	return value ? rename_attach(c, layer->root, r->to, value, line) : 0;
}

int config_rename(struct config *c, const struct config_rename *r,
		  struct problems *warnings)
{
	struct layer *layer = last_layer(c);
	struct config_place place;
	int error = 0;

	if (!layer || layer->root->kind != YAML_MAP)
		return 0;
	for (; !error && r->from; r++) {
		if (!config_find_in(layer, str_of(r->from), &place))
			continue;
		error = r->value ? rename_value(c, layer, r, &place, warnings)
				 : rename_key(c, layer, r, &place, warnings);
	}
	return error;
}
