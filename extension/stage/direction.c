/* SPDX-License-Identifier: Apache-2.0 */
/* direction.c - see direction.h. */
#include "base/cidr.h"
#include "stage/direction.h"

static bool direction_is_same(struct str listed, struct str wanted)
{
	struct address a, b;

	return str_equal(listed, wanted) ||
	       (address_parse(listed, &a) && address_parse(wanted, &b) &&
		memcmp(a.byte, b.byte, sizeof(a.byte)) == 0);
}

static enum direction direction_by(const struct strs *addresses, struct str from,
				   struct str to)
{
	size_t i;

	for (i = 0; i < addresses->count; i++) {
		struct str listed = str_until(addresses->item[i], '/');

		if (direction_is_same(listed, from))
			return DIRECTION_OUTBOUND;
		if (direction_is_same(listed, to))
			return DIRECTION_INBOUND;
	}
	return DIRECTION_UNKNOWN;
}

static const struct question by_tid = QUESTION(HAS("TID", 0));

void direction_questions(struct question_list *list)
{
	list->add(list, &by_tid);
}

enum found direction_find(struct queries *queries, const struct flow *flow,
			  enum direction_families families, struct str from,
			  struct str to, enum direction *direction)
{
	const struct answer *nodes;

	*direction = DIRECTION_UNKNOWN;
	if (flow->node_tid.len == 0)
		return ABSENT;
	nodes = query(queries, &by_tid, flow->node_tid);
	if (!nodes)
		return PENDING;
	if (nodes->count)
		*direction = direction_by(&nodes->node[0].ipv4, from, to);
	if (nodes->count && families == DIRECTION_BY_BOTH &&
	    *direction == DIRECTION_UNKNOWN)
		*direction = direction_by(&nodes->node[0].ipv6, from, to);
	return *direction == DIRECTION_UNKNOWN ? ABSENT : FOUND;
}
