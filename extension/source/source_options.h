/* SPDX-License-Identifier: Apache-2.0 */
/* source_options.h - pipeline.subscriber: the source, by its URL, with its own keys,
 * and which of its flows the pipeline wants.
 */
#ifndef SOURCE_SOURCE_OPTIONS_H
#define SOURCE_SOURCE_OPTIONS_H

#include "config/config.h"
#include "source/source.h"
#include "source/source_auth.h"

struct source_options {
	const struct source *source; /* NULL: the URL is wrong */
	struct url url;
	struct str capture_id;	 /* only the flows of this capture; empty: all */
	const void *own;	 /* of the source's shape; NULL: it has none */
	struct source_auth auth; /* of an analyzer's stream */
};

/* Strings and own live in the arena. Errors go to problems. */
void source_options_read(struct source_options *, const struct config *, struct arena *,
			 struct problems *);
/* The keys of all sources, for config_check(): writes up to max sections, returns
 * how many there are. */
size_t source_sections(struct config_section *, size_t max);

/* The key in which two options with the same URL differ; NULL: they can share a
 * source. */
const char *source_options_conflict(const struct source_options *,
				    const struct source_options *);

#endif
