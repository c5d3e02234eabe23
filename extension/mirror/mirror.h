/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.h - the analyzer's topology in our memory, kept up to date by its events.
 *
 *	session -> feed -> graph <- tenants' questions
 *
 * One subscription for all tenants. It exists while there are questions that a graph can
 * answer, and keeps of each node what they can name. Until the first SyncReply is there,
 * and when the stream cannot be used, mirror_answer() answers nothing and the analyzer
 * is asked instead.
 *
 * How it synchronizes follows from what an analyzer (v0.28 to master of 2024-07) does:
 *
 * - It makes a SyncReply under the lock of its graph and drops who does not read it in
 *   10 s: so there is one request at a time, rarely, and who was dropped twice in the
 *   middle of a reply asks no more for an hour.
 * - It may lose events when there are many, and its agents send all of their nodes anew
 *   some seconds after it has started: so we synchronize again 10 s after each
 *   connection, and then every resync_ms.
 * - It does not say how a node has changed when somebody replaced it: such nodes are
 *   asked for by their IDs, many at once.
 */
#ifndef MIRROR_MIRROR_H
#define MIRROR_MIRROR_H

#include "graph/feed.h"
#include "net/session.h"

struct mirror;

struct mirror_parts {
	const struct url *url; /* one of each analyzer; a stream is taken from one */
	size_t urls;
	const struct session_identity *identity;
	size_t bytes_max;
	int64_t resync_ms;
	/* Asks an analyzer this question, and has mirror_fetched() called with its
	 * reply. On any thread, without a lock. */
	void (*fetch)(void *context, struct str question);
	/* The mirror is no longer worth waiting for: see mirror_is_awaited(). */
	void (*settled)(void *context);
	void *context;
	struct log *log; /* or NULL */
};

enum mirror_state {
	MIRROR_OFF,	   /* nothing is asked that it could answer */
	MIRROR_CONNECTING, /* it has not been synchronized yet */
	MIRROR_SYNCED,
	MIRROR_REFUSED, /* the stream cannot be used for now: see error */
};

extern const char *const mirror_state_names[];

struct mirror_counters {
	enum mirror_state state;
	size_t nodes, edges, tombs, bytes;
	uint64_t events[FEED_EVENTS];
	uint64_t bad;
	uint64_t resyncs_connect, resyncs_period, resyncs_gap, resyncs_stale;
	uint64_t stale;	   /* nodes that were fetched again */
	uint64_t repaired; /* elements that a later synchronization changed */
	int64_t age_s;	   /* of the last message; -1: none has come */
	int64_t since_ms;  /* of the state, Unix; 0: the start */
	int64_t resync_ms; /* as configured */
	bool is_synced;
	char error[256]; /* of MIRROR_REFUSED */
};

/* All is borrowed. NULL: no memory. */
struct mirror *mirror_new(const struct mirror_parts *);
/* Takes what shall be kept; NULL: nothing. If the present graph lacks something, a new
 * one is made, and the old one answers until it is synchronized. Starts the
 * subscription when it is needed. From one thread. */
int mirror_want(struct mirror *, struct projection *, struct err *);
/* Ends the subscription; halt does not wait. Replies to fetches may still come. NULL is
 * fine, for all of these. */
void mirror_halt(struct mirror *);
void mirror_end(struct mirror *);
void mirror_free(struct mirror *);

/* Its first synchronization is under way, and has not failed yet. Without a lock. */
bool mirror_is_awaited(const struct mirror *);
/* See graph_answer() and graph_version(): 0 when there is no graph. */
const struct answer *mirror_answer(struct mirror *, const struct question *,
				   const struct str *values, int64_t at_ms,
				   struct arena *, struct graph_span *);
uint64_t mirror_version(struct mirror *);
/* The reply to a fetch, with its status of HTTP, or -errno when none has come. */
void mirror_fetched(struct mirror *, int status, struct str body);
/* A recorded message instead of a subscription's: any SyncReply counts. */
void mirror_play(struct mirror *, struct str message, bool is_text, int64_t now_ms);
void mirror_count(struct mirror *, struct mirror_counters *);

#endif
