/* SPDX-License-Identifier: Apache-2.0 */
/* tombs.c - what is gone and can still be asked for. See graph_private.h. */
#include <errno.h>
#include "graph/graph_private.h"

/* They have at most so large a part of the memory. */
#define TOMBS_PART 4

static void unlink_a(struct graph *g, uint32_t at)
{
	const struct tomb *tomb = tomb_at(g, at);
	uint32_t *link = &g->tomb_a[tomb_slot(tomb->a)];

	while (*link != at)
		link = &tomb_at(g, *link)->next_a;
	*link = tomb->next_a;
}

static void unlink_b(struct graph *g, uint32_t at)
{
	const struct tomb *tomb = tomb_at(g, at);
	uint32_t *link = &g->tomb_b[tomb_slot(tomb->b)];

	while (*link != at)
		link = &tomb_at(g, *link)->next_b;
	*link = tomb->next_b;
}

static void forget_oldest(struct graph *g)
{
	uint32_t at = g->oldest_tomb;
	struct tomb tomb = *tomb_at(g, at);

	unlink_a(g, at);
	unlink_b(g, at);
	g->oldest_tomb = tomb.later;
	if (!tomb.later)
		g->newest_tomb = 0;
	g->tombs--;
	graph_has_changed(g);
	pool_put(&g->pool, at, sizeof(tomb));
	vertex_at(g, tomb.b)->holders--;
	if (tomb.is_edge)
		vertex_at(g, tomb.a)->holders--;
	else
		term_put(g, tomb.a);
	vertex_release(g, tomb.b);
	if (tomb.is_edge && tomb.a != tomb.b)
		vertex_release(g, tomb.a);
}

int tomb_add(struct graph *g, const struct tomb *like)
{
	uint32_t at;
	struct tomb *tomb;

	while (g->tombs && (g->tombs + 1) * sizeof(*tomb) > g->limits.bytes / TOMBS_PART)
		forget_oldest(g);
	at = pool_get(&g->pool, sizeof(*tomb));
	if (!at)
		return -ENOMEM;
	tomb = tomb_at(g, at);
	*tomb = *like;
	tomb->next_a = g->tomb_a[tomb_slot(tomb->a)];
	g->tomb_a[tomb_slot(tomb->a)] = at;
	tomb->next_b = g->tomb_b[tomb_slot(tomb->b)];
	g->tomb_b[tomb_slot(tomb->b)] = at;
	vertex_at(g, tomb->b)->holders++;
	if (tomb->is_edge)
		vertex_at(g, tomb->a)->holders++;
	else
		term_at(g, tomb->a)->refs++;
	if (g->newest_tomb)
		tomb_at(g, g->newest_tomb)->later = at;
	else
		g->oldest_tomb = at;
	g->newest_tomb = at;
	g->tombs++;
	return 0;
}

void tombs_expire(struct graph *g, uint32_t before)
{
	while (g->oldest_tomb && tomb_at(g, g->oldest_tomb)->until < before)
		forget_oldest(g);
}
