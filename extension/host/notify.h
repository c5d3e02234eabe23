/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - notifies the service manager with the protocol of sd_notify(3): a datagram
 * of lines NAME=VALUE to the socket that NOTIFY_SOCKET names.
 *
 * Any thread. It never waits: if the manager does not read notifications are lost.
 */
#ifndef HOST_NOTIFY_H
#define HOST_NOTIFY_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: there is no service manager */
	struct sockaddr_un to;
	socklen_t size;
};

/* Reads the environment. */
void notify_open(struct notify *);
/* false: it was not sent; call again. true also without a service manager. */
bool notify_send(const struct notify *, const char *lines);
/* Begins a reload, which ends with READY=1. */
bool notify_send_reloading(const struct notify *);

#endif
