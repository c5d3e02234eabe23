/* SPDX-License-Identifier: Apache-2.0 */
/* config_find.c - see config_find.h. */
#include <stdio.h>
#include "config/config_find.h"

#define VARIABLE_PREFIX "SKYDIVE_"

struct str config_join(struct config_path *out, struct str path, struct str key)
{
	int n = snprintf(out->text, sizeof(out->text), STR_FMT "%s" STR_FMT,
			 STR_ARG(path), path.len && key.len ? "." : "", STR_ARG(key));

	if (n < 0 || (size_t)n >= sizeof(out->text))
		n = (int)sizeof(out->text) - 1;
	return (struct str){ out->text, (size_t)n };
}

bool config_path_is_below(struct str path, struct str above)
{
	if (!above.len)
		return path.len > 0;
	return path.len > above.len && path.ptr[above.len] == '.' &&
	       str_equal_nocase((struct str){ path.ptr, above.len }, above);
}

static char variable_char(char c)
{
	if (c == '.' || c == '-')
		return '_';
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The text behind "SKYDIVE_A_B=" for "a.b"; NULL when it is another one. */
static const char *variable_text(const char *variable, struct str path)
{
	size_t i;

	if (strncmp(variable, VARIABLE_PREFIX, sizeof(VARIABLE_PREFIX) - 1) != 0)
		return NULL;
	variable += sizeof(VARIABLE_PREFIX) - 1;
	for (i = 0; i < path.len; i++)
		if (*variable++ != variable_char(path.ptr[i]))
			return NULL;
	return *variable == '=' ? variable + 1 : NULL;
}

bool config_find_variable(const struct config *c, struct str path,
			  struct config_place *place)
{
	char *const *variable;

	for (variable = c->environ; variable && *variable; variable++) {
		const char *text = variable_text(*variable, path);

		if (!text || !*text)
			continue;
		*place = (struct config_place){
			.value = &place->text,
			.variable = { *variable, (size_t)(text - 1 - *variable) },
			.text = { .kind = YAML_STR, .text = str_of(text) },
		};
		return true;
	}
	return false;
}

/* The last one: of two spellings of a key the later wins. */
static bool find_key(const struct yaml_node *map, struct str key, size_t *index)
{
	size_t i = map->count;

	while (i > 0)
		if (str_equal_nocase(map->key[--i], key)) {
			*index = i;
			return true;
		}
	return false;
}

/* is_written: also what has no value. */
static bool find_below(const struct yaml_node *map, struct str path, bool is_written,
		       struct config_place *place)
{
	struct str prefix = path;
	size_t i;

	if (map->kind != YAML_MAP)
		return false;
	while (prefix.len) {
		if (find_key(map, prefix, &i)) {
			if (prefix.len < path.len) {
				if (find_below(map->item[i],
					       str_skip(path, prefix.len + 1), is_written,
					       place))
					return true;
			} else if (is_written || map->item[i]->kind != YAML_NULL) {
				place->value = map->item[i];
				place->line = map->key_line[i];
				return true;
			}
		}
		do
			prefix.len--;
		while (prefix.len && path.ptr[prefix.len] != '.');
	}
	return false;
}

bool config_find_in(const struct layer *layer, struct str path,
		    struct config_place *place)
{
	*place = (struct config_place){ .layer = layer };
	return find_below(layer->root, path, false, place);
}

bool config_find_written(const struct layer *layer, struct str path,
			 struct config_place *place)
{
	*place = (struct config_place){ .layer = layer };
	return find_below(layer->root, path, true, place);
}

bool config_find(const struct config *c, struct str path, struct config_place *place)
{
	const struct layer *layer;

	for (layer = c->top; layer; layer = layer->below)
		if ((layer->environment && config_find_variable(c, path, place)) ||
		    config_find_in(layer, path, place))
			return true;
	return false;
}

struct visit {
	const struct layer *layer;
	bool (*visit)(void *context, struct str name, const struct config_place *);
	void *context;
};

static bool visit_item(const struct visit *v, const struct yaml_node *map, size_t i,
		       struct str name)
{
	const struct config_place place = {
		.value = map->item[i],
		.layer = v->layer,
		.line = map->key_line[i],
	};

	return v->visit(v->context, name, &place);
}

static bool visit_below(const struct visit *v, const struct yaml_node *map,
			struct str path)
{
	size_t i;

	if (map->kind != YAML_MAP)
		return true;
	for (i = 0; i < map->count; i++) {
		struct str key = map->key[i];
		bool more = true;

		if (!path.len)
			more = visit_item(v, map, i, key);
		else if (config_path_is_below(key, path))
			more = visit_item(v, map, i, str_skip(key, path.len + 1));
		else if (str_equal_nocase(key, path))
			more = visit_below(v, map->item[i], STR(""));
		else if (config_path_is_below(path, key))
			more = visit_below(v, map->item[i], str_skip(path, key.len + 1));
		if (!more)
			return false;
	}
	return true;
}

bool config_each_below(const struct layer *layer, struct str path,
		       bool (*visit)(void *context, struct str name,
				     const struct config_place *),
		       void *context)
{
	const struct visit v = { layer, visit, context };

	return visit_below(&v, layer->root, path);
}

void config_put_place(const struct config_place *place, struct buf *where)
{
	if (place->variable.len)
		buf_put(where, place->variable);
	else
		buf_printf(where, STR_FMT ":%u", STR_ARG(place->layer->file),
			   place->line);
}
