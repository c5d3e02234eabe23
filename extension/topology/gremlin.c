/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin.c - see gremlin.h. */
#include <errno.h>
#include <stdlib.h>
#include <json-c/json.h>
#include "format/json_write.h"
#include "topology/gremlin.h"
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

static size_t bytes_of(const struct answer *a)
{
	size_t bytes = sizeof(struct shared_answer) + a->count * sizeof(*a->node);
	size_t i, j;

	for (i = 0; i < a->count; i++) {
		bytes += a->node[i].type.len;
		bytes += a->node[i].ipv4.count * sizeof(*a->node[i].ipv4.item);
		for (j = 0; j < a->node[i].ipv4.count; j++)
			bytes += a->node[i].ipv4.item[j].len;
	}
	return bytes;
}

static struct str copy_text(struct room *room, struct str text)
{
	struct str copy = { room->text, text.len };

	if (text.len)
		memcpy(room->text, text.ptr, text.len);
	room->text += text.len;
	return copy;
}

static void copy_node(struct room *room, struct node *copy, const struct node *node)
{
	size_t i;

	copy->type = copy_text(room, node->type);
	copy->ipv4 = (struct strs){ room->item, node->ipv4.count };
	room->item += node->ipv4.count;
	for (i = 0; i < node->ipv4.count; i++)
		copy->ipv4.item[i] = copy_text(room, node->ipv4.item[i]);
}

/* One block of memory: nodes, then the items of their lists, then text. */
struct shared_answer *shared_answer_new(const struct answer *answer)
{
	size_t i, items = 0, bytes = bytes_of(answer);
	struct shared_answer *a = malloc(bytes);
	struct room room;

	if (!a)
		return NULL;
	for (i = 0; i < answer->count; i++)
		items += answer->node[i].ipv4.count;
	room.item = (struct str *)(a->nodes + answer->count);
	room.text = (char *)(room.item + items);
	for (i = 0; i < answer->count; i++)
		copy_node(&room, &a->nodes[i], &answer->node[i]);
	a->answer = (struct answer){ a->nodes, answer->count };
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

/* Borrowed from the JSON. */
static struct str string_of(struct json_object *o)
{
	if (!json_object_is_type(o, json_type_string))
		return STR("");
	return (struct str){ json_object_get_string(o),
			     (size_t)json_object_get_string_len(o) };
}

/* A list of strings, or else nothing: one item of another type spoils it, as
 * in Go. */
static struct strs strings_of(struct arena *arena, struct json_object *o)
{
	struct strs list = { NULL, 0 };
	size_t i, count;

	if (!json_object_is_type(o, json_type_array))
		return list;
	count = json_object_array_length(o);
	for (i = 0; i < count; i++)
		if (!json_object_is_type(json_object_array_get_idx(o, i),
					 json_type_string))
			return list;
	list.item = count ? arena_alloc(arena, count * sizeof(*list.item)) : NULL;
	if (!list.item)
		return list;
	for (i = 0; i < count; i++)
		list.item[i] = string_of(json_object_array_get_idx(o, i));
	list.count = count;
	return list;
}

/* The strings are borrowed from the JSON, their lists live in the arena. */
static int read_node(struct arena *arena, struct json_object *o, struct node *node,
		     struct err *err)
{
	struct json_object *id, *metadata, *member;

	if (!json_object_object_get_ex(o, "ID", &id) ||
	    !json_object_is_type(id, json_type_string))
		return err_set(err, "a node without ID");
	*node = (struct node){ .type = STR("") };
	if (!json_object_object_get_ex(o, "Metadata", &metadata) ||
	    !json_object_is_type(metadata, json_type_object))
		return 0;
	if (json_object_object_get_ex(metadata, "Type", &member))
		node->type = string_of(member);
	if (json_object_object_get_ex(metadata, "IPV4", &member))
		node->ipv4 = strings_of(arena, member);
	return arena_error(arena);
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

/* A list in the list holds nodes and nothing else. */
static int read_inner(struct arena *arena, struct json_object *list, struct node **at,
		      struct err *err)
{
	size_t i;
	int error = 0;

	for (i = 0; !error && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (json_object_is_type(o, json_type_object))
			error = read_node(arena, o, (*at)++, err);
		else
			error = err_set(err, "a list of something else than nodes");
	}
	return error;
}

static int read_nodes(struct arena *arena, struct json_object *list, struct answer *a,
		      struct err *err)
{
	size_t i, count = count_nodes(list);
	struct node *nodes, *at;
	int error = 0;

	*a = (struct answer){ NULL, 0 };
	if (count == 0)
		return 0;
	nodes = at = arena_alloc(arena, count * sizeof(*nodes));
	if (!nodes)
		return arena_error(arena);
	for (i = 0; !error && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (json_object_is_type(o, json_type_object))
			error = read_node(arena, o, at++, err);
		else if (json_object_is_type(o, json_type_array))
			error = read_inner(arena, o, &at, err);
	}
	*a = (struct answer){ nodes, count };
	return error;
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
	struct answer answer = { NULL, 0 };
	struct shared_answer *shared = NULL;
	struct json_object *root = NULL;
	int error = 0;

	if (status != 204)
		error = check_status(status, body, err);
	if (!error && status != 204)
		error = json_text_parse(body, &root, err);
	if (!error && root)
		error = json_object_is_type(root, json_type_array)
				? read_nodes(&arena, root, &answer, err)
				: err_set(err, "not a list of nodes");
	if (!error)
		shared = shared_answer_new(&answer);
	if (!shared && error != -EINVAL)
		err_set(err, "no memory for an answer");
	json_object_put(root);
	arena_fini(&arena);
	return shared;
}
