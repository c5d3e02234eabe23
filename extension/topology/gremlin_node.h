/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin_node.h - reads the members of a reply's node that are kept. */
#ifndef TOPOLOGY_GREMLIN_NODE_H
#define TOPOLOGY_GREMLIN_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "pipeline/answer.h"

struct json_object;

/* The strings are borrowed from the JSON, their lists live in the arena. A member of
 * the wrong type counts as missing. -EINVAL: the node has no ID, so the whole reply is
 * invalid; or -ENOMEM. */
int gremlin_read_node(struct arena *, struct json_object *, struct node *, struct err *);

#endif
