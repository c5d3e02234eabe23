/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - a priority queue: the item with the smallest key comes first.
 *
 * Items are the caller's. Each embeds a heap_node and is in at most one heap; its key
 * must not change while it is. Among equal keys the lower order comes first. Adding and
 * removing take O(log n). Not locked.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	int64_t key;
	uint64_t order; /* among equal keys */
	size_t at;	/* private; 0: in no heap */
};

struct heap {
	struct heap_node **node;
	size_t count, room;
};

#define HEAP_INIT                                                                        \
	{                                                                                \
		.node = NULL                                                             \
	}

void heap_fini(struct heap *);

/* false: no memory. */
bool heap_put(struct heap *, struct heap_node *);
/* NULL: it is empty. */
struct heap_node *heap_first(const struct heap *);
/* Does nothing to one that is in no heap. */
void heap_remove(struct heap *, struct heap_node *);

static inline bool heap_has(const struct heap_node *node)
{
	return node->at != 0;
}

#endif
