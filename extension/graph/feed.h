/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - from the messages of a subscription to the changes of a graph.
 *
 * What an analyzer sends on /ws/subscriber, namespace Graph (v0.28 to master of 2024-07):
 *
 * - Nothing of what there is, until a SyncRequest asks for it. What comes before its
 *   SyncReply is in it, what comes after it is not.
 * - With the policy "partial" most updates hold no content: "Ops": [] says that a
 *   revision has passed, "Ops": null that something has changed and not what. Such a node
 *   is stale: it must be fetched again.
 */
#ifndef GRAPH_FEED_H
#define GRAPH_FEED_H

#include "graph/graph.h"
#include "graph/reply_splitter.h"

enum feed_event {
	FEED_SYNC,
	FEED_NODE_ADDED,
	FEED_NODE_UPDATED,
	FEED_NODE_CHANGED, /* NodePartiallyUpdated */
	FEED_NODE_DELETED,
	FEED_EDGE_ADDED,
	FEED_EDGE_UPDATED,
	FEED_EDGE_CHANGED, /* EdgePartiallyUpdated */
	FEED_EDGE_DELETED,
	FEED_OTHER,
	FEED_EVENTS,
};

extern const char *const feed_event_names[FEED_EVENTS];

/* What a subscription of it asks for: a namespace, header lines, the path. */
#define FEED_NAMESPACE "Graph"
#define FEED_HEADERS   "X-Update-Policy: partial\r\n"
#define FEED_PATH      "/ws/subscriber"
/* Appends a SyncRequest, a JSON message. */
void feed_put_request(struct buf *, const char *uuid);

struct feed_user {
	/* The graph must fetch this node again. */
	void (*stale)(void *context, struct str id);
	/* A revision of a node was not seen: one should synchronize again, but not at
	 * once each time. */
	void (*gap)(void *context);
};

struct feed {
	struct graph *graph;
	const struct feed_user *user;
	void *context;
	uint64_t events[FEED_EVENTS];
	uint64_t bad;	    /* messages that could not be read */
	bool has_bad_reply; /* that to the last SyncRequest was one of them */

	/* Private. */
	char uuid[64];
	bool is_expecting, takes_any;
	struct buf message;		      /* what came of it, unless it is a reply */
	bool is_inside, is_reply, is_skipped; /* of the message */
	struct reply_splitter splitter;
	int64_t now_ms;
	struct arena arena;
};

/* All are borrowed. */
void feed_init(struct feed *, struct graph *, const struct feed_user *, void *context);
void feed_fini(struct feed *);
/* A SyncRequest with that UUID was sent: its reply is what is to come. NULL: any is. */
void feed_expect(struct feed *, const char *uuid);
/* The reply to the last SyncRequest has not ended. */
bool feed_is_expecting(const struct feed *);

/* What comes first may be the rest of a message that the other has heard so far. */
void feed_follow(struct feed *, const struct feed *other);
/* The connection has ended: what came of a message is forgotten. */
void feed_break(struct feed *);

/* Takes a piece of a message. 0; -EINVAL: it cannot be read, see err, the rest of it is
 * passed over, and if it is the reply (has_bad_reply) the graph is not synchronized by it;
 * -ENOMEM: the graph has become too large. */
int feed_hear(struct feed *, struct str piece, bool is_text, bool is_last, int64_t now_ms,
	      struct err *);

#endif
