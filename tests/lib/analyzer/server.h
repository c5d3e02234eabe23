/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - connections: reads requests, says who answers them.
 *
 * A connection begins as HTTP. A handshake turns it into a subscriber for the
 * rest of its life.
 */
#ifndef ANALYZER_SERVER_H
#define ANALYZER_SERVER_H

#include "bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct analyzer;
struct lws;
struct rest_call;
struct subscriber;

struct conn {
	struct conn *next;
	struct lws *wsi;
	struct analyzer *an;
	struct bytes in;
	struct bytes out;   /* goes before anything else */
	struct bytes aside; /* what the kernel did not take goes before that */
	size_t aside_at;
	bool busy;		/* an answer is due before the next request */
	bool told_to_go_on;	/* with the body of the request to come */
	bool close_after;	/* everything in out was written */
	bool dead;		/* closed by us; libwebsockets does the rest */
	struct subscriber *sub; /* NULL while it is HTTP */
	struct rest_call *call;
};

/* Listens and prints the event. Returns 0 or -1. */
int server_start(struct analyzer *);
void server_stop(struct analyzer *);

/* There is something to write. */
void conn_wake(struct conn *);
/* Writes at once; false if part of it had to be put aside, which goes first.
 * Only with TLS it is libwebsockets that puts it aside: that reads nothing
 * until it is gone, and an analyzer does. */
bool conn_write(struct conn *, const char *data, size_t len);
/* The answer is in out: goes on with the next request. */
void conn_answered(struct conn *);
/* Ends TCP: orderly, or with a reset. The reason is for the event. */
void conn_drop(struct conn *, bool reset, const char *reason);
/* Peer as ip:port. */
void conn_peer(const struct conn *, char *text, size_t size);

#endif
