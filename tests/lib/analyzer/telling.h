/* SPDX-License-Identifier: Apache-2.0 */
/* telling.h - what subscribers are told of an event, by their policy.
 *
 * Skydive analyzer: who asked for policy partial gets PartiallyUpdated instead
 * of Updated, always with Ops of null for edges. Recordings were made with one
 * policy; the other is computed from the graph.
 */
#ifndef ANALYZER_TELLING_H
#define ANALYZER_TELLING_H

struct graph;
struct message;

struct telling {
	struct message *full; /* NULL = nothing */
	struct message *partial;
};

/* The event must not be applied yet. The caller gets references. */
struct telling telling_of(const struct graph *, struct message *event);
/* Both are the event as it is. */
struct telling telling_verbatim(struct message *event);
void telling_end(struct telling *);

#endif
