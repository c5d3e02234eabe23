/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - what topology.c (requests, replies, the cache) and asker.c
 * (questions) share. */
#ifndef TOPOLOGY_INSIDE_H
#define TOPOLOGY_INSIDE_H

#include <pthread.h>
#include "net/tls.h"
#include "topology/gremlin.h"
#include "topology/lookup.h"

struct topology {
	struct http *http; /* NULL: nobody is asked */
	struct buf url;
	struct buf authorization; /* the whole header line, or empty */
	struct buf cookie;	  /* likewise */
	struct tls_files tls;
	const char *header[5];
	int64_t timeout_ms, ttl_ms, empty_ttl_ms, error_ttl_ms;
	size_t max_in_flight;
	struct log *log;

	pthread_mutex_t lock; /* for what follows, and the askers */
	pthread_cond_t calm;  /* a reply was dealt with */
	struct map *cache;    /* text to struct shared_answer */
	struct lookups lookups;
	struct topology_counters counters;
	int64_t probe_at_ms; /* while down */
	bool probing, closed;
	size_t replies; /* being dealt with on the net thread */
};

/* With the lock held. */

/* Sends what may be sent now. */
void topology_send(struct topology *);
/* Takes the answer into the cache; NULL is a failure, kept as nothing. */
void topology_keep(struct topology *, struct str text, struct shared_answer *,
		   int64_t now_ms);

#endif
