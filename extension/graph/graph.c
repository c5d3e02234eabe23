/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - see graph.h: what changes it. */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "graph/graph_private.h"

#define ELEMENT_BYTES ((size_t)8 << 20) /* of its strings with escapes */
#define VALUES_MAX    30000 /* of a node; an array of more fits into no chunk */

struct graph *graph_new(const struct projection *p, const struct graph_limits *limits)
{
	struct graph *g = calloc(1, sizeof(*g));
	pthread_rwlockattr_t attributes;

	if (!g)
		return NULL;
	g->projection = p;
	atomic_init(&g->version, 1);
	g->limits = *limits;
	g->arena = (struct arena)ARENA_INIT(ELEMENT_BYTES);
	facts_init(&g->facts, p, &g->arena);
	pool_init(&g->pool, limits->bytes);
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&g->lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	return g;
}

void graph_free(struct graph *g)
{
	if (!g)
		return;
	pthread_rwlock_destroy(&g->lock);
	facts_fini(&g->facts);
	arena_fini(&g->arena);
	pool_fini(&g->pool);
	free(g->wanted);
	free(g->slot);
	free(g);
}

uint32_t graph_time(struct graph *g, int64_t ms)
{
	if (!g->epoch_ms)
		g->epoch_ms = ms;
	if (ms <= g->epoch_ms)
		return 1;
	return (uint32_t)((ms - g->epoch_ms) / 100 + 1) & INT32_MAX;
}

bool graph_is_synced(struct graph *g)
{
	bool is_synced;

	pthread_rwlock_rdlock(&g->lock);
	is_synced = g->synced > 0;
	pthread_rwlock_unlock(&g->lock);
	return is_synced;
}

static bool is_syncing(const struct graph *g)
{
	return g->sync != g->synced;
}

/* Adds to the wanted terms, with a reference. 0 or -ENOMEM. */
static int want_fact(struct graph *g, const struct fact *fact)
{
	static const enum term_kind kinds[] = {
		[FACT_TEXT] = TERM_TEXT,
		[FACT_NUMBER] = TERM_NUMBER,
		[FACT_LIST] = TERM_MARK,
		[FACT_OTHER] = TERM_MARK,
	};
	uint32_t term;

	if (fact->path == PATH_ID)
		return 0;
	if (!grow(g->wanted, g->wanted_room, g->wanted_count + 1))
		return -ENOMEM;
	term = term_get(g, fact->path, kinds[fact->kind],
			fact->kind == FACT_LIST ? STR("[") : fact->text);
	if (!term)
		return -ENOMEM;
	g->wanted[g->wanted_count++] = term | (fact->is_in_list ? IN_LIST : 0);
	return 0;
}

static int want_facts(struct graph *g, struct err *err)
{
	int error = 0;
	size_t i;

	if (g->wanted_count + g->facts.count > VALUES_MAX)
		return err_set(err, "a node with more than %d values that are asked for",
			       VALUES_MAX);
	for (i = 0; !error && i < g->facts.count; i++)
		error = want_fact(g, &g->facts.item[i]);
	return error;
}

static int put_node(struct graph *g, const struct element *e, int64_t now_ms,
		    struct err *err)
{
	uint32_t now = is_syncing(g) && !g->synced ? 0 : graph_time(g, now_ms), at;
	struct vertex *v;
	bool has_changed;
	int error;

	g->wanted_count = 0;
	error = want_facts(g, err);
	if (error)
		return error;
	at = vertex_get(g, e->id);
	if (!at)
		return -ENOMEM;
	v = vertex_at(g, at);
	if (!v->is_there)
		v->born = g->sync;
	if (vertex_install(g, at, now, &has_changed) < 0)
		return -ENOMEM;
	v->mark = g->sync;
	if (v->created_s != (uint32_t)(e->created_ms / 1000))
		graph_has_changed(g);
	v->created_s = (uint32_t)(e->created_ms / 1000);
	v->revision = (uint32_t)e->revision;
	if (is_syncing(g) && g->synced)
		g->repaired += has_changed;
	return 0;
}

int graph_put_node(struct graph *g, struct str json, int64_t now_ms, struct err *err)
{
	struct element e;
	int error;

	arena_reset(&g->arena);
	error = facts_read_node(&g->facts, json, &e, err);
	if (error)
		return error;
	pthread_rwlock_wrlock(&g->lock);
	error = put_node(g, &e, now_ms, err);
	pthread_rwlock_unlock(&g->lock);
	return error;
}

int graph_put_edge(struct graph *g, struct str json, int64_t now_ms, struct err *err)
{
	struct element e;
	uint32_t parent, child;
	int error;

	(void)now_ms;
	arena_reset(&g->arena);
	error = facts_read_edge(&g->facts, json, &e, err);
	if (error)
		return error;
	pthread_rwlock_wrlock(&g->lock);
	parent = vertex_get(g, e.parent);
	child = parent ? vertex_get(g, e.child) : 0;
	error = child ? edge_add(g, edge_hash(e.id), parent, child) : -ENOMEM;
	pthread_rwlock_unlock(&g->lock);
	return error;
}

int graph_delete_node(struct graph *g, struct str json, int64_t now_ms, struct err *err)
{
	struct element e;
	uint32_t at;
	int error;

	arena_reset(&g->arena);
	error = facts_read_node(&g->facts, json, &e, err);
	if (error)
		return error;
	pthread_rwlock_wrlock(&g->lock);
	at = vertex_find(g, e.id);
	if (at && vertex_at(g, at)->is_there)
		error = vertex_bury(g, at, graph_time(g, now_ms));
	pthread_rwlock_unlock(&g->lock);
	return error;
}

int graph_delete_edge(struct graph *g, struct str json, int64_t now_ms, struct err *err)
{
	struct element e;
	uint32_t parent, child, *edge;
	int error;

	arena_reset(&g->arena);
	error = facts_read_edge(&g->facts, json, &e, err);
	if (error)
		return error;
	pthread_rwlock_wrlock(&g->lock);
	parent = vertex_find(g, e.parent);
	child = vertex_find(g, e.child);
	edge = parent && child ? edge_find(g, edge_hash(e.id), parent, child) : NULL;
	if (edge)
		error = edge_bury(g, *edge, graph_time(g, now_ms));
	pthread_rwlock_unlock(&g->lock);
	return error;
}

static bool is_below(struct str path, struct str key)
{
	return str_starts(path, key) && (path.len == key.len || path.ptr[key.len] == '.');
}

/* What it has now. */
static int want_present(struct graph *g, const struct vertex *v)
{
	const uint32_t *plain = v->plain ? pool_at(&g->pool, v->plain) : NULL;
	const struct posting *posting = v->postings ? pool_at(&g->pool, v->postings)
						    : NULL;
	size_t i;

	g->wanted_count = 0;
	if (!grow(g->wanted, g->wanted_room,
		  (size_t)v->plain_count + v->postings_count + 1))
		return -ENOMEM;
	for (i = 0; i < v->plain_count; i++)
		g->wanted[g->wanted_count++] = plain[i];
	for (i = 0; i < v->postings_count; i++)
		g->wanted[g->wanted_count++] = posting[i].term;
	for (i = 0; i < g->wanted_count; i++)
		term_at(g, g->wanted[i])->refs++;
	return 0;
}

static void want_none_below(struct graph *g, struct str key)
{
	size_t i, kept = 0;

	for (i = 0; i < g->wanted_count; i++) {
		uint32_t item = g->wanted[i];
		int path = term_path(term_at(g, item));

		if (is_below(g->projection->path[path].name, key))
			term_put(g, item);
		else
			g->wanted[kept++] = item;
	}
	g->wanted_count = kept;
}

static int apply_ops(struct graph *g, uint32_t at, const struct graph_op *ops,
		     size_t count, uint32_t now, struct err *err)
{
	bool has_changed;
	size_t i;
	int error = want_present(g, vertex_at(g, at));

	for (i = 0; !error && i < count; i++) {
		if (!projection_branch(g->projection, ops[i].key))
			continue;
		want_none_below(g, ops[i].key);
		if (!ops[i].value.ptr)
			continue;
		error = facts_read_value(&g->facts, ops[i].key, ops[i].value, err);
		if (!error)
			error = want_facts(g, err);
	}
	if (error == -EINVAL) {
		while (g->wanted_count)
			term_put(g, g->wanted[--g->wanted_count]);
		return error;
	}
	return error ? error : vertex_install(g, at, now, &has_changed);
}

static bool changes_something(const struct graph *g, const struct graph_op *ops,
			      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (projection_branch(g->projection, ops[i].key))
			return true;
	return false;
}

int graph_apply(struct graph *g, struct str id, int64_t revision,
		const struct graph_op *ops, size_t count, int64_t now_ms,
		enum graph_change *change, struct err *err)
{
	uint32_t at = vertex_find(g, id);
	struct vertex *v = at ? vertex_at(g, at) : NULL;
	int error = 0;

	*change = CHANGE_UNKNOWN_NODE;
	if (!v || !v->is_there)
		return 0;
	arena_reset(&g->arena);
	pthread_rwlock_wrlock(&g->lock);
	*change = (uint32_t)revision > v->revision + 1 ? CHANGE_GAP : CHANGE_APPLIED;
	if ((uint32_t)revision > v->revision) {
		v->revision = (uint32_t)revision;
		if (changes_something(g, ops, count))
			error = apply_ops(g, at, ops, count, graph_time(g, now_ms), err);
	}
	pthread_rwlock_unlock(&g->lock);
	return error;
}

uint64_t graph_version(const struct graph *g)
{
	return atomic_load_explicit(&g->version, memory_order_acquire);
}

void graph_expire(struct graph *g, int64_t now_ms)
{
	pthread_rwlock_wrlock(&g->lock);
	tombs_expire(g, graph_time(g, now_ms - g->limits.tombs_ms));
	pthread_rwlock_unlock(&g->lock);
}

void graph_count(struct graph *g, struct graph_counters *counters)
{
	pthread_rwlock_rdlock(&g->lock);
	*counters = (struct graph_counters){
		.nodes = g->nodes,
		.edges = g->edges,
		.tombs = g->tombs,
		.bytes = g->pool.bytes + g->slots * sizeof(*g->slot),
		.repaired = g->repaired,
	};
	pthread_rwlock_unlock(&g->lock);
}
