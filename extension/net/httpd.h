/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.h - a small HTTP server for people and monitors: it answers GET and closes the
 * connection.
 *
 * It has a thread and a context of its own, so requests, however many, disturb nothing
 * else. At most 32 connections are served at once, further ones get 503; one that neither
 * asks nor reads for limit_ms is closed, and each after six times that. Pages that are
 * being sent have a bound in bytes (net/httpd_page.h). There is no TLS and no login:
 * access is controlled by a socket's mode, or by an address of this host only.
 */
#ifndef NET_HTTPD_H
#define NET_HTTPD_H

#include "base/buf.h"
#include "base/err.h"

struct httpd;

struct httpd_options {
	const char *listen; /* see net/address.h; borrowed for the start */
	int64_t limit_ms;   /* of a connection without progress; 0: 10 s */

	/* Both on the server's thread. page() appends to body and returns the
	 * HTTP status; path is without a query, borrowed for the call;
	 * *content_type is plain text unless it is set to a constant. tick(),
	 * which may be NULL, is called once a second. */
	int (*page)(void *context, struct str path, struct buf *body,
		    const char **content_type);
	void (*tick)(void *context);
	void *context;
};

/* 0, or -errno with the reason: -EADDRINUSE when another server listens there. */
int httpd_start(const struct httpd_options *, struct httpd **, struct err *);
/* The TCP port, for instance after port 0 was asked for; 0 for a unix socket. */
unsigned httpd_port(const struct httpd *);
/* Ends the connections and the thread; removes the unix socket. NULL is fine. */
void httpd_stop(struct httpd *);

#endif
