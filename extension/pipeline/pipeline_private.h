/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_private.h - what the files of the pipeline share. */
#ifndef PIPELINE_PIPELINE_PRIVATE_H
#define PIPELINE_PIPELINE_PRIVATE_H

#include "pipeline/pipeline.h"

struct item {
	const struct flow *flow;
	void *record;
	bool is_pending;
};

/* The records of one tag, in order of arrival. */
struct items {
	struct item *item;
	size_t count, room;
};

struct pipeline {
	struct pipeline_parts parts;
	struct stats *stats;
	struct arena arena; /* records of the batch at hand */
	struct items tag[TAG_COUNT];
	struct bucket bucket[TAG_COUNT];
};

#endif
