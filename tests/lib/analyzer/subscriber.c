/* SPDX-License-Identifier: Apache-2.0 */
#include "subscriber.h"

#include "analyzer.h"
#include "frame.h"
#include "http.h"
#include "message.h"
#include "server.h"

#include <json-c/json.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_TIMEOUT_US 10000000
#define BYTES_PER_US	 1 /* what is longer gets more time */
#define MESSAGES_AT_ONCE 16

static struct counters *counters_of(const struct conn *conn)
{
	return conn->sub->endpoint->counters(conn->an);
}

/* {"event":PREFIX NAME} of the endpoint. */
static struct json_object *event_new(const struct subscriber *sub, const char *name)
{
	struct json_object *line = json_object_new_object();
	char text[64];

	snprintf(text, sizeof(text), "%s%s", sub->endpoint->prefix, name);
	json_object_object_add(line, "event", json_object_new_string(text));
	return line;
}

static void report_refused(struct conn *conn, int status)
{
	struct json_object *line = event_new(conn->sub, "refused");

	report_count_number(counters_of(conn)->refused, status);
	json_object_object_add(line, "status", json_object_new_int(status));
	report_line(line);
}

static void refuse(struct conn *conn, int status)
{
	static const char wrong[] = "Wrong credentials";
	struct subscriber *sub = conn->sub;

	report_refused(conn, status);
	if (status == 401)
		answer_add(&conn->out, 401, "Content-Type: text/plain\r\n", wrong,
			   sizeof(wrong) - 1);
	else
		answer_add(&conn->out, status, "Connection: close\r\n", "", 0);
	conn->close_after = status != 401 || sub->request.close;
	conn->sub = NULL;
	request_free(&sub->request);
	free(sub->host_id);
	free(sub);
	conn_answered(conn);
}

static bool is_upgrade(const struct request *req)
{
	const char *key = request_header(req, "Sec-WebSocket-Key");

	return !strcmp(req->method, "GET") &&
	       request_header_has(req, "Connection", "upgrade") &&
	       request_header_has(req, "Upgrade", "websocket") &&
	       !strcmp(request_header(req, "Sec-WebSocket-Version"), "13") &&
	       strlen(key) == 24 && !strcmp(key + 22, "==");
}

static void add_101(struct conn *conn, const struct request *req)
{
	unsigned char digest[20];
	char text[128], accept[64];

	snprintf(text, sizeof(text), "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
		 request_header(req, "Sec-WebSocket-Key"));
	lws_SHA1((const unsigned char *)text, strlen(text), digest);
	lws_b64_encode_string((const char *)digest, sizeof(digest), accept,
			      sizeof(accept));
	bytes_addf(&conn->out,
		   "HTTP/1.1 101 Switching Protocols\r\n"
		   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		   "Sec-WebSocket-Accept: %s\r\nX-Host-Id: %s\r\n"
		   "X-Service-Type: analyzer\r\n\r\n",
		   accept, conn->an->options.host_id);
	conn_wake(conn);
}

static void rearm_pong(struct conn *conn)
{
	const struct options *options = &conn->an->options;

	conn->sub->pong_by_us = clock_us() + (int64_t)(1e6 * (options->ping_delay +
							      options->pong_timeout));
}

static void report_admitted(const struct conn *conn)
{
	struct json_object *line = event_new(conn->sub, "admitted");

	json_object_object_add(line, "host_id",
			       json_object_new_string(conn->sub->host_id));
	conn->sub->endpoint->describe(conn, line);
	report_line(line);
}

void subscriber_joined(void *owner)
{
	struct conn *conn = owner;
	struct subscriber *sub = conn->sub;

	sub->state = STATE_OPEN;
	sub->ping_at_us = clock_us();
	rearm_pong(conn);
	subscriber_tick(conn, sub->ping_at_us);
	counters_of(conn)->admitted++;
	conn->an->login.has_role = true;
	report_admitted(conn);
	subscriber_input(conn);
}

static void upgrade(struct conn *conn)
{
	struct subscriber *sub = conn->sub;
	char *type = request_param(&sub->request, "X-Client-Type");
	char *protocol = request_param(&sub->request, "X-Client-Protocol");

	sub->protobuf = !strcmp(protocol, "protobuf");
	add_101(conn, &sub->request);
	if (!*type || conn->an->modes.close_before_ping ||
	    (*protocol && !sub->protobuf && strcmp(protocol, "json")) ||
	    !sub->endpoint->accepts(&sub->request)) {
		report_refused(conn, 101);
		frame_add_close(&conn->out, 1000, "");
		sub->state = STATE_DEAF;
	} else {
		sub->state = STATE_JOINING;
		sub->endpoint->join(conn);
	}
	free(type);
	free(protocol);
}

void subscriber_retry(struct conn *conn)
{
	struct subscriber *sub = conn->sub;

	if (!sub || sub->state != STATE_CHECK || !sub->endpoint->readable(conn->an))
		return;
	if (sub->endpoint->has_host(conn->an, sub->host_id)) {
		refuse(conn, 409);
	} else if (!is_upgrade(&sub->request)) {
		refuse(conn, 426);
	} else if (conn->in.len) {
		/* Skydive analyzer: early data ends it without an answer. */
		conn_drop(conn, false, "early data");
	} else {
		upgrade(conn);
		request_free(&sub->request);
	}
}

void subscriber_handshake(struct conn *conn, struct request *req,
			  const struct endpoint *endpoint)
{
	const struct analyzer *an = conn->an;
	struct subscriber *sub = mem_zalloc(sizeof(*sub));
	char peer[80];

	conn->sub = sub;
	sub->endpoint = endpoint;
	sub->request = *req;
	sub->host_id = request_param(req, "X-Host-ID");
	if (!*sub->host_id) {
		conn_peer(conn, peer, sizeof(peer));
		free(sub->host_id);
		sub->host_id = mem_strndup(peer, strlen(peer));
	}
	if (an->modes.hang_handshake)
		sub->state = STATE_DEAF;
	else if (an->modes.refuse)
		refuse(conn, an->modes.refuse);
	else if (!login_admits(an, req))
		refuse(conn, 401);
	else
		subscriber_retry(conn);
}

static void on_close(struct conn *conn, const struct frame *frame)
{
	struct subscriber *sub = conn->sub;
	uint16_t code = 1005;

	if (frame->len >= 2)
		code = (uint16_t)((unsigned char)frame->payload[0] << 8 |
				  (unsigned char)frame->payload[1]);
	report_count_number(counters_of(conn)->closes, code);
	if (sub->writing || sub->state != STATE_OPEN) {
		conn_drop(conn, false, "close");
		return;
	}
	sub->state = STATE_CLOSING;
	frame_add_control(&conn->out, FRAME_CLOSE, frame->payload,
			  frame->len < 2 ? 0 : 2);
	conn->close_after = true;
	conn_wake(conn);
}

static void on_bad_frame(struct conn *conn, const char *reason)
{
	conn->sub->state = STATE_CLOSING;
	frame_add_close(&conn->out, 1002, reason);
	conn->close_after = true;
	conn_wake(conn);
}

static void on_frame(struct conn *conn, const struct frame *frame)
{
	if (!frame->masked) {
		on_bad_frame(conn, "bad MASK");
	} else if (frame->reserved) {
		on_bad_frame(conn, "RSV bits set");
	} else if (frame->opcode == FRAME_PONG) {
		counters_of(conn)->pongs++;
		rearm_pong(conn);
	} else if (frame->opcode == FRAME_PING) {
		frame_add_control(&conn->out, FRAME_PONG, frame->payload, frame->len);
		conn_wake(conn);
	} else if (frame->opcode == FRAME_CLOSE) {
		on_close(conn, frame);
	} else if (conn->sub->state == STATE_OPEN) {
		conn->sub->endpoint->received(conn, frame);
	}
}

void subscriber_input(struct conn *conn)
{
	struct subscriber *sub = conn->sub;
	struct frame frame;
	size_t done = 0, len = 1;

	if (sub->state == STATE_CHECK || sub->state == STATE_JOINING)
		return;
	if (sub->state == STATE_DEAF)
		conn->in.len = 0;
	while (len && !conn->dead && sub->state != STATE_CLOSING) {
		len = frame_read(conn->in.data + done, conn->in.len - done, &frame);
		done += len;
		if (len)
			on_frame(conn, &frame);
		if (conn->dead)
			return;
	}
	bytes_cut(&conn->in, sub->state == STATE_CLOSING ? conn->in.len : done);
}

static void count_sent(struct conn *conn, struct message *msg)
{
	struct counters *count = counters_of(conn);

	count->sent_messages++;
	count->sent_flows += msg->flow_count;
	count->sent_bytes += message_wire(msg, conn->sub->protobuf)->len;
	message_unref(msg);
	conn->sub->endpoint->sent(conn);
}

void subscriber_output(struct conn *conn)
{
	struct subscriber *sub = conn->sub;
	const struct bytes *wire;
	struct message *msg;
	int i;

	if (sub->writing)
		count_sent(conn, sub->writing);
	sub->writing = NULL;
	for (i = 0; i < MESSAGES_AT_ONCE && sub->state == STATE_OPEN; i++) {
		msg = sub->endpoint->next(conn);
		if (!msg)
			break;
		wire = message_wire(msg, sub->protobuf);
		if (!conn_write(conn, wire->data, wire->len)) {
			sub->writing = msg;
			sub->written_by_us = clock_us() + WRITE_TIMEOUT_US +
					     (int64_t)wire->len / BYTES_PER_US;
			break;
		}
		count_sent(conn, msg);
	}
	if (i)
		conn_wake(conn);
	sub->endpoint->progress(conn);
}

void subscriber_queued(void *owner)
{
	conn_wake(owner);
}

void subscriber_tick(struct conn *conn, int64_t now_us)
{
	struct subscriber *sub = conn->sub;
	int64_t delay = (int64_t)(1e6 * conn->an->options.ping_delay);

	if (sub->state != STATE_OPEN)
		return;
	if (now_us > sub->pong_by_us || (sub->writing && now_us > sub->written_by_us)) {
		counters_of(conn)->dropped++;
		conn_drop(conn, false, now_us > sub->pong_by_us ? "no pong" : "no write");
		return;
	}
	/* The writer of messages also writes the pings: one at a time. */
	if (now_us < sub->ping_at_us || sub->writing)
		return;
	sub->ping_at_us += delay;
	if (sub->ping_at_us <= now_us)
		sub->ping_at_us = now_us + delay;
	if (conn->an->modes.no_ping)
		return;
	frame_add_control(&conn->out, FRAME_PING, "", 0);
	conn_wake(conn);
}

void subscriber_close(struct conn *conn, uint16_t code)
{
	if (conn->sub->state != STATE_OPEN)
		return;
	frame_add_close(&conn->out, code, "");
	conn->sub->state = STATE_CLOSED;
	conn_wake(conn);
}

static void report_left(const struct subscriber *sub, const char *reason)
{
	struct json_object *line = event_new(sub, "left");

	json_object_object_add(line, "host_id", json_object_new_string(sub->host_id));
	json_object_object_add(line, "reason", json_object_new_string(reason));
	report_line(line);
}

void subscriber_gone(struct conn *conn, const char *reason)
{
	struct subscriber *sub = conn->sub;

	if (sub->seat) {
		report_left(sub, reason);
		sub->endpoint->leave(conn, sub->writing);
	}
	conn->sub = NULL;
	message_unref(sub->writing);
	request_free(&sub->request);
	free(sub->host_id);
	free(sub);
}
