/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.h - a pipeline with everything around it, without threads. See bench.h.
 */
#ifndef PIPE_H
#define PIPE_H

#include "bench.h"
#include "store/intake.h"
#include "tenant_config.h"
#include "topology/topology.h"

struct compression {
	const char *type;
	int level;
};

/* Keeps rows in memory. */
struct memory {
	struct sink sink;
	struct buf rows[TAG_COUNT];
};

struct pipe {
	struct state state;
	struct compression compression;
	struct stream stream;
	struct batch **batch;
	struct config *config;
	struct tenant_config tenant;
	struct stats stats;
	struct topology *topology;
	struct asker asker;
	struct queries queries;
	struct pipeline *pipeline;

	struct memory memory;

	/* Or the spool. */
	char path[4096];
	struct workers *workers;
	struct spool *spool;
	struct spool_dir *dir;
	struct intake *intake;
};

/* The time, always. */
extern const struct now pipe_now;

/* A pipeline over the flows of a file, with rows in memory or in a spool. */
struct pipe *pipe_start(size_t passes, const char *name, struct compression,
			bool in_memory);
void pipe_end(void *pipe);

#endif
