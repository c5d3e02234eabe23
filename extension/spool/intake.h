/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - a pipeline's sink: rows to open files, open files to objects.
 *
 * append() and seal() run on the worker that runs the tenant; making the
 * object is a task of its own, so that the tenant goes on meanwhile. When the
 * task has put the object into the spool it tells who uploads.
 */
#ifndef SPOOL_INTAKE_H
#define SPOOL_INTAKE_H

#include <pthread.h>
#include "stage/recipe.h"
#include "spool/spool.h"
#include "sys/workers.h"

struct intake;

/* The stream ids of a pipeline. Two intakes of one pipeline, the old and the
 * new one of a reload, never get the same. Nor do two pipelines of which one
 * has ended: the other may write where it did. */
struct streams {
	pthread_mutex_t lock;
	int64_t last;		   /* given out, or not to be given; 0: none */
	const struct intake *user; /* who got it */
	bool has_ended;		   /* it only finishes */
	int64_t alone;		   /* then: what it has for itself; 0: nothing */
};

struct intake_parts {
	struct spool_dir *dir;
	const struct stage_set *stages;
	struct recipe_place place; /* its tag and slot are not used */
	struct workers *sealers;   /* make the objects */
	struct stats *stats;
	struct streams *streams; /* NULL: nobody else uses them */
	struct log *log;
	void (*sealed)(void *context); /* from a worker; must not block */
	void *context;
};

/* All parts are borrowed for the intake's life. NULL: no memory. */
struct intake *intake_new(const struct intake_parts *);
/* No task of it runs afterwards; what is not sealed stays open in the spool. */
void intake_free(struct intake *);
struct sink *intake_sink(struct intake *);
/* Another one of this pipeline is about to begin: keeps streams for the objects
 * that are still to be sealed, so that their keys come before its. */
void intake_keep_stream(struct intake *, struct now);

/* Gives a key to what earlier runs left open, and seals it. Once, before the
 * first append. */
void intake_recover(struct intake *, struct now);
/* Objects that have their key and are not in the spool yet. */
size_t intake_sealing(struct intake *);

#endif
