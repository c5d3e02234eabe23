/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - see yaml.h. The tree is made by recursion over libyaml's events.
 *
 * An alias is the anchored node itself, so a document never takes more memory
 * than its text; how much it stands for is counted in the nodes.
 */
#include <errno.h>
#include <yaml.h>
#include "base/map.h"
#include "base/now.h"
#include "config/yaml_pairs.h"
#include "config/yaml_scalar.h"
#include "config/yaml_syntax.h"

#define DEPTH_MAX 64
#define NODES_MAX 1000000

/* A node and what it stands for, aliases expanded. */
struct measured {
	struct yaml_node node; /* first, so that one is the other */
	size_t nodes;	       /* with itself */
	unsigned levels;       /* below it */
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	struct str text;
	struct arena *arena;
	struct map *anchors; /* name to node; every anchor seen so far */
	struct err *err;
	int error;
};

static struct yaml_node *read_node(struct reader *, unsigned depth);

static unsigned line_of(const struct reader *r)
{
	return (unsigned)r->event.start_mark.line + 1;
}

static void yaml_refuse(struct reader *r, unsigned line, const char *text)
{
	if (!r->error)
		r->error = err_set(r->err, "line %u: %s", line, text);
}

/* NULL, with the error kept. */
static void *out_of_memory(struct reader *r)
{
	if (arena_error(r->arena) == -EFBIG)
		yaml_refuse(r, line_of(r), "the document is too large");
	else if (!r->error)
		r->error = -ENOMEM;
	return NULL;
}

static void refuse_syntax(struct reader *r)
{
	char why[YAML_SYNTAX_MAX];
	unsigned line;

	if (r->parser.error == YAML_MEMORY_ERROR) {
		r->error = -ENOMEM;
		return;
	}
	line = yaml_syntax_explain(&r->parser, r->text, why);
	yaml_refuse(r, line, why);
}

static bool yaml_next(struct reader *r)
{
	if (r->error)
		return false;
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	refuse_syntax(r);
	return false;
}

static struct str bytes_of(const yaml_char_t *bytes)
{
	return str_of((const char *)bytes);
}

static struct measured *yaml_measure(struct yaml_node *node)
{
	return (struct measured *)node;
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind)
{
	struct measured *m = arena_alloc(r->arena, sizeof(*m));

	if (!m)
		return out_of_memory(r);
	m->node.kind = kind;
	m->node.line = line_of(r);
	m->nodes = 1;
	return &m->node;
}

static bool is_within_bounds(struct reader *r, size_t nodes, unsigned levels)
{
	if (nodes > NODES_MAX)
		yaml_refuse(r, line_of(r), "aliases expand to more than 1000000 values");
	if (levels > DEPTH_MAX)
		yaml_refuse(r, line_of(r), "nested deeper than 64 levels");
	return !r->error;
}

static bool count_child(struct reader *r, struct yaml_node *parent,
			struct yaml_node *child, unsigned depth)
{
	struct measured *all = yaml_measure(parent);
	const struct measured *one = yaml_measure(child);

	all->nodes += one->nodes;
	if (all->levels < one->levels + 1)
		all->levels = one->levels + 1;
	return is_within_bounds(r, all->nodes, depth + all->levels);
}

static struct yaml_node *yaml_finish(struct reader *r, struct yaml_node *node,
				     const struct yaml_pairs *pairs)
{
	if (r->error)
		return NULL;
	return yaml_pairs_fill(pairs, node, r->arena) ? node : out_of_memory(r);
}

static struct yaml_node *read_scalar(struct reader *r)
{
	struct yaml_node *node = new_node(r, YAML_STR);
	const char *tag = (const char *)r->event.data.scalar.tag;
	bool quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;

	if (!node)
		return NULL;
	node->text = arena_str(r->arena,
			       (struct str){ (const char *)r->event.data.scalar.value,
					     r->event.data.scalar.length });
	if (arena_error(r->arena))
		return out_of_memory(r);
	if (yaml_scalar_resolve_tag(node, tag, quoted) == 0)
		return node;
	yaml_refuse(r, node->line,
		    "a tag (\"!...\") that is unknown or does not fit its value");
	return NULL;
}

static struct yaml_node *read_list(struct reader *r, unsigned depth)
{
	struct yaml_node *node = new_node(r, YAML_LIST);
	struct yaml_pairs items = { 0 };

	while (node && yaml_next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yaml_node *item = read_node(r, depth + 1);

		if (!item || !count_child(r, node, item, depth))
			return NULL;
		if (!yaml_pairs_add(&items, STR(""), item->line, item, r->arena))
			return out_of_memory(r);
	}
	return yaml_finish(r, node, &items);
}

static void yaml_merge(struct reader *r, struct yaml_pairs *pairs,
		       const struct yaml_node *from)
{
	bool fits = from->kind == YAML_LIST;
	size_t i;

	if (from->kind == YAML_MAP) {
		if (!yaml_pairs_merge(pairs, from, r->arena))
			out_of_memory(r);
		return;
	}
	for (i = 0; fits && i < from->count; i++) {
		fits = from->item[i]->kind == YAML_MAP;
		if (fits)
			yaml_merge(r, pairs, from->item[i]);
	}
	if (!fits)
		yaml_refuse(r, from->line,
			    "\"<<\" must be followed by a map or a list of maps");
}

static bool is_scalar(const struct yaml_node *node)
{
	return node->kind != YAML_LIST && node->kind != YAML_MAP;
}

/* At the key. */
static bool read_pair(struct reader *r, struct yaml_node *map, struct yaml_pairs *pairs,
		      unsigned depth)
{
	bool is_plain = r->event.type == YAML_SCALAR_EVENT &&
			r->event.data.scalar.plain_implicit;
	unsigned line = line_of(r);
	struct yaml_node *key, *value;

	key = read_node(r, depth + 1);
	if (key && !is_scalar(key))
		yaml_refuse(r, line, "a list or a map cannot be a key");
	if (!key || !yaml_next(r))
		return false;
	value = read_node(r, depth + 1);
	if (!value || !count_child(r, map, value, depth))
		return false;
	if (is_plain && str_is(key->text, "<<"))
		yaml_merge(r, pairs, value);
	else if (!yaml_pairs_add(pairs, key->text, line, value, r->arena))
		out_of_memory(r);
	return !r->error;
}

static struct yaml_node *yaml_read_map(struct reader *r, unsigned depth)
{
	struct yaml_node *node = new_node(r, YAML_MAP);
	struct yaml_pairs pairs = { 0 };

	while (node && yaml_next(r) && r->event.type != YAML_MAPPING_END_EVENT)
		if (!read_pair(r, node, &pairs, depth))
			return NULL;
	if (node && !yaml_pairs_drop_duplicates(&pairs, &node->twice, r->arena))
		return out_of_memory(r);
	return yaml_finish(r, node, &pairs);
}

static struct yaml_node *read_alias(struct reader *r)
{
	const yaml_char_t *name = r->event.data.alias.anchor;
	struct yaml_node *node = map_get(r->anchors, bytes_of(name), 0);

	if (!node)
		yaml_refuse(r, line_of(r),
			    "an alias (\"*...\") without an anchor (\"&...\") "
			    "that ends before it");
	return node;
}

/* Takes the current event and those that belong to it; the last is current
 * afterwards. */
static struct yaml_node *read_unnamed(struct reader *r, unsigned depth)
{
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, depth);
	case YAML_MAPPING_START_EVENT:
		return yaml_read_map(r, depth);
	case YAML_ALIAS_EVENT:
		return read_alias(r);
	default:
		yaml_refuse(r, line_of(r), "a value is expected here");
		return NULL;
	}
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return NULL;
	}
}

/* An anchor can be used when its node is complete: nothing contains itself. */
static struct yaml_node *read_node(struct reader *r, unsigned depth)
{
	struct str name = bytes_of(anchor_of(&r->event));
	struct yaml_node *node;

	if (!is_within_bounds(r, 0, depth))
		return NULL;
	if (!name.len)
		return read_unnamed(r, depth);
	name = arena_str(r->arena, name); /* the event goes */
	node = read_unnamed(r, depth);
	if (!node || map_put(r->anchors, name, node, 0, NEVER_MS) == 0)
		return node;
	return out_of_memory(r);
}

/* Nothing stands in it, not even "~". */
static bool is_blank(const struct yaml_node *node)
{
	return node->kind == YAML_NULL && node->text.len == 0;
}

/* "---" at the end, as some editors and generators leave it, begins one of nothing. */
static bool read_documents(struct reader *r, struct yaml_node **root)
{
	struct yaml_node *node;

	*root = NULL;
	if (!yaml_next(r) || !yaml_next(r))
		return false;
	while (r->event.type != YAML_STREAM_END_EVENT) {
		unsigned line = line_of(r);

		if (!yaml_next(r))
			return false;
		node = read_node(r, 0);
		if (!node || !yaml_next(r) || !yaml_next(r))
			return false;
		if (*root && !is_blank(*root) && !is_blank(node))
			yaml_refuse(r, line,
				    "a second document begins; only one is read");
		if (!*root || is_blank(*root))
			*root = node;
	}
	if (!*root)
		*root = new_node(r, YAML_NULL);
	return *root && !r->error;
}

int yaml_parse(struct str text, struct arena *arena, struct yaml_node **root,
	       struct err *err)
{
	struct reader r = { .text = text, .arena = arena, .err = err };

	r.anchors = map_new(SIZE_MAX, SIZE_MAX, NULL);
	if (!r.anchors)
		return -ENOMEM;
	if (!yaml_parser_initialize(&r.parser)) {
		map_free(r.anchors);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&r.parser,
				     (const unsigned char *)(text.ptr ? text.ptr : ""),
				     text.len);
	if (!read_documents(&r, root) && !r.error)
		r.error = -ENOMEM;
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	map_free(r.anchors);
	return r.error;
}
