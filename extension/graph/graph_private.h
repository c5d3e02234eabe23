/* SPDX-License-Identifier: Apache-2.0 */
/* graph_private.h - shared by the files of a graph: the things in its pool.
 *
 * A term is a value at a path, stored once. A node refers to its terms: those of indexed
 * paths by postings, which are in the list of all nodes with the term. A tombstone is a
 * posting or an edge that is gone.
 *
 * Times are tenths of a second since the first change, 0 for whenever, so that they fit
 * into 32 bits.
 */
#ifndef GRAPH_GRAPH_PRIVATE_H
#define GRAPH_GRAPH_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "graph/graph.h"
#include "graph/pool.h"

#define IN_LIST	      UINT32_C(0x80000000) /* with a term, of a node */
#define TERM_OF(item) ((item) & ~IN_LIST)

enum term_kind {
	TERM_TEXT,
	TERM_UUID /* 16 bytes instead of 36 */,
	TERM_NUMBER,
	TERM_MARK
};

struct term {
	uint32_t next;	   /* in its slot */
	uint32_t refs;	   /* nodes and tombstones */
	uint32_t postings; /* the first; of an ID: its vertex */
	uint16_t path;	   /* with the kind above 12 bits */
	uint16_t len;
	char text[];
};

struct posting {
	uint32_t term; /* with IN_LIST */
	uint32_t vertex;
	uint32_t next; /* of the term */
	uint32_t since;
};

/* A node; or one that only edges or tombstones know. The term of its ID has it in the
 * place of postings. */
struct vertex {
	uint32_t id;		  /* term */
	uint32_t postings, plain; /* arrays: of struct posting; of terms with IN_LIST */
	uint16_t postings_count, plain_count;
	uint32_t out, in;    /* the first edges */
	uint32_t holders;    /* edges and tombstones */
	uint32_t born, mark; /* numbers of synchronizations */
	uint32_t is_there : 1, until : 31;
	uint32_t created_s;
	uint32_t revision;
};

struct edge {
	uint32_t hash; /* of its ID */
	uint32_t parent, child;
	uint32_t next_out, next_in;
	uint32_t mark;
};

/* Its term and vertex, or its parent and child. */
struct tomb {
	uint32_t a, b;
	uint32_t next_a, next_b; /* in the slots of each */
	uint32_t since, until;
	uint32_t later; /* the next to be forgotten */
	uint32_t is_edge;
};

#define TOMB_SLOTS 4096

struct graph {
	const struct projection *projection;
	struct graph_limits limits;
	struct pool pool;
	uint32_t *slot; /* of terms */
	size_t slots, terms;
	int64_t epoch_ms;
	uint32_t sync, synced; /* the present one, and the last that was finished */
	size_t nodes, edges;
	uint64_t repaired;
	atomic_ulong version;

	uint32_t tomb_a[TOMB_SLOTS], tomb_b[TOMB_SLOTS];
	uint32_t oldest_tomb, newest_tomb;
	size_t tombs;

	/* Of the thread that changes it. */
	struct arena arena;
	struct facts facts;
	uint32_t *wanted; /* terms with IN_LIST, each with a reference */
	size_t wanted_count, wanted_room;

	pthread_rwlock_t lock; /* of all above but what is that thread's */
};

static inline struct term *term_at(const struct graph *g, uint32_t term)
{
	return pool_at(&g->pool, TERM_OF(term));
}

static inline int term_path(const struct term *term)
{
	return term->path & 0xfff;
}

static inline enum term_kind term_kind(const struct term *term)
{
	return (enum term_kind)(term->path >> 12);
}

static inline struct vertex *vertex_at(const struct graph *g, uint32_t vertex)
{
	return pool_at(&g->pool, vertex);
}

static inline struct posting *posting_at(const struct graph *g, uint32_t posting)
{
	return pool_at(&g->pool, posting);
}

static inline uint32_t *plain_of(const struct graph *g, const struct vertex *v)
{
	return v->plain ? pool_at(&g->pool, v->plain) : NULL;
}

static inline struct posting *postings_of(const struct graph *g, const struct vertex *v)
{
	return v->postings ? pool_at(&g->pool, v->postings) : NULL;
}

static inline struct edge *edge_at(const struct graph *g, uint32_t edge)
{
	return pool_at(&g->pool, edge);
}

static inline struct tomb *tomb_at(const struct graph *g, uint32_t tomb)
{
	return pool_at(&g->pool, tomb);
}

/* Whether it can be seen now: it is there, and all that was to come with it. */
static inline bool vertex_is_seen(const struct graph *g, const struct vertex *v)
{
	return v->is_there && v->born <= g->synced;
}

uint32_t graph_time(struct graph *, int64_t ms);
/* Something has changed that an answer may show. */
static inline void graph_has_changed(struct graph *g)
{
	atomic_fetch_add_explicit(&g->version, 1, memory_order_release);
}

/* terms.c. 0: no memory, or there is none. The text of a UUID is packed. */
uint32_t term_get(struct graph *, int path, enum term_kind, struct str text);
uint32_t term_find(const struct graph *, int path, enum term_kind, struct str text);
void term_put(struct graph *, uint32_t term);
/* Calls visit for each term of an address, with whatever mask. */
void term_each_of_address(const struct graph *, int path, struct str address,
			  void (*visit)(void *context, uint32_t term), void *context);
/* Its text; of a UUID it is written into the room. */
#define UUID_TEXT 36
struct str term_text(const struct term *, char room[UUID_TEXT]);

/* vertex.c. */
uint32_t vertex_find(const struct graph *, struct str id);
/* Adds one that is not there, if necessary. 0: no memory. */
uint32_t vertex_get(struct graph *, struct str id);
/* Frees it if nothing knows it any more. */
void vertex_release(struct graph *, uint32_t vertex);
/* Puts back what it has, which nobody finds any more. */
void vertex_drop_terms(struct graph *, struct vertex *);

/* Calls visit for each term that it has, until that says true: then it does, too. */
bool vertex_any_term(const struct graph *, const struct vertex *,
		     bool (*visit)(void *context, uint32_t item), void *context);

/* holdings.c */
/* Gives it the wanted terms instead of those that it has; the others go. *has_changed:
 * they were not the same. 0 or -ENOMEM. */
int vertex_install(struct graph *, uint32_t vertex, uint32_t now, bool *has_changed);
/* It is gone; what it had stays, for its tombstones. */
int vertex_bury(struct graph *, uint32_t vertex, uint32_t now);

/* edges.c */
/* NULL: there is none. */
uint32_t *edge_find(const struct graph *, uint32_t hash, uint32_t parent, uint32_t child);
int edge_bury(struct graph *, uint32_t edge, uint32_t now);
uint32_t edge_hash(struct str id);
/* Adds it if it is not there. */
int edge_add(struct graph *, uint32_t hash, uint32_t parent, uint32_t child);

/* tombs.c */
int tomb_add(struct graph *, const struct tomb *);
static inline unsigned tomb_slot(uint32_t thing)
{
	return (thing * UINT32_C(2654435769)) >> 20;
}
/* Forgets those that went before that time. */
void tombs_expire(struct graph *, uint32_t before);

#endif
