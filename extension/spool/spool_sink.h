/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink.h - a pipeline's sink: rows to open files, open files to objects.
 *
 * append() and seal() run on the worker that runs the tenant; making the
 * object is a task of its own, so that the tenant goes on meanwhile. When the
 * task has put the object into the spool it tells who uploads.
 */
#ifndef SPOOL_SPOOL_SINK_H
#define SPOOL_SPOOL_SINK_H

#include <pthread.h>
#include "stage/object_spec.h"
#include "spool/spool.h"
#include "sys/workers.h"

struct spool_sink;

/* The stream ids of a pipeline. Two sinks of one pipeline, the old and the
 * new one of a reload, never get the same. Nor do two pipelines of which one
 * has ended: the other may write where it did. */
struct streams {
	pthread_mutex_t lock;
	int64_t last;		       /* given out, or not to be given; 0: none */
	const struct spool_sink *user; /* who got it */
	bool has_ended;		       /* it only finishes */
	int64_t alone;		       /* then: what it has for itself; 0: nothing */
};

struct spool_sink_parts {
	struct spool_dir *dir;
	const struct stage_set *stages;
	struct object_spec_place place; /* its tag and slot are not used */
	struct workers *sealers;	/* make the objects */
	struct stats *stats;
	struct streams *streams; /* NULL: nobody else uses them */
	bool in_order;		 /* objects are finished one after the other */
	struct log *log;
	void (*sealed)(void *context); /* from a worker; must not block */
	/* Open objects take too much: the pipeline is to look soon which of them must
	 * end. Any thread; must not block, nor call the spool. May be NULL. */
	void (*finish)(void *context);
	void *context;
};

/* All parts are borrowed for the spool_sink's life. NULL: no memory. */
struct spool_sink *spool_sink_new(const struct spool_sink_parts *);
/* From here on it is the one that is asked to finish its objects when room is short. */
void spool_sink_begin(struct spool_sink *);
/* No task of it runs afterwards; what is not sealed stays open in the spool. */
void spool_sink_free(struct spool_sink *);
struct sink *spool_sink_base(struct spool_sink *);
/* Another one of this pipeline is about to begin: keeps streams for the objects
 * that are still to be sealed, so that their keys come before its. */
void spool_sink_keep_stream(struct spool_sink *, struct now);

/* Gives a key to what earlier runs left open, and seals it. Once, before the
 * first append. */
void spool_sink_recover(struct spool_sink *, struct now);
/* Objects that have their key and are not in the spool yet. */
size_t spool_sink_sealing(struct spool_sink *);

#endif
