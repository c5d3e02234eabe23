/* SPDX-License-Identifier: Apache-2.0 */
/* graph.h - the analyzer's topology: nodes and edges by ID, as JSON text.
 *
 * Skydive analyzer: an element has ID, Metadata, Host, Origin, CreatedAt,
 * UpdatedAt, DeletedAt, Revision, an edge also Parent and Child. Events carry
 * whole elements, or, to who asked for policy partial, instead of an update
 * {"ID","UpdatedAt","Revision","Ops"}; Ops are {"Type":1,"Key","Value"} to set
 * and {"Type":2,"Key"} to delete below Metadata, null when the analyzer does
 * not know what changed, which is always so for edges.
 */
#ifndef ANALYZER_GRAPH_H
#define ANALYZER_GRAPH_H

#include "bytes.h"
#include "scan.h"

#include <stdbool.h>
#include <stddef.h>

struct element;
struct message;

struct shelf {
	struct element **buckets;
	size_t cap;
	size_t count;
	size_t bytes; /* of the texts */
};

struct graph {
	struct shelf nodes;
	struct shelf edges;
};

enum change { CHANGE_NONE, CHANGE_PUT, CHANGE_UPDATE, CHANGE_PATCH, CHANGE_DELETE };

void graph_clear(struct graph *);
/* Puts {"Nodes":[...],"Edges":[...]} in the place of all there is. */
void graph_fill(struct graph *, struct text obj);
/* The opposite. */
void graph_dump(const struct graph *, struct bytes *out);
/* How many elements of two graphs are not equal, as JSON. */
size_t graph_differ(const struct graph *, const struct graph *);
/* The text of a node; length 0 if there is none. */
struct text graph_node(const struct graph *, struct text id);

/* What kind of event it is: NodeAdded, EdgePartiallyUpdated and so on. */
enum change graph_change(const struct message *event);
bool graph_is_edge(const struct message *event);
/* The element that the event is about, as it is; length 0 if it is not there. */
struct text graph_known(const struct graph *, const struct message *event);
/* Changes the graph. A SyncReply fills it; updates and deletions of what is not
 * there change nothing, and neither does what is no event. */
void graph_apply(struct graph *, const struct message *event);

#endif
