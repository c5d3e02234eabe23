/* SPDX-License-Identifier: Apache-2.0 */
/* get.c - see get.h. The server closes the connection after its answer. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/get.h"
#include "net/socket_address.h"

#define CHUNK 16384

static int send_all(int fd, struct str text)
{
	while (text.len) {
		ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text = str_skip(text, (size_t)n);
	}
	return 0;
}

static int receive_all(int fd, struct buf *reply)
{
	for (;;) {
		char *room = buf_room(reply, CHUNK);
		ssize_t n = room ? recv(fd, room, CHUNK, 0) : 0;

		if (!room)
			return buf_error(reply);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		buf_added(reply, (size_t)n);
	}
}

static int get_exchange(int fd, const char *method, const char *path, struct buf *reply)
{
	struct buf request = BUF_INIT(4096);
	int error;

	buf_printf(&request,
		   "%s %s HTTP/1.1\r\nHost: localhost\r\n"
		   "%sConnection: close\r\n\r\n",
		   method, path, *method == 'P' ? "Content-Length: 0\r\n" : "");
	error = buf_error(&request) ? buf_error(&request)
				    : send_all(fd, buf_str(&request));
	/* A refusal may come before the request has been read. */
	if (!error || error == -EPIPE || error == -ECONNRESET)
		error = receive_all(fd, reply);
	if (error == -ECONNRESET && reply->len)
		error = 0;
	buf_fini(&request);
	return error == -EAGAIN ? -ETIMEDOUT : error;
}

/* The status; the body is what follows the empty line. */
static int get_split(struct str reply, struct str *body)
{
	const char *end = reply.len ? memmem(reply.ptr, reply.len, "\r\n\r\n", 4) : NULL;
	long status;

	if (!end || !str_starts(reply, STR("HTTP/1.1 ")))
		return -EPROTO;
	*body = str_skip(reply, (size_t)(end - reply.ptr) + 4);
	status = strtol(reply.ptr + 9, NULL, 10);
	return status >= 100 && status <= 599 ? (int)status : -EPROTO;
}

static int get_ask(const char *text, const char *method, const char *path,
		   int64_t timeout_ms, struct buf *body, struct err *err)
{
	struct buf reply = BUF_INIT(body->limit + CHUNK + 4096);
	struct socket_address address;
	struct str rest;
	int fd, status = listen_address_parse(text, &address, err);

	if (status < 0)
		return status;
	fd = socket_address_connect(&address, timeout_ms);
	status = fd < 0 ? fd : get_exchange(fd, method, path, &reply);
	if (!status)
		status = get_split(buf_str(&reply), &rest);
	if (status > 0)
		buf_put(body, rest);
	if (status < 0)
		err_set(err, "%s",
			status == -EPROTO ? "the answer is not HTTP" : strerror(-status));
	if (fd >= 0)
		close(fd);
	buf_fini(&reply);
	return status;
}

int net_get(const char *address, const char *path, int64_t timeout_ms, struct buf *body,
	    struct err *err)
{
	return get_ask(address, "GET", path, timeout_ms, body, err);
}

int net_post(const char *address, const char *path, int64_t timeout_ms, struct buf *body,
	     struct err *err)
{
	return get_ask(address, "POST", path, timeout_ms, body, err);
}
