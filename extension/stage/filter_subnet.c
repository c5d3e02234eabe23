/* SPDX-License-Identifier: Apache-2.0 */
/* filter_subnet.c - leaves out the flows of some tags. */
#include <stdio.h>
#include "stage/registry.h"

struct excluded {
	struct strs excluded_tags;
	bool is_excluded[TAG_COUNT];
};

static const struct shape excluded_shape = {
	.name = "subnet",
	.size = sizeof(struct excluded),
	.fields =
		(const struct field[]){
			OPTION(struct excluded, excluded_tags, "excluded_tags", 0,
			       "tags to leave out: internal, ingress, egress, other"),
			{ 0 },
		},
};

static int excluded_init(void *state, struct err *err)
{
	struct excluded *self = state;
	int tag, error = 0;
	size_t i;

	for (i = 0; i < self->excluded_tags.count; i++) {
		struct str name = self->excluded_tags.item[i];
		char key[64];

		for (tag = 0; tag < TAG_COUNT && !str_is(name, tag_names[tag]); tag++)
			;
		if (tag < TAG_COUNT) {
			self->is_excluded[tag] = true;
			continue;
		}
		snprintf(key, sizeof(key), "excluded_tags[%zu]", i);
		err_also(err);
		error = err_set_key(err, key,
				    "\"" STR_FMT "\" is no tag; tags are egress, "
				    "ingress, internal and other",
				    STR_ARG(name));
	}
	return error;
}

static bool excluded_keeps(const void *state, enum tag tag)
{
	const struct excluded *self = state;

	return !self->is_excluded[tag];
}

const struct filter filter_subnet = {
	.stage = { .name = "subnet",
		   .section = "pipeline.filter",
		   .state = &excluded_shape,
		   .init = excluded_init },
	.keeps = excluded_keeps,
};
