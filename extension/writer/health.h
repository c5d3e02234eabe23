/* SPDX-License-Identifier: Apache-2.0 */
/* health.h - whether a pipeline's store takes objects, as log and status say it.
 *
 * One line in the log when it begins to fail, one for each other cause, one
 * when it works again. A warning is a failure that is foreseen. Only the
 * uploader's task changes it; any thread may read it.
 */
#ifndef WRITER_HEALTH_H
#define WRITER_HEALTH_H

#include <pthread.h>
#include <stdbool.h>
#include "base/log_once.h"
#include "writer/writer.h"

struct log;

struct health {
	const char *tenant, *store; /* names */
	struct log *log;
	struct log_once said; /* while degraded */
	pthread_mutex_t lock; /* of what follows */
	int64_t since_ms;     /* Unix; 0: the last attempt did not fail */
	char error[PUT_ERROR_MAX];
	char warning[PUT_ERROR_MAX]; /* it works, but will not for long; or "" */
};

/* All is borrowed. */
void health_init(struct health *, const char *tenant, const char *store, struct log *);
void health_fini(struct health *);

/* cause: the part of why that tells one cause from another. */
void health_failed(struct health *, const char *why, const char *cause);
void health_works(struct health *);
/* What will fail soon; "": nothing. */
void health_warn(struct health *, const char *why);

/* Since when attempts fail, Unix ms; 0: the last one did not. error: the reason, or else
 * the warning, or "". */
int64_t health_get(struct health *, char error[PUT_ERROR_MAX]);

#endif
