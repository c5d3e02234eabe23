/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin_node.c - see gremlin_node.h. */
#include <stdlib.h>
#include <json-c/json.h>
#include "topology/gremlin_node.h"

#define NAME_MAX_BYTES 64 /* of one step of a path */

static struct json_object *gremlin_node_step(struct json_object *o, struct str part)
{
	char name[NAME_MAX_BYTES];
	struct json_object *next = NULL;

	if (part.len >= sizeof(name))
		return NULL;
	memcpy(name, part.ptr, part.len);
	name[part.len] = '\0';
	if (json_object_is_type(o, json_type_array) && *name >= '0' && *name <= '9')
		return json_object_array_get_idx(o, strtoul(name, NULL, 10));
	if (!json_object_is_type(o, json_type_object))
		return NULL;
	json_object_object_get_ex(o, name, &next);
	return next;
}

static struct json_object *gremlin_node_dig(struct json_object *o, struct str path)
{
	while (o && path.len) {
		struct str part = str_until(path, '.');

		o = gremlin_node_step(o, part);
		path = str_skip(path, part.len + 1);
	}
	return o;
}

static struct str string_of(struct json_object *o)
{
	if (!json_object_is_type(o, json_type_string))
		return (struct str){ NULL, 0 };
	return (struct str){ json_object_get_string(o),
			     (size_t)json_object_get_string_len(o) };
}

static size_t length_of(struct json_object *o)
{
	return json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
}

/* A list of strings, or else one without items: an item of another type spoils
 * it, as in Go. */
static struct strs strings_of(struct arena *arena, struct json_object *o)
{
	size_t i, count = length_of(o);
	struct strs list = { NULL, 0 };

	if (!o)
		return list;
	list.item = arena_alloc(arena, (count ? count : 1) * sizeof(*list.item));
	if (!list.item)
		return list;
	for (i = 0; i < count; i++)
		if (!json_object_is_type(json_object_array_get_idx(o, i),
					 json_type_string))
			return list;
	for (i = 0; i < count; i++)
		list.item[i] = string_of(json_object_array_get_idx(o, i));
	list.count = count;
	return list;
}

/* Kubernetes' list of {"Type", "Address"}; others in it are passed over. */
static struct map_of_str addresses_of(struct arena *arena, struct json_object *o)
{
	size_t i, count = length_of(o);
	struct map_of_str map = { .count = 0 };

	map.name = count ? arena_alloc(arena, count * sizeof(*map.name)) : NULL;
	map.value = map.name ? arena_alloc(arena, count * sizeof(*map.value)) : NULL;
	for (i = 0; map.value && i < count; i++) {
		struct json_object *one = json_object_array_get_idx(o, i);
		struct str type = string_of(gremlin_node_dig(one, STR("Type")));
		struct str address = string_of(gremlin_node_dig(one, STR("Address")));

		if (!type.ptr || !address.ptr)
			continue;
		map.name[map.count] = type;
		map.value[map.count++] = address;
	}
	return map;
}

static int64_t number_of(struct json_object *o)
{
	if (!json_object_is_type(o, json_type_int) &&
	    !json_object_is_type(o, json_type_double))
		return 0;
	return json_object_get_int64(o);
}

/* What stands at the path: below Metadata, or after a slash below the node. */
static struct json_object *member_of(struct json_object *o, struct json_object *metadata,
				     struct str path)
{
	return *path.ptr == '/' ? gremlin_node_dig(o, str_skip(path, 1))
				: gremlin_node_dig(metadata, path);
}

int gremlin_read_node(struct arena *arena, struct json_object *o, struct node *node,
		      struct err *err)
{
	struct json_object *metadata = gremlin_node_dig(o, STR("Metadata"));
	const struct field *field;

	if (!string_of(gremlin_node_dig(o, STR("ID"))).ptr)
		return err_set(err, "a node without ID");
	*node = (struct node){ .type = { NULL, 0 } };
	for (field = node_shape.fields; field->name; field++) {
		struct json_object *member = member_of(o, metadata, str_of(field->name));
		void *at = (char *)node + field->offset;

		if (field->kind == FIELD_KIND_STR)
			*(struct str *)at = string_of(member);
		else if (field->kind == FIELD_KIND_STRS)
			*(struct strs *)at = strings_of(arena, member);
		else if (field->kind == FIELD_KIND_I64)
			*(int64_t *)at = number_of(member);
		else
			*(struct map_of_str *)at = addresses_of(arena, member);
	}
	return arena_error(arena);
}
