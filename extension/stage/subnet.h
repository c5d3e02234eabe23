/* SPDX-License-Identifier: Apache-2.0 */
/* subnet.h - the tag of a flow, given the prefixes that are inside. */
#ifndef STAGE_SUBNET_H
#define STAGE_SUBNET_H

#include "base/cidr.h"
#include "flow/flow.h"
#include "pipeline/object.h"

/* TAG_OTHER for a flow without addresses, or with an address that cannot be parsed:
 * then *bad_address is set. */
enum tag subnet_tag(const struct cidr_set *inside, const struct flow *,
		    bool *bad_address);

/* Whether the flow has two valid addresses; otherwise it is TAG_OTHER. */
bool subnet_has_addresses(const struct flow *);

#endif
