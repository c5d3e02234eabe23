/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h - who listens at a unix socket. The kernel says so (unix(7),
 * SO_PEERCRED), so nobody has to keep a file with a process id, which may lie. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <sys/types.h>
#include "base/err.h"

/* The process at an address (see net/address.h), or -errno with the reason: -EINVAL
 * when it is not that of a unix socket, -ESRCH when the process cannot be seen from
 * here, as out of another container. */
pid_t net_listener(const char *address, int64_t timeout_ms, struct err *);

#endif
