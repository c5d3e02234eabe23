/* SPDX-License-Identifier: Apache-2.0 */
/* get.h - a blocking GET or POST, for commands that ask a server of net/httpd.h.
 */
#ifndef NET_GET_H
#define NET_GET_H

#include "base/buf.h"
#include "base/err.h"

/* Gets a path from the server at an address (see net/socket_address.h), and appends the body.
 * Returns the HTTP status, or -errno with the reason: -ETIMEDOUT, -ECONNREFUSED,
 * -ENOENT, -EPROTO (it does not speak HTTP), ... */
int net_get(const char *address, const char *path, int64_t timeout_ms, struct buf *body,
	    struct err *);
/* The same, with POST and without a body of ours. */
int net_post(const char *address, const char *path, int64_t timeout_ms, struct buf *body,
	     struct err *);

#endif
