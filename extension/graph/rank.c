/* SPDX-License-Identifier: Apache-2.0 */
/* rank.c - see walk_rank() in walk.h. */
#include <stdlib.h>
#include "graph/walk.h"

struct ranked {
	const struct graph *graph;
	uint32_t vertex;
};

static int by_age(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct vertex *v = vertex_at(x->graph, x->vertex);
	const struct vertex *w = vertex_at(y->graph, y->vertex);
	const struct term *s = term_at(x->graph, v->id), *t = term_at(y->graph, w->id);
	int order;

	if (v->created_s != w->created_s)
		return v->created_s < w->created_s ? 1 : -1;
	order = memcmp(s->text, t->text, s->len < t->len ? s->len : t->len);
	return order ? order : (s->len > t->len) - (s->len < t->len);
}

void walk_rank(struct walk *w)
{
	struct ranked *ranked;
	size_t i;

	if (w->count < 2)
		return;
	ranked = calloc(w->count, sizeof(*ranked));
	if (!ranked) {
		w->no_memory = true;
		return;
	}
	for (i = 0; i < w->count; i++)
		ranked[i] = (struct ranked){ w->graph, w->vertex[i] };
	qsort(ranked, w->count, sizeof(*ranked), by_age);
	for (i = 0; i < w->count; i++)
		w->vertex[i] = ranked[i].vertex;
	free(ranked);
}
