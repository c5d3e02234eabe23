/* SPDX-License-Identifier: Apache-2.0 */
/* subnet.h - which way a flow goes, given the prefixes that are inside. */
#ifndef STAGE_SUBNET_H
#define STAGE_SUBNET_H

#include "base/cidr.h"
#include "flow/flow.h"
#include "pipeline/object.h"

/* TAG_OTHER for a flow without addresses, and for one with an address that is
 * none: then *bad_address is set. */
enum tag subnet_tag(const struct cidr_set *inside, const struct flow *,
		    bool *bad_address);

/* Whether the flow has two addresses that can be read; without it is TAG_OTHER. */
bool subnet_has_addresses(const struct flow *);

#endif
