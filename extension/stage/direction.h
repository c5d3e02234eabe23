/* SPDX-License-Identifier: Apache-2.0 */
/* direction.h - the direction of a flow, seen from the node where it was captured.
 *
 * The first of the node's addresses that is one of the flow's decides. Skydive lists a
 * node's addresses as IPV4 and IPV6, with prefix lengths (spec: skydive.network,
 * interface metadata); addresses are compared by value, not by their text.
 */
#ifndef STAGE_DIRECTION_H
#define STAGE_DIRECTION_H

#include "flow/flow.h"
#include "pipeline/stage.h"

/* The Go exporter looks at IPv4 only, and so do records of its kind. */
enum direction_families { DIRECTION_BY_IPV4, DIRECTION_BY_BOTH };

enum direction { DIRECTION_UNKNOWN, DIRECTION_OUTBOUND, DIRECTION_INBOUND };

/* Adds what it asks. */
void direction_questions(struct question_list *);

/* Outbound: the node has the address "from". PENDING: ask again; ABSENT: the node is
 * not known or has neither address, as is usual for bridges. */
enum found direction_find(struct queries *, const struct flow *, enum direction_families,
			  struct str from, struct str to, enum direction *);

#endif
