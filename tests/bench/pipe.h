/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.h - a pipeline with everything around it, without threads but the one
 * that asks an analyzer. See bench.h.
 */
#ifndef PIPE_H
#define PIPE_H

#include <semaphore.h>
#include "bench.h"
#include "pipeline/pipeline.h"
#include "spool/spool_sink.h"
#include "settings/pipeline_settings.h"
#include "topology/topology.h"

struct compression {
	const char *type;
	int level;
};

/* Security Advisor records with two lines of extend. */
#define PIPE_SECADVISOR                                                                  \
	"secadvisor\n    secadvisor:\n      extend:\n"                                   \
	"        - A_Host=G.V().Has('RoutingTables.Src','{{.Network.A}}')"               \
	".Values('Host')\n"                                                              \
	"        - B_Host=G.V().Has('RoutingTables.Src','{{.Network.B}}')"               \
	".Values('Host')"

struct pipe_options {
	const char *flows;	     /* a file of flows.py */
	const struct encode *encode; /* in place of the configured one, or NULL */
	const char *transform;	     /* NULL: vpclogs, with its header */
	struct compression compression;
	bool in_memory;	      /* rows; else in a spool */
	bool advances;	      /* flows have moved on in each pass */
	const char *analyzer; /* "host:port" that is asked; NULL: answers */
	const char *answers;  /* a file of them, to questions by address; NULL:
			       * topology.json, to questions by path */
	const char *graph;    /* a SyncReply, for a mirror that answers; or NULL */
	bool mirrors;	      /* that analyzer's topology */
	int64_t max_in_flight;
};

/* Keeps rows in memory. */
struct memory {
	struct sink sink;
	struct buf rows[TAG_COUNT];
};

struct pipe {
	struct state state;
	struct pipe_options options;
	struct stream stream;
	struct batch **batch;
	struct pipeline_settings *settings;
	struct stats stats;
	struct http *http;
	struct topology *topology;
	struct question_list list;
	struct projection *projection;
	struct asker asker;
	sem_t answered;
	struct queries queries;
	struct pipeline *pipeline;

	struct memory memory;

	/* Or the spool. */
	char path[4096];
	struct workers *workers;
	struct spool *spool;
	struct spool_dir *dir;
	struct spool_sink *spool_sink;
};

/* The time, always. */
extern const struct now pipe_now;

struct pipe *pipe_start(size_t passes, const struct pipe_options *);
void pipe_end(void *pipe);

/* All flows into rows, batch by batch, waiting for what is asked. */
void pipe_make_rows(struct pipe *);

#endif
