/* SPDX-License-Identifier: Apache-2.0 */
/* header_none.c - an object is the list of its records. */
#include "stage/registry.h"

static size_t none_members(const void *state, struct str record,
			   const struct object *about, struct arena *arena,
			   struct header_member **members)
{
	(void)state;
	(void)record;
	(void)about;
	(void)arena;
	*members = NULL;
	return 0;
}

const struct header header_none = {
	.stage = { .name = "none" },
	.members = none_members,
};
