/* SPDX-License-Identifier: Apache-2.0 */
/* uploader.h - one pipeline's finished objects, from the spool to its store.
 *
 * A task that takes the oldest objects, hands a few at a time to the writer,
 * and unlinks what was stored. After a failure everything of this pipeline
 * waits, exponentially longer with full jitter (0.5 s to 60 s, or as long as
 * the store asks for, up to ten minutes: a longer pause is not heeded), then one
 * object at a time is tried until one is stored.
 * Nothing is given up but what the store refuses for itself: an object that is
 * refused is kept, and the next one is tried. Only when another was stored, and this
 * one is then refused again, it goes to bad/. One line in the log when it begins
 * to fail, one for another cause, one when it works again.
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
	/* An object was stored; from a worker. May be NULL. */
	void (*stored)(void *context, int64_t bytes, struct now);
	/* Whether what comes before is still in the making; asked on a worker. Who
	 * says so wakes it when it is done. May be NULL. */
	bool (*waits)(void *context);
	void *context;
};

/* All parts are borrowed for the uploader's life. NULL: no memory. */
struct uploader *uploader_new(const struct uploader_parts *);
/* Cancels what is under way and waits for it to end. */
void uploader_free(struct uploader *);

/* Any thread: there may be something new. */
void uploader_wake(struct uploader *);

struct uploader_status {
	bool is_degraded; /* the last attempt failed */
	unsigned under_way;
	char error[PUT_ERROR_MAX]; /* of the last failure, while degraded; else what
			  * will fail soon, or "" */
};
void uploader_status(struct uploader *, struct uploader_status *);

#endif
