/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - a websocket to an analyzer that is kept.
 *
 * A thread of straight-line code: connect, shake hands, read, hand over, and
 * after a loss back off and begin again. What is asked for and what is done with
 * the messages is its user's. What it must do and not do follows from how a
 * Skydive analyzer (v0.26 to master of 2024-07) treats its clients:
 *
 * - It sends from the goroutine that makes what is sent, and blocks when a client
 *   does not read; when such a connection then breaks it stays blocked for ever.
 *   So the thread always reads: what came is handed over without waiting, and a
 *   connection is closed only once it has been silent.
 * - A host id that is still known is refused with 409 until the analyzer has
 *   cleaned up. So ours never changes, and 409 is tried again soon.
 * - The first ping, or message, says that the analyzer has admitted us. It pings
 *   every 2 s and drops who has not answered for 7 s.
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
	ENDING_NONE,	    /* it has not: go on */
	ENDING_STOPPED,	    /* we were told to */
	ENDING_UNREACHABLE, /* no connection, or no answer */
	ENDING_NO_ANALYZER, /* something else answered */
	ENDING_IN_USE,	    /* 409: the host id is still known there */
	ENDING_REFUSED,	    /* 401, 403, or a Close before all else */
	ENDING_LOST,	    /* after it had been admitted */
	ENDING_STARVED,	    /* admitted, but its user gets nothing any more */
};

/* Who we are to analyzers. */
struct session_identity {
	struct str host_id;	       /* X-Host-ID: unique, not empty */
	struct str username, password; /* when there is a user name: Basic, and
					* where that is not taken, POST /login */
	struct str cookie;	       /* of a Cookie header, or empty */
	const struct tls_files *tls;   /* or NULL */
};

/* A message comes in pieces: see websocket.h. */
struct session_piece {
	struct str bytes; /* borrowed until hear() returns; a NUL stands behind */
	bool is_text, is_last;
	int64_t mono_ms; /* when it came */
};

/* What is done with it; on the session's thread, and nothing of it may block. */
struct session_user {
	/* A piece. session_take() gives its memory. */
	void (*hear)(void *context, struct session *, const struct session_piece *);
	/* Whether what should come has not come, when it has been admitted since
	 * then; *until_ms, when it will be asked at the latest, may be made less.
	 * true: err says why, and the connection is made anew. May be NULL. */
	bool (*is_starved)(void *context, int64_t since_ms, int64_t now_ms,
			   int64_t *until_ms, struct err *);
	/* A connection, or an attempt to make one, has ended. May be NULL. */
	void (*ended)(void *context, enum ending, const struct err *why);
};

/* Written by the session's thread. */
struct session_counters {
	_Atomic int64_t connects; /* that were admitted */
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
	size_t message_max;	       /* bytes; a longer message ends the connection */
	size_t piece_max;	       /* bytes; a longer message comes in pieces */
	const struct session_user *user;
	void *context;
	struct session_counters *counters;
	const char *what; /* "source": the first word of its log lines */
	struct log *log;
};

/* Starts the thread. NULL: see err. */
struct session *session_start(const struct session_options *, struct err *);
/* Asks it to stop, without waiting: many stop as soon as one. NULL is fine. */
void session_halt(struct session *);
/* Reads until the stream has been silent for 100 ms, 1 s at most, closes, waits 1 s
 * at most for the other side to do so, whatever it sends meanwhile, and ends the
 * thread. NULL is fine. */
void session_stop(struct session *);

/* From hear(): the piece, malloc'ed, the caller frees. */
char *session_take(struct session *);

#endif
