/* SPDX-License-Identifier: Apache-2.0 */
/* subscriber.h - a connection on /ws/subscriber/flow.
 *
 * Skydive analyzer: the handshake is checked against credentials (401), the
 * pool (409), RFC 6455 (426), in this order; then 101 with X-Host-Id and
 * X-Service-Type. A missing X-Client-Type or a strange X-Client-Protocol is
 * answered after that, with Close 1000 and TCP left open. Then the namespaces
 * enter the gate, the subscriber enters the pool, and the first ping tells it
 * so. Only pongs keep it alive. A Close is answered and TCP ended.
 */
#ifndef ANALYZER_SUBSCRIBER_H
#define ANALYZER_SUBSCRIBER_H

#include <stdint.h>

struct conn;
struct request;

/* A handshake; the request is taken. */
void subscriber_handshake(struct conn *, struct request *);
/* Handshakes that hang before the check of the pool may go on. */
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

/* From the hub; the owner is a connection. */
void subscriber_joined(void *owner);
void subscriber_queued(void *owner);

#endif
