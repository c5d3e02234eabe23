/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h - in what one websocket path differs from another.
 *
 * Handshake, pings and frames are the same on all of them (subscriber.h); who
 * is there, what they get and what they may say is not. Each endpoint counts
 * for itself and puts its prefix before the names of its events.
 */
#ifndef ANALYZER_ENDPOINT_H
#define ANALYZER_ENDPOINT_H

#include <stdbool.h>

struct analyzer;
struct conn;
struct counters;
struct frame;
struct json_object;
struct message;
struct request;

struct endpoint {
	const char *prefix;
	struct counters *(*counters)(struct analyzer *);
	/* May a handshake look at who is there? Else it hangs. */
	bool (*readable)(struct analyzer *);
	bool (*has_host)(struct analyzer *, const char *host_id);
	/* False: Close 1000 after the 101. */
	bool (*accepts)(const struct request *);
	/* Sets the seat of the subscriber, whose request is there for the last
	 * time, and calls subscriber_joined(), at once or later. */
	void (*join)(struct conn *);
	/* More members for the event "admitted". */
	void (*describe)(const struct conn *, struct json_object *event);
	/* A data frame. */
	void (*received)(struct conn *, const struct frame *);
	/* The next message, or NULL; the caller gets the reference. */
	struct message *(*next)(struct conn *);
	/* It is in the kernel. */
	void (*sent)(struct conn *);
	/* Nothing more can be written just now. */
	void (*progress)(struct conn *);
	/* The connection has ended; lost is what was half written, or NULL. */
	void (*leave)(struct conn *, const struct message *lost);
};

extern const struct endpoint flow_endpoint;
extern const struct endpoint graph_endpoint;

#endif
