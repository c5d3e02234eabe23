/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - see walk.h. */
#include <stdlib.h>
#include "base/grow.h"
#include "graph/walk.h"

#define FEW 16

/* Something began or ended at that time. Whether it is past. */
static bool walk_passes(struct walk *w, uint32_t time)
{
	if (time <= w->at) {
		if (time > w->from)
			w->from = time;
		return true;
	}
	if (!w->to || time < w->to)
		w->to = time;
	return false;
}

bool walk_sees(struct walk *w, uint32_t at)
{
	const struct vertex *v = vertex_at(w->graph, at);

	return vertex_is_seen(w->graph, v) ||
	       (w->at && !v->is_there && !walk_passes(w, v->until));
}

void walk_add(struct walk *w, uint32_t vertex)
{
	if (grow(w->vertex, w->room, w->count + 1))
		w->vertex[w->count++] = vertex;
	else
		w->no_memory = true;
}

static int walk_by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Mostly there are a few, and less is to be done for them. */
static void sort_few(uint32_t *vertex, size_t count)
{
	size_t i, at;

	for (i = 1; i < count; i++) {
		uint32_t one = vertex[i];

		for (at = i; at > 0 && vertex[at - 1] > one; at--)
			vertex[at] = vertex[at - 1];
		vertex[at] = one;
	}
}

void walk_settle(struct walk *w)
{
	size_t i, kept = 0;

	if (w->count <= FEW)
		sort_few(w->vertex, w->count);
	else
		qsort(w->vertex, w->count, sizeof(*w->vertex), walk_by_number);
	for (i = 0; i < w->count; i++)
		if (i == 0 || w->vertex[i] != w->vertex[i - 1])
			w->vertex[kept++] = w->vertex[i];
	w->count = kept;
}

/* Those who have it now; with only_since, those who had it then. */
static void add_present(struct walk *w, uint32_t term, bool only_since)
{
	const struct graph *g = w->graph;
	uint32_t at;

	for (at = term_at(g, term)->postings; at; at = posting_at(g, at)->next)
		if ((!only_since || walk_passes(w, posting_at(g, at)->since)) &&
		    vertex_is_seen(g, vertex_at(g, posting_at(g, at)->vertex)))
			walk_add(w, posting_at(g, at)->vertex);
}

static void add_former(struct walk *w, uint32_t term)
{
	const struct graph *g = w->graph;
	uint32_t at;

	for (at = g->tomb_a[tomb_slot(term)]; at; at = tomb_at(g, at)->next_a) {
		const struct tomb *tomb = tomb_at(g, at);

		if (!tomb->is_edge && tomb->a == term && walk_passes(w, tomb->since) &&
		    !walk_passes(w, tomb->until))
			walk_add(w, tomb->b);
	}
}

void walk_to_holders(struct walk *w, const uint32_t *term, size_t terms)
{
	size_t i;

	for (i = 0; i < terms; i++) {
		add_present(w, term[i], w->at != 0);
		if (w->at && w->graph->tombs)
			add_former(w, term[i]);
	}
	if (w->at && !w->count)
		for (i = 0; i < terms; i++)
			add_present(w, term[i], false);
	walk_settle(w);
}

void walk_to_all(struct walk *w)
{
	const struct graph *g = w->graph;
	size_t slot;
	uint32_t at;

	for (slot = 0; slot < g->slots; slot++)
		for (at = g->slot[slot]; at; at = term_at(g, at)->next)
			if (term_path(term_at(g, at)) == PATH_ID &&
			    vertex_is_seen(g, vertex_at(g, term_at(g, at)->postings)))
				walk_add(w, term_at(g, at)->postings);
}

static void add_former_neighbors(struct walk *w, uint32_t of, bool to_parents,
				 bool to_children, struct walk *to)
{
	const struct graph *g = w->graph;
	uint32_t at;

	for (at = to_children ? g->tomb_a[tomb_slot(of)] : 0; at;
	     at = tomb_at(g, at)->next_a) {
		const struct tomb *tomb = tomb_at(g, at);

		if (tomb->is_edge && tomb->a == of && !walk_passes(w, tomb->until) &&
		    walk_sees(w, tomb->b))
			walk_add(to, tomb->b);
	}
	for (at = to_parents ? g->tomb_b[tomb_slot(of)] : 0; at;
	     at = tomb_at(g, at)->next_b) {
		const struct tomb *tomb = tomb_at(g, at);

		if (tomb->is_edge && tomb->b == of && !walk_passes(w, tomb->until) &&
		    walk_sees(w, tomb->a))
			walk_add(to, tomb->a);
	}
}

static void add_neighbors(struct walk *w, uint32_t of, bool to_parents, bool to_children,
			  struct walk *to)
{
	const struct graph *g = w->graph;
	const struct vertex *v = vertex_at(g, of);
	uint32_t at;

	for (at = to_children ? v->out : 0; at; at = edge_at(g, at)->next_out)
		if (walk_sees(w, edge_at(g, at)->child))
			walk_add(to, edge_at(g, at)->child);
	for (at = to_parents ? v->in : 0; at; at = edge_at(g, at)->next_in)
		if (walk_sees(w, edge_at(g, at)->parent))
			walk_add(to, edge_at(g, at)->parent);
	if (w->at && g->tombs)
		add_former_neighbors(w, of, to_parents, to_children, to);
}

/* To the nodes of another walk, which it takes. */
static void walk_move(struct walk *w, struct walk *to)
{
	free(w->vertex);
	w->vertex = to->vertex;
	w->count = to->count;
	w->room = to->room;
	w->no_memory |= to->no_memory;
	walk_settle(w);
}

void walk_along(struct walk *w, bool to_parents, bool to_children)
{
	struct walk to = { .graph = w->graph };
	size_t i;

	for (i = 0; i < w->count; i++)
		add_neighbors(w, w->vertex[i], to_parents, to_children, &to);
	walk_move(w, &to);
}

/* Where a search from the targets has been, and from where it came. */
struct trail {
	uint32_t *vertex, *before; /* by hash of the vertex */
	size_t slots, count;
};

static size_t trail_slot(const struct trail *t, uint32_t vertex)
{
	size_t slot = vertex * UINT32_C(2654435769) & (t->slots - 1);

	while (t->vertex[slot] && t->vertex[slot] != vertex)
		slot = (slot + 1) & (t->slots - 1);
	return slot;
}

static bool trail_grow(struct trail *t)
{
	struct trail bigger = { .slots = t->slots ? 2 * t->slots : 256 };
	size_t i;

	bigger.vertex = calloc(bigger.slots, sizeof(*bigger.vertex));
	bigger.before = calloc(bigger.slots, sizeof(*bigger.before));
	if (!bigger.vertex || !bigger.before) {
		free(bigger.vertex);
		free(bigger.before);
		return false;
	}
	for (i = 0; i < t->slots; i++) {
		size_t slot;

		if (!t->vertex[i])
			continue;
		slot = trail_slot(&bigger, t->vertex[i]);
		bigger.vertex[slot] = t->vertex[i];
		bigger.before[slot] = t->before[i];
	}
	bigger.count = t->count;
	free(t->vertex);
	free(t->before);
	*t = bigger;
	return true;
}

/* true: it is new. */
static bool trail_add(struct trail *t, uint32_t vertex, uint32_t before, bool *no_memory)
{
	size_t slot;

	if (2 * (t->count + 1) > t->slots && !trail_grow(t)) {
		*no_memory = true;
		return false;
	}
	slot = trail_slot(t, vertex);
	if (t->vertex[slot])
		return false;
	t->vertex[slot] = vertex;
	t->before[slot] = before;
	t->count++;
	return true;
}

static uint32_t trail_before(const struct trail *t, uint32_t vertex, bool *is_there)
{
	size_t slot = trail_slot(t, vertex);

	*is_there = t->vertex[slot] != 0;
	return t->before[slot];
}

/* Breadth first, from all targets at once, until all starts are found. */
static void search(struct walk *w, const struct walk *targets, struct trail *t)
{
	struct walk front = { .graph = w->graph, .at = w->at }, next;
	size_t missing = w->count, i, j;
	bool is_there;

	for (i = 0; i < targets->count; i++)
		if (trail_add(t, targets->vertex[i], 0, &w->no_memory))
			walk_add(&front, targets->vertex[i]);
	while (front.count && missing && !w->no_memory) {
		for (missing = w->count, i = 0; i < w->count; i++) {
			trail_before(t, w->vertex[i], &is_there);
			missing -= is_there;
		}
		next = (struct walk){ .graph = w->graph, .at = w->at };
		for (i = 0; missing && i < front.count; i++) {
			struct walk around = { .graph = w->graph, .at = w->at };

			add_neighbors(w, front.vertex[i], true, true, &around);
			for (j = 0; j < around.count; j++)
				if (trail_add(t, around.vertex[j], front.vertex[i],
					      &w->no_memory))
					walk_add(&next, around.vertex[j]);
			w->no_memory |= around.no_memory;
			free(around.vertex);
		}
		w->no_memory |= next.no_memory;
		free(front.vertex);
		front = next;
	}
	free(front.vertex);
}

void walk_paths(struct walk *w, const struct walk *targets)
{
	struct walk to = { .graph = w->graph, .at = w->at };
	struct trail t = { .count = 0 };
	size_t i;

	if (targets->count)
		search(w, targets, &t);
	for (i = 0; t.slots && i < w->count; i++) {
		uint32_t at = w->vertex[i];
		bool is_there;
		uint32_t before = trail_before(&t, at, &is_there);

		while (is_there && at) {
			walk_add(&to, at);
			at = before;
			before = at ? trail_before(&t, at, &is_there) : 0;
		}
	}
	free(t.vertex);
	free(t.before);
	walk_move(w, &to);
}
