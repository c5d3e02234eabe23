/* SPDX-License-Identifier: Apache-2.0 */
/* session_private.h - what the files of a session share. Each uses those below it:
 *
 *	session.c		one connection after the other
 *	session_stream.c	a connection, from the first byte to the last
 *	session_handshake.c	how it begins
 *	session_login.c		what may have to come before
 *	session_io.c		bytes in and out
 */
#ifndef NET_SESSION_PRIVATE_H
#define NET_SESSION_PRIVATE_H

#include <pthread.h>
#include "base/log_once.h"
#include "net/connection.h"
#include "net/session.h"
#include "net/websocket.h"

#define SESSION_BYTES (64 * 1024)
#define TOKEN_MAX     (16 * 1024)

/* Of who takes connections and then says nothing. An analyzer does so for good once
 * a subscriber with a full queue has gone. */
#define SESSION_WEDGED                                                                   \
	", though it took the connection: it is wedged; an analyzer that stays so must " \
	"be restarted"

struct session {
	struct session_options options;
	pthread_t thread;
	atomic_bool is_stopping;
	int wake_fd; /* readable when it is to stop */

	/* The thread's own. */
	int64_t retry_ms;	 /* the next pause, before jitter */
	int64_t in_use_since_ms; /* monotonic; 0: not refused with 409 */
	int64_t in_use_pause_ms; /* the next, after it was starved; 0: the usual */
	struct log_once said;	 /* since it was last admitted */
	struct buf token;	 /* of POST /login */

	/* Of the connection. */
	struct connection *connection;
	struct websocket ws;
	char bytes[SESSION_BYTES];
	size_t len; /* of bytes that are not eaten */
	struct buf out;
	bool is_unauthorized; /* the handshake was answered with 401 */
	bool is_admitted;     /* a ping or a message was there */
	bool is_busy;	      /* the stream: it is read in large pieces */
	size_t came;	      /* bytes since we waited */
	int64_t heard_ms;     /* anything at all, monotonic */
	int64_t admitted_ms;
};

/* Until the connection ends. err says why, except for STOPPED. */
enum ending session_run(struct session *, struct err *);

/* The opening handshake; what came behind it stays in bytes. NONE: it is good. */
enum ending session_shake_hands(struct session *, struct err *);

/* Exchanges user and password for a token, over a connection of its own. 0, or
 * -EINVAL: then err, which says why a token is wanted, says how it went, too. */
int session_log_in(struct session *, struct err *);

/* 0, or -EINVAL: see err. */
int session_connect(struct session *, struct err *);
/* The connection is closed, and there is none any more. */
void session_disconnect(struct session *);
/* Waits for bytes until a monotonic time. 1: there are some, 0: it is late, or
 * we are to stop. */
int session_wait(const struct session *, int64_t until_ms, bool heed_stop);
/* Sends what is in out, and empties it. 0 or -errno. */
int session_send(struct session *);

#endif
