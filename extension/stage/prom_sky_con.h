/* SPDX-License-Identifier: Apache-2.0 */
/* prom_sky_con.h - pipeline.store.prom_sky_con: series for Prometheus instead of
 * objects; see pipeline/series.h.
 */
#ifndef STAGE_PROM_SKY_CON_H
#define STAGE_PROM_SKY_CON_H

#include "config/config.h"
#include "stage/stage_set.h"

struct prom_sky_con {
	struct str port; /* digits; on all interfaces */
	int64_t connection_timeout_ms;
	int64_t max_connections; /* and interfaces */
};

extern const struct config_section prom_sky_con_section;

/* Strings live in the arena. Errors, also stages that do not fit, go to problems. */
void prom_sky_con_read(struct prom_sky_con *, const struct config *,
		       const struct stage_set *, struct arena *, struct problems *);

#endif
