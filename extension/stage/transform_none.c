/* SPDX-License-Identifier: Apache-2.0 */
/* transform_none.c - the flow itself is the record. */
#include "stage/registry.h"

static enum verdict none_make(void *state, enum tag tag, const struct flow *flow,
			      struct now now, void *record)
{
	(void)state;
	(void)tag;
	(void)now;
	*(struct flow *)record = *flow;
	return KEEP;
}

const struct transform transform_none = {
	.stage = { .name = "none" },
	.record = &flow_shape,
	.make = none_make,
};
