/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include "analyzer.h"
#include "message.h"
#include "server.h"
#include "subscriber.h"

#include <stdlib.h>

static struct counters *counters(struct analyzer *an)
{
	return &an->count;
}

static bool readable(struct analyzer *an)
{
	return hub_readable(&an->hub);
}

static bool has_host(struct analyzer *an, const char *host_id)
{
	return hub_has_host(&an->hub, host_id);
}

static bool accepts(const struct request *req)
{
	(void)req;
	return true;
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

static void join(struct conn *conn)
{
	struct subscriber *sub = conn->sub;
	struct hub *hub = &conn->an->hub;
	struct speaker *speaker = hub_speaker_new(sub->host_id, sub->protobuf, conn);

	sub->seat = speaker;
	add_namespaces(hub, speaker, &sub->request);
	if (hub_join(hub, speaker)) {
		subscriber_joined(conn);
		player_run(&conn->an->player);
	}
}

static void describe(const struct conn *conn, struct json_object *event)
{
	(void)conn, (void)event;
}

/* Data frames of a subscriber mean nothing here. */
static void received(struct conn *conn, const struct frame *frame)
{
	(void)conn, (void)frame;
}

static struct message *next(struct conn *conn)
{
	return hub_pop(&conn->an->hub, conn->sub->seat);
}

static void sent(struct conn *conn)
{
	struct speaker *speaker = conn->sub->seat;

	speaker->writing = false;
}

static void progress(struct conn *conn)
{
	player_run(&conn->an->player);
}

static void leave(struct conn *conn, const struct message *lost)
{
	if (lost)
		conn->an->count.lost_flows += lost->flow_count;
	hub_leave(&conn->an->hub, conn->sub->seat);
}

const struct endpoint flow_endpoint = {
	.prefix = "",
	.counters = counters,
	.readable = readable,
	.has_host = has_host,
	.accepts = accepts,
	.join = join,
	.describe = describe,
	.received = received,
	.next = next,
	.sent = sent,
	.progress = progress,
	.leave = leave,
};
