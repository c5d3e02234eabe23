/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c - see heap.h. A binary heap: no node is before its parent. Places count from
 * 1, so that those of a node's children are 2 * at and 2 * at + 1.
 */
#include <stdlib.h>
#include "base/grow.h"
#include "base/heap.h"

static bool heap_is_before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void heap_set(struct heap *heap, size_t at, struct heap_node *node)
{
	heap->node[at - 1] = node;
	node->at = at;
}

/* Moves a node from a place to where it belongs. */
static void heap_settle(struct heap *heap, size_t at, struct heap_node *node)
{
	size_t child;

	for (; at > 1 && heap_is_before(node, heap->node[at / 2 - 1]); at /= 2)
		heap_set(heap, at, heap->node[at / 2 - 1]);
	while ((child = 2 * at) <= heap->count) {
		if (child < heap->count &&
		    heap_is_before(heap->node[child], heap->node[child - 1]))
			child++;
		if (!heap_is_before(heap->node[child - 1], node))
			break;
		heap_set(heap, at, heap->node[child - 1]);
		at = child;
	}
	heap_set(heap, at, node);
}

void heap_fini(struct heap *heap)
{
	free(heap->node);
	*heap = (struct heap)HEAP_INIT;
}

bool heap_put(struct heap *heap, struct heap_node *node)
{
	if (!grow(heap->node, heap->room, heap->count + 1))
		return false;
	heap->count++;
	heap_settle(heap, heap->count, node);
	return true;
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count ? heap->node[0] : NULL;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t at = node->at;
	struct heap_node *last;

	if (!at)
		return;
	node->at = 0;
	last = heap->node[--heap->count];
	if (last != node)
		heap_settle(heap, at, last);
}
