/* SPDX-License-Identifier: Apache-2.0 */
/* socket_address.c - see socket_address.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "net/resolver.h"
#include "net/socket_address.h"
#include "sys/clock.h"
#include "sys/io.h"

#define BACKLOG	       64
#define HOST_MAX       256
#define NAME_MS	       5000
#define MODE	       0660
#define DIRECTORY_MODE 0755

/* What stands behind "unix:", in capitals or not (RFC 3986 3.1); NULL: another address. */
static const char *socket_path(const char *text)
{
	size_t length = strlen("unix:");

	return strncasecmp(text, "unix:", length) == 0 ? text + length : NULL;
}

static int address_parse_path(const char *path, struct socket_address *a, struct err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&a->socket;
	size_t len = strlen(path);

	if (*path != '/')
		return err_set(err, "the path of a socket begins with \"/\", as in "
				    "unix:/run/skydive-exporter/status.sock");
	if (len >= sizeof(un->sun_path))
		return err_set(err, "the path has %zu bytes; a socket's has %zu at most",
			       len, sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	a->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return 0;
}

/* The host as an address: the first one of a name. */
static int address_find(struct str name, char *host, size_t size, struct err *err)
{
	struct buf addresses = BUF_INIT(16 * 1024);
	struct str first = name;
	int error = 0;

	if (name.len && !resolver_knows(name))
		error = resolver_wait(name, clock_now().mono_ms + NAME_MS, NULL,
				      &addresses, err);
	if (addresses.len)
		first = str_until(buf_str(&addresses), ',');
	if (str_starts(first, STR("[")))
		first = (struct str){ first.ptr + 1, first.len - 2 };
	snprintf(host, size, STR_FMT, STR_ARG(first));
	buf_fini(&addresses);
	return error ? -EINVAL : 0;
}

int socket_address_resolve(const struct host_port *to, int type, struct socket_address *a,
			   struct err *err)
{
	const struct addrinfo hints = {
		.ai_socktype = type,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	char host[HOST_MAX], port[16];
	struct addrinfo *found;
	int error = address_find(to->host, host, sizeof(host), err);

	if (error)
		return error;
	snprintf(port, sizeof(port), "%u", to->number);
	error = getaddrinfo(*host ? host : NULL, port, &hints, &found);
	if (error)
		return err_set(err, "%s: %s", host, gai_strerror(error));
	memcpy(&a->socket, found->ai_addr, found->ai_addrlen);
	a->size = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

/* What is no unix socket. */
static int listen_address_split(struct str text, struct host_port *to, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (host_port_parse(text, to, &ignored) == 0 && to->port.len &&
	    to->host.len < HOST_MAX)
		return 0;
	return err_set(err, "write unix:/path or host:port, with brackets for an IPv6 "
			    "address");
}

int listen_address_check(const char *text, struct err *err)
{
	struct socket_address address = { .size = 0 };
	const char *path = socket_path(text);
	struct host_port to;

	if (path)
		return address_parse_path(path, &address, err);
	return listen_address_split(str_of(text), &to, err);
}

int listen_address_parse(const char *text, struct socket_address *a, struct err *err)
{
	const char *path = socket_path(text);
	struct host_port to;

	memset(a, 0, sizeof(*a));
	if (path)
		return address_parse_path(path, a, err);
	if (listen_address_split(str_of(text), &to, err) < 0)
		return -EINVAL;
	return socket_address_resolve(&to, SOCK_STREAM, a, err);
}

const char *socket_address_path(const struct socket_address *a)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&a->socket;

	return a->socket.ss_family == AF_UNIX ? un->sun_path : NULL;
}

/* Makes way for a socket: an earlier run may have left one. */
static int clear_path(const struct socket_address *a, const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		err_set(err, "there is a file of this name that is no socket");
		return -EADDRINUSE;
	}
	fd = socket_address_connect(a, 1000);
	if (fd >= 0)
		close(fd);
	if (fd == -ECONNREFUSED && unlink(path) == 0)
		return 0;
	err_set(err, "a running program listens there; is the exporter started twice?");
	return -EADDRINUSE;
}

static int prepare_path(const struct socket_address *a, const char *path, struct err *err)
{
	char directory[sizeof(struct sockaddr_un)];
	int error;

	snprintf(directory, sizeof(directory), "%s", path);
	*strrchr(directory, '/') = '\0';
	error = *directory ? io_make_dirs(directory, DIRECTORY_MODE) : 0;
	if (!error)
		return clear_path(a, path, err);
	err_set(err, "%s: %s", directory, strerror(-error));
	return error;
}

static int bind_and_listen(int fd, const struct socket_address *a, struct err *err)
{
	const char *path = socket_address_path(a);
	int one = 1, error = 0;

	/* Linux gives the socket's own mode to the file, less the umask: so it
	 * is never open to more than it shall be. */
	if (path && fchmod(fd, MODE) < 0)
		error = -errno;
	if (!path && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		error = -errno;
	if (!error && bind(fd, (const struct sockaddr *)&a->socket, a->size) < 0)
		error = -errno;
	if (!error && path && chmod(path, MODE) < 0)
		error = -errno;
	if (!error && listen(fd, BACKLOG) < 0)
		error = -errno;
	if (error == -EADDRINUSE)
		err_set(err, "another program listens there");
	else if (error)
		err_set(err, "%s", strerror(-error));
	return error;
}

int socket_address_listen(const struct socket_address *a, struct err *err)
{
	const char *path = socket_address_path(a);
	int error = path ? prepare_path(a, path, err) : 0;
	int fd;

	if (error)
		return error;
	fd = socket(a->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		error = -errno;
		err_set(err, "%s", strerror(-error));
		return error;
	}
	error = bind_and_listen(fd, a, err);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int socket_address_connect(const struct socket_address *a, int64_t timeout_ms)
{
	struct timeval limit = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};
	int fd = socket(a->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&a->socket, a->size) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}
