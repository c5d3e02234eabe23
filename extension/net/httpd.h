/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.h - a small HTTP server for people and monitors: it answers GET, and POST without
 * a body where that is an order, and closes the connection.
 *
 * It has a thread and a context of its own, so requests, however many, disturb nothing
 * else. At most 32 connections are served at once, further ones get 503; one that neither
 * asks nor reads for limit_ms is closed, and each after six times that. Pages that are
 * being sent have a bound in bytes (net/httpd_page.h). There is no TLS and no login:
 * access is controlled by a socket's mode, or by an address of this host only.
 *
 * Each answer forbids a browser to guess its type, to keep it, to show it inside another
 * page, and to load or run anything that the answer's policy does not name.
 */
#ifndef NET_HTTPD_H
#define NET_HTTPD_H

#include "base/buf.h"
#include "base/err.h"
#include "net/httpd_page.h"

struct httpd;

/* Borrowed for the call. Path and query are percent-decoded. */
struct httpd_request {
	struct str path;
	struct str query;   /* items "name=value", each ended by a NUL */
	bool is_private;    /* over a unix socket, whose mode says who may ask */
	bool is_everywhere; /* the server listens at all interfaces */
	/* Its Host names this server (net/httpd_host.h). If not, a browser may have been
	 * brought here by a page of somebody else. */
	bool is_addressed;
	bool is_post;
	/* By the user of this process or root, over a unix socket, and not by a browser,
	 * which says where its page is from. */
	bool is_by_owner;
};

struct httpd_answer {
	struct buf *body;	  /* appended to */
	const char *content_type; /* plain text unless it is set to a constant */
	/* Content-Security-Policy (w3.org/TR/CSP3); nothing is allowed unless it is
	 * written here. */
	char policy[HTTPD_POLICY_MAX];
};

struct httpd_options {
	const char *listen; /* see net/socket_address.h; borrowed for the start */
	int64_t limit_ms;   /* of a connection without progress; 0: 10 s */
	bool takes_orders; /* page() is asked for what is POSTed, too; else that is 405 */

	/* Both on the server's thread. page() returns the HTTP status. tick(), which may
	 * be NULL, is called once a second. */
	int (*page)(void *context, const struct httpd_request *, struct httpd_answer *);
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
