/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink.h - a pipeline's sink: rows to open files, open files to objects.
 *
 * append() and seal() run on the worker that runs the tenant; the object is made by a
 * separate task, so that the tenant goes on meanwhile. When the task has put the object
 * into the spool it calls sealed().
 */
#ifndef SPOOL_SPOOL_SINK_H
#define SPOOL_SPOOL_SINK_H

#include <pthread.h>
#include "stage/object_spec.h"
#include "spool/spool.h"
#include "sys/workers.h"

struct spool_sink;

/* The stream ids of a pipeline. Two sinks of a pipeline, the old and the new one of a
 * reload, never get the same id. Nor do a pipeline that has ended and another one,
 * which may write to the same place. */
struct streams {
	pthread_mutex_t lock;
	int64_t last;		       /* given out, or reserved; 0: none */
	const struct spool_sink *user; /* the sink that got it */
	bool has_ended;		       /* its pipeline was removed and only finishes */
	int64_t alone;		       /* its own id in that case; 0: none */
};

struct spool_sink_parts {
	struct spool_dir *dir;
	const struct stage_set *stages;
	struct object_spec_place place; /* tag and slot are not used */
	struct workers *sealers;	/* make the objects */
	struct stats *stats;
	struct streams *streams; /* NULL: not shared */
	bool in_order;		 /* finishes objects one after the other */
	struct log *log;
	void (*sealed)(void *context); /* from a worker; must not block */
	/* Open objects take too much room: the pipeline should soon check which must
	 * end. Any thread; must not block or call the spool. May be NULL. */
	void (*finish)(void *context);
	void *context;
};

/* All parts are borrowed for the spool_sink's life. NULL: no memory. */
struct spool_sink *spool_sink_new(const struct spool_sink_parts *);
/* From here on it is the one that is asked to finish its objects when room is short. */
void spool_sink_begin(struct spool_sink *);
/* When objects are made in order: makes none until another sink of the pipeline, which
 * began before, has made its last one and spool_sink_go_on() is called. */
void spool_sink_await(struct spool_sink *);
void spool_sink_go_on(struct spool_sink *);
/* None of its tasks runs afterwards; objects that are not sealed stay open in the
 * spool. */
void spool_sink_free(struct spool_sink *);
struct sink *spool_sink_base(struct spool_sink *);
/* Another sink of this pipeline is about to start: reserves streams and ids for the
 * objects that are still to be made, so that they sort before those of the new one. */
void spool_sink_keep_order(struct spool_sink *, struct now);

/* Gives keys to the objects that earlier runs left open, and seals them. Once, before
 * the first append. */
void spool_sink_recover(struct spool_sink *, struct now);
/* The number of objects that have their key but are not yet finished in the spool. */
size_t spool_sink_sealing(struct spool_sink *);
/* The lowest id of those; UINT64_MAX: there is none. */
uint64_t spool_sink_first(struct spool_sink *);

#endif
