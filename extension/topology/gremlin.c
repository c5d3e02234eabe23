/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin.c - see gremlin.h. */
#include <errno.h>
#include <stdlib.h>
#include <json-c/json.h>
#include "format/json_write.h"
#include "topology/gremlin.h"
#include "topology/gremlin_node.h"
#include "topology/json_text.h"

void gremlin_put_body(struct buf *out, struct str text)
{
	buf_puts(out, "{\"GremlinQuery\":");
	json_put_string(out, text);
	buf_putc(out, '}');
}

/* What is left of the memory behind an answer. */
struct room {
	struct str *item;
	char *text;
};

/* What stands behind an answer beside its nodes. */
struct extent {
	size_t items, text;
};

static void measure_list(struct extent *extent, const struct str *item, size_t count)
{
	size_t i;

	extent->items += count;
	for (i = 0; i < count; i++)
		extent->text += item[i].len;
}

static void measure_node(struct extent *extent, const struct node *node)
{
	const struct field *field;

	for (field = node_shape.fields; field->name; field++) {
		const void *member = (const char *)node + field->offset;
		const struct strs *list = member;
		const struct map_of_str *map = member;

		if (field->kind == FIELD_KIND_STR) {
			extent->text += ((const struct str *)member)->len;
		} else if (field->kind == FIELD_KIND_STRS) {
			measure_list(extent, list->item, list->count);
		} else if (field->kind == FIELD_KIND_MAP) {
			measure_list(extent, map->name, map->count);
			measure_list(extent, map->value, map->count);
		}
	}
}

/* One that is not there stays one that is not there. */
static struct str gremlin_copy_text(struct room *room, struct str text)
{
	struct str copy = { text.ptr ? room->text : NULL, text.len };

	if (text.len)
		memcpy(room->text, text.ptr, text.len);
	room->text += text.len;
	return copy;
}

static struct str *copy_list(struct room *room, const struct str *item, size_t count)
{
	struct str *copy = room->item;
	size_t i;

	room->item += count;
	for (i = 0; i < count; i++)
		copy[i] = gremlin_copy_text(room, item[i]);
	return copy;
}

static void copy_node(struct room *room, struct node *copy, const struct node *node)
{
	const struct field *field;

	for (field = node_shape.fields; field->name; field++) {
		const void *from = (const char *)node + field->offset;
		void *to = (char *)copy + field->offset;
		const struct strs *list = from;
		const struct map_of_str *map = from;

		if (field->kind == FIELD_KIND_STR)
			*(struct str *)to = gremlin_copy_text(room,
							      *(const struct str *)from);
		else if (field->kind == FIELD_KIND_STRS)
			*(struct strs *)to = (struct strs){
				list->item ? copy_list(room, list->item, list->count)
					   : NULL,
				list->count,
			};
		else if (field->kind == FIELD_KIND_I64)
			*(int64_t *)to = *(const int64_t *)from;
		else
			*(struct map_of_str *)to = (struct map_of_str){
				copy_list(room, map->name, map->count),
				copy_list(room, map->value, map->count),
				map->count,
			};
	}
}

/* One block of memory: nodes, then the items of their lists, then text. */
struct shared_answer *shared_answer_new(const struct answer *answer)
{
	struct extent extent = { .text = answer->value.len };
	struct shared_answer *a;
	struct room room;
	size_t i, bytes;

	for (i = 0; i < answer->count; i++)
		measure_node(&extent, &answer->node[i]);
	bytes = sizeof(*a) + answer->count * sizeof(*answer->node) +
		extent.items * sizeof(struct str) + extent.text;
	a = malloc(bytes);
	if (!a)
		return NULL;
	room.item = (struct str *)(a->nodes + answer->count);
	room.text = (char *)(room.item + extent.items);
	for (i = 0; i < answer->count; i++)
		copy_node(&room, &a->nodes[i], &answer->node[i]);
	a->answer = *answer;
	a->answer.node = a->nodes;
	a->answer.value = gremlin_copy_text(&room, answer->value);
	a->bytes = bytes;
	a->holders = 1;
	return a;
}

struct shared_answer *shared_answer_ref(struct shared_answer *a)
{
	a->holders++;
	return a;
}

void shared_answer_unref(struct shared_answer *a)
{
	if (a && --a->holders == 0)
		free(a);
}

static size_t count_nodes(struct json_object *list)
{
	size_t i, n = 0;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (json_object_is_type(o, json_type_object))
			n++;
		else if (json_object_is_type(o, json_type_array))
			n += json_object_array_length(o);
	}
	return n;
}

static int read_inner(struct arena *arena, struct json_object *list, struct node **at,
		      struct err *err)
{
	size_t i;
	int error = 0;

	for (i = 0; !error && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (json_object_is_type(o, json_type_object))
			error = gremlin_read_node(arena, o, (*at)++, err);
	}
	return error;
}

static int read_nodes(struct arena *arena, struct json_object *list, struct answer *a,
		      struct err *err)
{
	size_t i, count = count_nodes(list);
	struct node *nodes, *at;
	int error = 0;

	if (count == 0)
		return 0;
	nodes = at = arena_alloc(arena, count * sizeof(*nodes));
	if (!nodes)
		return arena_error(arena);
	for (i = 0; !error && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (json_object_is_type(o, json_type_object))
			error = gremlin_read_node(arena, o, at++, err);
		else if (json_object_is_type(o, json_type_array))
			error = read_inner(arena, o, &at, err);
	}
	a->node = nodes;
	a->count = (size_t)(at - nodes);
	return error;
}

/* The first string of a list of strings. Go takes a null among them for "". */
static struct str first_string(struct json_object *list)
{
	struct str first = { NULL, 0 };
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (o && !json_object_is_type(o, json_type_string))
			return (struct str){ NULL, 0 };
		if (i == 0)
			first = o ? (struct str){ json_object_get_string(o),
						  (size_t)json_object_get_string_len(o) }
				  : STR("");
	}
	return first;
}

static int gremlin_read_answer(struct arena *arena, struct json_object *root,
			       struct answer *a, struct err *err)
{
	a->is_null = !root;
	if (!root)
		return 0;
	if (!json_object_is_type(root, json_type_array))
		return err_set(err, "not a list");
	a->value = first_string(root);
	return read_nodes(arena, root, a, err);
}

static int check_status(int status, struct str body, struct err *err)
{
	struct str line = str_until(body, '\n');

	if (status == 200 && body.len > GREMLIN_REPLY_MAX)
		return err_set(err, "the reply is too long");
	if (status == 200)
		return 0;
	if (line.len > 200)
		line.len = 200;
	return err_set(err, "status %d: " STR_FMT, status, STR_ARG(line));
}

struct shared_answer *gremlin_read(int status, struct str body, struct err *err)
{
	struct arena arena = ARENA_INIT(2 * (size_t)GREMLIN_REPLY_MAX);
	struct answer answer = { .count = 0 };
	struct shared_answer *shared = NULL;
	struct json_object *root = NULL;
	int error = 0;

	if (status != 204)
		error = check_status(status, body, err);
	if (!error && status != 204)
		error = json_text_parse(body, &root, err);
	if (!error && status != 204)
		error = gremlin_read_answer(&arena, root, &answer, err);
	if (!error)
		shared = shared_answer_new(&answer);
	if (!shared && error != -EINVAL)
		err_set(err, "no memory for an answer");
	json_object_put(root);
	arena_fini(&arena);
	return shared;
}
