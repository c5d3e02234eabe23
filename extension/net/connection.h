/* SPDX-License-Identifier: Apache-2.0 */
/* connection.h - a byte stream to and from an analyzer.
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

/* Connects to the host of a websocket's URL, by TCP, TLS or a local socket. Blocks for
 * at most timeout_ms, less when *is_cancelled becomes true. The names of the TLS files
 * are borrowed. NULL: see err. */
struct connection *connection_open(const struct url *, const struct tls_files *,
				   int64_t timeout_ms, const atomic_bool *is_cancelled,
				   struct err *);
void connection_close(struct connection *);

int connection_fd(const struct connection *); /* for poll() */
/* From here on poll() reports input when so many bytes have come, or fewer if the other
 * side would soon have to wait. For local sockets it reports every byte. */
void connection_wake_at(struct connection *, int bytes);

/* Never blocks. Returns the number of bytes; 0: the other side has closed; -EAGAIN:
 * nothing has come; -errno. */
ssize_t connection_receive(struct connection *, void *to, size_t size);
/* Sends all of it, waiting for at most timeout_ms. 0 or -errno. */
int connection_send(struct connection *, struct str bytes, int64_t timeout_ms);
/* Whether the last failure was one of TLS; then err is set. In TLS 1.3 a server may
 * refuse our certificate only with its first answer. */
bool connection_explain(struct connection *, struct err *);

#endif
