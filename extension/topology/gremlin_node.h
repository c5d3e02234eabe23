/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin_node.h - a node of a reply, as the members that are kept of it. */
#ifndef TOPOLOGY_GREMLIN_NODE_H
#define TOPOLOGY_GREMLIN_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "pipeline/answer.h"

struct json_object;

/* The strings are borrowed from the JSON, their lists live in the arena. A
 * member that is not of its type is as good as none. -EINVAL: the node has no
 * ID, which spoils the whole reply; or -ENOMEM. */
int gremlin_read_node(struct arena *, struct json_object *, struct node *, struct err *);

#endif
