/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - pipeline.store: when an object is finished, and where it goes.
 *
 * "buffered" collects records per tag. "direct" makes every record an object
 * of its own; with the writer stdout it prints the records of each message and
 * tag as one, as the Go exporter does. "prom_sky_con" makes no objects: see
 * stage/prom_sky_con.h.
 */
#ifndef STAGE_LIMITS_H
#define STAGE_LIMITS_H

#include "config/config.h"
#include "pipeline/bucket.h"

struct store_limits {
	struct bucket_limits bucket;
	struct str dirname;
	struct str content_encoding; /* "auto", "gzip", "none" */
	bool has_own_layout;	     /* a template */
	bool needs_gzip;	     /* its keys say that objects are gzip'ed */
};

enum store_type { STORE_BAD = -1, STORE_BUFFERED, STORE_DIRECT, STORE_PROM_SKY_CON };

/* STORE_BAD: what is wrong went to problems. */
enum store_type store_type_read(const struct config *, struct arena *, struct problems *);

/* Strings live in the arena. What is wrong goes to problems; of a bad type
 * nothing is read. */
void store_limits_read(struct store_limits *, const struct config *, enum store_type,
		       bool is_stdout, struct arena *, struct problems *);

size_t store_limits_sections(struct config_section *, size_t max);

#endif
