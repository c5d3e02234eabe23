/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - a persistent websocket connection to an analyzer.
 *
 * A thread of straight-line code: connect, handshake, read, hand over; after a loss,
 * back off and start again. Its user decides what to subscribe to and what is done with
 * the messages. Its behavior follows from how a Skydive analyzer (v0.26 to master of
 * 2024-07) treats its clients:
 *
 * - It sends from the goroutine that produces the messages, and blocks when a client
 *   does not read; if such a connection then breaks it stays blocked for ever. So the
 *   thread always reads: messages are handed over without waiting, and a connection is
 *   closed only after it has been silent.
 * - It refuses a host id that it still knows with 409 until it has cleaned up. So ours
 *   never changes, and we try again soon after a 409.
 * - The first ping, or message, means that the analyzer has admitted us. It pings every
 *   2 s and drops clients that have not answered for 7 s.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <stdatomic.h>
#include <stdint.h>
#include "net/tls.h"
#include "net/url.h"
#include "sys/log.h"

struct session;

/* How a connection, or an attempt to make one, ended. */
enum ending {
	ENDING_NONE,	    /* it has not ended */
	ENDING_STOPPED,	    /* we were told to stop */
	ENDING_UNREACHABLE, /* no connection, or no answer */
	ENDING_NO_ANALYZER, /* something else answered */
	ENDING_IN_USE,	    /* 409: the host id is still known there */
	ENDING_REFUSED,	    /* 401, 403, or a Close before all else */
	ENDING_LOST,	    /* after it had been admitted */
	ENDING_STARVED,	    /* admitted, but its user no longer gets anything */
};

/* How we identify ourselves to analyzers. */
struct session_identity {
	struct str host_id;	       /* X-Host-ID: unique, not empty */
	struct str username, password; /* when there is a user name: Basic, and
					* where that is not taken, POST /login */
	struct str cookie;	       /* of a Cookie header, or empty */
	const struct tls_files *tls;   /* or NULL */
};

/* A piece of a message: see websocket.h. */
struct session_piece {
	struct str bytes; /* borrowed until hear() returns; a NUL stands behind */
	bool is_text, is_last;
	int64_t mono_ms; /* when it came */
};

/* The user of a session. Called on the session's thread; must not block. */
struct session_user {
	/* Takes a piece; session_take() gives its memory. */
	void (*hear)(void *context, struct session *, const struct session_piece *);
	/* Whether expected messages are missing, on a connection that was admitted at
	 * since_ms; *until_ms, when this is called again at the latest, may be lowered.
	 * true: err says why, and the connection is renewed. May be NULL. */
	bool (*is_starved)(void *context, int64_t since_ms, int64_t now_ms,
			   int64_t *until_ms, struct err *);
	/* A connection, or an attempt to make one, has ended. It may be redirected. May
	 * be NULL. */
	void (*ended)(void *context, struct session *, enum ending,
		      const struct err *why);
	/* Called as is_starved is, before it; it may say something. May be NULL. */
	void (*tick)(void *context, struct session *, int64_t now_ms, int64_t *until_ms);
	/* How long to wait for the next connection, if not the usual time. May be NULL. */
	int64_t (*pause)(void *context, enum ending, int64_t usual_ms);
};

/* Written by the session's thread. */
struct session_counters {
	_Atomic int64_t connects; /* connections that were admitted */
	_Atomic int64_t gaps;	 /* ends of admitted connections: something may be lost */
	_Atomic int64_t logins;	 /* credentials exchanged for a token */
	atomic_bool is_admitted; /* and alive */
};

/* Everything is borrowed. */
struct session_options {
	struct url url;
	const struct session_identity *identity;
	const char *protocol;	       /* X-Client-Protocol: "protobuf" or "json" */
	const char *const *namespaces; /* X-Websocket-Namespace; ends with NULL */
	const char *headers;	       /* more of them, each ended by CRLF; or NULL */
	size_t message_max;	       /* bytes; a longer message ends the connection */
	size_t piece_max;	       /* bytes; a longer message comes in pieces */
	const struct session_user *user;
	void *context;
	struct session_counters *counters;
	const char *what; /* "source": the first word of its log lines */
	bool is_quiet;	  /* they are for debugging: another tells the same */
	struct log *log;
};

/* Starts the thread. NULL: see err. */
struct session *session_start(const struct session_options *, struct err *);
/* Asks it to stop, without waiting, so that many sessions stop at the same time. NULL
 * is fine. */
void session_halt(struct session *);
/* Reads until the stream has been silent for 100 ms, at most 1 s; closes; waits at most
 * 1 s for the other side to close, whatever it sends meanwhile; and ends the thread.
 * NULL is fine. */
void session_stop(struct session *);

/* From tick(): sends a text message. 0 or -errno: the connection is lost. */
int session_say(struct session *, struct str text);
/* From ended(): the next connection goes there. Borrowed. */
void session_redirect(struct session *, const struct url *);

/* From hear(): takes the memory of the piece; the caller frees it. */
char *session_take(struct session *);

#endif
