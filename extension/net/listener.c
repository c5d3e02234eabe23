/* SPDX-License-Identifier: Apache-2.0 */
/* listener.c - see listener.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/listener.h"
#include "net/socket_address.h"

static pid_t listener_of(int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.pid > 0 ? peer.pid : -ESRCH;
}

pid_t net_listener(const char *text, int64_t timeout_ms, struct err *err)
{
	struct socket_address address;
	pid_t pid;
	int fd, error = listen_address_parse(text, &address, err);

	if (error)
		return error;
	if (!socket_address_path(&address))
		return err_set(err, "%s is no unix socket", text);
	fd = socket_address_connect(&address, timeout_ms);
	pid = fd < 0 ? fd : listener_of(fd);
	if (fd >= 0)
		close(fd);
	if (pid < 0)
		err_set(err, "%s", strerror(-pid));
	return pid;
}
