/* SPDX-License-Identifier: Apache-2.0 */
/* subnet.c - see subnet.h. */
#include "stage/subnet.h"

enum tag subnet_tag(const struct cidr_set *inside, const struct flow *flow,
		    bool *bad_address)
{
	struct address from, to;
	bool from_inside, to_inside;

	if (!flow->network)
		return TAG_OTHER;
	if (!address_parse(flow->network->a, &from) ||
	    !address_parse(flow->network->b, &to)) {
		*bad_address = true;
		return TAG_OTHER;
	}
	from_inside = cidr_set_contains(inside, &from);
	to_inside = cidr_set_contains(inside, &to);
	if (from_inside)
		return to_inside ? TAG_INTERNAL : TAG_EGRESS;
	return to_inside ? TAG_INGRESS : TAG_OTHER;
}

bool subnet_has_addresses(const struct flow *flow)
{
	struct address address;

	return flow->network && address_parse(flow->network->a, &address) &&
	       address_parse(flow->network->b, &address);
}
