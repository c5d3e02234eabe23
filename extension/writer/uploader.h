/* SPDX-License-Identifier: Apache-2.0 */
/* uploader.h - one pipeline's finished objects, from the spool to its store.
 *
 * A task that takes the oldest objects, hands a few at a time to the writer, and
 * removes those that were stored. When others have waited for long because no more may
 * be under way, STAT_LIMIT_UPLOADS counts that. After a failure the whole pipeline waits (see
 * pause.h); then one object at a time is tried until one is stored. Only an object that
 * the store refuses for itself is given up: it is kept while the next one is tried, and
 * goes to bad/ if it is refused again after another one was stored (see refusals.h).
 * Failures are logged as health.h says.
 */
#ifndef WRITER_UPLOADER_H
#define WRITER_UPLOADER_H

#include "spool/spool.h"
#include "writer/writer.h"
#include "sys/workers.h"

struct uploader;

struct uploader_parts {
	const struct writer *writer;
	void *state; /* the writer's, configured */
	struct spool_dir *dir;
	struct workers *workers;
	struct stats *stats;
	struct log *log;
	uint64_t seed; /* of the jitter */
	unsigned most; /* objects under way at a time, at least 1 */
	/* An object was stored; from a worker. It is borrowed. May be NULL. */
	void (*stored)(void *context, const struct sealed *, struct now);
	void *context;
};

/* All parts are borrowed for the uploader's life. NULL: no memory. */
struct uploader *uploader_new(const struct uploader_parts *);
/* Cancels what is under way and waits for it to end. */
void uploader_free(struct uploader *);

/* Any thread: there may be something new. */
void uploader_wake(struct uploader *);

struct uploader_status {
	int64_t degraded_ms; /* since when attempts fail, Unix; 0: the last did not */
	unsigned under_way;
	int64_t sent_ms; /* when the oldest of those began, monotonic; NEVER_MS */
	char error[PUT_ERROR_MAX]; /* of the last failure, while degraded; else a warning,
				    * or "" */
};
void uploader_status(struct uploader *, struct uploader_status *);

#endif
