/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h - serves a tenant's series (pipeline/series.h) on a port of their own:
 * GET /metrics.
 *
 * The worker that runs the tenant and the HTTP server use the series under a lock. If
 * it cannot listen the tenant goes on, and it tries again: the port may still be that
 * of a predecessor that is about to finish.
 */
#ifndef TENANT_EXPOSITION_H
#define TENANT_EXPOSITION_H

#include "base/now.h"
#include "pipeline/series.h"
#include "stage/prom_sky_con.h"
#include "sys/log.h"

struct exposition;

/* name and log are borrowed. NULL: no memory. */
struct exposition *exposition_new(const struct prom_sky_con *, const char *name,
				  struct log *);
void exposition_free(struct exposition *); /* NULL is fine */

struct series *exposition_series(struct exposition *);
/* Locks the series, until leave. NULL is fine. */
void exposition_enter(struct exposition *);
void exposition_leave(struct exposition *);

/* Starts to listen, if it does not yet; one thread at a time. Returns when to call it
 * again (monotonic): NEVER_MS when it listens. */
int64_t exposition_listen(struct exposition *, struct now);
/* Stops listening and frees the port. NULL is fine. */
void exposition_close(struct exposition *);
/* Since when it does not listen, Unix ms, and why, to text; 0: it does. Any thread. */
int64_t exposition_error(struct exposition *, char *text, size_t size);

#endif
