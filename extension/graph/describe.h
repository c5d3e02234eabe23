/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - what an answer says of the nodes that a walk has come to. Private to the
 * graph, whose lock is held.
 */
#ifndef GRAPH_DESCRIBE_H
#define GRAPH_DESCRIBE_H

#include "graph/walk.h"

/* The members of struct node that they have; all is in the arena. */
void describe_nodes(struct walk *, struct answer *, struct arena *);
/* The first value of the path, as the reply of an analyzer is read: it counts only if all
 * values are text. */
void describe_values(struct walk *, int path, struct answer *, struct arena *);

#endif
