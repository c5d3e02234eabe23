/* SPDX-License-Identifier: Apache-2.0 */
/* analyzer.h - the stand-in: a Skydive analyzer played back, with bad manners
 * on request.
 *
 * One thread, one libwebsockets loop. libwebsockets brings the sockets, TLS,
 * timers and buffered writes, in its raw role; HTTP and websocket are written
 * out, because what the tests need to see is what a well-behaved library would
 * not do: repeated header lines, the frame cuts of Go, handshakes that hang,
 * a Close after which TCP stays open.
 */
#ifndef ANALYZER_ANALYZER_H
#define ANALYZER_ANALYZER_H

#include "graph_hub.h"
#include "graph_player.h"
#include "hub.h"
#include "login.h"
#include "player.h"
#include "recording.h"
#include "report.h"
#include "rest.h"

#include <stdbool.h>

struct conn;

/* What can be changed while it runs. */
struct modes {
	int refuse;	     /* status for handshakes; 0 = none */
	bool hang_handshake; /* accept and never answer */
	bool hang_topology;
	bool no_ping;
	bool silence; /* pings, but no data */
	bool no_stats;
	bool close_before_ping;
	bool garbage;	     /* topology answers are not JSON */
	bool large;	     /* they have 20 MB */
	int topology_status; /* of every topology answer; 0 = as recorded */
};

/* Names and values are those of the commands, for instance "hang",
 * "handshake". Returns 0 or -EINVAL. */
int modes_set(struct modes *, const char *name, const char *value);

struct options {
	char *address; /* or the path of a unix socket */
	bool unix_socket;
	int port;
	const char *tls_cert;
	const char *tls_key;
	const char *host_id;
	char *credentials; /* base64 of user:password, NULL = no auth */
	bool keystone;	   /* they have to be exchanged for a token */
	bool roles;	   /* questions need a user with a role */
	double ping_delay; /* seconds */
	double pong_timeout;
	unsigned queue_size;
	unsigned graph_queue;
	unsigned leave_delay_ms;
	unsigned topology_delay_ms;
	int sndbuf; /* 0 = the kernel's */
	bool use_stdin;
	bool exit_at_end;
	bool no_partial; /* X-Update-Policy means nothing */
	unsigned captures;
	unsigned per_message;
	struct player_config player;
};

struct analyzer {
	struct options options;
	struct modes modes;
	struct counters count;
	struct recording stream;
	struct hub hub;
	struct player player;
	struct graph_hub graph;
	struct graph_player graph_player;
	struct rest rest;
	struct login login;
	struct conn *conns;
	struct lws_context *lws;
	lws_sorted_usec_list_t tick;
	int64_t alone_since_us; /* after the end of the stream */
	bool quit;
};

/* Fills options, modes, stream and rest from the command line. Returns -1 to
 * go on, else the exit status. */
int options_read(struct analyzer *, int argc, char **argv);

/* One line of standard input. */
void control_line(struct analyzer *, char *line);

#endif
