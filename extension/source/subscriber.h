/* SPDX-License-Identifier: Apache-2.0 */
/* subscriber.h - the one subscription to an analyzer's flow stream.
 *
 * A thread of straight-line code: connect, shake hands, read, deliver, and
 * after a loss back off and begin again. What it must do and not do follows
 * from how a Skydive analyzer (v0.26 to master of 2024-07) treats subscribers:
 *
 * - It sends to each subscriber from the goroutine that stores flows, and
 *   blocks when one does not read; when such a connection then breaks it stays
 *   blocked for ever. So the thread always reads: messages are handed over
 *   without waiting, and a connection is closed only once it has been silent.
 * - Whenever any subscriber leaves, all others get nothing more, without being
 *   told. So the "stats" namespace, which says something every 10 s, serves as
 *   a heartbeat: when it and the flows stay away the subscription is renewed.
 *   That may happen before the first of them has come; so an analyzer that never
 *   said anything, which may have no captures, is subscribed to again once.
 * - A host id that is still known is refused with 409 until the analyzer has
 *   cleaned up. So ours never changes, and 409 is tried again soon.
 * - The first ping says that the subscription is in place.
 */
#ifndef SOURCE_SUBSCRIBER_H
#define SOURCE_SUBSCRIBER_H

#include <stdatomic.h>
#include "base/err.h"
#include "base/now.h"
#include "flow/message.h"
#include "net/tls.h"
#include "net/url.h"
#include "sys/log.h"

struct subscriber;

/* What a message was, for the watchdog. */
enum heard { HEARD_OTHER, HEARD_FLOWS, HEARD_STATS };

/* Counters, written by the subscriber's thread. */
struct subscriber_stats {
	_Atomic int64_t connects; /* that were admitted */
	_Atomic int64_t gaps;	  /* ends of admitted connections: flows may be lost */
	_Atomic int64_t renewals; /* because it was starved */
	_Atomic int64_t messages, bytes;
	_Atomic int64_t logins;	   /* credentials exchanged for a token */
	atomic_bool is_subscribed; /* admitted and alive */
	atomic_bool is_starved;	   /* was renewed, and nothing has come since */
};

struct subscriber_options {
	struct source_url url;
	struct str host_id;	       /* X-Host-ID: unique, not empty */
	struct str username, password; /* when there is a user name: Basic, and
					* where that is not taken, POST /login */
	struct str cookie;	       /* of a Cookie header, or empty */
	const struct tls_files *tls;   /* or NULL */
	enum framing framing;
	int64_t starvation_ms; /* 0: no watchdog */
	size_t message_max;    /* bytes; a longer message ends the connection */

	/* On the subscriber's thread; must not block. Takes message (malloc'ed). */
	enum heard (*deliver)(void *context, char *message, size_t size, enum framing);
	/* On its thread, each time a connection or an attempt to make one has ended
	 * without our wish. May be NULL. */
	void (*ended)(void *context, const char *why);
	void *context;
	struct log *log;		/* borrowed, as all the rest */
	struct subscriber_stats *stats; /* where it counts; NULL: in its own */
};

/* Starts the thread. NULL: see err. */
struct subscriber *subscriber_start(const struct subscriber_options *, struct err *);
/* Reads until the stream has been silent for 100 ms, 1 s at most, closes, and
 * ends the thread. */
void subscriber_stop(struct subscriber *);
const struct subscriber_stats *subscriber_stats(const struct subscriber *);

#endif
