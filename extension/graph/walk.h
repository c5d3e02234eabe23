/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - sets of nodes, and the steps from one to the next. Private to the graph,
 * whose lock is held.
 */
#ifndef GRAPH_WALK_H
#define GRAPH_WALK_H

#include "graph/graph_private.h"

struct walk {
	const struct graph *graph;
	uint32_t at;	   /* the time; 0: now */
	uint32_t from, to; /* for which other times all was the same; 0: for all */
	uint32_t *vertex;  /* each once */
	size_t count, room;
	bool no_memory;
};

/* Whether it was there then. */
bool walk_sees(struct walk *, uint32_t vertex);
void walk_add(struct walk *, uint32_t vertex);
/* Sorted, each once. */
void walk_settle(struct walk *);

/* From nothing: those that had the term then; if nobody is known to, those that have it
 * now. */
void walk_to_holders(struct walk *, const uint32_t *term, size_t terms);
void walk_to_all(struct walk *);
/* To the neighbors. */
void walk_along(struct walk *, bool to_parents, bool to_children);
/* To all nodes of the shortest path from each to one of the targets. */
void walk_paths(struct walk *, const struct walk *targets);

/* The newest first, and then by ID: who takes the first takes the same each time. */
void walk_rank(struct walk *);

#endif
