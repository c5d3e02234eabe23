/* SPDX-License-Identifier: Apache-2.0 */
/* session_private.h - what session.c, session_handshake.c and session_login.c
 * share.
 */
#ifndef NET_SESSION_PRIVATE_H
#define NET_SESSION_PRIVATE_H

#include "net/connection.h"
#include "net/session.h"
#include "net/websocket.h"

#define SESSION_BYTES (64 * 1024)
#define CONNECT_MS    5000
#define TOKEN_MAX     (16 * 1024)

struct session {
	const struct subscriber_options *options;
	struct subscriber_stats *stats;
	const atomic_bool *is_stopping;
	int wake_fd;

	struct connection *connection;
	struct websocket ws;
	char bytes[SESSION_BYTES];
	size_t len; /* of bytes that are not eaten */
	struct buf out;
	struct buf token;     /* of POST /login, kept from one connection to the next */
	bool is_unauthorized; /* the handshake was answered with 401 */

	bool is_admitted;	   /* the first ping was there */
	bool has_flows, has_stats; /* came on this connection */
	bool is_busy;		   /* the stream: it is read in large pieces */
	size_t came;		   /* bytes since we waited */
	int64_t heard_ms;	   /* anything at all, monotonic */
	int64_t fed_ms;		   /* flows or stats */
	int64_t starvation_ms;
	bool expects_stats;
};

/* Waits for bytes until a monotonic time. 1: there are some, 0: it is late, or
 * we are to stop. */
int session_wait(const struct session *, int64_t until_ms, bool heed_stop);
/* Sends what is in out, and empties it. 0 or -errno. */
int session_send(struct session *);

/* The connection is closed, and there is none any more. */
void session_disconnect(struct session *);

/* The opening handshake; what came behind it stays in bytes. STOPPED: it is
 * good, or we are to stop. */
enum ending session_shake_hands(struct session *, struct err *);

/* Exchanges user and password for a token, over a connection of its own. 0, or
 * -EINVAL: then err, which says why a token is wanted, says how it went, too. */
int session_log_in(struct session *, struct err *);

#endif
