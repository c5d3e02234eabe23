/* SPDX-License-Identifier: Apache-2.0 */
/* mirror_private.h - shared by mirror.c (its life, questions), subscription.c (the
 * session's user), generation.c (which graph answers) and sync.c (when all is asked for).
 * Each uses those behind it.
 */
#ifndef MIRROR_MIRROR_PRIVATE_H
#define MIRROR_MIRROR_PRIVATE_H

#include <pthread.h>
#include "mirror/mirror.h"
#include "mirror/stale.h"

/* When all is asked for. Monotonic times; 0: not. */
struct sync {
	int64_t asked_ms; /* the request that has no reply yet */
	int64_t due_ms;
	int64_t last_ms; /* the last reply ended */
	bool is_first;	 /* none has come on this connection */
	unsigned serial;
	unsigned broken;  /* replies in a row that did not end */
	uint64_t *reason; /* the counter of what is due */
};

/* A graph with what fills it. */
struct generation {
	struct projection *projection;
	struct graph *graph;
	struct feed feed;
};

struct mirror {
	struct mirror_parts parts;
	struct session *session;
	struct session_counters session_counters;
	size_t url; /* that it uses */

	/* Whoever changes a graph holds it: the session's thread and that of fetched
	 * nodes; and whoever makes or ends one. Before the other lock. */
	pthread_mutex_t change;
	struct generation *next; /* to be synchronized; NULL: the present one is kept */
	struct sync sync;
	struct stale stale;
	struct mirror_counters counters;
	int64_t heard_ms;  /* monotonic */
	int64_t expire_ms; /* when tombstones are looked at next; the messages' time */
	int64_t refused_until_ms;
	atomic_bool is_awaited;
	bool has_failed; /* the connection cannot go on: see counters.error */

	pthread_rwlock_t lock; /* of which graph is the present one */
	uint64_t generations;  /* that have been so */
	struct generation *present;
};

/* The change lock is held, for all of these. */

/* generation.c. Takes the projection, also on failure. NULL: no memory. */
struct generation *generation_new(struct mirror *, struct projection *);
void generation_free(struct generation *); /* NULL is fine */
/* From here on it answers; the one before is freed. */
void mirror_set_present(struct mirror *, struct generation *);
/* The generation that messages are for: the next one, or else the present one. */
struct generation *mirror_target(struct mirror *);
/* A synchronization has ended well: the next one becomes the present one. */
void mirror_advance(struct mirror *);
/* The lock is held. */
void mirror_set_state(struct mirror *, enum mirror_state);
/* It is synchronized, or will not be soon. */
void mirror_settle(struct mirror *);
/* Forgets what has been gone for long, from time to time. */
void mirror_expire(struct mirror *, int64_t wall_ms);
#define MIRROR_TOO_LARGE "the topology is larger than topology.mirror.max_bytes"
/* The stream is not used for an hour; said once. */
void mirror_refuse(struct mirror *, int64_t now_ms, const char *why);

extern const struct feed_user mirror_feed_user;

/* sync.c */
/* A connection begins. */
void sync_restart(struct sync *, uint64_t *connect, int64_t now_ms);
/* Another graph is to be filled. There is one request at a time: a reply that is awaited,
 * and is not for it, has come by then, or does not come. */
void sync_anew(struct sync *, uint64_t *connect, int64_t now_ms);
/* Something came that only a synchronization mends; not more than one in half a
 * minute. */
void sync_soon(struct sync *, uint64_t *reason, int64_t now_ms);
/* The same, while the analyzer is in trouble: in five minutes. */
void sync_later(struct sync *, uint64_t *reason, int64_t now_ms);
/* true: a request is to be sent, with this UUID; *until_ms may be lowered. */
bool sync_is_due(struct sync *, int64_t now_ms, char uuid[64], int64_t *until_ms);
/* No reply has come for too long. */
bool sync_is_late(const struct sync *, int64_t heard_ms, int64_t now_ms,
		  int64_t *until_ms);
void sync_done(struct sync *, int64_t period_ms, uint64_t *period, int64_t now_ms);
/* The connection has ended. true: in the middle of a reply, as the one before. */
bool sync_broke(struct sync *);

/* subscription.c: connects, if it does not. 0, or -EINVAL. */
int subscription_start(struct mirror *, struct err *);

#endif
