/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.c - agents' flows as datagrams: a bare protobuf flow.Message in
 * each, over UDP or a local socket.
 *
 * Skydive's agents send these to their analyzer, and nobody else; here they
 * come from whatever passes them on. What the kernel drops because we are slow
 * is counted.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/log_pace.h"
#include "net/socket_address.h"
#include "source/registry.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define DATAGRAM_MAX   65535
#define RECEIVE_BUFFER (8 << 20) /* wanted; the kernel may give less */
#define DRAIN_MS       1000

struct datagram {
	struct source_parts parts;
	pthread_t thread;
	int fd, wake_fd;
	_Atomic int64_t kernel_drops;
	_Atomic int64_t until_ms;   /* monotonic; what comes later is not read */
	struct log_pace said_drops; /* of its thread */
	char bytes[DATAGRAM_MAX];
};

/* Of a run that was killed, or our own. What is no socket is somebody's file. */
static void remove_socket(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int bind_unix(struct datagram *d, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct str path = d->parts.url.path;

	if (path.len >= sizeof(address.sun_path))
		return err_set(err,
			       STR_FMT ": the path of a socket has at most %zu bytes",
			       STR_ARG(path), sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path.ptr, path.len);
	remove_socket(address.sun_path);
	d->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd >= 0 && bind(d->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	return err_set(err, STR_FMT ": %s", STR_ARG(path), strerror(errno));
}

static int bind_udp(struct datagram *d, struct err *err)
{
	struct str host = d->parts.url.host;
	struct socket_address a = { .size = 0 };
	struct err why = ERR_INIT;
	struct host_port to;

	if (host_port_parse(host, &to, &why) < 0 || !to.host.len || !to.port.len)
		return err_set(err, "udp://" STR_FMT ": write udp://address:port",
			       STR_ARG(host));
	if (socket_address_resolve(&to, SOCK_DGRAM, &a, &why) < 0)
		return err_set(err, "udp://" STR_FMT ": %s", STR_ARG(host), why.text);
	d->fd = socket(a.socket.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd >= 0 && bind(d->fd, (const struct sockaddr *)&a.socket, a.size) == 0)
		return 0;
	return err_set(err, "udp://" STR_FMT ": %s", STR_ARG(host), strerror(errno));
}

static void set_options(struct datagram *d)
{
	int size = RECEIVE_BUFFER, on = 1;

	setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(d->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
}

/* The kernel says with a datagram how many it has dropped before it. */
static void note_drops(struct datagram *d, struct msghdr *head)
{
	struct cmsghdr *c;
	int64_t held;
	uint32_t drops;

	for (c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&drops, CMSG_DATA(c), sizeof(drops));
		if (drops == atomic_load(&d->kernel_drops))
			continue;
		atomic_store(&d->kernel_drops, drops);
		if (!log_pace_is_due(&d->said_drops, clock_now().mono_ms, &held))
			continue;
		log_write(d->parts.log, LOG_WARNING,
			  "source=" STR_FMT " kernel_drops=%u "
			  "datagrams were lost; raise net.core.rmem_max",
			  STR_ARG(d->parts.url.shown), drops);
	}
}

/* One datagram; false: there is none. */
static bool datagram_receive(struct datagram *d)
{
	char control[CMSG_SPACE(sizeof(uint32_t))];
	struct iovec into = { d->bytes, sizeof(d->bytes) };
	struct msghdr head = {
		.msg_iov = &into,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(d->fd, &head, 0);
	char *message;

	if (n < 0)
		return errno == EINTR;
	note_drops(d, &head);
	message = malloc((size_t)n + 1);
	if (message) {
		memcpy(message, d->bytes, (size_t)n);
		d->parts.deliver(d->parts.context, message, (size_t)n, RECORDING_FLOWS);
	}
	return true;
}

static void *datagram_run(void *argument)
{
	struct datagram *d = argument;
	struct pollfd in[2] = {
		{ .fd = d->fd, .events = POLLIN },
		{ .fd = d->wake_fd, .events = POLLIN },
	};

	thread_raise();
	do {
		poll(in, 2, -1);
		while (clock_now().mono_ms < atomic_load(&d->until_ms) &&
		       datagram_receive(d))
			;
	} while (!in[1].revents);
	return NULL;
}

static bool is_local(const struct datagram *d)
{
	return d->parts.url.scheme->form == URL_PATH;
}

static void datagram_release(struct datagram *d)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)] = "";
	struct str name = d->parts.url.path;

	if (d->fd >= 0)
		close(d->fd);
	if (d->wake_fd >= 0)
		close(d->wake_fd);
	d->fd = d->wake_fd = -1;
	if (is_local(d) && name.len < sizeof(path)) {
		memcpy(path, name.ptr, name.len);
		remove_socket(path);
	}
}

static void *datagram_new(const struct source_parts *parts)
{
	struct datagram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->parts = *parts;
	d->fd = d->wake_fd = -1;
	d->until_ms = INT64_MAX;
	return d;
}

static int datagram_start(void *state, struct err *err)
{
	struct datagram *d = state;
	int error;

	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = is_local(d) ? bind_unix(d, err) : bind_udp(d, err);
	if (!error) {
		set_options(d);
		error = d->wake_fd < 0
				? -errno
				: thread_start(&d->thread, "source", datagram_run, d);
		if (error)
			err_set(err, "cannot start the source: %s", strerror(-error));
	}
	if (!error)
		return 0;
	datagram_release(d);
	return -EINVAL;
}

/* What has arrived is read, not what goes on arriving. */
static void datagram_halt(void *state)
{
	struct datagram *d = state;
	int64_t until_ms = clock_now().mono_ms + DRAIN_MS;
	uint64_t one = 1;

	if (until_ms < atomic_load(&d->until_ms))
		atomic_store(&d->until_ms, until_ms);
	if (write(d->wake_fd, &one, sizeof(one)) < 0)
		log_write(d->parts.log, LOG_DEBUG, "source=%s", strerror(errno));
}

static void datagram_stop(void *state)
{
	struct datagram *d = state;

	datagram_halt(d);
	pthread_join(d->thread, NULL);
	datagram_release(d);
}

static void datagram_progress(void *state, struct source_progress *progress)
{
	progress->kernel_drops = atomic_load(
		&((const struct datagram *)state)->kernel_drops);
}

static const struct url_scheme datagram_schemes[] = {
	{ .name = "udp", .form = URL_HOST },
	{ .name = "unixgram", .form = URL_PATH },
	{ 0 },
};

const struct source source_datagram = {
	.name = "datagram",
	.example = "udp://address:port",
	.schemes = datagram_schemes,
	.new = datagram_new,
	.free = free,
	.start = datagram_start,
	.halt = datagram_halt,
	.stop = datagram_stop,
	.progress = datagram_progress,
};
