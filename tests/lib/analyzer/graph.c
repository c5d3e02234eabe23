/* SPDX-License-Identifier: Apache-2.0 */
#include "graph.h"

#include "edit.h"
#include "message.h"
#include "ops.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

struct element {
	struct element *next;
	char *text;
	size_t len;
	struct text id; /* in the text */
};

static const struct {
	const char *type; /* after Node or Edge */
	enum change change;
} changes[] = {
	{ "Added", CHANGE_PUT },
	{ "Updated", CHANGE_UPDATE },
	{ "PartiallyUpdated", CHANGE_PATCH },
	{ "Deleted", CHANGE_DELETE },
};

bool graph_is_edge(const struct message *event)
{
	return !strncmp(event->type, "Edge", 4);
}

enum change graph_change(const struct message *event)
{
	size_t i;

	if (!graph_is_edge(event) && strncmp(event->type, "Node", 4))
		return CHANGE_NONE;
	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		if (!strcmp(event->type + 4, changes[i].type))
			return changes[i].change;
	return CHANGE_NONE;
}

static struct text text_of(const struct message *event)
{
	return (struct text){ event->obj, event->obj_len };
}

static struct text id_of(struct text element)
{
	return text_unquote(edit_find(element, "ID"));
}

static size_t hash(struct text id)
{
	size_t value = 14695981039346656037u, i;

	for (i = 0; i < id.len; i++)
		value = (value ^ (unsigned char)id.at[i]) * 1099511628211u;
	return value;
}

/* The link to the element, or to where it would be. */
static struct element **slot(const struct shelf *shelf, struct text id)
{
	struct element **link = &shelf->buckets[hash(id) % shelf->cap];

	while (*link &&
	       ((*link)->id.len != id.len || memcmp((*link)->id.at, id.at, id.len) != 0))
		link = &(*link)->next;
	return link;
}

static struct element *find(const struct shelf *shelf, struct text id)
{
	return shelf->cap ? *slot(shelf, id) : NULL;
}

static void grow(struct shelf *shelf)
{
	struct shelf old = *shelf;
	struct element *element, *next, **link;
	size_t i;

	shelf->cap = old.cap ? 2 * old.cap : 64;
	shelf->buckets = mem_zalloc(shelf->cap * sizeof(*shelf->buckets));
	for (i = 0; i < old.cap; i++) {
		for (element = old.buckets[i]; element; element = next) {
			next = element->next;
			element->next = NULL;
			link = slot(shelf, element->id);
			*link = element;
		}
	}
	free(old.buckets);
}

static void discard(struct shelf *shelf, struct text id)
{
	struct element **link = shelf->cap ? slot(shelf, id) : NULL, *element;

	if (!link || !*link)
		return;
	element = *link;
	*link = element->next;
	shelf->count--;
	shelf->bytes -= element->len;
	free(element->text);
	free(element);
}

/* The text may be that of the element it replaces. */
static void put(struct shelf *shelf, struct text text)
{
	struct element *element = mem_zalloc(sizeof(*element)), **link;

	element->text = mem_strndup(text.at, text.len);
	element->len = text.len;
	element->id = id_of((struct text){ element->text, element->len });
	discard(shelf, element->id);
	if (shelf->count == shelf->cap)
		grow(shelf);
	link = slot(shelf, element->id);
	*link = element;
	shelf->count++;
	shelf->bytes += element->len;
}

static void shelf_clear(struct shelf *shelf)
{
	struct element *element, *next;
	size_t i;

	for (i = 0; i < shelf->cap; i++) {
		for (element = shelf->buckets[i]; element; element = next) {
			next = element->next;
			free(element->text);
			free(element);
		}
	}
	free(shelf->buckets);
	*shelf = (struct shelf){ .buckets = NULL };
}

void graph_clear(struct graph *graph)
{
	shelf_clear(&graph->nodes);
	shelf_clear(&graph->edges);
}

static void shelf_fill(struct shelf *shelf, struct text list)
{
	struct scan scan = scan_begin(list);
	struct text element;

	while (scan_element(&scan, &element))
		put(shelf, element);
}

void graph_fill(struct graph *graph, struct text obj)
{
	graph_clear(graph);
	shelf_fill(&graph->nodes, edit_find(obj, "Nodes"));
	shelf_fill(&graph->edges, edit_find(obj, "Edges"));
}

static void shelf_dump(const struct shelf *shelf, struct bytes *out)
{
	const struct element *element;
	bool first = true;
	size_t i;

	bytes_reserve(out, shelf->bytes + shelf->count + 64);
	for (i = 0; i < shelf->cap; i++) {
		for (element = shelf->buckets[i]; element; element = element->next) {
			bytes_add(out, ",", first ? 0 : 1);
			bytes_add(out, element->text, element->len);
			first = false;
		}
	}
}

void graph_dump(const struct graph *graph, struct bytes *out)
{
	bytes_addf(out, "{\"Nodes\":[");
	shelf_dump(&graph->nodes, out);
	bytes_addf(out, "],\"Edges\":[");
	shelf_dump(&graph->edges, out);
	bytes_addf(out, "]}");
}

static bool equal(const struct element *a, const struct element *b)
{
	struct json_object *left, *right;
	bool same;

	if (a->len == b->len && !memcmp(a->text, b->text, a->len))
		return true;
	left = json_tokener_parse(a->text);
	right = json_tokener_parse(b->text);
	same = json_object_equal(left, right);
	json_object_put(left);
	json_object_put(right);
	return same;
}

static size_t shelf_differ(const struct shelf *a, const struct shelf *b)
{
	const struct element *element, *other;
	size_t common = 0, different = 0, i;

	for (i = 0; i < a->cap; i++) {
		for (element = a->buckets[i]; element; element = element->next) {
			other = find(b, element->id);
			common += other != NULL;
			different += other && !equal(element, other);
		}
	}
	return different + a->count - common + b->count - common;
}

size_t graph_differ(const struct graph *a, const struct graph *b)
{
	return shelf_differ(&a->nodes, &b->nodes) + shelf_differ(&a->edges, &b->edges);
}

static struct text element_text(const struct element *element)
{
	return element ? (struct text){ element->text, element->len }
		       : (struct text){ "", 0 };
}

struct text graph_known(const struct graph *graph, const struct message *event)
{
	const struct shelf *shelf = graph_is_edge(event) ? &graph->edges : &graph->nodes;

	return element_text(find(shelf, id_of(text_of(event))));
}

struct text graph_node(const struct graph *graph, struct text id)
{
	return element_text(find(&graph->nodes, id));
}

void graph_apply(struct graph *graph, const struct message *event)
{
	struct shelf *shelf = graph_is_edge(event) ? &graph->edges : &graph->nodes;
	struct text text = text_of(event), id = id_of(text);
	const struct element *known = find(shelf, id);
	struct bytes now;

	switch (graph_change(event)) {
	case CHANGE_NONE:
		if (!strcmp(event->type, "SyncReply"))
			graph_fill(graph, text);
		break;
	case CHANGE_PUT:
		put(shelf, text);
		break;
	case CHANGE_UPDATE:
		if (known)
			put(shelf, text);
		break;
	case CHANGE_PATCH:
		if (!known)
			break;
		now = ops_apply(element_text(known), text);
		put(shelf, (struct text){ now.data, now.len });
		bytes_free(&now);
		break;
	case CHANGE_DELETE:
		discard(shelf, id);
		break;
	}
}
