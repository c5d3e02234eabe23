/* SPDX-License-Identifier: Apache-2.0 */
/* connection.h - a stream of bytes to and from an analyzer.
 *
 * libcurl connects, to the address that net/resolver.c has found; what is said over the
 * connection is not its affair. A connection belongs to one thread.
 */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"
#include "net/tls.h"
#include "net/url.h"

struct connection;

/* To the host of a websocket's URL, by TCP, TLS or a local socket. Blocks for
 * timeout_ms at most, less when *is_cancelled becomes true. The files' names are
 * borrowed. NULL: see err. */
struct connection *connection_open(const struct url *, const struct tls_files *,
				   int64_t timeout_ms, const atomic_bool *is_cancelled,
				   struct err *);
void connection_close(struct connection *);

int connection_fd(const struct connection *); /* for poll() */
/* From here on poll() tells of input when so many bytes are there, or fewer but
 * the other side would soon have to wait. Local sockets tell of every byte. */
void connection_wake_at(struct connection *, int bytes);

/* Never blocks. > 0 bytes, 0: the other side has closed, -EAGAIN: nothing is
 * there, -errno. */
ssize_t connection_receive(struct connection *, void *to, size_t size);
/* Sends all of it, waiting for timeout_ms at most. 0 or -errno. */
int connection_send(struct connection *, struct str bytes, int64_t timeout_ms);
/* Whether the last failure was one of TLS: in TLS 1.3 a server refuses our
 * certificate as late as with its first answer. Sets err then. */
bool connection_explain(struct connection *, struct err *);

#endif
