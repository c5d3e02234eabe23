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
#define MESSAGES_AT_ONCE 16

enum state {
	STATE_CHECK,   /* before the 101 */
	STATE_JOINING, /* 101 sent, waits for the pool */
	STATE_OPEN,
	STATE_DEAF,    /* refused after the 101, or made to hang */
	STATE_CLOSED,  /* by us; the client's Close is still to come */
	STATE_CLOSING, /* the echo of a Close goes out */
};

struct subscriber {
	enum state state;
	struct request request;	 /* until the 101 */
	struct speaker *speaker; /* in the pool or waiting for it */
	char *host_id;
	struct message *writing; /* part of it is still with us */
	int64_t written_by_us;	 /* deadline of that */
	int64_t ping_at_us;
	int64_t pong_by_us;
};

static void refuse(struct conn *conn, int status)
{
	static const char wrong[] = "Wrong credentials";
	struct subscriber *sub = conn->sub;

	report_count_number(conn->an->count.refused, status);
	report_event("refused", "status", json_object_new_int(status));
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

/* Skydive analyzer: only header lines enter the gate, and without any, "flow"
 * and "stats" do; query parameters count for the filter only, and without
 * either the filter lets everything pass. */
static void add_namespaces(struct hub *hub, struct speaker *speaker,
			   const struct request *req)
{
	const char *name;
	char *param;
	size_t at = 0, lines = 0;

	for (; (name = request_next_header(req, "X-Websocket-Namespace", &at)); lines++) {
		nsset_add(&hub->gate, name);
		nsset_add(&speaker->filter, name);
	}
	if (!lines) {
		nsset_add(&hub->gate, "flow");
		nsset_add(&hub->gate, "stats");
	}
	at = 0;
	while ((param = request_next_param(req, "x-websocket-namespace", &at))) {
		nsset_add(&speaker->filter, param);
		free(param);
	}
	if (!speaker->filter.count)
		nsset_add(&speaker->filter, "*");
}

static void rearm_pong(struct conn *conn)
{
	const struct options *options = &conn->an->options;

	conn->sub->pong_by_us = clock_us() + (int64_t)(1e6 * (options->ping_delay +
							      options->pong_timeout));
}

void subscriber_joined(void *owner)
{
	struct conn *conn = owner;
	struct subscriber *sub = conn->sub;

	sub->state = STATE_OPEN;
	sub->ping_at_us = clock_us();
	rearm_pong(conn);
	subscriber_tick(conn, sub->ping_at_us);
	conn->an->count.admitted++;
	conn->an->login.has_role = true;
	report_event("admitted", "host_id", json_object_new_string(sub->host_id));
	subscriber_input(conn);
}

static void join(struct conn *conn, bool protobuf)
{
	struct subscriber *sub = conn->sub;
	struct hub *hub = &conn->an->hub;

	sub->state = STATE_JOINING;
	sub->speaker = hub_speaker_new(sub->host_id, protobuf, conn);
	add_namespaces(hub, sub->speaker, &sub->request);
	if (hub_join(hub, sub->speaker)) {
		subscriber_joined(conn);
		player_run(&conn->an->player);
	}
}

static void upgrade(struct conn *conn)
{
	struct subscriber *sub = conn->sub;
	char *type = request_param(&sub->request, "X-Client-Type");
	char *protocol = request_param(&sub->request, "X-Client-Protocol");
	bool protobuf = !strcmp(protocol, "protobuf");

	add_101(conn, &sub->request);
	if (!*type || conn->an->modes.close_before_ping ||
	    (*protocol && !protobuf && strcmp(protocol, "json"))) {
		report_event("refused", "status", json_object_new_int(101));
		report_count_number(conn->an->count.refused, 101);
		frame_add_close(&conn->out, 1000, "");
		sub->state = STATE_DEAF;
	} else {
		join(conn, protobuf);
	}
	free(type);
	free(protocol);
}

void subscriber_retry(struct conn *conn)
{
	struct subscriber *sub = conn->sub;

	if (!sub || sub->state != STATE_CHECK || !hub_readable(&conn->an->hub))
		return;
	if (hub_has_host(&conn->an->hub, sub->host_id)) {
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

void subscriber_handshake(struct conn *conn, struct request *req)
{
	const struct analyzer *an = conn->an;
	struct subscriber *sub = mem_zalloc(sizeof(*sub));
	char peer[80];

	conn->sub = sub;
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
	report_count_number(conn->an->count.closes, code);
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

/* Data frames of a subscriber mean nothing to an analyzer. */
static void on_frame(struct conn *conn, const struct frame *frame)
{
	if (!frame->masked) {
		on_bad_frame(conn, "bad MASK");
	} else if (frame->reserved) {
		on_bad_frame(conn, "RSV bits set");
	} else if (frame->opcode == FRAME_PONG) {
		conn->an->count.pongs++;
		rearm_pong(conn);
	} else if (frame->opcode == FRAME_PING) {
		frame_add_control(&conn->out, FRAME_PONG, frame->payload, frame->len);
		conn_wake(conn);
	} else if (frame->opcode == FRAME_CLOSE) {
		on_close(conn, frame);
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
	struct counters *count = &conn->an->count;

	count->sent_messages++;
	count->sent_flows += msg->flow_count;
	count->sent_bytes += message_wire(msg, conn->sub->speaker->protobuf)->len;
	message_unref(msg);
	conn->sub->speaker->writing = false;
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
		msg = hub_pop(&conn->an->hub, sub->speaker);
		if (!msg)
			break;
		wire = message_wire(msg, sub->speaker->protobuf);
		if (!conn_write(conn, wire->data, wire->len)) {
			sub->writing = msg;
			sub->written_by_us = clock_us() + WRITE_TIMEOUT_US;
			break;
		}
		count_sent(conn, msg);
	}
	if (i)
		conn_wake(conn);
	player_run(&conn->an->player);
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
		conn->an->count.dropped++;
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
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_new_string("left"));
	json_object_object_add(line, "host_id", json_object_new_string(sub->host_id));
	json_object_object_add(line, "reason", json_object_new_string(reason));
	report_line(line);
}

void subscriber_gone(struct conn *conn, const char *reason)
{
	struct subscriber *sub = conn->sub;

	conn->sub = NULL;
	if (sub->writing) {
		conn->an->count.lost_flows += sub->writing->flow_count;
		message_unref(sub->writing);
	}
	if (sub->speaker)
		report_left(sub, reason);
	if (sub->speaker)
		hub_leave(&conn->an->hub, sub->speaker);
	request_free(&sub->request);
	free(sub->host_id);
	free(sub);
}
