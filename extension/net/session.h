/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - one connection of the subscriber, from the first byte to the
 * last. It runs on the subscriber's thread and is used again for the next one.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include "source/subscriber.h"

enum ending {
	ENDING_STOPPED,	    /* we were told to */
	ENDING_UNREACHABLE, /* no connection, or no answer */
	ENDING_NO_ANALYZER, /* something else answered */
	ENDING_IN_USE,	    /* 409: the host id is still known there */
	ENDING_REFUSED,	    /* 401, 403, or a Close before the first ping */
	ENDING_LOST,	    /* after it had been admitted */
	ENDING_STARVED,	    /* admitted, but nothing comes any more */
};

const char *ending_name(enum ending);

struct session;

/* Everything is borrowed; wake_fd becomes readable when *is_stopping is set.
 * NULL: no memory. */
struct session *session_new(const struct subscriber_options *, struct subscriber_stats *,
			    const atomic_bool *is_stopping, int wake_fd);
void session_free(struct session *);

/* Until the connection ends. err says why, but for STOPPED. It is starved when
 * neither flows nor stats come for starvation_ms (0: never), and stats have come
 * on this connection or are expected to. */
enum ending session_run(struct session *, int64_t starvation_ms, bool expects_stats,
			struct err *);

bool session_was_admitted(const struct session *);
bool session_saw_flows(const struct session *);
bool session_saw_stats(const struct session *);

#endif
