/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h - the address of an HTTP server: "host:9000", "https://host",
 * "http://[::1]:9000/".
 *
 * Only scheme, host and port: a query or a user name is an error, and so is a path
 * where none is allowed. An IPv6 address needs its brackets (RFC 3986 section 3.2.2).
 */
#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H

#include "base/buf.h"
#include "base/err.h"

enum endpoint_scheme { ENDPOINT_NONE, ENDPOINT_HTTP, ENDPOINT_HTTPS };

struct endpoint {
	enum endpoint_scheme scheme; /* NONE: none is given */
	struct str host;	     /* with its brackets; empty: none is given */
	unsigned port;		     /* 0: none is given */
	struct str path; /* "/storage/v1/s3" or empty: endpoint_parse_below() */
};

/* host borrows from text. 0, or -EINVAL with the reason. */
int endpoint_parse(struct str text, struct endpoint *, struct err *);
/* The same, but allows a path of letters, digits and "-._~/", which need no encoding.
 * path borrows, too, and has no slash at its end. */
int endpoint_parse_below(struct str text, struct endpoint *, struct err *);

/* Whether two name one server: hosts without regard to case and a dot at their end,
 * ports as written; all names of this host are one. */
bool endpoint_is_same(const struct endpoint *, const struct endpoint *);
/* "localhost", 127.0.0.0/8 or ::1. */
bool endpoint_is_this_host(const struct endpoint *);

/* The value of a Host header: with the port unless it is the scheme's default. */
void endpoint_put_host(struct buf *, const struct endpoint *);
/* "https://host:9000", without path and slash. The scheme must be known. */
void endpoint_put_url(struct buf *, const struct endpoint *);

#endif
