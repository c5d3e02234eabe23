/* SPDX-License-Identifier: Apache-2.0 */
/* direction.h - which way a flow goes, seen from the node where it was captured.
 *
 * The first address of the node that is one of the flow's tells it. Skydive lists
 * a node's addresses as IPV4 and IPV6, with prefix lengths (spec: skydive.network,
 * interface metadata); an address is compared by its value, not by its spelling.
 */
#ifndef STAGE_DIRECTION_H
#define STAGE_DIRECTION_H

#include "flow/flow.h"
#include "pipeline/query.h"

/* The Go exporter looks at IPv4 only, and so do records that are to be its. */
enum direction_families { DIRECTION_BY_IPV4, DIRECTION_BY_BOTH };

enum direction { DIRECTION_UNKNOWN, DIRECTION_OUTBOUND, DIRECTION_INBOUND };

/* Outbound: the node has the address from. PENDING: ask again; ABSENT: the node is
 * not known, or has neither address, as bridges do not. */
enum found direction_find(struct queries *, const struct flow *, enum direction_families,
			  struct str from, struct str to, enum direction *);

#endif
