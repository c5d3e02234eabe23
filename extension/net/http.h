/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - asynchronous HTTP requests, all on one thread.
 *
 * A struct http owns the net thread and one multi handle of libcurl; requests are
 * started from any thread and end with done(), on the net thread. Connections are kept
 * alive and reused. done() must not block: it takes what it needs and wakes a task or
 * thread.
 *
 * Names are net/resolver.c's: a name server that is silent delays those who asked it,
 * for 10 s at most, and nobody else.
 *
 * Redirects are not followed, Expect: is never sent, signals are not used, and only
 * HTTP/1.1 over http and https is allowed. Proxies are taken from the environment
 * (http_proxy, https_proxy, no_proxy), except for this host itself, as in Go.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "net/tls.h"

struct http;
struct transfer;

struct http_request {
	/* Set by the caller, unchanged until done(). All borrowed until then. */
	const char *method;		/* "GET", or one with a body: "POST", "PUT" */
	const char *url;		/* already encoded; sent as it is */
	const char *const *headers;	/* "Name: value", NULL-terminated; may be NULL */
	struct str body;		/* when body_fd is -1 */
	int body_fd;			/* or -1; read with pread */
	int64_t body_offset, body_size; /* of body_fd */
	int64_t connect_timeout_ms;	/* 0: libcurl's, 5 minutes */
	int64_t timeout_ms;		/* of the whole request; 0: none */
	int64_t idle_timeout_ms;	/* without a byte in either direction, in
					 * whole seconds, rounded up; 0: none */
	bool accept_compressed;		/* gzip, deflate; reply gets the plain text */
	bool cuts_reply;		/* drops what exceeds the limit of reply */
	const char *const *keeps;	/* names of headers of the reply that are kept,
					 * NULL-terminated; may be NULL */
	const struct tls_files *tls;	/* NULL: the system's roots, and no certificate
					 * of our own */
	int64_t delay_ms;		/* waits so long before it starts */
	/* On the net thread after the delay, before the members above are used, so it
	 * may still change them. Must not block. May be NULL. */
	void (*begin)(struct http_request *);
	void (*done)(struct http_request *); /* once; the request may then be reused */
	void *context;			     /* the caller's */

	/* The outcome. */
	int status;		/* HTTP status, or -errno: -ETIMEDOUT,
					 * -ECONNREFUSED, -EHOSTUNREACH (also no such
					 * name), -ECANCELED, -EPROTO (TLS, not
					 * HTTP), -EFBIG (reply past its limit),
					 * -ENOMEM, -EIO */
	char error[256];	/* why, for a person, when status < 0 */
	struct buf reply;	/* BUF_INIT(limit) by the caller, who frees it;
					 * emptied when the request is started */
	struct buf kept;	/* "Name: value" and a line feed each; BUF_INIT(limit)
				 * by the caller, who frees it; what is longer is
				 * left out */
	int64_t retry_after_ms; /* Retry-After, at most a day, or 0 */
	int64_t date_ms;	/* Date, Unix ms, or 0 */

	/* http's own, while under way. */
	struct http_request *next;
	struct transfer *transfer;
	int64_t due_ms; /* monotonic */
	bool cancelled;
	bool is_nameless; /* it runs, but waits for an address */
	unsigned answers; /* how many the resolver had given then */
	int64_t begun_ms, named_by_ms;
};

/* Starts the net thread. NULL: see err. */
struct http *http_new(struct err *);
/* Ends all requests with -ECANCELED, also those that a done() starts now, then the
 * thread. NULL is fine. Not from done(). */
void http_free(struct http *);

/* Any thread. The request belongs to http until done(). */
void http_start(struct http *, struct http_request *);
/* Any thread: ends the request soon with -ECANCELED. If it has already ended nothing
 * happens; the pointer is only compared. */
void http_cancel(struct http *, struct http_request *);
/* Any thread: the number of rounds of the net thread, which makes another one soon. If
 * the number does not change a done() blocks. */
unsigned http_turn(struct http *);
/* Any thread: ends the delay of a request. */
void http_start_now(struct http *, struct http_request *);

/* The value of a header that was kept; empty: there was none. Borrowed; until the
 * request is started again. */
struct str http_kept(const struct http_request *, const char *name);

#endif
