/* SPDX-License-Identifier: Apache-2.0 */
/* tiny_server.h - an HTTP(S) server for unit tests, on a port of this host.
 *
 * Each connection has a thread, which reads a request, asks the test what to
 * send, and sends that, byte for byte. The test's function may block (on a
 * semaphore) to be slow.
 */
#ifndef TESTS_LIB_TINY_SERVER_H
#define TESTS_LIB_TINY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct tiny_server;

struct tiny_request {
	char head[8192];  /* with the blank line, NUL-terminated */
	char body[65536]; /* NUL-terminated */
	size_t body_len;
	unsigned connection; /* from 1 */
};

/* What to send. Without text the connection is closed. */
struct tiny_reply {
	const char *text;
	size_t len; /* 0: up to the NUL */
	bool close; /* afterwards */
};

typedef void tiny_answer(void *context, const struct tiny_request *, struct tiny_reply *);

struct tiny_server *tiny_server_new(tiny_answer *, void *context);
/* The same over TLS. Files in PEM, read for each connection anew. */
struct tiny_tls {
	const char *cert, *key;
	const char *client_ca; /* NULL: clients need no certificate */
};
/* What tls points to is borrowed for the server's life. */
struct tiny_server *tiny_server_new_tls(tiny_answer *, void *context,
					struct tiny_tls tls);
/* For the connections that come from now on. */
void tiny_server_show(struct tiny_server *, struct tiny_tls tls);
unsigned tiny_server_port(const struct tiny_server *);
/* Ends all connections; answers that block must have returned or be let go. */
void tiny_server_free(struct tiny_server *);

#endif
