/* SPDX-License-Identifier: Apache-2.0 */
/* holdings.c - what the nodes of a graph have, and what becomes of it. See
 * graph_private.h.
 */
#include <errno.h>
#include "base/grow.h"
#include "graph/graph_private.h"

/* The thing that the n-th posting of an array is. */
static uint32_t nth_posting(uint32_t array, size_t n)
{
	return array + (uint32_t)(n * (sizeof(struct posting) / POOL_UNIT));
}

static void unlink_posting(struct graph *g, uint32_t at)
{
	const struct posting *posting = posting_at(g, at);
	uint32_t *link = &term_at(g, posting->term)->postings;

	while (*link != at)
		link = &posting_at(g, *link)->next;
	*link = posting->next;
}

static void unlink_postings(struct graph *g, const struct vertex *v)
{
	size_t i;

	for (i = 0; v->is_there && i < v->postings_count; i++)
		unlink_posting(g, nth_posting(v->postings, i));
}

/* A mark is had by too many, and nobody asks for it. */
static bool is_indexed(const struct graph *g, uint32_t item)
{
	const struct term *term = term_at(g, item);

	return g->projection->path[term_path(term)].is_indexed &&
	       term_kind(term) != TERM_MARK;
}

/* Whether the wanted terms are those that it has, in the same order. */
static bool has_wanted(const struct graph *g, const struct vertex *v)
{
	const struct posting *posting = postings_of(g, v);
	const uint32_t *plain = plain_of(g, v);
	size_t i, postings = 0, plains = 0;

	if (!v->is_there || g->wanted_count != (size_t)v->postings_count + v->plain_count)
		return false;
	for (i = 0; i < g->wanted_count; i++) {
		if (is_indexed(g, g->wanted[i])) {
			if (postings == v->postings_count ||
			    posting[postings++].term != g->wanted[i])
				return false;
		} else if (plains == v->plain_count || plain[plains++] != g->wanted[i]) {
			return false;
		}
	}
	return true;
}

static bool vertex_has(const struct graph *g, const struct vertex *v, uint32_t item,
		       uint32_t *since)
{
	const struct posting *posting = postings_of(g, v);
	size_t i;

	for (i = 0; i < v->postings_count; i++) {
		if (TERM_OF(posting[i].term) != TERM_OF(item))
			continue;
		*since = posting[i].since;
		return true;
	}
	return false;
}

static int bury_posting(struct graph *g, uint32_t vertex, const struct posting *posting,
			uint32_t now)
{
	if (term_path(term_at(g, posting->term)) == PATH_HOST)
		return 0;
	return tomb_add(g, &(struct tomb){
				   .a = TERM_OF(posting->term),
				   .b = vertex,
				   .since = posting->since,
				   .until = now,
			   });
}

/* Those of the old ones that the new vertex has no more. */
static int bury_others(struct graph *g, uint32_t at, const struct vertex *old,
		       uint32_t now)
{
	const struct posting *posting = postings_of(g, old);
	uint32_t since;
	size_t i;

	for (i = 0; vertex_is_seen(g, old) && i < old->postings_count; i++)
		if (!vertex_has(g, vertex_at(g, at), posting[i].term, &since) &&
		    bury_posting(g, at, &posting[i], now) < 0)
			return -ENOMEM;
	return 0;
}

/* The wanted terms move to its arrays. */
static int fill_vertex(struct graph *g, uint32_t at, const struct vertex *old,
		       uint32_t now)
{
	struct vertex *v = vertex_at(g, at);
	struct posting *posting;
	uint32_t *plain;
	size_t i, postings = 0, plains = 0;

	for (i = 0; i < g->wanted_count; i++)
		postings += is_indexed(g, g->wanted[i]);
	plains = g->wanted_count - postings;
	/* Whoever reads it after a failure finds nothing. */
	v->plain_count = v->postings_count = 0;
	v->plain = plains ? pool_get(&g->pool, plains * sizeof(*plain)) : 0;
	v->postings = postings ? pool_get(&g->pool, postings * sizeof(*posting)) : 0;
	if ((plains && !v->plain) || (postings && !v->postings))
		return -ENOMEM;
	plain = plain_of(g, v);
	posting = postings_of(g, v);
	for (i = 0; i < g->wanted_count; i++) {
		uint32_t item = g->wanted[i], since = now;
		struct term *term = term_at(g, item);

		if (!is_indexed(g, item)) {
			plain[v->plain_count++] = item;
			continue;
		}
		if (old->is_there)
			vertex_has(g, old, item, &since);
		posting[v->postings_count] = (struct posting){
			.term = item,
			.vertex = at,
			.next = term->postings,
			.since = since,
		};
		term->postings = nth_posting(v->postings, v->postings_count++);
	}
	g->wanted_count = 0;
	return 0;
}

static void put_back_wanted(struct graph *g)
{
	while (g->wanted_count)
		term_put(g, g->wanted[--g->wanted_count]);
}

/* By path, those of one in their order: each node's keys come in an order of their own,
 * which changes nothing. */
static bool sort_wanted(struct graph *g)
{
	size_t first[PATHS_MAX + 1] = { 0 }, i;
	uint32_t *sorted;

	if (g->wanted_count < 2)
		return true;
	if (!grow(g->wanted, g->wanted_room, 2 * g->wanted_count))
		return false;
	for (i = 0; i < g->wanted_count; i++)
		first[term_path(term_at(g, g->wanted[i])) + 1]++;
	for (i = 0; i < PATHS_MAX; i++)
		first[i + 1] += first[i];
	sorted = g->wanted + g->wanted_count;
	for (i = 0; i < g->wanted_count; i++)
		sorted[first[term_path(term_at(g, g->wanted[i]))]++] = g->wanted[i];
	memcpy(g->wanted, sorted, g->wanted_count * sizeof(*sorted));
	return true;
}

int vertex_install(struct graph *g, uint32_t at, uint32_t now, bool *has_changed)
{
	struct vertex *v = vertex_at(g, at), old = *v;
	int error;

	if (!sort_wanted(g))
		return -ENOMEM;
	*has_changed = !has_wanted(g, v);
	if (!*has_changed) {
		put_back_wanted(g);
		return 0;
	}
	unlink_postings(g, v);
	error = fill_vertex(g, at, &old, now);
	if (!error)
		error = bury_others(g, at, &old, now);
	if (error)
		return error;
	vertex_drop_terms(g, &old);
	g->nodes += !old.is_there;
	v->is_there = true;
	graph_has_changed(g);
	return 0;
}

int vertex_bury(struct graph *g, uint32_t at, uint32_t now)
{
	struct vertex *v = vertex_at(g, at);
	const struct posting *posting = postings_of(g, v);
	bool was_seen = vertex_is_seen(g, v);
	size_t i;

	unlink_postings(g, v);
	for (i = 0; was_seen && i < v->postings_count; i++)
		if (bury_posting(g, at, &posting[i], now) < 0)
			return -ENOMEM;
	v->is_there = false;
	v->until = now & INT32_MAX;
	g->nodes--;
	graph_has_changed(g);
	vertex_release(g, at);
	return 0;
}
