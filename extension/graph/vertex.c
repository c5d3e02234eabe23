/* SPDX-License-Identifier: Apache-2.0 */
/* vertex.c - the nodes of a graph: found, made, released. See graph_private.h. */
#include "graph/graph_private.h"

uint32_t vertex_find(const struct graph *g, struct str id)
{
	uint32_t term = term_find(g, PATH_ID, TERM_TEXT, id);

	return term ? term_at(g, term)->postings : 0;
}

uint32_t vertex_get(struct graph *g, struct str id)
{
	uint32_t at = vertex_find(g, id), term;

	if (at)
		return at;
	at = pool_get(&g->pool, sizeof(struct vertex));
	term = at ? term_get(g, PATH_ID, TERM_TEXT, id) : 0;
	if (!term)
		return 0;
	vertex_at(g, at)->id = term;
	term_at(g, term)->postings = at;
	return at;
}

/* Puts back what it has, which nobody finds any more. */
void vertex_drop_terms(struct graph *g, struct vertex *v)
{
	const struct posting *posting = postings_of(g, v);
	const uint32_t *plain = plain_of(g, v);
	size_t i;

	for (i = 0; i < v->plain_count; i++)
		term_put(g, plain[i]);
	for (i = 0; i < v->postings_count; i++)
		term_put(g, posting[i].term);
	pool_put(&g->pool, v->plain, v->plain_count * sizeof(*plain));
	pool_put(&g->pool, v->postings, v->postings_count * sizeof(*posting));
	v->plain = v->postings = 0;
	v->plain_count = v->postings_count = 0;
}

void vertex_release(struct graph *g, uint32_t at)
{
	struct vertex *v = vertex_at(g, at);

	if (v->is_there || v->holders)
		return;
	vertex_drop_terms(g, v);
	term_at(g, v->id)->postings = 0;
	term_put(g, v->id);
	pool_put(&g->pool, at, sizeof(*v));
}

bool vertex_any_term(const struct graph *g, const struct vertex *v,
		     bool (*visit)(void *context, uint32_t item), void *context)
{
	const uint32_t *plain = v->plain ? pool_at(&g->pool, v->plain) : NULL;
	const struct posting *posting = v->postings ? pool_at(&g->pool, v->postings)
						    : NULL;
	size_t i;

	for (i = 0; i < v->plain_count; i++)
		if (visit(context, plain[i]))
			return true;
	for (i = 0; i < v->postings_count; i++)
		if (visit(context, posting[i].term))
			return true;
	return false;
}
