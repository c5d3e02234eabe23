/* SPDX-License-Identifier: Apache-2.0 */
/* curl_multi.c - see curl_multi.h.
 *
 * libcurl does not tell which descriptors are its own. But it writes a byte when it is
 * woken and reads it when it polls, and nobody else does that to a pair of sockets at
 * these moments: that is what we look for. What the host has opened stays as it is.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "net/curl_multi.h"

#define SOCKETS_MAX 256 /* inheritable, local and without a name; the host's, too */

/* Inheritable, and an end of a pair. */
static bool is_of_a_pair(int fd)
{
	struct sockaddr_un name;
	socklen_t size = sizeof(name);
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC) &&
	       getsockname(fd, (struct sockaddr *)&name, &size) == 0 &&
	       name.sun_family == AF_UNIX && size == sizeof(name.sun_family);
}

/* Bytes that it has to read, or has written and the other end not read. */
static bool has_bytes(int fd)
{
	int in = 0, out = 0;

	return ioctl(fd, FIONREAD, &in) == 0 && ioctl(fd, SIOCOUTQ, &out) == 0 &&
	       (in > 0 || out > 0);
}

static size_t list_quiet(int *fds)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t count = 0;

	while (dir && count < SOCKETS_MAX && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && is_of_a_pair(fd) && !has_bytes(fd))
			fds[count++] = fd;
	}
	if (dir)
		closedir(dir);
	return count;
}

/* Those that have bytes, or have none; the same list. */
static size_t keep(int *fds, size_t count, bool with_bytes)
{
	size_t kept = 0, i;

	for (i = 0; i < count; i++)
		if (has_bytes(fds[i]) == with_bytes)
			fds[kept++] = fds[i];
	return kept;
}

CURLM *curl_multi_make(void)
{
	CURLM *multi = curl_multi_init();
	int fds[SOCKETS_MAX];
	size_t count;

	if (!multi)
		return NULL;
	count = list_quiet(fds);
	curl_multi_wakeup(multi);
	count = keep(fds, count, true);
	curl_multi_poll(multi, NULL, 0, 0, NULL);
	count = keep(fds, count, false);
	while (count)
		fcntl(fds[--count], F_SETFD, FD_CLOEXEC);
	return multi;
}
