/* SPDX-License-Identifier: Apache-2.0 */
/* graph_hub.h - the graph, who hears of its changes, and its lock.
 *
 * Skydive analyzer: a change is made and put on the queues of all subscribers
 * under the write lock of the graph, a SyncReply is made and queued under its
 * read lock: a change is either in the reply or after it. A queue that is full
 * blocks the sender inside the lock. From then on nothing goes on that needs
 * the graph: no event, no reply, no question to the REST API, while handshakes
 * do. When the slow subscriber leaves, nobody empties its queue any more, and
 * it stays so for ever. What has to wait for the lock waits in a list here.
 */
#ifndef ANALYZER_GRAPH_HUB_H
#define ANALYZER_GRAPH_HUB_H

#include "graph.h"
#include "report.h"
#include "telling.h"

#include <stdbool.h>
#include <stddef.h>

struct graph_job;
struct message;

struct graph_seat {
	struct graph_seat *next;
	char *host_id;
	bool partial;
	bool listens; /* the namespace of the graph is among its own */
	void *owner;  /* NULL once its connection is gone */
	bool writing; /* a message is neither queued nor sent */
	struct message **queue;
	size_t head;
	size_t queued;
	struct bytes heard; /* of a message that comes in several frames */
};

enum graph_what {
	GRAPH_APPLY = 1,    /* the model changes */
	GRAPH_TELL = 2,	    /* subscribers hear of it, by policy */
	GRAPH_VERBATIM = 4, /* they hear of it as it is */
	GRAPH_REPLY = 8,    /* an answer to one of them */
};

struct graph_ops {
	void (*queued)(void *owner); /* there is something to send */
	void (*progress)(void *ctx); /* a queue got shorter, or somebody came */
	void (*unlocked)(void *ctx);
	void *ctx;
};

struct graph_hub {
	struct graph graph;
	bool given; /* there is a graph, for its stream and for questions */
	struct graph_seat *seats;
	struct graph_job *jobs; /* the first one waits for a queue */
	struct graph_job *held;
	bool hold; /* SyncReplies */
	bool locked;
	size_t queue_size;
	uint64_t requests;
	uint64_t replies;
	uint64_t events;
	struct counters count;
	struct graph_ops ops;
};

void graph_hub_init(struct graph_hub *, size_t queue_size, const struct graph_ops *);
void graph_hub_fini(struct graph_hub *);

/* The host id is copied. */
struct graph_seat *graph_hub_join(struct graph_hub *, const char *host_id, bool partial,
				  bool listens, void *owner);
void graph_hub_leave(struct graph_hub *, struct graph_seat *);
bool graph_hub_has_host(const struct graph_hub *, const char *host_id);
/* It sent a SyncRequest. */
void graph_hub_request(struct graph_hub *, struct graph_seat *, struct message *);
/* Holds SyncReplies back, or makes and sends those that were. */
void graph_hub_hold(struct graph_hub *, bool hold);
/* An event, now or when the lock is free. */
void graph_hub_event(struct graph_hub *, struct message *, unsigned what);
/* The next message of the queue, or NULL; the caller gets the reference. */
struct message *graph_hub_pop(struct graph_hub *, struct graph_seat *);

bool graph_hub_locked(const struct graph_hub *);
/* Not locked, a subscriber there, and none has so many queued. */
bool graph_hub_has_room(const struct graph_hub *, size_t window);
/* Nothing is queued or half written. */
bool graph_hub_empty(const struct graph_hub *);
size_t graph_hub_subscribers(const struct graph_hub *);

#endif
