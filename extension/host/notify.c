/* SPDX-License-Identifier: Apache-2.0 */
/* notify.c - see notify.h. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "host/notify.h"

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	n->fd = -1;
	/* A path, or with "@" an abstract name. */
	if (length < 2 || length >= sizeof(n->to.sun_path) ||
	    (*path != '/' && *path != '@'))
		return;
	memset(&n->to, 0, sizeof(n->to));
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, path, length);
	if (*path == '@')
		n->to.sun_path[0] = '\0';
	n->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

bool notify_send(const struct notify *n, const char *lines)
{
	size_t length = strlen(lines);

	return n->fd < 0 ||
	       sendto(n->fd, lines, length, MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&n->to, n->size) == (ssize_t)length;
}

bool notify_send_reloading(const struct notify *n)
{
	struct timespec now;
	char lines[64];

	/* Without the time systemd 253 and later wait for more. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return notify_send(n, lines);
}
