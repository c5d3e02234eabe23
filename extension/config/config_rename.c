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

/* Whether the key is changed, too, which then says what comes with it. */
static bool rename_changes(const struct config_rename *r)
{
	return r->to || r->new_value || r->dropped;
}

static int rename_imply(struct config *c, struct layer *layer,
			const struct config_rename *r, unsigned line,
			struct problems *warnings)
{
	struct config_place place;
	struct yaml_node *value;

	if (!r->implied || config_find_in(layer, str_of(r->implied), &place))
		return 0;
	/* One without a value stands there: of two the later counts. */
	rename_detach(layer->root, str_of(r->implied));
	value = new_value(c, r->implied_as, line);
	if (!value || rename_attach(c, layer->root, r->implied, value, line))
		return -ENOMEM;
	if (!rename_changes(r))
		problems_add(warnings,
			     STR_FMT ":%u: %s: what it meant is now said by %s: %s",
			     STR_ARG(layer->file), line, r->from, r->implied,
			     r->implied_as);
	return 0;
}

static void rename_tell(const struct config_rename *r, const struct layer *layer,
			unsigned line, struct problems *warnings)
{
	struct buf b = BUF_INIT(1024);

	if (r->dropped)
		buf_printf(&b, " is left out: %s", r->dropped);
	else if (r->new_value && !r->to)
		buf_printf(&b, ": \"%s\" is now written \"%s\"", r->value, r->new_value);
	else if (r->new_value)
		buf_printf(&b, ": \"%s\" is now called %s: %s", r->value, r->to,
			   r->new_value);
	else
		buf_printf(&b, " is now called %s", r->to);
	if (r->implied)
		buf_printf(&b, ", with %s: %s", r->implied, r->implied_as);
	problems_add(warnings, STR_FMT ":%u: %s" STR_FMT, STR_ARG(layer->file), line,
		     r->from, STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

/* false: the same document has the new one, too, and that wins. */
static bool has_room(const struct config_rename *r, const struct layer *layer,
		     unsigned line, bool is_set, struct problems *warnings)
{
	struct config_place today;

	if (!r->to || !config_find_in(layer, str_of(r->to), &today))
		return true;
	if (is_set)
		problems_add(warnings,
			     STR_FMT ":%u: %s is an old name of %s, which is set, too; "
				     "the old one is ignored",
			     STR_ARG(layer->file), line, r->from, r->to);
	return false;
}

static int rename_move(struct config *c, struct layer *layer,
		       const struct config_rename *r, const struct config_place *place,
		       struct problems *warnings)
{
	const char *to = r->to ? r->to : r->from;
	bool is_set = place->value->kind != YAML_NULL;
	unsigned line = place->line;
	struct yaml_node *value = rename_detach(layer->root, str_of(r->from));

	if (r->dropped || !has_room(r, layer, line, is_set, warnings)) {
		if (r->dropped && is_set)
			rename_tell(r, layer, line, warnings);
		return 0;
	}
	if (r->new_value)
		value = new_value(c, r->new_value, line);
	if (!value)
		return r->new_value ? -ENOMEM : 0;
	rename_detach(layer->root, str_of(to));
	if (is_set)
		rename_tell(r, layer, line, warnings);
	return rename_attach(c, layer->root, to, value, line);
}

static bool has_value(const struct config_place *place, const char *value)
{
	return !value || (place->value->kind == YAML_STR &&
			  str_equal_nocase(place->value->text, str_of(value)));
}

/* Whether it is meant, and where it stands. */
static bool rename_applies(const struct config_rename *r, const struct layer *layer,
			   struct config_place *place)
{
	struct config_place other;

	if (r->unless && config_find_in(layer, str_of(r->unless), &other))
		return false;
	if (r->when && (!config_find_in(layer, str_of(r->when), &other) ||
			!has_value(&other, r->when_value)))
		return false;
	return config_find_written(layer, str_of(r->from), place) &&
	       has_value(place, r->value);
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
		if (!rename_applies(r, layer, &place))
			continue;
		if (rename_changes(r))
			error = rename_move(c, layer, r, &place, warnings);
		if (!error)
			error = rename_imply(c, layer, r, place.line, warnings);
	}
	return error;
}
