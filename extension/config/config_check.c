/* SPDX-License-Identifier: Apache-2.0 */
/* config_check.c - config_check() of config.h: keys that nobody reads. */
#include <errno.h>
#include <stdlib.h>
#include "config/config_find.h"
#include "format/nearest.h"

enum known_kind {
	KNOWN_SECTION, /* keys stand below it */
	KNOWN_FIELD,
	KNOWN_MAP, /* any names stand below it */
};

struct known {
	struct str path;
	enum known_kind kind;
};

struct check {
	struct str below;
	struct known *known;
	size_t count;
	struct arena names;
	struct problems *problems;
	const struct layer *layer;
	struct buf path; /* of the key that is looked at */
};

static void check_map(struct check *, const struct yaml_node *map);

static void add_known(struct check *c, const char *path, const char *key,
		      enum known_kind kind)
{
	struct config_path buffer;
	struct str full = config_join(&buffer, str_of(path), str_of(key));

	c->known[c->count++] = (struct known){ arena_str(&c->names, full), kind };
}

static void add_section(struct check *c, const struct config_section *section)
{
	const struct field *field;

	add_known(c, section->path, "", KNOWN_SECTION);
	for (field = section->shape->fields; field->name; field++) {
		bool is_all = strcmp(field->name, "*") == 0;

		add_known(c, section->path, is_all ? "" : field->name,
			  field->kind == FIELD_KIND_MAP ? KNOWN_MAP : KNOWN_FIELD);
	}
}

/* One flat list: every question is then a walk through it. */
static bool list_known(struct check *c, const struct config_section *section,
		       size_t count)
{
	size_t total = 1, i;

	for (i = 0; i < count; i++)
		total += 1 + shape_count(section[i].shape);
	c->known = calloc(total, sizeof(*c->known));
	if (!c->known)
		return false;
	for (i = 0; i < count; i++)
		add_section(c, &section[i]);
	return !arena_error(&c->names);
}

static bool is_section(const struct check *c, struct str path)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (config_path_is_below(c->known[i].path, path) ||
		    (c->known[i].kind == KNOWN_SECTION &&
		     str_equal_nocase(c->known[i].path, path)))
			return true;
	return false;
}

static bool is_field(const struct check *c, struct str path)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->known[i].kind != KNOWN_SECTION &&
		    str_equal_nocase(c->known[i].path, path))
			return true;
	return false;
}

static bool is_in_map(const struct check *c, struct str path)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->known[i].kind == KNOWN_MAP &&
		    config_path_is_below(path, c->known[i].path))
			return true;
	return false;
}

static struct str parent_of(struct str path)
{
	while (path.len && path.ptr[path.len - 1] != '.')
		path.len--;
	if (path.len)
		path.len--;
	return path;
}

/* The name that follows above in path. */
static struct str name_below(struct str path, struct str above)
{
	return str_until(str_skip(path, above.len ? above.len + 1 : 0), '.');
}

/* Whether b is a without its first name. */
static bool is_tail(struct str a, struct str b)
{
	struct str first = str_until(a, '.');

	return first.len < a.len && str_equal_nocase(str_skip(a, first.len + 1), b);
}

/* "a.b.c" where "b.c" is meant, or the other way round: two sections of one name. */
static bool suggest_elsewhere(const struct check *c, struct str path, struct buf *b)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		struct str known = c->known[i].path;

		if (!known.len || (!is_tail(path, known) && !is_tail(known, path)))
			continue;
		buf_printf(b, " (did you mean \"" STR_FMT "\" at the top level?)",
			   STR_ARG(known));
		return true;
	}
	return false;
}

static void suggest_near(const struct check *c, struct str path, struct buf *b)
{
	struct str above = parent_of(path);
	struct nearest nearest = { .distance = 0 };
	size_t i;

	while (above.len && !is_section(c, above))
		above = parent_of(above);
	nearest.word = name_below(path, above);
	for (i = 0; i < c->count; i++)
		if (config_path_is_below(c->known[i].path, above))
			nearest_offer(&nearest, name_below(c->known[i].path, above));
	if (nearest.distance)
		nearest_put(&nearest, b);
}

static void refuse_unknown(const struct check *c, struct str path, bool is_map,
			   unsigned line)
{
	struct buf suggestion = BUF_INIT(512);

	if (!suggest_elsewhere(c, path, &suggestion))
		suggest_near(c, path, &suggestion);
	problems_add(c->problems, STR_FMT ":%u: unknown %s \"" STR_FMT "\"" STR_FMT,
		     STR_ARG(c->layer->file), line, is_map ? "section" : "key",
		     STR_ARG(path), STR_ARG(buf_str(&suggestion)));
	buf_fini(&suggestion);
}

static void refuse_value(const struct check *c, struct str path, unsigned line,
			 const char *reason)
{
	problems_add(c->problems, STR_FMT ":%u: " STR_FMT ": %s", STR_ARG(c->layer->file),
		     line, STR_ARG(path), reason);
}

/* No value is anywhere below it: it has no effect, whatever its name. */
static bool is_empty(const struct yaml_node *value)
{
	size_t i;

	for (i = 0; value->kind == YAML_MAP && i < value->count; i++)
		if (!is_empty(value->item[i]))
			return false;
	return value->kind == YAML_NULL || (value->kind == YAML_MAP && value->count);
}

static void check_key(struct check *c, struct str path, const struct yaml_node *value,
		      unsigned line)
{
	bool is_map = value->kind == YAML_MAP;
	bool is_above = config_path_is_below(c->below, path);
	bool is_inside = str_equal_nocase(path, c->below) ||
			 config_path_is_below(path, c->below);

	if ((!is_above && !is_inside) || is_empty(value))
		return;
	if (is_map && (is_above || is_section(c, path)))
		check_map(c, value);
	else if (is_above || (!is_field(c, path) && is_section(c, path)))
		refuse_value(c, path, line, "keys are expected below this, not a value");
	else if (is_field(c, path))
		return;
	else if (!is_in_map(c, path))
		refuse_unknown(c, path, is_map, line);
	else if (is_map || value->kind == YAML_LIST)
		refuse_value(c, path, line,
			     is_map ? "a map where one value is expected"
				    : "a list where one value is expected");
}

static void check_map(struct check *c, const struct yaml_node *map)
{
	size_t len = c->path.len;
	size_t i;

	for (i = 0; i < map->count && !buf_error(&c->path); i++) {
		if (len)
			buf_putc(&c->path, '.');
		buf_put(&c->path, map->key[i]);
		if (!buf_error(&c->path))
			check_key(c, buf_str(&c->path), map->item[i], map->key_line[i]);
		buf_cut(&c->path, len);
	}
}

void config_check(const struct config *config, const char *below,
		  const struct config_section *section, size_t count,
		  struct problems *problems)
{
	struct check c = {
		.below = str_of(below),
		.names = ARENA_INIT(1024 * 1024),
		.problems = problems,
		.path = BUF_INIT(64 * 1024),
	};
	bool listed = list_known(&c, section, count);

	for (c.layer = config->top; listed && c.layer; c.layer = c.layer->below)
		if (c.layer->root->kind == YAML_MAP)
			check_map(&c, c.layer->root);
	if (!listed || buf_error(&c.path) == -ENOMEM)
		problems_add(problems, "no memory to check the keys");
	else if (buf_error(&c.path))
		problems_add(problems, "a key is too long");
	buf_fini(&c.path);
	arena_fini(&c.names);
	free(c.known);
}
