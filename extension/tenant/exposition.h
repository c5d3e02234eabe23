/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h - a tenant's series (pipeline/series.h) on a port of their own:
 * GET /metrics.
 *
 * Whoever touches the series, the worker that runs the tenant or the HTTP
 * server that answers, holds the lock meanwhile. Where nobody can listen the
 * tenant goes on, and it is tried again: the port may be that of a predecessor
 * that is about to finish.
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
/* The series are the caller's until leave. NULL is fine. */
void exposition_enter(struct exposition *);
void exposition_leave(struct exposition *);

/* Listens, unless it does; by one thread at a time. Returns when to call again
 * (monotonic): NEVER_MS when it listens. */
int64_t exposition_listen(struct exposition *, struct now);
/* Nobody is answered any more; the port is free. NULL is fine. */
void exposition_close(struct exposition *);
/* Why it does not listen, written to text; false: it does. Any thread. */
bool exposition_error(struct exposition *, char *text, size_t size);

#endif
