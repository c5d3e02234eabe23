/* SPDX-License-Identifier: Apache-2.0 */
/* limits_settings.h - pipeline.limits: what one pipeline may take.
 *
 * Not to be mixed up with the program's own "limits" (settings_program.h), which are of
 * all pipelines together. Each value of 0 is no limit.
 */
#ifndef SETTINGS_LIMITS_SETTINGS_H
#define SETTINGS_LIMITS_SETTINGS_H

#include "config/config.h"

#define LIMITS_UPLOADS_MAX 16

struct limits_settings {
	int64_t flows_per_second, flows_burst;
	int64_t records_in_memory;
	int64_t spool_bytes;
	int64_t uploads_at_once; /* 1 to LIMITS_UPLOADS_MAX */
	int64_t questions_per_second;
};

extern const struct config_section limits_settings_section;

/* A burst that was not configured is set. What is wrong goes to problems. */
void limits_settings_read(struct limits_settings *, const struct config *, struct arena *,
			  struct problems *);

#endif
