/* SPDX-License-Identifier: Apache-2.0 */
/* config_read.c - config_read() of config.h. */
#include <errno.h>
#include "config/config_find.h"
#include "config/config_value.h"
#include "format/json_read.h"

struct reading {
	const struct config *config;
	const char *path;
	struct arena *arena;
	struct problems *problems;
};

/* A map while its layers are merged. */
struct merged {
	struct arena *arena;
	struct entry {
		struct str name, value;
		bool is_set;		   /* not null */
		const struct layer *layer; /* NULL: a variable */
	} * entry;
	size_t count, room;
	bool has_dots; /* FIELD_DOTTED */
};

static struct entry *merged_find(struct merged *m, struct str name)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (str_equal_nocase(m->entry[i].name, name))
			return &m->entry[i];
	return NULL;
}

/* Layers come from the top: what is there stays, unless it has no value or
 * stands earlier in the same document. */
static bool merged_put(struct merged *m, const struct entry *entry)
{
	struct entry *same = merged_find(m, entry->name);
	size_t room = m->room ? m->room * 2 : 8;
	struct entry *more;

	if (same && same->is_set && same->layer != entry->layer)
		return true;
	if (same) {
		*same = *entry;
		return true;
	}
	if (m->count == m->room) {
		more = arena_alloc(m->arena, room * sizeof(*more));
		if (!more)
			return false;
		if (m->count)
			memcpy(more, m->entry, m->count * sizeof(*more));
		m->entry = more;
		m->room = room;
	}
	m->entry[m->count++] = *entry;
	return true;
}

static struct str lower_case(struct arena *arena, struct str name)
{
	char *copy = arena_bytes(arena, name.len + 1);
	size_t i;

	if (!copy)
		return STR("");
	for (i = 0; i < name.len; i++)
		copy[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z'
				  ? (char)(name.ptr[i] - 'A' + 'a')
				  : name.ptr[i];
	copy[name.len] = '\0';
	return (struct str){ copy, name.len };
}

static bool merge_value(void *context, struct str name, const struct config_place *place);

/* "name.key" of each key. */
static bool merge_dotted(struct merged *m, struct str name,
			 const struct config_place *place)
{
	const struct yaml_node *map = place->value;
	struct config_path buffer;
	bool is_merged = true;
	size_t i;

	for (i = 0; is_merged && i < map->count; i++) {
		struct config_place below = *place;

		below.value = map->item[i];
		below.line = map->key_line[i];
		is_merged = merge_value(m, config_join(&buffer, name, map->key[i]),
					&below);
	}
	return is_merged;
}

static bool merge_value(void *context, struct str name, const struct config_place *place)
{
	struct merged *m = context;
	struct entry entry = {
		.name = lower_case(m->arena, name),
		.value = STR(""),
		.is_set = place->value->kind != YAML_NULL,
		.layer = place->layer,
	};

	if (m->has_dots && place->value->kind == YAML_MAP)
		return merge_dotted(m, name, place);
	config_value_text(place->value, m->arena, &entry.value);
	return !arena_error(m->arena) && merged_put(m, &entry);
}

/* A JSON value as a string; what is not one value is "", as in YAML. */
static struct str json_text(struct arena *arena, struct str raw)
{
	struct json_reader r;
	struct str text = STR("");

	json_reader_init(&r, raw, arena);
	if (str_starts(raw, STR("\"")))
		json_read_string(&r, &text);
	else if (!str_starts(raw, STR("{")) && !str_starts(raw, STR("[")) &&
		 !str_is(raw, "null"))
		text = raw;
	return arena_str(arena, text);
}

static bool merge_json(struct merged *m, struct str text)
{
	struct json_reader r;
	struct str name, raw;
	bool is_first = true;

	json_reader_init(&r, text, m->arena);
	if (!json_next(&r, '{'))
		return false;
	for (; !json_next(&r, '}'); is_first = false) {
		struct entry entry = { .is_set = true };

		if ((!is_first && !json_next(&r, ',')) || !json_read_string(&r, &name) ||
		    !json_next(&r, ':') || !json_skip(&r, &raw))
			return false;
		entry.name = arena_str(m->arena, name);
		entry.value = json_text(m->arena, raw);
		if (!merged_put(m, &entry))
			return false;
	}
	return json_at_end(&r);
}

static struct str trim_blanks(struct str s)
{
	while (s.len && *s.ptr == ' ')
		s = str_skip(s, 1);
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* "name=value; name=value", as one header line has them. */
static bool merge_pairs(struct merged *m, const struct layer *layer, struct str text)
{
	while (text.len) {
		struct str pair = str_until(text, ';');
		struct str name = str_until(pair, '=');
		struct entry entry = {
			.name = arena_str(m->arena, trim_blanks(name)),
			.value = arena_str(m->arena,
					   trim_blanks(str_skip(pair, name.len + 1))),
			.is_set = true,
			.layer = layer,
		};

		text = str_skip(text, pair.len + 1);
		if (!trim_blanks(pair).len)
			continue;
		if (name.len == pair.len || !entry.name.len || !merged_put(m, &entry))
			return false;
	}
	return true;
}

static int refuse_map(const struct field *field, const char *key,
		      const struct config_place *place, struct err *err)
{
	struct buf shown = BUF_INIT(512);

	config_value_show(place->value, field->flags, &shown);
	err_set_key(err, key, STR_FMT " %s", STR_ARG(buf_str(&shown)),
		    place->variable.len ? "is not a JSON object"
					: "where a map of names and values is expected");
	buf_fini(&shown);
	return -EINVAL;
}

static int merge_layers(const struct reading *r, const struct field *field,
			const char *key, struct merged *m, struct err *err)
{
	const struct layer *layer;
	struct config_path buffer;
	struct str path = config_join(&buffer, str_of(r->path), str_of(key));
	struct config_place place;

	for (layer = r->config->top; layer; layer = layer->below) {
		if (layer->environment && config_find_variable(r->config, path, &place))
			return merge_json(m, place.text.text) ||
					       (field->flags & FIELD_PAIRS &&
						merge_pairs(m, NULL, place.text.text))
				       ? 0
				       : refuse_map(field, key, &place, err);
		if (config_find_in(layer, path, &place) &&
		    place.value->kind != YAML_MAP &&
		    !(field->flags & FIELD_PAIRS && place.value->kind == YAML_STR &&
		      merge_pairs(m, layer, place.value->text)))
			return refuse_map(field, key, &place, err);
		if (!config_each_below(layer, path, merge_value, m))
			return -ENOMEM;
	}
	return 0;
}

static int fill_map(const struct merged *m, struct map_of_str *out)
{
	size_t i;

	out->name = arena_alloc(m->arena, m->count * sizeof(*out->name));
	out->value = arena_alloc(m->arena, m->count * sizeof(*out->value));
	if (arena_error(m->arena))
		return -ENOMEM;
	for (i = 0; i < m->count; i++) {
		out->name[i] = m->entry[i].name;
		out->value[i] = m->entry[i].value;
	}
	out->count = m->count;
	return 0;
}

static int config_read_read_map(const struct reading *r, const struct field *field,
				struct map_of_str *out, bool *found, struct err *err)
{
	struct merged m = { .arena = r->arena, .has_dots = field->flags & FIELD_DOTTED };
	const char *key = strcmp(field->name, "*") == 0 ? "" : field->name;
	int error = merge_layers(r, field, key, &m, err);

	*found = error || m.count;
	return error || !m.count ? error : fill_map(&m, out);
}

static int read_single(const struct reading *r, const struct field *field, void *member,
		       bool *found, struct err *err)
{
	struct config_path buffer;
	struct config_place place;

	*found = config_find(r->config,
			     config_join(&buffer, str_of(r->path), str_of(field->name)),
			     &place);
	return *found ? config_value_read(field, place.value, member, r->arena, err) : 0;
}

static void refuse_absence(const struct reading *r, const struct field *field)
{
	struct buf where = BUF_INIT(CONFIG_PATH_MAX * 2);
	struct config_path buffer;

	config_where(r->config, r->path, NULL, &where);
	config_join(&buffer, str_of(r->path), str_of(field->name));
	problems_add(r->problems, STR_FMT ": %s: must be set", STR_ARG(buf_str(&where)),
		     buffer.text);
	buf_fini(&where);
}

static int config_read_read_field(const struct reading *r, const struct field *field,
				  void *member)
{
	struct config_listener listener = { r->config, r->path, r->problems, false };
	struct err err = config_listen(&listener);
	bool found;
	int error = field->kind == FIELD_KIND_MAP
			    ? config_read_read_map(r, field, member, &found, &err)
			    : read_single(r, field, member, &found, &err);

	if (arena_error(r->arena))
		return arena_error(r->arena);
	if (error == -EINVAL)
		config_problem(r->config, r->path, &err, r->problems);
	else if (!error && !found && field->flags & FIELD_REQUIRED)
		refuse_absence(r, field);
	return error == -EINVAL ? 0 : error;
}

size_t config_read(const struct config *c, const char *path, const struct shape *shape,
		   void *out, struct arena *arena, struct problems *problems)
{
	const struct reading r = { c, path, arena, problems };
	const struct field *field;
	size_t before = problems->count;
	int error = 0;

	if (shape->defaults)
		memcpy(out, shape->defaults, shape->size);
	else
		memset(out, 0, shape->size);
	for (field = shape->fields; field->name && !error; field++)
		error = config_read_read_field(&r, field, (char *)out + field->offset);
	if (error)
		problems_add(problems, "%s: %s", path,
			     error == -EFBIG ? "too large a configuration"
					     : "no memory to read it");
	return problems->count - before;
}

size_t config_read_own(const struct config *c, const char *path,
		       const struct shape *shape, void *out, struct arena *arena,
		       struct problems *problems)
{
	struct layer alone = { .below = NULL };
	struct config own = { .environ = c->environ };

	if (c->top) {
		alone = *c->top;
		alone.below = NULL;
		own.top = &alone;
	}
	return config_read(&own, path, shape, out, arena, problems);
}

size_t config_read_below(const struct config *c, const char *path,
			 const struct shape *shape, void *out, struct arena *arena,
			 struct problems *problems)
{
	const struct config below = { .top = c->top ? c->top->below : NULL,
				      .environ = c->environ };

	return config_read(&below, path, shape, out, arena, problems);
}
