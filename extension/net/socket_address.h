/* SPDX-License-Identifier: Apache-2.0 */
/* socket_address.h - addresses that a server listens at.
 *
 *	unix:/path, UNIX:/path		a socket in the file system
 *	host:port, [::1]:port		TCP; without a host: all interfaces
 */
#ifndef NET_SOCKET_ADDRESS_H
#define NET_SOCKET_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>
#include "base/err.h"
#include "net/host_port.h"

struct socket_address {
	struct sockaddr_storage socket;
	socklen_t size;
};

/* Checks the syntax: 0, or -EINVAL with the reason. */
int listen_address_check(const char *text, struct err *);
/* Looks up the host; text ends with a NUL. -EINVAL with the reason. */
int listen_address_parse(const char *text, struct socket_address *, struct err *);
/* The address to bind a socket of that type (SOCK_STREAM, SOCK_DGRAM) to: looks up the
 * host, which has at most 255 bytes; without one, all interfaces. Blocks for 5 s at most. -EINVAL
 * with the reason. */
int socket_address_resolve(const struct host_port *, int type, struct socket_address *,
			   struct err *);
/* The path of a unix socket, else NULL. Borrowed; it lives as long as the address. */
const char *socket_address_path(const struct socket_address *);

/* A listening socket, close-on-exec and non-blocking, or -errno with the reason. For a
 * unix socket the directory is made if it is missing, the mode is 0660, and a socket
 * that no process listens at is replaced. */
int socket_address_listen(const struct socket_address *, struct err *);
/* A connected socket whose calls fail with -EAGAIN after timeout_ms, or -errno. */
int socket_address_connect(const struct socket_address *, int64_t timeout_ms);

#endif
