/* SPDX-License-Identifier: Apache-2.0 */
/* step_receive.c - from a connection to whole messages. See bench.h.
 *
 * "frames" has the bytes in memory. In "receive" another process sends them
 * over loopback, and what the kernel takes for the receiving is counted, too.
 * Both read as the session of a subscriber does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"
#include "net/connection.h"
#include "net/websocket.h"
#include "source/registry.h"

#define READ_SIZE   ((size_t)64 << 10)
#define MESSAGE_MAX ((size_t)64 << 20)

struct receive {
	struct state state;
	struct stream stream;
	struct buf frames; /* the stream on the wire, once */
	size_t at;	   /* read of the frames of all passes */
	struct websocket ws;
	struct connection *connection; /* or NULL: from memory */
	pid_t sender;
	char url[32];
	atomic_bool is_cancelled;
	char bytes[READ_SIZE];
};

/* A Skydive analyzer sends a message of more than 2 kB as one frame that is not
 * final and an empty one that is. */
static void put_frames(struct buf *b, struct str message)
{
	int shift;

	buf_putc(b, 0x02);
	buf_putc(b, 127);
	for (shift = 56; shift >= 0; shift -= 8)
		buf_putc(b, (char)(message.len >> shift));
	buf_put(b, message);
	buf_putc(b, (char)0x80);
	buf_putc(b, 0);
}

static void *start_frames(size_t passes)
{
	struct receive *r = calloc(1, sizeof(*r));
	size_t i;

	if (!r)
		fail("out of memory");
	stream_read(&r->stream, "flows.pb");
	r->state = (struct state){
		.passes = passes,
		.flows = r->stream.flows * passes,
		.bytes = r->stream.bytes * passes,
	};
	r->frames = (struct buf)BUF_INIT(MESSAGE_MAX);
	for (i = 0; i < r->stream.messages; i++)
		put_frames(&r->frames, r->stream.message[i]);
	if (buf_error(&r->frames))
		fail("out of memory");
	websocket_init(&r->ws, MESSAGE_MAX, MESSAGE_MAX);
	return r;
}

/* The sending process: all passes to whoever connects. */
static void serve(const struct receive *r, int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		size_t pass;

		for (pass = 0; pass < r->state.passes; pass++) {
			struct str left = buf_str(&r->frames);

			while (left.len) {
				ssize_t n = send(fd, left.ptr, left.len, MSG_NOSIGNAL);

				if (n <= 0)
					break;
				left = str_skip(left, (size_t)n);
			}
		}
		close(fd);
	}
}

static void *start_receive(size_t passes)
{
	struct receive *r = start_frames(passes);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &size) < 0)
		fail("cannot listen");
	snprintf(r->url, sizeof(r->url), "ws://127.0.0.1:%u", ntohs(at.sin_port));
	r->sender = fork();
	if (r->sender == 0)
		serve(r, listener);
	close(listener);
	return r;
}

static void connect_again(void *state)
{
	struct receive *r = state;
	const struct tls_files tls = { 0 };
	const struct source *source;
	struct url url;
	struct err err = ERR_INIT;

	connection_close(r->connection);
	r->connection = NULL;
	if (source_find(str_of(r->url), &source, &url, &err) == 0)
		r->connection = connection_open(&url, &tls, 10000, &r->is_cancelled,
						&err);
	if (!r->connection)
		fail("%s", err.text);
}

static void rewind_frames(void *state)
{
	struct receive *r = state;

	r->at = 0;
}

static ssize_t read_memory(struct receive *r, char *to, size_t size)
{
	size_t at = r->at % r->frames.len;

	if (size > r->frames.len - at)
		size = r->frames.len - at;
	memcpy(to, r->frames.ptr + at, size);
	r->at += size;
	return (ssize_t)size;
}

static ssize_t read_more(struct receive *r, char *to, size_t size)
{
	struct pollfd in = { .events = POLLIN };
	ssize_t n;

	if (!r->connection)
		return read_memory(r, to, size);
	in.fd = connection_fd(r->connection);
	while ((n = connection_receive(r->connection, to, size)) == -EAGAIN)
		poll(&in, 1, -1);
	return n;
}

static size_t take(struct receive *r, enum websocket_event event)
{
	size_t size;

	if (event == WEBSOCKET_BROKEN)
		fail("%s", r->ws.why);
	if (event != WEBSOCKET_MESSAGE)
		return 0;
	free(websocket_take(&r->ws, &size));
	return 1;
}

static size_t eat(struct receive *r, size_t size)
{
	struct str rest = { r->bytes, size };
	enum websocket_event event;
	size_t messages = 0;

	while ((event = websocket_feed(&r->ws, &rest)) != WEBSOCKET_MORE)
		messages += take(r, event);
	return messages;
}

static void run(void *state)
{
	struct receive *r = state;
	size_t messages = 0, size;

	while (messages < r->stream.messages * r->state.passes) {
		char *room = websocket_room(&r->ws, &size);
		bool is_direct = room && size >= sizeof(r->bytes) / 2;
		ssize_t n = read_more(r, is_direct ? room : r->bytes,
				      is_direct ? size : sizeof(r->bytes));

		if (n <= 0)
			fail("the connection broke");
		messages += is_direct ? take(r, websocket_wrote(&r->ws, (size_t)n))
				      : eat(r, (size_t)n);
	}
}

static void end(void *state)
{
	struct receive *r = state;

	connection_close(r->connection);
	if (r->sender > 0) {
		kill(r->sender, SIGKILL);
		waitpid(r->sender, NULL, 0);
	}
	websocket_fini(&r->ws);
	buf_fini(&r->frames);
	stream_free(&r->stream);
	free(r);
}

const struct step steps_receive[] = {
	{ "receive", start_receive, connect_again, run, end },
	{ "frames", start_frames, rewind_frames, run, end },
	{ 0 },
};
