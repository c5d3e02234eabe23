/* SPDX-License-Identifier: Apache-2.0 */
/* edges.c - the edges of a graph. See graph_private.h.
 *
 * An edge has no name here: events name both of its ends, and of those between the same
 * two its ID's hash tells which it is.
 */
#include <errno.h>
#include "graph/graph_private.h"

uint32_t edge_hash(struct str id)
{
	uint32_t hash = UINT32_C(2166136261);
	size_t i;

	for (i = 0; i < id.len; i++)
		hash = (hash ^ (unsigned char)id.ptr[i]) * UINT32_C(16777619);
	return hash;
}

uint32_t *edge_find(const struct graph *g, uint32_t hash, uint32_t parent, uint32_t child)
{
	uint32_t *link = &vertex_at(g, child)->in;

	while (*link) {
		struct edge *edge = edge_at(g, *link);

		if (edge->hash == hash && edge->parent == parent)
			return link;
		link = &edge->next_in;
	}
	return NULL;
}

int edge_add(struct graph *g, uint32_t hash, uint32_t parent, uint32_t child)
{
	uint32_t *there = edge_find(g, hash, parent, child), at;
	struct edge *edge;

	if (there) {
		edge_at(g, *there)->mark = g->sync;
		return 0;
	}
	at = pool_get(&g->pool, sizeof(*edge));
	if (!at)
		return -ENOMEM;
	edge = edge_at(g, at);
	*edge = (struct edge){
		.hash = hash,
		.parent = parent,
		.child = child,
		.next_out = vertex_at(g, parent)->out,
		.next_in = vertex_at(g, child)->in,
		.mark = g->sync,
	};
	vertex_at(g, parent)->out = vertex_at(g, child)->in = at;
	vertex_at(g, parent)->holders++;
	vertex_at(g, child)->holders++;
	g->edges++;
	graph_has_changed(g);
	if (g->synced && g->sync != g->synced)
		g->repaired++;
	return 0;
}

static void edge_unlink(struct graph *g, uint32_t at, const struct edge *edge)
{
	uint32_t *link = &vertex_at(g, edge->parent)->out;

	while (*link != at)
		link = &edge_at(g, *link)->next_out;
	*link = edge->next_out;
	link = &vertex_at(g, edge->child)->in;
	while (*link != at)
		link = &edge_at(g, *link)->next_in;
	*link = edge->next_in;
}

int edge_bury(struct graph *g, uint32_t at, uint32_t now)
{
	struct edge edge = *edge_at(g, at);
	const struct tomb tomb = { edge.parent, edge.child, .until = now, .is_edge = 1 };
	int error = 0;

	edge_unlink(g, at, &edge);
	pool_put(&g->pool, at, sizeof(edge));
	g->edges--;
	graph_has_changed(g);
	if (g->synced)
		error = tomb_add(g, &tomb);
	vertex_at(g, edge.parent)->holders--;
	vertex_at(g, edge.child)->holders--;
	vertex_release(g, edge.parent);
	if (edge.child != edge.parent)
		vertex_release(g, edge.child);
	return error;
}
