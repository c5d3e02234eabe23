/* SPDX-License-Identifier: Apache-2.0 */
/* subscriber.h - a connection on a websocket path of subscribers.
 *
 * Skydive analyzer: the handshake is checked against credentials (401), who is
 * there (409), RFC 6455 (426), in this order; then 101 with X-Host-Id and
 * X-Service-Type. A missing X-Client-Type or a strange X-Client-Protocol is
 * answered after that, with Close 1000 and TCP left open. Then the subscriber
 * joins those of its endpoint, and the first ping tells it so. Only pongs keep
 * it alive. A Close is answered and TCP ended.
 */
#ifndef ANALYZER_SUBSCRIBER_H
#define ANALYZER_SUBSCRIBER_H

#include "endpoint.h"
#include "http.h"

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct message;

enum subscriber_state {
	STATE_CHECK,   /* before the 101 */
	STATE_JOINING, /* 101 sent, waits for its turn */
	STATE_OPEN,
	STATE_DEAF,    /* refused after the 101, or made to hang */
	STATE_CLOSED,  /* by us; the client's Close is still to come */
	STATE_CLOSING, /* the echo of a Close goes out */
};

struct subscriber {
	const struct endpoint *endpoint;
	enum subscriber_state state;
	struct request request; /* until the 101 */
	char *host_id;
	bool protobuf;
	void *seat;		 /* the endpoint's; NULL until it has joined */
	struct message *writing; /* part of it is still with us */
	int64_t written_by_us;	 /* deadline of that */
	int64_t ping_at_us;
	int64_t pong_by_us;
};

/* A handshake; the request is taken. */
void subscriber_handshake(struct conn *, struct request *, const struct endpoint *);
/* Handshakes that hang before the check of who is there may go on. */
void subscriber_retry(struct conn *);
/* Bytes have come. */
void subscriber_input(struct conn *);
/* Everything written so far is in the kernel. */
void subscriber_output(struct conn *);
void subscriber_tick(struct conn *, int64_t now_us);
/* Sends a Close frame and no data after it. */
void subscriber_close(struct conn *, uint16_t code);
/* TCP has ended; frees what belongs to the subscriber. */
void subscriber_gone(struct conn *, const char *reason);

/* From the endpoint; the owner of a seat is a connection. */
void subscriber_joined(void *owner);
void subscriber_queued(void *owner);

#endif
