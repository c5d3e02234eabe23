/* SPDX-License-Identifier: Apache-2.0 */
/* topology_private.h - shared by topology.c (life cycle, cache), asker.c (questions),
 * request.c (requests), reply.c (their outcomes) and login.c. */
#ifndef TOPOLOGY_TOPOLOGY_PRIVATE_H
#define TOPOLOGY_TOPOLOGY_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "net/tls.h"
#include "sys/workers.h"
#include "topology/analyzers.h"
#include "topology/gremlin.h"
#include "topology/lookup.h"

struct topology {
	struct http *http;			/* NULL: no analyzer is asked */
	void (*replied)(struct http_request *); /* topology_replied() */
	struct tls_files tls;
	int64_t timeout_ms, probe_timeout_ms, patience_ms;
	int64_t ttl_ms, empty_ttl_ms, error_ttl_ms;
	size_t max_in_flight, reply_max;
	struct log *log;

	pthread_mutex_t lock; /* of what follows, and of the askers */
	pthread_cond_t calm;  /* a reply was processed */
	struct analyzers analyzers;
	struct map *cache;	       /* text to struct shared_answer */
	struct shared_answer *failure; /* cached for failed lookups */
	struct lookups lookups;
	struct topology_counters counters;
	int64_t probe_at_ms; /* while down */
	int64_t tell_at_ms;  /* when the next failure may be logged */
	bool probing, closed;
	size_t replies;					 /* being processed */
	struct lookup *long_replies, **long_replies_end; /* that wait for the reader */

	enum topology_mode mode;
	struct mirror *mirror; /* or NULL */
	struct topology_streams *streams;
	struct asker fetcher;		  /* asks for stale nodes */
	struct lookup_wait *mirror_waits; /* askers, while it is awaited */
	atomic_ulong mismatches;
	int64_t differs_at_ms; /* when the next one may be logged */

	struct workers *readers; /* one thread; NULL: none is asked */
	struct task reader;
	struct task sender; /* when requests have become late, and others wait */
};

/* With the lock held. *woken collects askers for topology_wake(). */

/* Sends as many queued lookups as allowed. */
void topology_send(struct topology *);
/* If the current analyzer has not answered for patience_ms, another one becomes the
 * current one, or the topology is down. */
void topology_notice_silence(struct topology *, int64_t now_ms, struct asker **woken);
/* Takes the answer into the cache; NULL is a failure, cached as an unknown answer. */
void topology_keep(struct topology *, struct str text, struct shared_answer *,
		   int64_t now_ms);

/* topology_mirror.c: opens the mirror, where the mode wants one. 0, or -EINVAL. */
int topology_open_mirror(struct topology *, const struct topology_options *,
			 struct err *);
void topology_close_mirror(struct topology *);
/* For an asker: see struct answers. */
const struct answer *asker_known(struct answers *, const struct question *,
				 const struct str *values, int64_t at_ms, struct arena *,
				 struct span *);
uint64_t asker_version(struct answers *);
/* shadow.c: likewise. */
void asker_heard(struct answers *, const struct question *, const struct str *values,
		 struct str text, const struct answer *);

/* Sends it to its analyzer. */
void lookup_start(struct lookup *, int64_t now_ms);
/* Its analyzer is silent, or http ends: it is sent to the next analyzer, or has
 * failed. */
void lookup_unanswered(struct lookup *, int status, const struct err *,
		       struct asker **woken);
/* It has failed, though the analyzer answers. */
void lookup_failed(struct lookup *, const struct err *, struct asker **woken);

/* Its analyzer has answered. */
void lookup_answered(struct topology *, const struct lookup *);
/* Removes it, whatever its outcome, and sends the next. */
void lookup_end(struct topology *, struct lookup *, struct asker **woken);

/* Without the lock. On the net thread: a lookup's request has ended. A long reply is read
 * on a thread of its own, because all uploads would wait for that. */
void topology_replied(struct http_request *);
/* The tasks of that thread. */
void topology_read_replies(struct task *, struct now);
void topology_send_late(struct task *, struct now);
void topology_wake(struct topology *, struct asker *woken);
/* A reply that was counted among the replies has been processed; wakes. */
void topology_settled(struct topology *, struct asker *woken);

#endif
