/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - addresses that a server listens at.
 *
 *	unix:/path, UNIX:/path		a socket in the file system
 *	host:port, [::1]:port		TCP; without a host: all interfaces
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>
#include "base/err.h"
#include "net/host_port.h"

struct address {
	struct sockaddr_storage socket;
	socklen_t size;
};

/* Checks the syntax: 0, or -EINVAL with the reason. */
int listen_address_check(const char *text, struct err *);
/* Looks up the host; text ends with a NUL. -EINVAL with the reason. */
int listen_address_parse(const char *text, struct address *, struct err *);
/* The address to bind a socket of that type (SOCK_STREAM, SOCK_DGRAM) to: looks up the
 * host, which has at most 255 bytes; without one, all interfaces. Blocks for 5 s at most. -EINVAL
 * with the reason. */
int address_resolve(const struct host_port *, int type, struct address *, struct err *);
/* The path of a unix socket, else NULL. Borrowed; it lives as long as the address. */
const char *address_path(const struct address *);

/* A listening socket, close-on-exec and non-blocking, or -errno with the reason. For a
 * unix socket the directory is made if it is missing, the mode is 0660, and a socket
 * that no process listens at is replaced. */
int address_listen(const struct address *, struct err *);
/* A connected socket whose calls fail with -EAGAIN after timeout_ms, or -errno. */
int address_connect(const struct address *, int64_t timeout_ms);

#endif
