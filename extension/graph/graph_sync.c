/* SPDX-License-Identifier: Apache-2.0 */
/* graph_sync.c - all elements are brought, and what was not has gone. See graph.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "graph/graph_private.h"

void graph_sync_begin(struct graph *g)
{
	pthread_rwlock_wrlock(&g->lock);
	g->sync++;
	pthread_rwlock_unlock(&g->lock);
}

/* What the synchronization did not bring. */
struct unbrought {
	uint32_t *edge, *vertex;
	size_t edges, edges_room, vertices, vertices_room;
};

static int collect_edges(const struct graph *g, const struct vertex *v,
			 struct unbrought *u)
{
	uint32_t at;

	for (at = v->out; at; at = edge_at(g, at)->next_out) {
		if (edge_at(g, at)->mark == g->sync)
			continue;
		if (!grow(u->edge, u->edges_room, u->edges + 1))
			return -ENOMEM;
		u->edge[u->edges++] = at;
	}
	return 0;
}

static int collect_unbrought(const struct graph *g, struct unbrought *u)
{
	size_t slot;
	uint32_t at;
	int error = 0;

	for (slot = 0; !error && slot < g->slots; slot++) {
		for (at = g->slot[slot]; at && !error; at = term_at(g, at)->next) {
			const struct vertex *v;

			if (term_path(term_at(g, at)) != PATH_ID)
				continue;
			v = vertex_at(g, term_at(g, at)->postings);
			error = collect_edges(g, v, u);
			if (error || !v->is_there || v->mark == g->sync)
				continue;
			if (!grow(u->vertex, u->vertices_room, u->vertices + 1))
				return -ENOMEM;
			u->vertex[u->vertices++] = term_at(g, at)->postings;
		}
	}
	return error;
}

static int bury_unbrought(struct graph *g, const struct unbrought *u, uint32_t now)
{
	size_t i;
	int error = 0;

	for (i = 0; !error && i < u->edges; i++)
		error = edge_bury(g, u->edge[i], now);
	for (i = 0; !error && i < u->vertices; i++)
		error = vertex_bury(g, u->vertex[i], now);
	if (g->synced)
		g->repaired += u->edges + u->vertices;
	return error;
}

int graph_sync_end(struct graph *g, int64_t now_ms)
{
	struct unbrought u = { .edge = NULL };
	int error;

	pthread_rwlock_wrlock(&g->lock);
	error = collect_unbrought(g, &u);
	if (!error)
		error = bury_unbrought(g, &u, graph_time(g, now_ms));
	g->synced = g->sync;
	graph_has_changed(g);
	pthread_rwlock_unlock(&g->lock);
	free(u.edge);
	free(u.vertex);
	return error;
}
