/* SPDX-License-Identifier: Apache-2.0 */
/* graph.h - a topology in memory: nodes, edges, and who had what when.
 *
 * It is filled by a synchronization, which brings all elements, and kept up to date by
 * events. What a synchronization brings is not seen before all of it is there; what it
 * does not bring again has been deleted. So a graph never answers from half of one, and
 * a second synchronization needs no second graph.
 *
 * The name of an address is that of the time when a flow was seen. What goes is kept as
 * a tombstone, with the time in which we saw it: an address, a TID or a container's id
 * of a node, an edge. Those who had a value at a time answer for it; if nobody is known
 * to have had it then, those who have it now do. That is so because an agent which
 * restarts makes all of its nodes anew.
 *
 * One thread changes a graph, any thread asks it. Facts about analyzers (v0.28 to master
 * of 2024-07) were seen on them: nodes and edges have UUIDs; an edge is deleted before
 * its nodes, and added after them, but either may be missing; revisions rise by one.
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "graph/facts.h"
#include "graph/projection.h"
#include "pipeline/answer.h"
#include "pipeline/question.h"

struct graph;

struct graph_limits {
	size_t bytes;	  /* of all memory */
	int64_t tombs_ms; /* how long what is gone can be asked for */
};

/* The projection is borrowed. NULL: no memory. */
struct graph *graph_new(const struct projection *, const struct graph_limits *);
void graph_free(struct graph *); /* NULL is fine */

/* A change costs at most as much as the element and what stands beside it. All return
 * 0, -EINVAL for what is not an element (see err), or -ENOMEM: the limit is reached, or
 * there is no memory, and the graph can only be freed. */

/* Begins to bring all elements; ends an earlier one that was not finished. */
void graph_sync_begin(struct graph *);
/* All were brought. */
int graph_sync_end(struct graph *, int64_t now_ms);
bool graph_is_synced(struct graph *);

int graph_put_node(struct graph *, struct str json, int64_t now_ms, struct err *);
int graph_put_edge(struct graph *, struct str json, int64_t now_ms, struct err *);
/* Nothing, if there is no such element. */
int graph_delete_node(struct graph *, struct str json, int64_t now_ms, struct err *);
int graph_delete_edge(struct graph *, struct str json, int64_t now_ms, struct err *);

/* One change of a node's metadata. */
struct graph_op {
	struct str key;	  /* dotted */
	struct str value; /* JSON; {NULL, 0}: the key is deleted */
};

enum graph_change { CHANGE_APPLIED, CHANGE_UNKNOWN_NODE, CHANGE_GAP };

/* revision is the node's after them. *change: the node is not known, or an earlier
 * revision is missing (the ops were applied all the same). */
int graph_apply(struct graph *, struct str id, int64_t revision, const struct graph_op *,
		size_t ops, int64_t now_ms, enum graph_change *change, struct err *);
/* What has been gone for long is forgotten. */
void graph_expire(struct graph *, int64_t now_ms);

struct graph_counters {
	size_t nodes, edges, tombs, bytes;
	uint64_t repaired; /* elements that a later synchronization changed */
};
void graph_count(struct graph *, struct graph_counters *);

/* For which times an answer holds, Unix ms, as long as the version stays. */
struct graph_span {
	int64_t from_ms, to_ms; /* to_ms is not among them */
};

/* The answer for that time, Unix ms; 0: now. The span is made shorter, if the answer's
 * is. In the arena. Nodes are in the order of
 * their creation, the newest first. NULL: the graph cannot answer it, or has no memory
 * for it, or is not synchronized. Takes a lock that changes hold only for their own
 * time. */
const struct answer *graph_answer(struct graph *, const struct question *,
				  const struct str *values, int64_t at_ms, struct arena *,
				  struct graph_span *);
/* Rises with each change that an answer may show; never 0. Without a lock. */
uint64_t graph_version(const struct graph *);

#endif
