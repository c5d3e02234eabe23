/* SPDX-License-Identifier: Apache-2.0 */
/* session_private.h - shared by the files of a session. Each uses those below it:
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

/* About a server that accepts connections but does not answer. An analyzer stays in
 * this state once a subscriber with a full queue has gone. */
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
	int64_t in_use_pause_ms; /* the next one, after it was starved; 0: the usual */
	struct log_once said;	 /* since it was last admitted */
	struct buf token;	 /* of POST /login */

	/* Of the connection. */
	struct connection *connection;
	struct websocket ws;
	char bytes[SESSION_BYTES];
	size_t len; /* of bytes not yet consumed */
	struct buf out;
	bool is_unauthorized;	 /* the handshake was answered with 401 */
	bool is_admitted;	 /* a ping or a message has come */
	bool is_busy;		 /* the stream: it is read in large pieces */
	size_t come;		 /* bytes, since the last wait */
	int64_t heard_ms;	 /* the last byte, monotonic */
	int64_t heard_before_ms; /* the same, at the wait before */
	int64_t admitted_ms;
};

/* Runs a connection until it ends. err says why, except for STOPPED. */
enum ending session_run(struct session *, struct err *);

/* The opening handshake; bytes that follow it stay in bytes. NONE: it succeeded. */
enum ending session_shake_hands(struct session *, struct err *);

/* Exchanges user and password for a token, over a connection of its own. 0, or -EINVAL:
 * then the reason is added to err, which says why a token is needed. */
int session_log_in(struct session *, struct err *);

/* 0, or -EINVAL: see err. */
int session_connect(struct session *, struct err *);
/* Closes the connection. */
void session_disconnect(struct session *);
/* Waits for bytes until a monotonic time. 1: some have come; 0: the time is over, or
 * (if heed_stop) the session is stopping. */
int session_wait(const struct session *, int64_t until_ms, bool heed_stop);
/* Sends what is in out, and empties it. 0 or -errno. */
int session_send(struct session *);

#endif
