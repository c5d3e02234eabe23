/* SPDX-License-Identifier: Apache-2.0 */
/* store_options.h - pipeline.store: when objects are finished, and where they go.
 *
 * "buffered" collects records per tag. "direct" makes every record an object
 * of its own; with the writer stdout it prints the records of each message and
 * tag as one, as the Go exporter does. "prom_sky_con" makes no objects: see
 * stage/prom_sky_con.h.
 */
#ifndef STAGE_STORE_OPTIONS_H
#define STAGE_STORE_OPTIONS_H

#include "config/config.h"
#include "pipeline/bucket.h"

struct store_options {
	struct bucket_limits bucket;
	struct str dirname;
	struct str content_encoding; /* "auto", "gzip", "none" */
	bool has_own_layout;	     /* a template */
	bool needs_gzip;	     /* its keys end in .gz */
	bool is_titled_by_tag;	     /* what is printed of "direct" */
};

enum store_type { STORE_BAD = -1, STORE_BUFFERED, STORE_DIRECT, STORE_PROM_SKY_CON };

/* STORE_BAD: see problems. */
enum store_type store_type_read(const struct config *, struct arena *, struct problems *);

/* Strings live in the arena. Errors go to problems; with STORE_BAD nothing is read. */
void store_options_read(struct store_options *, const struct config *, enum store_type,
			bool is_stdout, struct arena *, struct problems *);

size_t store_options_sections(struct config_section *, size_t max);

#endif
