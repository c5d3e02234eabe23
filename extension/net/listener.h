/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h - the process that listens at a unix socket. The kernel knows it (unix(7),
 * SO_PEERCRED), so there is no need for a pid file, which may be stale. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <sys/types.h>
#include "base/err.h"

/* The process at an address (see net/socket_address.h), or -errno with the reason: -EINVAL
 * when it is no unix socket, -ESRCH when the process is not visible from here, as in
 * another container. */
pid_t net_listener(const char *address, int64_t timeout_ms, struct err *);

#endif
